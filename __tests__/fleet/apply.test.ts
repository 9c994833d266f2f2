import { beforeEach, describe, expect, test } from '@jest/globals';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { chmod, cp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyFleet, client, issued, signFleet, verifyDirectory, type FleetEvent } from '../../lib/index.js';
import { previewSignFleet } from '../../lib/internal.js';
import type { FleetFile } from '../../lib/fleet/file/fleet-file.js';
import { altNamesOf } from '../../lib/x509/certificate.js';
import { errorOf, failure } from '../support/failure.js';
import { leftToWhole } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { actionsOf, fleetIn, madeFleet, passphrase, sendCsr } from '../support/fleet-scene.js';

const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);
let fleet: FleetFile;

beforeEach(async () => {
  fleet = await madeFleet(temporary());
});

const certificate = async (path: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(at('ca', path)));

/** What `verify` finds wrong. That keys are on their hosts is none of it. */
const faults = async (): Promise<unknown[]> =>
  (await verifyDirectory({ directory: at('ca') })).findings.filter(({ severity }) => severity !== 'notice');

test('the CSR that has come is signed for the names of the file, and a second run does nothing', async () => {
  const events: FleetEvent[] = [];
  const applied = await applyFleet(fleet, { passphrase, observer: (event) => events.push(event) });
  expect(applied.done).toEqual([{ kind: 'host', name: 'web2', action: 'sign' }]);
  expect([applied.failed, applied.left, applied.archived]).toEqual([[], [], []]);
  expect(events.at(-1)).toMatchObject({ type: 'progress', done: 1, failed: 0, total: 1, msLeft: 0 });
  const web2 = await certificate('servers/web2/server-cert.pem');
  expect(altNamesOf(web2).names.map(({ value }) => value)).toEqual([
    'web2.example.com',
    'localhost',
    '127.0.0.1',
    '::1',
  ]);
  const key = createPrivateKey(await readFile(at('hosts/web2/server-key.pem')));
  expect(web2.checkPrivateKey(key)).toBe(true);
  expect(await faults()).toEqual([]);
  const before = await tree(temporary());
  // It needs no passphrase, because it signs nothing.
  expect((await applyFleet(fleet)).done).toEqual([]);
  expect(await tree(temporary())).toEqual(before);
  const { certificates } = await issued({ directory: at('ca') });
  expect(certificates.map(({ path }) => path).sort()).toEqual([
    'ca.pem',
    'clients/alice/cert.pem',
    'clients/ci/cert.pem',
    'servers/db/server-cert.pem',
    'servers/web1/server-cert.pem',
    'servers/web2/server-cert.pem',
  ]);
});

test('what is due is renewed, each with its key, and what is replaced is kept', async () => {
  const before = {
    alice: await certificate('clients/alice/cert.pem'),
    web1: await certificate('servers/web1/server-cert.pem'),
  };
  await rm(at('csrs'), { recursive: true });
  const hosts = { web1: fleet.hosts['web1']!, db: fleet.hosts['db']! };
  // All of it is due: less than 100 of the 200 days that it is to have are left.
  const due = { ...fleet, hosts, defaults: { ...fleet.defaults, days: 200, renew: { within: '100d' } } };
  const { done, failed, archived } = await applyFleet(due, { passphrase });
  expect(failed).toEqual([]);
  expect(done.map(({ name, action }) => `${name} ${action}`).sort()).toEqual([
    'alice renew',
    'ci renew',
    'db renew',
    'web1 renew',
  ]);
  for (const [name, path] of [
    ['alice', 'clients/alice/cert.pem'],
    ['web1', 'servers/web1/server-cert.pem'],
  ] as const) {
    const after = await certificate(path);
    expect(after.publicKey.equals(before[name].publicKey)).toBe(true);
    expect(after.serialNumber).not.toBe(before[name].serialNumber);
    const days = (Date.parse(after.validTo) - Date.parse(after.validFrom)) / 86_400_000;
    expect(Math.round(days)).toBe(200);
    const kept = await Promise.all(
      archived.map((folder) => readFile(at('ca', folder, path)).catch(() => undefined)),
    );
    const old = kept.find((bytes) => bytes !== undefined);
    expect(new X509Certificate(old!).serialNumber).toBe(before[name].serialNumber);
  }
  expect((await applyFleet(due)).done).toEqual([]);
  expect(await faults()).toEqual([]);
});

test('a host that was installed again, other names and another type of key are heeded', async () => {
  const directory = await sendCsr(temporary(), 'web1', ['web1.example.com'], 'web1-again');
  const db = { ...fleet.hosts['db']!, names: ['db.example.com', '10.0.0.9'] };
  const changed = {
    ...fleet,
    hosts: { ...fleet.hosts, db },
    clients: { alice: { key: 'ed25519' }, ci: {} },
  };
  const { done, failed } = await applyFleet(changed, { passphrase });
  expect(failed).toEqual([]);
  expect(done.map(({ name, action }) => `${name} ${action}`).sort()).toEqual([
    'alice renew',
    'db renew',
    'web1 sign',
    'web2 sign',
  ]);
  const web1 = await certificate('servers/web1/server-cert.pem');
  expect(web1.checkPrivateKey(createPrivateKey(await readFile(join(directory, 'server-key.pem'))))).toBe(
    true,
  );
  // The CSR asked for one name: the certificate has those of the file.
  expect(altNamesOf(web1).names.map(({ value }) => value)).toContain('10.0.0.5');
  const key = createPrivateKey(await readFile(at('ca/clients/alice/key.pem')));
  expect(key.asymmetricKeyType).toBe('ed25519');
  expect((await stat(at('ca/clients/alice/key.pem'))).mode & 0o777).toBe(0o400);
  expect(await actionsOf(changed)).toEqual({});
});

describe('one that fails does not stop the others', () => {
  test('where its files are not safe, where its CSR is for others, and where its key is lost', async () => {
    await sendCsr(temporary(), 'web2', ['evil.example.com'], 'web2-again');
    await chmod(at('ca/clients/alice'), 0o777);
    await rm(at('ca/servers/db/server-key.pem'), { force: true });
    const changed = { ...fleet, clients: { alice: { key: 'ec:p384' }, ci: { key: 'ec:p384' }, bob: {} } };
    const { done, failed } = await applyFleet(changed, { passphrase });
    expect(done.map(({ name }) => name).sort()).toEqual(['bob', 'ci']);
    expect(failed.map(({ name, why }) => [name, why.slice(0, 300)])).toEqual([
      ['alice', expect.stringContaining('is not safe: others can change it (mode 0777)')],
      ['web2', expect.stringContaining('it is for "evil.example.com"')],
      ['db', expect.stringContaining('its private key, which was made here, is missing')],
    ]);
  });

  leftToWhole('and where its key is damaged, the renewal of the others goes on', async () => {
    await chmod(at('ca/clients/alice/key.pem'), 0o600);
    const [first = '', ...rest] = (await readFile(at('ca/clients/alice/key.pem'), 'utf8')).split('\n');
    await writeFile(at('ca/clients/alice/key.pem'), [first, 'AAAA', ...rest].join('\n'));
    const due = { ...fleet, defaults: { ...fleet.defaults, days: 200, renew: { within: '100d' } } };
    const { done, failed } = await applyFleet(due, { passphrase });
    expect(failed.map(({ name }) => name)).toEqual(['alice']);
    expect(done.map(({ name }) => name).sort()).toEqual(['ci', 'db', 'web1', 'web2']);
  });
});

test('a wrong passphrase stops all of it, before anything is written', async () => {
  const error = await failure(temporary(), () => applyFleet(fleet, { passphrase: 'wrong' }));
  expect(error.code).toBe('ERR_PASSPHRASE_WRONG');
});

leftToWhole('a CA without a passphrase is made on request alone', async () => {
  const empty = fleetIn(at('empty'));
  expect(await errorOf(() => applyFleet(empty))).toMatchObject({ code: 'ERR_PASSPHRASE_NEEDED' });
  const { done } = await applyFleet({ ...empty, hosts: { db: empty.hosts['db']! } }, { passphrase: null });
  expect(done.map(({ name }) => name)).toEqual(['ca', 'db', 'alice', 'ci']);
});

test('signFleet signs the CSRs of those that are named, and nothing else', async () => {
  await sendCsr(temporary(), 'web1', ['web1.example.com'], 'web1-again');
  const more = { ...fleet, clients: { ...fleet.clients, bob: {} } };
  const { done } = await signFleet(more, { passphrase, hosts: ['web2'] });
  expect(done).toEqual([{ kind: 'host', name: 'web2', action: 'sign' }]);
  expect(await actionsOf(more)).toEqual({ web1: 'sign new-key csr-waiting', bob: 'make missing' });
  expect((await signFleet(more, { passphrase })).done.map(({ name }) => name)).toEqual(['web1']);
  const unknown = await failure(temporary(), () => signFleet(more, { passphrase, hosts: ['web4'] }));
  expect(unknown).toMatchObject({ code: 'ERR_INPUT', hint: expect.stringMatching(/did you mean 'web\d'/) });
});

test('a preview of signFleet shows what it would sign, and refuses what it would refuse', async () => {
  await sendCsr(temporary(), 'web1', ['web1.example.com'], 'web1-again');
  // A renewal with the key here is none of its concern.
  const more = { ...fleet, clients: { alice: { key: 'ed25519' }, ci: {} } };
  const signed = async (hosts?: string[]): Promise<unknown[]> => {
    const { items, counts } = await previewSignFleet(more, { hosts });
    return [...items.map(({ name, action }) => `${name} ${action}`), counts.sign, counts.renew];
  };
  expect(await signed()).toEqual(['web1 sign', 'web2 sign', 2, 0]);
  expect(await signed(['web2'])).toEqual(['web2 sign', 1, 0]);
  expect(await errorOf(() => previewSignFleet(more, { hosts: ['web4'] }))).toMatchObject({
    code: 'ERR_INPUT',
  });
});

test('a key in a token that only the file names is named beside the CA first', async () => {
  await rm(at('ca/ca-key.pem'));
  const key = 'pkcs11:token=authority;object=docker-ca';
  const inToken = { ...fleet, ca: { directory: at('ca'), key } };
  expect(await failure(temporary(), () => applyFleet(inToken))).toMatchObject({
    code: 'ERR_CA_MISSING',
    message: `${at('ca/ca.pem')} exists, but no file beside it says that its key is in a token`,
    hint: `write one with \`ca({ caKey: '${key}', directory: '${at('ca')}' })\``,
  });
});

test('signFleet makes no CA', async () => {
  const without = { ...fleet, ca: { directory: at('empty') } };
  for (const sign of [previewSignFleet, signFleet])
    expect(await failure(temporary(), () => sign(without))).toMatchObject({
      code: 'ERR_CA_MISSING',
      path: at('empty'),
      hint: 'create it with `applyFleet()`',
    });
});

test('prune revokes what the file does not name, and moves all of its files to the archive', async () => {
  await writeFile(at('ca/clients/ci/note.txt'), 'mine');
  await client({ directory: at('ca'), key: 'ec:p256', passphrase });
  const without = { ...fleet, clients: { alice: {} } };
  expect((await applyFleet(without, { passphrase })).left).toMatchObject([{ name: 'ci', action: 'leave' }]);
  await stat(at('ca/clients/ci/cert.pem'));
  const { done, archived } = await applyFleet(without, { passphrase, prune: true });
  expect(done).toEqual([{ kind: 'client', name: 'ci', action: 'revoke' }]);
  expect(await readFile(at('ca', archived[0]!, 'clients/ci/note.txt'), 'utf8')).toBe('mine');
  await stat(at('ca', archived[0]!, 'clients/ci/key.pem'));
  expect(await errorOf(() => stat(at('ca/clients/ci')))).toMatchObject({ code: 'ENOENT' });
  const revoked = await issued({ directory: at('ca'), revoked: true });
  expect(revoked.certificates).toMatchObject([{ commonName: 'ci', reason: 'cessationOfOperation' }]);
  await stat(at('ca/crl.pem'));
  // The default pair is no fleet's.
  expect(await faults()).toEqual([]);
  await stat(at('ca/cert.pem'));
  expect((await applyFleet(without, { prune: true })).done).toEqual([]);
});

test('prune revokes no certificate that a host has under another name now', async () => {
  await cp(at('ca/servers/db'), at('ca/servers/store'), { recursive: true });
  const { db, ...hosts } = fleet.hosts;
  const renamed = { ...fleet, hosts: { ...hosts, store: db! } };
  const { done } = await applyFleet(renamed, { passphrase, prune: true });
  expect(done).toContainEqual({ kind: 'host', name: 'db', action: 'revoke' });
  expect((await issued({ directory: at('ca'), revoked: true })).certificates).toEqual([]);
});

test('an abort keeps what was committed, and says how far it came', async () => {
  const interrupt = new AbortController();
  const more = { ...fleet, clients: { alice: {}, ci: {}, bob: {}, carol: {} } };
  const error = await errorOf(() =>
    applyFleet(more, {
      passphrase,
      signal: interrupt.signal,
      // After the first group, which makes; the second one signs.
      observer: ({ type }) => type === 'done' && interrupt.abort(),
    }),
  );
  expect(error).toMatchObject({
    code: 'ERR_ABORTED',
    message: 'stopped: 2 of 3 are done, and the next run goes on',
  });
  expect(await actionsOf(more)).toEqual({ web2: 'sign missing csr-waiting' });
  expect((await applyFleet(more, { passphrase })).done.map(({ name }) => name)).toEqual(['web2']);
});
