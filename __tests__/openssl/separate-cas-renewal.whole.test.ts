import { beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  client,
  installDaemon,
  previewRenewCa,
  renew,
  renewCa,
  rollback,
  server,
  verifyDirectory,
  type RenewCaOptions,
} from '../../lib/index.js';
import { isIssuedBy } from '../../lib/x509/issued.js';
import { failure } from '../support/failure.js';
import { rows } from '../support/form.js';
import { dockerCe, makeImage } from '../support/host-images.js';
import { makeSet } from '../support/made-sets.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const secret = 'correct horse battery staple';
const made = (): string => join(shared(), 'set');

beforeAll(async () => {
  const options = { hosts: ['web.example'], key: 'ec:p256', passphrase: secret, separateCas: true } as const;
  await makeSet({ ...options, directory: made() });
  await server({ directory: made(), name: 'web', hosts: ['web.example'], passphrase: secret });
  await client({ directory: made(), name: 'alice', passphrase: secret });
});

const copy = async (): Promise<string> => {
  const directory = join(temporary(), 'set');
  await cp(made(), directory, { recursive: true, preserveTimestamps: true });
  return directory;
};

/** What each side's files are: its CA, its leaves, and the copies of its CA beside the other side's. */
const files = {
  server: ['ca.pem', 'ca-key.pem', 'server-cert.pem', 'servers/web/server-cert.pem', 'clients/alice/ca.pem'],
  client: ['client-ca.pem', 'client-ca-key.pem', 'cert.pem', 'clients/alice/cert.pem', 'servers/web/ca.pem'],
} as const;
type Role = keyof typeof files;
const otherOf = { server: 'client', client: 'server' } as const;

const contents = (directory: string, role: Role): Promise<string[]> =>
  Promise.all(files[role].map((file) => readFile(join(directory, file), 'utf8')));
const certificate = async (...path: string[]): Promise<X509Certificate> =>
  new X509Certificate(await readFile(join(...path)));
const problems = async (directory: string): Promise<string[]> => {
  const { findings } = await verifyDirectory({ directory });
  return findings.filter(({ severity }) => severity !== 'notice').map(({ file, id }) => `${file} ${id}`);
};

describe.each([['server'], ['client']] as const)('the CA of the %ss', (role) => {
  const [caFile, , leaf, named, beside] = files[role];

  test('is renewed with its key, and the other one does not change', async () => {
    const directory = await copy();
    const others = await contents(directory, otherOf[role]);
    const before = await certificate(directory, caFile);
    const done = await renewCa({ directory, role, passphrase: secret });
    expect(done).toMatchObject({ stage: 'renewed', path: caFile, role, copies: [beside], ofTheOldCa: [] });
    const after = await certificate(directory, caFile);
    expect(after.publicKey.equals(before.publicKey)).toBe(true);
    expect(after.fingerprint256).not.toBe(before.fingerprint256);
    expect(isIssuedBy(await certificate(directory, leaf), after)).toBe(true);
    expect(await contents(directory, otherOf[role])).toEqual(others);
    expect(await problems(directory)).toEqual([]);
  });

  test('is rolled over stage by stage, and the other one does not change', async () => {
    const directory = await copy();
    const others = await contents(directory, otherOf[role]);
    const old = await certificate(directory, caFile);
    const begun = await renewCa({ directory, role, newKey: true, passphrase: secret });
    expect(begun).toMatchObject({ stage: 'rolling-over', path: caFile, copies: [beside] });
    expect(begun.ofTheOldCa).toEqual([leaf, named].sort());
    expect(await problems(directory)).toEqual([]);
    const early = await failure(temporary(), () => renewCa({ directory, role, finish: true }));
    expect(early.code).toBe('ERR_LEAF_UNUSABLE');
    expect(early.hint).toContain(`renew({ names: ['${role}']`);

    const { renewed } = await renew({ directory, names: [role], passphrase: secret });
    expect(renewed.map(({ path }) => path).sort()).toEqual([leaf, named].sort());
    expect(await renewCa({ directory, role, finish: true })).toMatchObject({ stage: 'finished' });
    for (const path of [leaf, named]) {
      expect(isIssuedBy(await certificate(directory, path), await certificate(directory, caFile))).toBe(true);
      expect(isIssuedBy(await certificate(directory, path), old)).toBe(false);
    }
    expect(await contents(directory, otherOf[role])).toEqual(others);
    expect(await problems(directory)).toEqual([]);
  });

  test('a roll-over is taken back', async () => {
    const directory = await copy();
    const before = [await contents(directory, 'server'), await contents(directory, 'client')];
    await renewCa({ directory, role, newKey: true, passphrase: secret });
    expect((await rollback({ directory })).notes).toEqual([]);
    expect([await contents(directory, 'server'), await contents(directory, 'client')]).toEqual(before);
  });
});

test('each leaf is renewed by the CA that signed it', async () => {
  const directory = await copy();
  await renew({ directory, all: true, passphrase: secret });
  expect(await problems(directory)).toEqual([]);
  for (const role of ['server', 'client'] as const)
    expect(
      isIssuedBy(await certificate(directory, files[role][2]), await certificate(directory, files[role][0])),
    ).toBe(true);
});

test("the daemon's copy of the clients' CA is replaced, and its certificate stays", async () => {
  const root = join(temporary(), 'image');
  await makeImage(root, dockerCe);
  const directory = await copy();
  const host = { root, dockerd: '/nonexistent' };
  await installDaemon({ directory, name: 'web', apply: true, ...host });
  const installed = (file: string): Promise<string> => readFile(join(root, 'etc/docker/tls', file), 'utf8');
  const before = await installed('server-cert.pem');
  const options = { directory, role: 'client', newKey: true, passphrase: secret, install: { root } } as const;
  const { installed: done } = await renewCa(options);
  expect(done).toMatchObject({ ok: true, current: true });
  expect(done?.changes.map(({ path }) => path)).toEqual(['/etc/docker/tls/ca.pem']);
  expect(await installed('ca.pem')).toBe(await readFile(join(directory, 'client-ca.pem'), 'utf8'));
  expect(await installed('server-cert.pem')).toBe(before);
});

describe('which CA is meant', () => {
  const ways: readonly (readonly [RenewCaOptions, string])[] = [
    [{}, "renewCa({ role: 'server'"],
    [{ newKey: true }, "renewCa({ role: 'client', newKey: true"],
    [{ finish: true }, "renewCa({ role: 'client', finish: true"],
  ];
  test.each(rows(ways, 2))('has to be said where there are two: %j', async (options, hint) => {
    const directory = await copy();
    const error = await failure(temporary(), () => renewCa({ directory, passphrase: secret, ...options }));
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'role' });
    expect(error.hint).toContain(hint);
  });

  test('is not said where there is one', async () => {
    const directory = join(temporary(), 'one');
    await makeSet({ hosts: ['web.example'], key: 'ec:p256', passphrase: null, directory });
    const error = await failure(temporary(), () => renewCa({ directory, role: 'client' }));
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'role' });
    const unknown = { directory, role: 'both' } as unknown as RenewCaOptions;
    expect((await failure(temporary(), () => renewCa(unknown))).code).toBe('ERR_INPUT');
  });

  test('a preview shows the CA that is named', async () => {
    const { path, plan } = await previewRenewCa({ directory: await copy(), role: 'client' });
    expect(path).toBe('client-ca.pem');
    expect([...plan.replaces].sort()).toEqual(['client-ca.pem', 'servers/web/ca.pem']);
  });
});
