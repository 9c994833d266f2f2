import { beforeAll, describe, expect, test } from '@jest/globals';
import { cp, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  client,
  crl,
  csr,
  issued,
  previewCrl,
  previewRevoke,
  rebuildIndex,
  revoke,
  server,
  sign,
  verifyDirectory,
} from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { openssl } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const made = (): string => join(shared(), 'set');

beforeAll(async () => {
  const options = { hosts: ['web.example'], key: 'ec:p256', passphrase: null } as const;
  await makeSet({ ...options, directory: made(), separateCas: true });
  for (const name of ['web', 'db']) await server({ directory: made(), name, hosts: [`${name}.example`] });
  for (const name of ['alice', 'mallory']) await client({ directory: made(), name });
});

const copy = async (): Promise<string> => {
  const directory = join(temporary(), 'set');
  await cp(made(), directory, { recursive: true, preserveTimestamps: true });
  return directory;
};
/** What `openssl verify` says of a leaf, with the list of its CA. */
const verified = async (
  directory: string,
  leaf: string,
  [ca, list]: readonly [string, string],
): Promise<string> => {
  const files = ['-CAfile', join(directory, ca), '-CRLfile', join(directory, list)];
  const { code, stderr } = await openssl(['verify', '-crl_check', ...files, join(directory, leaf)]);
  return code === 0 ? 'OK' : (/error \d+ at .*: (.*)/.exec(stderr)?.[1] ?? stderr);
};
const ofClients = ['client-ca.pem', 'crl.pem'] as const;
const ofServers = ['ca.pem', 'server-crl.pem'] as const;

describe('the lists of two CAs', () => {
  test('each CA signs its own, which openssl takes for the leaves of that CA', async () => {
    const directory = await copy();
    const revoked = await revoke(['mallory'], { directory });
    expect(revoked).toMatchObject({ crl: 'crl.pem', role: 'client', number: 1n });
    expect(revoked.certificates.map(({ listed, path }) => ({ listed, path }))).toEqual([
      { listed: true, path: 'clients/mallory/cert.pem' },
    ]);
    expect(await revoke(['db'], { directory })).toMatchObject({
      crl: 'server-crl.pem',
      role: 'server',
      number: 1n,
    });
    expect(await crl({ directory })).toMatchObject({ crl: 'crl.pem', number: 2n });
    expect((await crl({ directory, role: 'server' })).revoked).toHaveLength(1);
    expect(await verified(directory, 'clients/alice/cert.pem', ofClients)).toBe('OK');
    expect(await verified(directory, 'clients/mallory/cert.pem', ofClients)).toBe('certificate revoked');
    expect(await verified(directory, 'servers/web/server-cert.pem', ofServers)).toBe('OK');
    expect(await verified(directory, 'servers/db/server-cert.pem', ofServers)).toBe('certificate revoked');
    expect((await stat(join(directory, 'server-crl.pem'))).mode & 0o777).toBe(0o444);
    const { findings } = await verifyDirectory({ directory });
    expect(findings.map(({ id }) => id)).toEqual(['ca-key-unencrypted', 'ca-key-unencrypted']);
  });

  test('a list of one CA does not change that of the other', async () => {
    const directory = await copy();
    await revoke(['mallory'], { directory });
    const before = await readFile(join(directory, 'crl.pem'), 'utf8');
    await crl({ directory, role: 'server' });
    expect(await readFile(join(directory, 'crl.pem'), 'utf8')).toBe(before);
    const due = await crl({ directory, role: 'server', due: true });
    expect(due).toMatchObject({ made: [], crl: 'server-crl.pem', role: 'server' });
  });

  test('one revocation is of one side', async () => {
    const directory = await copy();
    const both = await failure(temporary(), () => revoke(['mallory', 'db'], { directory }));
    expect(both).toMatchObject({ code: 'ERR_INPUT', option: 'names' });
    const { plan, crl: list } = await previewRevoke(['web', 'db'], { directory });
    expect([list, plan.replaces]).toEqual(['server-crl.pem', expect.arrayContaining(['server-crl.pem'])]);
  });

  test('a role is for two CAs alone', async () => {
    const directory = join(temporary(), 'one');
    await makeSet({ hosts: ['web.example'], key: 'ec:p256', passphrase: null, directory });
    const error = await failure(temporary(), () => previewCrl({ directory, role: 'client' }));
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'role' });
    expect(await crl({ directory })).toMatchObject({ crl: 'crl.pem', role: undefined });
  });

  test('the index is made again from both lists', async () => {
    const directory = await copy();
    await revoke(['mallory'], { directory });
    await revoke(['db'], { directory });
    await rm(join(directory, 'authority'), { recursive: true });
    await rebuildIndex({ directory });
    const { certificates } = await issued({ directory, revoked: true });
    expect(certificates.map(({ commonName }) => commonName).sort()).toEqual(['db.example', 'mallory']);
  });
});

describe('CSRs', () => {
  const requests = async (): Promise<string[]> => {
    const [host, laptop] = [join(temporary(), 'host'), join(temporary(), 'laptop')];
    await csr('server', { directory: host, name: 'new', hosts: ['new.example'], key: 'ec:p256' });
    await csr('client', { directory: laptop, name: 'bob', key: 'ec:p256' });
    return [join(host, 'servers/new/server.csr'), join(laptop, 'clients/bob/client.csr')];
  };

  test('are signed by the CA of their role, with the CA of the other side beside them', async () => {
    const directory = await copy();
    const names = { hosts: ['new.example'], clientNames: ['bob'] };
    const { signed } = await sign(await requests(), { directory, ...names });
    expect(signed.map(({ certificate }) => certificate)).toEqual([
      'servers/new.example/server-cert.pem',
      'clients/bob/cert.pem',
    ]);
    const read = (file: string): Promise<string> => readFile(join(directory, file), 'utf8');
    expect(await read('servers/new.example/ca.pem')).toBe(await read('client-ca.pem'));
    expect(await read('clients/bob/ca.pem')).toBe(await read('ca.pem'));
    const { findings } = await verifyDirectory({ directory });
    expect(findings.filter(({ severity }) => severity !== 'notice')).toEqual([]);
    expect((await sign(await requests(), { directory, ...names })).made).toEqual([]);
  });

  test('of one role need the key of one CA', async () => {
    const directory = await copy();
    const [, ofClient = ''] = await requests();
    const key = join(temporary(), 'away.pem');
    await rename(join(directory, 'client-ca-key.pem'), key);
    const names = { directory, clientNames: ['bob'] };
    expect((await failure(temporary(), () => sign([ofClient], names))).code).toBe('ERR_CA_MISSING');
    expect((await sign([ofClient], { ...names, caKey: key })).signed).toHaveLength(1);
  });
});
