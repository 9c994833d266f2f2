import { describe, expect, test } from '@jest/globals';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { all, client, type IssueOptions } from '../../lib/index.js';
import { altNamesOf, commonNameOf } from '../../lib/internal.js';
import { failure } from '../support/failure.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';
import { rows } from '../support/form.js';

await useMadeRsaKeys();
const temporary = useTemporaryDirectory();
const passphrase = 'correct horse';
const directory = (): string => join(temporary(), 'docker-tls');
const make = (options: IssueOptions): ReturnType<typeof all> =>
  all({ directory: directory(), passphrase, ...options });

describe('a set of a tutorial, made anew with nothing said of names', () => {
  test.each<[string, IssueOptions]>(
    rows(
      [
        ['training', { recipe: 'training', hosts: ['docker.example'] }],
        ['training with names', { recipe: 'training', hosts: ['docker.example', '10.0.0.5'], addSan: true }],
        [
          'training without those of this machine',
          { recipe: 'training', hosts: ['h'], addSan: true, localhost: false },
        ],
        ['docs-2014 for an address', { recipe: 'docs-2014', ips: ['10.0.0.5'] }],
        ['openssl-cnf', { recipe: 'openssl-cnf', ips: ['10.0.0.5', '10.0.0.6'] }],
        ['openssl-cnf with a name', { recipe: 'openssl-cnf', ips: ['10.0.0.5'], hosts: ['h'], addSan: true }],
      ],
      2,
    ),
  )('keeps them: %s', async (_, options) => {
    const before = await make(options);
    const after = await make({ recipe: options.recipe, force: ['ca'] });
    const told = ({ certificates: { server } }: typeof before): unknown => [
      commonNameOf(server!),
      altNamesOf(server!)
        .names.map(({ value }) => value)
        .sort(),
    ];
    expect(told(after)).toEqual(told(before));
    expect(after.certificates.ca!.fingerprint256).not.toBe(before.certificates.ca!.fingerprint256);
    expect(after.departures.length > 0).toBe(options.addSan === true);
    expect(after.notes.map(({ code }) => code)).not.toContain('HOSTNAME_ASSUMED');
  });
});

describe('a set of a tutorial that stays', () => {
  test('says that its server is refused, whatever recipe is asked for', async () => {
    await make({ recipe: 'docs-2014', hosts: ['docker.example'] });
    for (const recipe of ['docs', 'docs-2014', 'recommended'] as const) {
      const { notes, made } = await make({ recipe });
      expect(made).toEqual([]);
      expect(notes).toContainEqual({
        code: 'REFUSED_BY_CLIENTS',
        text: expect.stringContaining('certificate relies on legacy Common Name field') as unknown,
        words: expect.any(Array) as unknown,
      });
    }
  });

  test('says that it departs from its text', async () => {
    await make({ recipe: 'training', hosts: ['docker.example'], addSan: true });
    const { departures, notes } = await make({ recipe: 'training' });
    expect(departures).toHaveLength(1);
    expect(notes).toEqual([]);
  });

  test("stays without the CA's key, which may be kept elsewhere", async () => {
    await make({ recipe: 'training', hosts: ['docker.example'] });
    await rename(join(directory(), 'ca-key.pem'), join(temporary(), 'safe.pem'));
    const { made, kept } = await make({ recipe: 'training' });
    expect(made).toEqual([]);
    expect(kept).not.toContain('ca-key.pem');
    expect(kept).toContain('ca.pem');
  });
});

describe("the engine's directory of openssl-cnf, where a server has the names of a client", () => {
  test.each<[string, IssueOptions]>([
    ['is asked for', {}],
    ['is asked for anew', { force: ['client'] }],
  ])('keeps it when a client without a name %s', async (_, options) => {
    await make({ recipe: 'openssl-cnf', ips: ['10.0.0.5'] });
    const server = join(directory(), 'server');
    const error = await failure(server, () => client(only('client', { directory: server, ...options })));
    expect(error).toMatchObject({ code: 'ERR_EXISTS', path: join(server, 'cert.pem') });
    const { made } = await client({ directory: server, name: 'alice', key: 'ec:p256' });
    expect(made.map(({ path }) => path)).toContain('clients/alice/cert.pem');
    const again = await make({ recipe: 'openssl-cnf', force: ['ca'] });
    expect(again.notes).toContainEqual({
      code: 'LEAVES_VOID',
      text: expect.stringMatching(/^server\/clients\/alice: /) as unknown,
    });
  });
});
