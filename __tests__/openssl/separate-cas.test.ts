import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { cp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  all,
  bundle,
  ca,
  changePassphrase,
  client,
  explain,
  inspect,
  installDaemon,
  previewIssue,
  rollback,
  server,
  verifyDirectory,
  type IssueOptions,
} from '../../lib/index.js';
import { readCredentials } from '../../lib/docker/client/credentials.js';
import { isIssuedBy } from '../../lib/x509/issued.js';
import { failure } from '../support/failure.js';
import { dockerCe, makeImage } from '../support/host-images.js';
import { makeSet } from '../support/made-sets.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const secret = 'correct horse battery staple';
const options = {
  hosts: ['web.example'],
  key: 'ec:p256',
  passphrase: secret,
  separateCas: true,
} as const satisfies IssueOptions;
const made = (...names: string[]): string => join(shared(), 'set', ...names);
const copy = async (): Promise<string> => {
  const directory = join(temporary(), 'set');
  await cp(made(), directory, { recursive: true, preserveTimestamps: true });
  return directory;
};
const certificate = async (path: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(path));

beforeAll(async () => {
  await makeSet({ ...options, directory: made() });
  await server({ directory: made(), name: 'web', hosts: ['web.example'], passphrase: secret });
  await client({ directory: made(), name: 'alice', passphrase: secret });
});

describe('a set with separate CAs', () => {
  test('each CA signs its own role, and has a name of its own', async () => {
    const [serverCa, clientCa] = [
      await certificate(made('ca.pem')),
      await certificate(made('client-ca.pem')),
    ];
    expect(serverCa.subject).toMatch(/^CN=Docker TLS server CA [0-9a-f]{8}$/);
    expect(clientCa.subject).toMatch(/^CN=Docker TLS client CA [0-9a-f]{8}$/);
    for (const [path, own, other] of [
      ['server-cert.pem', serverCa, clientCa],
      ['servers/web/server-cert.pem', serverCa, clientCa],
      ['cert.pem', clientCa, serverCa],
      ['clients/alice/cert.pem', clientCa, serverCa],
    ] as const) {
      expect(isIssuedBy(await certificate(made(path)), own)).toBe(true);
      expect(isIssuedBy(await certificate(made(path)), other)).toBe(false);
    }
  });

  test('beside a server lies the CA of the clients, beside a client that of the servers', async () => {
    const read = (path: string): Promise<string> => readFile(made(path), 'utf8');
    expect(await read('servers/web/ca.pem')).toBe(await read('client-ca.pem'));
    expect(await read('clients/alice/ca.pem')).toBe(await read('ca.pem'));
  });

  test('both keys are encrypted, and nobody else can read them', async () => {
    for (const key of ['ca-key.pem', 'client-ca-key.pem']) {
      expect((await stat(made(key))).mode & 0o777).toBe(0o400);
      expect(await readFile(made(key), 'utf8')).toMatch(/ENCRYPTED/);
    }
  });

  test('verify finds no error and no warning, and every client accepts both', async () => {
    const { findings } = await verifyDirectory({ directory: made() });
    expect(findings.filter(({ severity }) => severity !== 'notice')).toEqual([]);
    for (const name of [undefined, 'web', 'alice'])
      expect(await explain({ directory: made(), name })).toMatchObject({ accepted: true });
  });

  test.each([
    ['server', undefined, 'client-ca.pem'],
    ['server', 'web', 'servers/web/ca.pem'],
    ['client', undefined, 'ca.pem'],
    ['client', 'alice', 'clients/alice/ca.pem'],
  ] as const)('what a %s takes with it: %s', async (role, name, ca) => {
    expect((await readCredentials(role, { directory: made(), name })).ca).toBe(made(ca));
    const { files } = await bundle(role, { directory: made(), name });
    expect(files.find((file) => file.name === 'ca.pem')?.from).toBe(made(ca));
  });

  test('the command line of the daemon trusts the CA of the clients', async () => {
    const { next } = await previewIssue(['ca', 'server', 'client'], { ...options, directory: made() });
    expect(next.daemon.join()).toContain(`--tlscacert=${made('client-ca.pem')}`);
  });

  test('a second run changes nothing, with and without the option', async () => {
    const directory = await copy();
    const before = await tree(directory);
    for (const separateCas of [true, false, undefined]) {
      const issued = await all({ directory, hosts: ['web.example'], separateCas });
      expect(issued).toMatchObject({ made: [], clientCa: { certificate: 'client-ca.pem' } });
      expect(issued.kept).toEqual(expect.arrayContaining(['ca-key.pem', 'ca.pem', 'client-ca-key.pem']));
      expect(issued.certificates.clientCa?.subject).toContain('client CA');
    }
    expect(await tree(directory)).toEqual(before);
  });

  test('a new CA replaces both, keeps them separate, and can be taken back', async () => {
    const directory = await copy();
    const { archive, certificates } = await all({
      ...options,
      separateCas: undefined,
      directory,
      force: ['ca'],
    });
    for (const file of ['ca.pem', 'client-ca.pem', 'ca-key.pem', 'client-ca-key.pem'])
      expect(await readFile(join(directory, archive!, file))).toEqual(await readFile(made(file)));
    expect(isIssuedBy(certificates.client!, certificates.clientCa!)).toBe(true);
    expect(isIssuedBy(certificates.server!, certificates.ca!)).toBe(true);
    await rollback({ directory });
    for (const file of ['ca.pem', 'client-ca.pem', 'client-ca-key.pem', 'cert.pem'])
      expect(await readFile(join(directory, file))).toEqual(await readFile(made(file)));
  });

  test('a server needs the key of its CA alone, and a client that of its own', async () => {
    const directory = await copy();
    const away = join(temporary(), 'away.pem');
    await rename(join(directory, 'client-ca-key.pem'), away);
    await server({ directory, name: 'db', hosts: ['db.example'], passphrase: secret });
    expect(
      (await failure(temporary(), () => client({ directory, name: 'bob', passphrase: secret }))).code,
    ).toBe('ERR_CA_MISSING');
    await client({ directory, name: 'bob', passphrase: secret, caKey: away });
    expect(
      isIssuedBy(
        await certificate(join(directory, 'clients/bob/cert.pem')),
        await certificate(made('client-ca.pem')),
      ),
    ).toBe(true);
    const wrong = () =>
      client({
        directory,
        name: 'eve',
        passphrase: secret,
        caKey: join(directory, 'ca-key.pem'),
      });
    expect((await failure(temporary(), wrong)).code).toBe('ERR_CA_UNUSABLE');
  });

  test('each key is opened with its own passphrase', async () => {
    const directory = await copy();
    const asked: string[] = [];
    const passphrase = ({ path }: { path: string }): string => {
      asked.push(path);
      return secret;
    };
    await all({ directory, hosts: ['web.example'], name: 'new', passphrase });
    expect(asked).toEqual([join(directory, 'ca-key.pem'), join(directory, 'client-ca-key.pem')]);
  });
});

test('the two keys can get different passphrases', async () => {
  const directory = await copy();
  const key = join(directory, 'client-ca-key.pem');
  await changePassphrase({ directory, key, passphrase: secret, newPassphrase: 'another' });
  const wrong = await failure(temporary(), () => client({ directory, name: 'bob', passphrase: secret }));
  expect(wrong).toMatchObject({ code: 'ERR_PASSPHRASE_WRONG', path: key });
  const passphrase = ({ path }: { path: string }): string => (path === key ? 'another' : secret);
  await all({ directory, hosts: ['web.example'], name: 'bob', passphrase });
  expect((await verifyDirectory({ directory })).ok).toBe(true);
});

test('what is permitted is in both CAs', async () => {
  const directory = join(temporary(), 'new');
  const permit = ['web.example'];
  await all({ ...options, directory, passphrase: null, permit });
  const { certificates } = await inspect({ path: directory });
  const constrained = certificates.filter(({ nameConstraints }) => nameConstraints);
  expect(constrained.map(({ path }) => path)).toEqual(['ca.pem', 'client-ca.pem']);
  expect((await all({ directory, hosts: ['web.example'], permit })).made).toEqual([]);
});

test('a new set asks for one passphrase', async () => {
  const directory = join(temporary(), 'new');
  const asked: string[] = [];
  await ca({
    directory,
    key: 'ec:p256',
    separateCas: true,
    passphrase: ({ path }) => {
      asked.push(path);
      return secret;
    },
  });
  expect(asked).toEqual([join(directory, 'ca-key.pem')]);
  await all({ directory, hosts: ['web.example'], passphrase: secret });
  expect((await verifyDirectory({ directory })).ok).toBe(true);
});

describe('what is refused, and changes nothing', () => {
  test.each([[{}], [{ force: ['ca'] as const }]])('one CA becomes two: %j', async (more) => {
    const directory = join(temporary(), 'one');
    await makeSet({ hosts: ['web.example'], key: 'ec:p256', passphrase: null, directory });
    const error = await failure(temporary(), () => all({ ...options, ...more, directory }));
    expect(error).toMatchObject({ code: 'ERR_DIFFERS', path: join(directory, 'ca.pem') });
    expect(error.message).toContain('has one CA for servers and clients');
  });

  test.each([
    ['a key in a token', { separateCas: true, caKey: 'pkcs11:token=a;object=b' }],
    ['a key for two CAs', { caKey: '/nonexistent/ca-key.pem' }],
    ['a parent of two CAs', { separateCas: true, parent: '/nonexistent/root' }],
    ['a recipe of a tutorial', { separateCas: true, recipe: 'docs' }],
  ] as const)('%s', async (_, more) => {
    const directory = 'caKey' in more && !('separateCas' in more) ? await copy() : join(temporary(), 'new');
    const error = await failure(temporary(), () =>
      all({ hosts: ['web.example'], passphrase: secret, ...more, directory }),
    );
    expect(error.code).toBe('ERR_INPUT');
  });

  test.each(['ca.pem', 'client-ca.pem'])('one CA of two: %s is missing', async (file) => {
    const directory = await copy();
    await rm(join(directory, file));
    const error = await failure(temporary(), () =>
      all({ directory, hosts: ['web.example'], passphrase: secret }),
    );
    expect(error.code).toBe(file === 'ca.pem' ? 'ERR_CA_MISSING' : 'ERR_INCOMPLETE');
    expect(error.message).toContain(file);
  });

  test('a damaged CA of the clients is not passed over for the other one', async () => {
    const directory = await copy();
    await rm(join(directory, 'client-ca.pem'));
    await writeFile(join(directory, 'client-ca.pem'), 'damaged');
    const error = await failure(temporary(), () => client({ directory, name: 'bob', passphrase: secret }));
    expect(error).toMatchObject({ code: 'ERR_CA_UNUSABLE', path: join(directory, 'client-ca.pem') });
  });

  test("the daemon's CA does not replace that of the set", async () => {
    const root = join(temporary(), 'image');
    await makeImage(root, dockerCe);
    await rename(await copy(), join(root, 'set'));
    const to = { directory: join(root, 'set'), root, to: '/set' };
    const install = () => installDaemon({ ...to, apply: true, dockerd: '/nonexistent' });
    expect(await failure(temporary(), install)).toMatchObject({ code: 'ERR_INPUT', option: 'to' });
    const { changes } = await installDaemon({ ...to, name: 'web', to: '/set/servers/web' });
    expect(changes.map(({ path }) => path)).not.toContain('/set/servers/web/ca.pem');
  });

  test.each([
    ['servers/web/ca.pem', 'ca.pem', 'server', 'web'],
    ['clients/alice/ca.pem', 'client-ca.pem', 'client', 'alice'],
  ] as const)('the wrong CA beside a leaf: %s is %s', async (to, from, role, name) => {
    const directory = await copy();
    await rm(join(directory, to));
    await cp(join(directory, from), join(directory, to));
    expect((await failure(temporary(), () => readCredentials(role, { directory, name }))).code).toBe(
      'ERR_CA_UNUSABLE',
    );
    const { findings } = await verifyDirectory({ directory });
    expect(findings).toContainEqual(expect.objectContaining({ id: 'ca-copy-of-another', file: to }));
  });

  test('a leaf of the other CA', async () => {
    const directory = await copy();
    const [leaf, key] = ['cert.pem', 'key.pem'].map((file) => join(directory, file));
    await Promise.all([rm(leaf!), rm(key!)]);
    await cp(join(directory, 'server-cert.pem'), leaf!);
    await cp(join(directory, 'server-key.pem'), key!);
    expect((await failure(temporary(), () => readCredentials('client', { directory }))).code).toBe(
      'ERR_LEAF_UNUSABLE',
    );
    expect((await verifyDirectory({ directory })).ok).toBe(false);
  });
});
