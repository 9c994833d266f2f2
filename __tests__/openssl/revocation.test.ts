import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { appendFile, copyFile, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  all,
  client,
  crl,
  csr,
  issued,
  previewRenewal,
  previewRevoke,
  rebuildIndex,
  renew,
  renewCa,
  revoke,
  sign,
  type IssuedList,
} from '../../lib/index.js';
import { readCrl } from '../../lib/x509/crl.js';
import { crlBlocks } from '../../lib/x509/pem.js';
import { failure } from '../support/failure.js';
import { leftToWhole, times } from '../support/form.js';
import { openssl, opensslOutput } from '../support/openssl.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();

beforeAll(async () => {
  const directory = join(shared(), 'docker-tls');
  await all(request(shared(), { directory, hosts: ['docker.example', '127.0.0.1'] }));
  for (const name of ['alice', 'bob']) await client({ directory, name });
});

/** A copy of the set for each test, which has no index. */
async function set(): Promise<string> {
  const directory = join(temporary(), 'docker-tls');
  await cp(join(shared(), 'docker-tls'), directory, { recursive: true, preserveTimestamps: true });
  return directory;
}
const summary = ({ certificates }: IssuedList): string[] =>
  certificates.map(({ state, role, commonName }) => `${state} ${role} ${commonName}`);
const serialOf = async (directory: string, name: string): Promise<string> =>
  (await issued({ directory, client: name })).certificates.at(-1)!.serial;
const listed = async (directory: string) =>
  readCrl(crlBlocks(await readFile(join(directory, 'crl.pem'), 'latin1'))[0]!);

describe('the index', () => {
  test('is of the files where there is none, and begins with them', async () => {
    const directory = await set();
    const before = await issued({ directory });
    expect(before.recorded).toBe(false);
    expect(summary(before).slice(1).sort()).toEqual([
      'valid client alice',
      'valid client bob',
      'valid client client',
      'valid server docker.example',
    ]);
    await csr('client', { directory: join(temporary(), 'host'), key: 'ec:p256', clientName: 'carol' });
    await sign([join(temporary(), 'host/client.csr')], { directory, clientNames: ['carol'] });
    await client({ directory, name: 'dave' });
    await renew({ directory, names: ['alice'] });
    const after = await issued({ directory });
    expect(after.recorded).toBe(true);
    expect(summary(after).slice(before.certificates.length)).toEqual([
      'valid client carol',
      'valid client dave',
      'valid client alice',
    ]);
    expect(await modes(join(directory, 'authority'))).toEqual({
      ...{ '/': '0700', 'index.txt': '0600', 'index.txt.attr': '0600', 'issued.jsonl': '0600' },
    });
    const fromFiles = await readFile(join(directory, 'authority/index.txt'), 'utf8');
    await rm(join(directory, 'authority'), { recursive: true });
    expect(await rebuildIndex({ directory })).toMatchObject({ certificates: 8, added: 8, lost: 0 });
    const rebuilt = await readFile(join(directory, 'authority/index.txt'), 'utf8');
    expect(rebuilt.split('\n').sort()).toEqual(fromFiles.split('\n').sort());
  });

  test('is one that openssl ca reads, and revokes in', async () => {
    const directory = await set();
    await rebuildIndex({ directory });
    const config = join(temporary(), 'ca.cnf');
    const index = join(directory, 'authority/index.txt');
    await writeFile(config, `[ca]\ndefault_ca=own\n[own]\ndatabase=${index}\ndefault_md=sha256\n`);
    const pair = ['-cert', join(directory, 'ca.pem'), '-keyfile', join(directory, 'ca-key.pem')];
    const bob = join(directory, 'clients/bob/cert.pem');
    await opensslOutput(['ca', '-config', config, ...pair, '-revoke', bob, '-crl_reason', 'superseded']);
    expect((await issued({ directory, revoked: true })).certificates).toMatchObject([
      { commonName: 'bob', state: 'revoked', reason: 'superseded' },
    ]);
    await crl({ directory });
    expect((await listed(directory)).revoked).toMatchObject([{ reason: 'superseded' }]);
  });

  test('is filtered by client, by server, and by what is due', async () => {
    const directory = await set();
    const later = new Date(Date.now() + 350 * 86_400_000);
    expect(summary(await issued({ directory, client: 'alice' }))).toEqual(['valid client alice']);
    expect(summary(await issued({ directory, server: '127.0.0.1' }))).toEqual([
      'valid server docker.example',
    ]);
    expect(summary(await issued({ directory, expiring: true }))).toEqual([]);
    expect(summary(await issued({ directory, expiring: true, client: 'bob', now: later }))).toEqual([
      'due client bob',
    ]);
    expect((await failure(temporary(), () => issued({ directory, client: 1 as never }))).code).toBe(
      'ERR_INPUT',
    );
  });

  test('that is damaged is named by its line, and rebuilt without losing what was revoked', async () => {
    const directory = await set();
    await revoke(['alice'], { directory, reason: 'keyCompromise' });
    const index = join(directory, 'authority/index.txt');
    const text = await readFile(index, 'utf8');
    await writeFile(index, text.replace(/^R.*\n/m, ''));
    await appendFile(index, 'half a line');
    const error = await failure(temporary(), () => issued({ directory }));
    expect(error).toMatchObject({
      code: 'ERR_FILE',
      message: expect.stringMatching(/index\.txt, line \d+: its last line is cut off/),
    });
    expect((await failure(temporary(), () => client({ directory, name: 'eve' }))).code).toBe('ERR_FILE');
    expect(await rebuildIndex({ directory })).toMatchObject({ certificates: 5, added: 1, lost: 1 });
    expect((await issued({ directory, revoked: true })).certificates).toMatchObject([
      { commonName: 'alice', reason: 'keyCompromise' },
    ]);
    expect(await readFile(`${index}.old`, 'utf8')).toContain('half a line');
    expect((await rebuildIndex({ directory })).made).toEqual([]);
  });

  test('of many writers at once has all that they made', async () => {
    const directory = await set();
    await rebuildIndex({ directory });
    const names = Array.from({ length: times(3, 8) }, (_, at) => `writer-${at}`);
    await Promise.all(names.map((name) => client({ directory, name })));
    const { certificates } = await issued({ directory });
    expect(certificates.map(({ commonName }) => commonName)).toEqual(expect.arrayContaining(names));
    expect(new Set(certificates.map(({ serial }) => serial)).size).toBe(certificates.length);
  });
});

describe('a revocation', () => {
  test('is of every certificate that a name still has, or of one serial number', async () => {
    const directory = await set();
    await renew({ directory, names: ['alice'] });
    const { certificates, number } = await revoke(['alice'], { directory });
    expect(certificates.map(({ path, before }) => [path, before])).toHaveLength(2);
    expect(number).toBe(1n);
    const serial = await serialOf(directory, 'bob');
    const shown = serial.toLowerCase().match(/../g)!.join(':');
    expect((await revoke([shown], { directory })).certificates).toMatchObject([{ serial, before: false }]);
    const again = await revoke(['bob'], { directory, reason: 'superseded' });
    expect(again).toMatchObject({ certificates: [{ before: true }], number: 3n });
    const { revoked } = await listed(directory);
    expect(revoked.map(({ reason }) => reason)).toEqual([undefined, undefined, undefined]);
    expect((await readFile(join(directory, 'authority/crlnumber'), 'utf8')).trim()).toBe('03');
  });

  test('is what openssl verify and curl refuse', async () => {
    const directory = await set();
    await revoke(['docker.example', 'alice'], { directory });
    const at = (...names: string[]): string => join(directory, ...names);
    const check = ['verify', '-crl_check', '-CAfile', at('ca.pem'), '-CRLfile', at('crl.pem')];
    expect((await openssl([...check, at('clients/bob/cert.pem')])).code).toBe(0);
    const refused = await openssl([...check, at('clients/alice/cert.pem')]);
    expect(refused.stdout + refused.stderr).toContain('certificate revoked');

    const [key, cert] = [await readFile(at('server-key.pem')), await readFile(at('server-cert.pem'))];
    const server = createServer({ key, cert }, (_, response) => response.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const curl = (...more: string[]): Promise<string> =>
        new Promise((resolve) => {
          const args = ['--silent', '--show-error', '--cacert', at('ca.pem'), ...more];
          execFile('curl', [...args, `https://127.0.0.1:${port}/`], (_, stdout, stderr) =>
            resolve(stdout + stderr),
          );
        });
      expect(await curl()).toBe('hello');
      expect(await curl('--crlfile', at('crl.pem'))).toContain('certificate revoked');
    } finally {
      server.close();
    }
  });

  test.each<[string, string[], RegExp]>([
    ['a name that nobody has', ['nobody'], /no certificate has the name or serial number "nobody"/],
    ['the CA', ['CA'], /which no list of its own revokes/],
    ['nothing', [], /no name/],
  ])('of %s is refused', async (_, names, words) => {
    const directory = await set();
    const { certificates } = await issued({ directory });
    const wanted = names.map((name) => (name === 'CA' ? certificates[0]!.serial : name));
    const { code, message } = await failure(temporary(), () => revoke(wanted, { directory }));
    expect(code).toBe('ERR_INPUT');
    expect(message).toMatch(words);
  });

  test('of a name that both a server and a client have asks which', async () => {
    const directory = await set();
    await client({ directory, name: 'docker.example' });
    const { message, hint } = await failure(temporary(), () => revoke(['docker.example'], { directory }));
    expect(message).toContain('both a server and a client');
    expect(hint).toContain('clients/docker.example');
    expect((await previewRevoke(['clients/docker.example'], { directory })).certificates).toHaveLength(1);
  });

  test('is of a name that renew and sign leave alone from then on, but for a new key', async () => {
    const directory = await set();
    const host = join(temporary(), 'host');
    await csr('client', { directory: host, key: 'ec:p256', clientName: 'carol' });
    await sign([join(host, 'client.csr')], { directory, clientNames: ['carol'] });
    await revoke(['alice', 'carol'], { directory });
    const alice = await readFile(join(directory, 'clients/alice/cert.pem'), 'utf8');
    const { renewed, skipped } = await renew({ directory, all: true });
    expect(renewed.map(({ path }) => path)).not.toContain('clients/alice/cert.pem');
    expect(skipped.map(({ path, why }) => [path, why.includes('it was revoked on')])).toEqual([
      ['clients/alice/cert.pem', true],
      ['clients/carol/cert.pem', true],
    ]);
    expect(await readFile(join(directory, 'clients/alice/cert.pem'), 'utf8')).toBe(alice);
    const later = new Date(Date.now() + 350 * 86_400_000);
    const due = await previewRenewal({ directory, now: later });
    expect(due.skipped).toEqual([]);
    expect(due.renewed.map(({ path }) => path)).not.toContain('clients/alice/cert.pem');
    for (const overwrite of [false, true]) {
      const again = (): Promise<unknown> =>
        sign([join(host, 'client.csr')], { directory, clientNames: ['carol'], overwrite });
      expect((await failure(temporary(), again)).message).toContain('a certificate that was revoked on');
    }
    expect((await renew({ directory, names: ['alice'], newKey: true })).renewed).toMatchObject([
      { path: 'clients/alice/cert.pem', newKey: 'clients/alice/key.pem' },
    ]);
  });

  test('without the CA key is refused, and nothing is marked', async () => {
    const directory = await set();
    await rm(join(directory, 'ca-key.pem'));
    const { code } = await failure(temporary(), () => revoke(['alice'], { directory }));
    expect(code).toBe('ERR_CA_MISSING');
  });
});

describe('a list', () => {
  test('has a higher number each time, also where the last one was lost', async () => {
    const directory = await set();
    expect((await crl({ directory, days: 7 })).number).toBe(1n);
    const { thisUpdate, nextUpdate } = await listed(directory);
    expect(Math.round((nextUpdate!.getTime() - thisUpdate.getTime()) / 86_400_000)).toBe(7);
    await rm(join(directory, 'crl.pem'));
    expect((await crl({ directory })).number).toBe(2n);
    await copyFile(join(directory, 'ca.pem'), join(directory, 'crl.pem'));
    expect((await failure(temporary(), () => crl({ directory }))).code).toBe('ERR_FILE');
  });

  test('is signed again only when it is due', async () => {
    const directory = await set();
    await crl({ directory });
    expect(await crl({ directory, due: true })).toMatchObject({ made: [], number: 1n });
    const later = new Date(Date.now() + 16 * 86_400_000);
    expect(await crl({ directory, due: true, now: later })).toMatchObject({ number: 2n });
  });

  leftToWhole('stays beside that of the CA which a roll-over continues with', async () => {
    const directory = await set();
    await revoke(['alice'], { directory });
    const old = await readFile(join(directory, 'crl.pem'), 'utf8');
    const alice = join(directory, 'clients/alice/cert.pem');
    await renewCa({ directory, newKey: true, passphrase: null });
    await crl({ directory });
    const text = await readFile(join(directory, 'crl.pem'), 'utf8');
    expect(crlBlocks(text)).toHaveLength(2);
    expect(text.endsWith(old)).toBe(true);
    expect((await crl({ directory, due: true })).made).toEqual([]);
    const files = ['-CAfile', join(directory, 'ca.pem'), '-CRLfile', join(directory, 'crl.pem')];
    const { stdout, stderr } = await openssl(['verify', '-crl_check', ...files, alice]);
    expect(stdout + stderr).toContain('certificate revoked');
    const late = await revoke(['bob'], { directory });
    expect(late.certificates.map(({ listed }) => listed)).toEqual([false]);
    const { skipped } = await renew({ directory, all: true });
    expect(skipped.map(({ path }) => path).sort()).toEqual([
      'clients/alice/cert.pem',
      'clients/bob/cert.pem',
    ]);
    await renewCa({ directory, finish: true });
    await crl({ directory });
    expect(crlBlocks(await readFile(join(directory, 'crl.pem'), 'utf8'))).toHaveLength(1);
  });

  test('leaves out what another CA signed, and says so', async () => {
    const directory = await set();
    await revoke(['alice'], { directory });
    await renewCa({ directory, newKey: true, passphrase: null });
    const { revoked, notes } = await crl({ directory });
    expect(revoked).toEqual([]);
    expect(notes.map(({ code }) => code)).toEqual(['REVOKED_OF_OTHER_CA']);
  });
});
