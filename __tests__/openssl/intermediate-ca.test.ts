import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  all,
  ca,
  certificateDetails,
  client,
  explain,
  issued,
  previewIssue,
  rebuildIndex,
  server,
  verify,
  verifyDirectory,
  type IssueOptions,
} from '../../lib/index.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { failure } from '../support/failure.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const root = (): string => join(temporary(), 'root');
const issuing = (): string => join(temporary(), 'issuing');
const small = { key: 'ec:p256', passphrase: null } as const;
const makeRoot = (options: Omit<IssueOptions<'ca'>, 'directory'> = {}) =>
  ca({ ...small, pathLength: 1, ...options, directory: root() });
const makeIssuing = (options: Omit<IssueOptions<'ca'>, 'directory'> = {}) =>
  ca({ ...small, parent: root(), ...options, directory: issuing() });
const refused = (action: () => Promise<unknown>) => failure(temporary(), action);
const held = async (path: string): Promise<readonly X509Certificate[]> =>
  certificatesIn(await readFile(path, 'utf8'));
const print = ({ fingerprint256 }: X509Certificate): string => fingerprint256;
const prints = async (path: string): Promise<string[]> => (await held(path)).map(print);

describe('a CA under another one', () => {
  test('has its own certificate and those above it in ca.pem, and its leaves carry it', async () => {
    await makeRoot();
    const made = await makeIssuing();
    const [own, above] = await held(join(issuing(), 'ca.pem'));
    const [trusted] = await held(join(root(), 'ca.pem'));
    expect(print(above!)).toBe(print(trusted!));
    expect(made.certificates.ca?.fingerprint256).toBe(print(own!));
    expect(own!.verify(trusted!.publicKey)).toBe(true);
    expect(certificateDetails(own!).basicConstraints).toEqual({ ca: true, critical: true, pathLength: 0 });
    expect(certificateDetails(own!).keyUsage?.usages).toEqual(['keyCertSign', 'cRLSign']);
    expect((await readdir(issuing())).sort()).toEqual(['ca-key.pem', 'ca.pem']);

    await server({ ...small, directory: issuing(), hosts: ['docker.example'] });
    await client({ ...small, directory: issuing(), name: 'alice' });
    for (const leaf of ['server-cert.pem', 'clients/alice/cert.pem']) {
      expect((await prints(join(issuing(), leaf))).slice(1)).toEqual([print(own!)]);
      // Who trusts the root alone accepts what the holder sends.
      await verify({
        in: join(issuing(), leaf),
        caFile: join(root(), 'ca.pem'),
        untrusted: join(issuing(), leaf),
        x509Strict: true,
      });
    }
    expect(await prints(join(issuing(), 'clients/alice/ca.pem'))).toEqual([print(own!), print(trusted!)]);
    expect((await verifyDirectory({ directory: issuing() })).findings.filter(isFlaw)).toEqual([]);
    expect(await explain({ directory: issuing(), host: 'docker.example' })).toMatchObject({ accepted: true });
    // A second run finds what it wants.
    expect((await makeIssuing()).made).toEqual([]);
  });

  test('is made with its leaves in one run, below an intermediate', async () => {
    await makeRoot({ pathLength: 2 });
    const between = join(temporary(), 'between');
    await ca({ ...small, directory: between, parent: root(), pathLength: 1 });
    await all({ ...small, directory: issuing(), parent: between, hosts: ['docker.example'] });
    const chain = await prints(join(issuing(), 'ca.pem'));
    expect(chain.slice(1)).toEqual(await prints(join(between, 'ca.pem')));
    expect((await prints(join(issuing(), 'server-cert.pem'))).slice(1)).toEqual(chain.slice(0, 2));
    expect(await explain({ directory: issuing(), host: 'docker.example' })).toMatchObject({ accepted: true });
  });

  test('is kept as a copy in its parent, and recorded where that has an index', async () => {
    await makeRoot();
    const made = await makeIssuing();
    const serial = made.certificates.ca!.serialNumber;
    const copy = `issued/${serial.toLowerCase()}.pem`;
    expect(await prints(join(root(), copy))).toEqual([print(made.certificates.ca!)]);
    expect(made.notes.map(({ code }) => code)).toContain('RECORDED_BY_PARENT');
    await rebuildIndex({ directory: root() });
    await rm(issuing(), { recursive: true });
    const other = (await makeIssuing()).certificates.ca!.serialNumber;
    const { certificates } = await issued({ directory: root() });
    expect(certificates.map((one) => one.serial)).toEqual(expect.arrayContaining([serial, other]));
    expect((await verifyDirectory({ directory: root() })).findings.filter(isFlaw)).toEqual([]);
  });

  test('does not outlive its parent', async () => {
    await makeRoot({ caDays: 100 });
    const { notes, certificates } = await makeIssuing();
    expect(notes.map(({ code }) => code)).toContain('CA_SHORTENED');
    expect(Date.parse(certificates.ca!.validTo)).toBeLessThan(
      Date.parse((await held(join(root(), 'ca.pem')))[0]!.validTo),
    );
  });

  test('is bound by the name constraints of its parent', async () => {
    await makeRoot({ permit: ['example', '10.0.0.0/8'] });
    expect(await refused(() => makeIssuing({ permit: ['example.test'] }))).toMatchObject({
      code: 'ERR_INPUT',
      option: 'permit',
    });
    expect(await refused(() => makeIssuing({ permit: ['10.0.0.0/7'] }))).toMatchObject({
      code: 'ERR_INPUT',
      option: 'permit',
    });
    await makeIssuing({ permit: ['web.example', '10.1.0.0/16'] });
    const outside = () => server({ ...small, directory: issuing(), hosts: ['db.example'] });
    expect(await refused(outside)).toMatchObject({ code: 'ERR_INPUT', option: 'hosts' });
    await server({ ...small, directory: issuing(), hosts: ['a.web.example', '10.1.2.3'] });
  });

  test('asks for the passphrase of its parent by the file of its key, and for that of its own key', async () => {
    await makeRoot({ passphrase: 'of the root' });
    const asked: string[] = [];
    const answer =
      (secret: string) =>
      ({ purpose, path }: { purpose: string; path: string }) => {
        asked.push(`${purpose} ${path}`);
        return secret;
      };
    await makeIssuing({ passphrase: answer('of its own'), parentPassphrase: answer('of the root') });
    expect(asked).toEqual([`open ${join(root(), 'ca-key.pem')}`, `create ${join(issuing(), 'ca-key.pem')}`]);
  });
});

/** An unencrypted key is what these tests want. */
function isFlaw({ id }: { readonly id: string }): boolean {
  return id !== 'ca-key-unencrypted';
}

describe('a parent that cannot sign', () => {
  test.each<[string, () => Promise<unknown>, object]>([
    [
      'by its pathlen',
      () => makeRoot({ pathLength: 0 }),
      { code: 'ERR_CA_UNUSABLE', hint: expect.stringContaining('pathLength: 1') as unknown },
    ],
    ['for there is none', () => Promise.resolve(), { code: 'ERR_CA_MISSING' }],
    [
      'for its key is elsewhere',
      async () => {
        await makeRoot();
        await rm(join(root(), 'ca-key.pem'));
      },
      { code: 'ERR_CA_MISSING', message: expect.stringContaining('ca-key.pem') as unknown },
    ],
    [
      'for others can change it',
      async () => {
        await makeRoot();
        await chmod(join(root(), 'ca.pem'), 0o666);
      },
      { code: 'ERR_UNSAFE' },
    ],
    [
      'for the root above it is not there',
      async () => {
        await makeRoot({ pathLength: 2 });
        await makeIssuing({ pathLength: 1 });
        const [own] = await held(join(issuing(), 'ca.pem'));
        await cp(issuing(), root(), { recursive: true, force: true });
        await rm(issuing(), { recursive: true });
        await chmod(join(root(), 'ca.pem'), 0o600);
        await writeFile(join(root(), 'ca.pem'), own!.toString());
      },
      { code: 'ERR_CA_UNUSABLE', message: expect.stringContaining('root') as unknown },
    ],
  ])('%s', async (_, prepare, error) => {
    await prepare();
    const asking = () =>
      makeIssuing({
        passphrase: () => {
          throw new Error('nobody is asked');
        },
      });
    expect(await refused(asking)).toMatchObject(error);
    await expect(readdir(issuing())).rejects.toThrow('ENOENT');
  });

  test.each<[string, Partial<IssueOptions<'ca'>>, string]>([
    ['the directory itself', { parent: undefined }, 'parent'],
    ['more CAs below than it allows', { pathLength: 1 }, 'pathLength'],
  ])('%s', async (_, options, option) => {
    await makeRoot();
    const parent = 'parent' in options ? issuing() : root();
    expect(await refused(() => makeIssuing({ ...options, parent }))).toMatchObject({
      code: 'ERR_INPUT',
      option,
    });
  });

  test('a directory in that of the set', async () => {
    await mkdir(issuing());
    await ca({ ...small, pathLength: 1, directory: join(issuing(), 'root') });
    const nested = () => makeIssuing({ parent: join(issuing(), 'root') });
    expect(await refused(nested)).toMatchObject({ code: 'ERR_INPUT', option: 'parent' });
  });
});

describe('an existing CA', () => {
  test('of another parent, or with another pathlen, differs', async () => {
    await makeRoot();
    await ca({ ...small, directory: issuing() });
    for (const options of [{}, { parent: undefined, pathLength: 1 }])
      expect(await refused(() => makeIssuing(options))).toMatchObject({ code: 'ERR_DIFFERS' });
  });
});

test('a forced CA without a parent is a root, and a note says so', async () => {
  await makeRoot();
  await makeIssuing();
  const forced = { ...small, directory: issuing(), force: ['ca'] } as const;
  const codes = async (request: IssueOptions<'ca'>): Promise<string[]> =>
    (await previewIssue(['ca'], request)).notes.map(({ code }) => code);
  expect(await codes(forced)).toContain('CA_BECOMES_ROOT');
  expect(await codes({ ...forced, parent: root() })).not.toContain('CA_BECOMES_ROOT');
});

test('a preview shows the chain in its steps', async () => {
  await makeRoot();
  const request = { ...small, parent: root(), directory: issuing(), hosts: ['docker.example'] };
  const { plan } = await previewIssue(['ca', 'server', 'client'], request);
  const joined = plan.steps.filter(({ kind }) => kind === 'concatenate');
  expect(joined).toEqual([
    { kind: 'concatenate', from: ['ca.pem'], to: 'chain.pem' },
    { kind: 'concatenate', from: ['root.pem'], to: 'ca.pem', append: true },
    { kind: 'concatenate', from: ['chain.pem'], to: 'server-cert.pem', append: true },
    { kind: 'concatenate', from: ['chain.pem'], to: 'cert.pem', append: true },
  ]);
});
