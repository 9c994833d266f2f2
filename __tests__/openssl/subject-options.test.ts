import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { all, ca, client, commandLine, previewIssue, type Part, type RecipeName } from '../../lib/index.js';
import type { IssueRequest } from '../../lib/internal.js';
import { failure } from '../support/failure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const parts: readonly Part[] = ['ca', 'server', 'client'];
const attributes = { country: 'DE', organization: 'Example', unit: 'Ops' } as const;

/** The -subj of each request of a recipe. */
async function subjects(recipe: RecipeName, request: IssueRequest): Promise<(string | undefined)[]> {
  const asked = { directory: temporary(), hosts: ['docker.example'], recipe, ...request };
  const { plan } = await previewIssue(parts, asked);
  const lines = plan.steps.flatMap((step) => (step.kind === 'openssl' ? [commandLine(step)] : []));
  return lines.flatMap((line) => {
    const [, plain, quoted] = /-subj (?:'([^']*)'|(\S+))/.exec(line) ?? [];
    return line.includes(' -subj ') ? [plain ?? quoted] : [];
  });
}

describe('country, organization and unit', () => {
  test.each<[RecipeName, IssueRequest, string]>([
    ['docs', attributes, '/C=DE/O=Example/OU=Ops/CN=Docker CA'],
    ['training', { organization: 'Example' }, '/O=Example/CN=Docker CA'],
    [
      'docs-2014',
      attributes,
      '/C=DE/ST=Queensland/L=Brisbane/O=Example/OU=Ops/CN=your.host.com/emailAddress=Sven@home.org.au',
    ],
    ['docs', { subject: '/CN=My CA', country: 'DE' }, '/C=DE/CN=My CA'],
    ['docs', { subject: '/L=Bonn/CN=My CA', unit: 'Ops' }, '/L=Bonn/OU=Ops/CN=My CA'],
  ])('of the recipe %s with %j are in the subject of the CA alone', async (recipe, request, subject) => {
    expect(await subjects(recipe, request)).toEqual([subject, '/CN=docker.example', '/CN=client']);
  });

  test.each<[RecipeName, IssueRequest]>([
    ['katacoda', { hosts: ['a'] }],
    ['openssl-cnf', { ips: ['10.0.0.5'] }],
  ])('are refused where the text of %s has the subject in a command', async (recipe, request) => {
    for (const name of ['country', 'organization', 'unit'] as const) {
      const asked = { directory: temporary(), recipe, ...request, [name]: attributes[name] };
      expect(await failure(temporary(), () => previewIssue(parts, asked))).toMatchObject({
        code: 'ERR_INPUT',
        option: name,
        message: `the recipe ${recipe} takes it from its text`,
      });
    }
  });

  test.each(['docs', 'recommended'] as const)(
    'cannot be given a second time in the subject (%s)',
    async (recipe) => {
      const asked = { directory: temporary(), hosts: ['a'], recipe, subject: '/O=a', organization: 'b' };
      expect(await failure(temporary(), () => previewIssue(parts, asked))).toMatchObject({
        code: 'ERR_INPUT',
        option: 'organization',
        message: 'the subject already has O',
        hint: 'leave it out of `subject`, or leave out `organization`',
      });
    },
  );

  test('are in every certificate of the recommended recipe', async () => {
    const directory = join(temporary(), 'set');
    const options = {
      directory,
      hosts: ['a'],
      key: 'ec:p256',
      passphrase: null,
      subject: '/L=Bonn',
      ...attributes,
    };
    const { certificates } = await all(options);
    const before = 'C=DE\nL=Bonn\nO=Example\nOU=Ops\nCN=';
    expect(certificates.ca?.subject).toMatch(new RegExp(`^${before}Docker TLS CA [0-9a-f]{8}$`));
    expect([certificates.server?.subject, certificates.client?.subject]).toEqual([
      `${before}a`,
      `${before}client`,
    ]);

    const { notes } = await all({ directory, hosts: ['a'], ...attributes });
    expect(notes).toContainEqual({
      code: 'NOT_APPLIED',
      text: '`country`, `organization`, `unit`: not applied to existing certificates, only to recreated ones (`force`)',
      words: expect.arrayContaining([{ option: 'country' }, { option: 'organization' }, { option: 'unit' }]),
    });
  });

  test('cannot give a client the whole subject of its CA', async () => {
    const directory = join(temporary(), 'set');
    const { certificates } = await ca({
      directory,
      key: 'ec:p256',
      passphrase: null,
      organization: 'Example',
    });
    const clientName = certificates.ca?.subject.split('CN=')[1];
    const asked = { directory, clientName, organization: 'Example' };
    expect(await failure(directory, () => client(asked))).toMatchObject({
      code: 'ERR_INPUT',
      option: 'clientName',
      message: `a client cannot have the subject of its CA: /O=Example/CN=${clientName}`,
    });
    await client({ ...asked, organization: 'Other' });
  });
});

describe('this machine’s own names', () => {
  const options = () => ({ directory: join(temporary(), 'set'), passphrase: null, key: 'ec:p256' });

  test('that are to be left out are missed in a certificate that stays', async () => {
    await all({ ...options(), hosts: ['a'] });
    expect(await failure(temporary(), () => all({ ...options(), localhost: false }))).toMatchObject({
      code: 'ERR_DIFFERS',
      message: expect.stringContaining('names DNS:localhost, IP:127.0.0.1, IP:::1') as unknown,
    });
  });

  test('are left out of one whose other names are taken over, and come back', async () => {
    await all({ ...options(), hosts: ['a'] });
    const without = await all({ ...options(), localhost: false, force: ['server'] });
    expect(without.names.map(({ value }) => value)).toEqual(['a']);
    expect((await all({ ...options(), force: ['server'] })).names.map(({ value }) => value)).toEqual(['a']);
    const back = await all({ ...options(), localhost: true, force: ['server'] });
    expect(back.names.map(({ value }) => value)).toEqual(['a', 'localhost', '127.0.0.1', '::1']);
  });
});
