import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  all,
  ca,
  genrsa,
  Passphrase,
  reqX509,
  server,
  type IssueOptions,
  type PassphraseQuestion,
} from '../../lib/index.js';
import { outdatedKey } from '../support/outdated-key.js';
import { failure } from '../support/failure.js';
import { opensslOutput } from '../support/openssl.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';
import { leftToWhole, rows } from '../support/form.js';

const temporary = useTemporaryDirectory();
const DAY = 86_400_000;

let options: IssueOptions & { directory: string };
let keyPath: string;
let caPath: string;
beforeEach(() => {
  options = request(temporary(), { passphrase: 'correct horse' });
  keyPath = join(options.directory, 'ca-key.pem');
  caPath = join(options.directory, 'ca.pem');
});

const refused = async (others: IssueOptions = {}): Promise<unknown> =>
  failure(temporary(), () => server(only('server', { ...options, ...others })));

describe("the passphrase of the CA's key", () => {
  beforeEach(async () => {
    await ca(only('ca', options));
  });

  test('is not called wrong where Node opens no such key', async () => {
    await rm(keyPath);
    await writeFile(keyPath, outdatedKey, { mode: 0o400 });
    expect(await refused()).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      path: keyPath,
      message: `${keyPath} is encrypted with des-cbc, which is not opened`,
    });
  });

  test('that is wrong is refused, naming the key', async () => {
    expect(await refused({ passphrase: 'battery staple' })).toMatchObject({
      code: 'ERR_PASSPHRASE_WRONG',
      path: keyPath,
    });
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a function that gives null', () => null],
  ])('is needed where %s is given', async (_, passphrase) => {
    expect(await refused({ passphrase })).toMatchObject({ code: 'ERR_PASSPHRASE_NEEDED', path: keyPath });
  });

  test('is asked for once, with its purpose and the key', async () => {
    const passphrase = jest.fn((question: PassphraseQuestion) =>
      Promise.resolve(`correct ${question.path && 'horse'}`),
    );
    await server(only('server', { ...options, passphrase }));
    expect(passphrase.mock.calls).toEqual([[{ purpose: 'open', path: keyPath }]]);
  });

  test('is asked for once for a new CA, which then signs with it', async () => {
    const passphrase = jest.fn(() => Passphrase.of('battery staple'));
    await all({ ...options, passphrase, force: ['ca'] });
    expect(passphrase.mock.calls).toEqual([[{ purpose: 'create', path: keyPath }]]);
    await server(only('server', { ...options, force: ['server'], passphrase: 'battery staple' }));
  });

  test('is not asked for where the key is not encrypted', async () => {
    const plain = await opensslOutput(['ec', '-in', keyPath, '-passin', 'pass:correct horse']);
    await rm(keyPath);
    await writeFile(keyPath, plain, { mode: 0o400 });
    const passphrase = jest.fn(() => 'not needed');
    await server(only('server', { ...options, passphrase }));
    expect(passphrase).not.toHaveBeenCalled();
  });
});

test.each(
  rows(
    [
      '    ',
      'blanks at the end  ',
      'größe 🐳 漢字',
      `quotes " ' \` $HOME \\n %s`,
      'x'.repeat(1023),
      '-x:fd:4',
    ],
    3,
  ),
)('the passphrase %j makes a key and opens it again', async (passphrase) => {
  await ca(only('ca', { ...options, passphrase }));
  await server(only('server', { ...options, passphrase }));
  expect(await refused({ passphrase: `${passphrase.slice(1)}?`, force: ['server'] })).toMatchObject({
    code: 'ERR_PASSPHRASE_WRONG',
  });
});

test('a new CA needs a passphrase, or the word that it shall have none', async () => {
  const { passphrase, ...others } = options;
  expect(passphrase).toBeDefined();
  expect(await failure(temporary(), () => all(others))).toMatchObject({
    code: 'ERR_PASSPHRASE_NEEDED',
    path: keyPath,
    hint: expect.stringContaining('with `passphrase: null`') as unknown,
  });
});

describe('a CA that cannot sign is refused:', () => {
  const unusable = (words: RegExp): unknown =>
    expect.objectContaining({ code: 'ERR_CA_UNUSABLE', message: expect.stringMatching(words) as unknown });
  const renewed = expect.objectContaining({
    hint: expect.stringContaining('`renewCa({ directory: ') as unknown,
  }) as unknown;

  test('a certificate of a server', async () => {
    await all({ ...options, passphrase: null });
    for (const [from, to] of [
      ['server-cert.pem', 'ca.pem'],
      ['server-key.pem', 'ca-key.pem'],
    ] as const) {
      await rename(join(options.directory, from), join(options.directory, to));
    }
    expect(await refused()).toEqual(unusable(/is not a CA certificate/));
  });

  test('one that has expired', async () => {
    await ca(only('ca', { ...options, caDays: 10 }));
    const error = await refused({ now: new Date(Date.now() + 11 * DAY) });
    expect(error).toEqual(unusable(/expired on 20\d\d-/));
    expect(error).toEqual(renewed);
  });

  test('one that is not valid yet', async () => {
    await ca(only('ca', options));
    expect(await refused({ now: new Date(Date.now() - 2 * DAY) })).toEqual(
      unusable(/not valid before 20\d\d-/),
    );
  });

  test('one that ends within a day', async () => {
    await ca(only('ca', { ...options, caDays: 10 }));
    const error = await refused({ now: new Date(Date.now() + 9.5 * DAY) });
    expect(error).toEqual(unusable(/too soon to sign/));
    expect(error).toEqual(renewed);
  });

  test("one with another CA's key", async () => {
    const other = join(temporary(), 'other');
    await ca(only('ca', options));
    await ca(only('ca', { ...options, directory: other }));
    await rm(keyPath);
    await copyFile(join(other, 'ca-key.pem'), keyPath);
    expect(await refused()).toEqual(unusable(/do not belong together/));
  });

  test.each([
    ['empty', ''],
    ['garbage', 'garbage\n'],
    ['cut off', '-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n'],
  ])('one whose key is %s', async (_, content) => {
    await ca(only('ca', { ...options, passphrase: null }));
    await chmod(keyPath, 0o600);
    await writeFile(keyPath, content);
    expect(await refused()).toEqual(unusable(/is not a private key/));
  });
});

test('a CA whose certificate is gone is not made anew over its key by a command that only signs', async () => {
  await ca(only('ca', options));
  await rm(caPath);
  expect(await refused()).toMatchObject({ code: 'ERR_INCOMPLETE', path: keyPath });
});

describe('a CA that stays is refused where it can sign no more:', () => {
  const kept = async (others: IssueOptions = {}): Promise<unknown> =>
    failure(temporary(), () => ca(only('ca', { ...options, ...others })));
  beforeEach(async () => {
    await ca(only('ca', { ...options, passphrase: null, caDays: 10 }));
  });

  test('it has expired', async () => {
    expect(await kept({ now: new Date(Date.now() + 11 * DAY) })).toMatchObject({ code: 'ERR_CA_UNUSABLE' });
  });

  test('its key is garbage', async () => {
    await chmod(keyPath, 0o600);
    await writeFile(keyPath, 'garbage\n');
    expect(await kept()).toMatchObject({ code: 'ERR_CA_UNUSABLE', path: keyPath });
  });

  test('but not where its key is kept elsewhere', async () => {
    await rm(keyPath);
    expect(await ca(only('ca', options))).toMatchObject({ made: [] });
  });
});

test('a CA that was made by hand is taken as it is', async () => {
  await ca(only('ca', options));
  await rm(keyPath);
  await rm(caPath);
  const config = join(temporary(), 'by-hand.cnf');
  await writeFile(
    config,
    [
      ...['[req]', 'distinguished_name = dn', 'prompt = no', 'x509_extensions = v3', '[dn]', 'CN = by hand'],
      ...['[v3]', 'basicConstraints = critical,CA:TRUE', 'keyUsage = critical,keyCertSign'],
      ...['subjectKeyIdentifier = hash', ''],
    ].join('\n'),
  );
  await opensslOutput(['genrsa', '-aes256', '-passout', 'pass:correct horse', '-out', keyPath, '2048']);
  const names = ['-key', keyPath, '-passin', 'pass:correct horse', '-config', config, '-out', caPath];
  await opensslOutput(['req', '-new', '-x509', '-days', '365', '-sha256', ...names]);
  const before = await readFile(caPath, 'utf8');
  const { certificates } = await server(only('server', { ...options, days: 30 }));
  expect(certificates.server?.issuer).toBe('CN=by hand');
  expect(await readFile(caPath, 'utf8')).toBe(before);
});

describe('a leaf', () => {
  test('ends before its CA, and a note says that it was shortened', async () => {
    await ca(only('ca', { ...options, caDays: 30 }));
    const { certificates, notes } = await server(only('server', { ...options, days: 365 }));
    expect(notes).toEqual([
      { code: 'LEAF_SHORTENED', text: expect.stringMatching(/gets 29 days instead of 365/) as unknown },
    ]);
    expect(Date.parse(certificates.server!.validTo)).toBeLessThan(Date.parse(certificates.ca!.validTo));
  });

  leftToWhole('made together with a CA that ends sooner is shortened too', async () => {
    const { certificates, notes } = await all({ ...options, caDays: 2, days: 365 });
    expect(notes.filter(({ code }) => code === 'LEAF_SHORTENED')).toHaveLength(2);
    for (const leaf of [certificates.server!, certificates.client!]) {
      expect(Date.parse(leaf.validTo)).toBeLessThanOrEqual(Date.parse(certificates.ca!.validTo));
    }
  });

  leftToWhole('has its days counted from `now`', async () => {
    await ca(only('ca', { ...options, caDays: 30 }));
    const { notes } = await server(
      only('server', { ...options, now: new Date(Date.now() + 10 * DAY), days: 25 }),
    );
    expect(notes.map(({ text }) => text)).toEqual([expect.stringMatching(/gets 19 days instead of 25/)]);
  });
});

test("a CA made by hand after Docker's page, without keyUsage, signs as before", async () => {
  const { directory } = options;
  await genrsa({ out: 'ca-key.pem', bits: 2048, cwd: await made(directory) });
  await reqX509({
    key: 'ca-key.pem',
    days: 365,
    subj: '/CN=my CA',
    digest: 'sha256',
    out: 'ca.pem',
    cwd: directory,
  });
  const { certificates, notes } = await all({ ...options, hosts: ['docker.example'] });
  expect(certificates.server?.checkIssued(certificates.ca!)).toBe(true);
  // The CA's 365 days are fewer than an hour short of the leaf's.
  expect(notes.map(({ code }) => code)).toEqual(['LEAF_SHORTENED', 'LEAF_SHORTENED']);
});

async function made(directory: string): Promise<string> {
  await mkdir(directory, { mode: 0o700 });
  return directory;
}
