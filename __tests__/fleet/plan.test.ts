import { beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client, planFleet, renewCa, revoke } from '../../lib/index.js';
import type { FleetFile } from '../../lib/fleet/file/fleet-file.js';
import { errorOf } from '../support/failure.js';
import { rows } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { actionsOf, fleetIn, madeFleet, passphrase, sendCsr } from '../support/fleet-scene.js';

const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);
let fleet: FleetFile;

beforeEach(async () => {
  fleet = await madeFleet(temporary());
});

test('of an empty directory everything is made, and hosts wait for their CSRs', async () => {
  const plan = await planFleet(fleetIn(at('empty')));
  expect(plan.items.map(({ kind, name, action }) => `${kind} ${name} ${action}`)).toEqual([
    'ca ca make',
    'host web1 wait',
    'host web2 wait',
    'host db make',
    'client alice make',
    'client ci make',
  ]);
  expect(plan.changes).toBe(true);
  expect(plan.counts).toEqual({ make: 4, sign: 0, renew: 0, revoke: 0, wait: 2, leave: 0, none: 0 });
  expect(plan.items[1]?.why).toBe('it has no certificate yet; its CSR is needed');
});

test('what there is stays as it is, and nothing is written', async () => {
  const before = await tree(temporary());
  expect(await actionsOf(fleet)).toEqual({ web2: 'sign missing csr-waiting' });
  const { web1, db } = fleet.hosts;
  const plan = await planFleet({ ...fleet, hosts: { web1: web1!, db: db! } });
  expect(plan.changes).toBe(false);
  expect(plan.items.every(({ action }) => action === 'none')).toBe(true);
  expect(plan.items.at(-1)?.endsOn?.getTime()).toBeGreaterThan(Date.now());
  // The CSR of a host that the file does not have.
  expect(plan.notes.map(({ code }) => code)).toEqual(['CSR_UNKNOWN']);
  expect(await tree(temporary())).toEqual(before);
});

const later = (days: number): Date => new Date(Date.now() + days * 86_400_000);

describe('a certificate is renewed', () => {
  test('when it is due, and not before', async () => {
    const due = { days: 200, renew: { within: '20d' } };
    const defaults = { ...fleet.defaults, ...due };
    expect(await actionsOf({ ...fleet, defaults }, { now: later(69) })).toEqual({
      web2: 'sign missing csr-waiting',
    });
    expect(await actionsOf({ ...fleet, defaults }, { now: later(71) })).toEqual({
      web1: 'renew due',
      web2: 'sign missing csr-waiting',
      db: 'renew due',
      alice: 'renew due',
      ci: 'renew due',
    });
    const expired = await actionsOf({ ...fleet, defaults }, { now: later(91) });
    expect([expired['web1'], expired['alice']]).toEqual(['renew expired', 'renew expired']);
  });

  test('of a host within its window alone, unless that is ignored or it has expired', async () => {
    const soon = later(85);
    const day = (days: number): string =>
      new Date(soon.getTime() + days * 86_400_000).toUTCString().slice(0, 3);
    const renew = { window: `${day(2)} 02:00-05:00`, timezone: 'UTC' };
    const windowed = { ...fleet, defaults: { ...fleet.defaults, renew } };
    const { items, changes } = await planFleet(windowed, { now: soon });
    const web1 = items.find(({ name }) => name === 'web1');
    expect([web1?.action, web1?.reasons.map(({ code }) => code)]).toEqual([
      'wait',
      ['due', 'outside-window'],
    ]);
    expect(web1?.why).toMatch(/^it expires on .*; its maintenance window opens on .* 02:00:00 UTC; /);
    expect(changes).toBe(true);
    expect(await actionsOf(windowed, { now: soon, ignoreWindow: true })).toMatchObject({ web1: 'renew due' });
    expect(await actionsOf(windowed, { now: later(91) })).toMatchObject({ web1: 'renew expired' });
    // A client restarts nothing.
    expect(await actionsOf(windowed, { now: soon })).toMatchObject({
      alice: 'renew due',
      db: 'wait due outside-window',
    });
  });

  test('earlier by a share of its life that depends on its name', async () => {
    const spread = { ...fleet, defaults: { ...fleet.defaults, renew: { within: '10d', jitter: 50 } } };
    const { items } = await planFleet(spread, { now: later(79) });
    const since = items.flatMap(({ reasons }) =>
      reasons.flatMap((one) => (one.code === 'due' ? [one.since.getTime()] : [])),
    );
    expect(new Set(since).size).toBe(4);
    expect(Math.min(...since)).toBeLessThan(later(79).getTime());
  });

  test('and not where its CA ends too soon: a second run would renew it again', async () => {
    const { items } = await planFleet(fleet, { now: later(3649) });
    const alice = items.find(({ name }) => name === 'alice');
    expect(alice?.reasons.map(({ code }) => code)).toEqual(['expired', 'ca-ends']);
    expect(alice?.action).toBe('leave');
    expect(items[0]).toMatchObject({ kind: 'ca', action: 'leave', reasons: [{ code: 'due' }] });
  });

  test('when its names are others', async () => {
    const hosts = { ...fleet.hosts, web1: { names: ['web1.example.com', '10.0.0.6'] } };
    const { items } = await planFleet({ ...fleet, hosts });
    const web1 = items.find(({ name }) => name === 'web1');
    expect(web1?.action).toBe('renew');
    expect(web1?.reasons).toEqual([
      { code: 'names-changed', added: ['IP:10.0.0.6'], removed: ['IP:10.0.0.5'] },
    ]);
    expect(web1?.why).toBe('it lacks 10.0.0.6, and the fleet file does not name 10.0.0.5');
  });

  test('when it is to have no names of the host itself', async () => {
    const hosts = { ...fleet.hosts, db: { ...fleet.hosts['db']!, localhost: false } };
    const { items } = await planFleet({ ...fleet, hosts });
    expect(items.find(({ name }) => name === 'db')?.reasons).toEqual([
      { code: 'names-changed', added: [], removed: ['DNS:localhost', 'IP:127.0.0.1', 'IP:::1'] },
    ]);
  });

  test('when its key is to be of another type; on a host that waits for another key', async () => {
    const defaults = { ...fleet.defaults, key: 'ec:p384' };
    expect(await actionsOf({ ...fleet, defaults })).toEqual({
      web1: 'wait key-type-changed no-csr',
      web2: 'sign missing csr-waiting',
      db: 'renew key-type-changed',
      alice: 'renew key-type-changed',
      ci: 'renew key-type-changed',
    });
  });

  test('when another CA signed it, and not while a roll-over is at work', async () => {
    await renewCa({ directory: at('ca'), newKey: true, key: 'ec:p256', passphrase });
    const during = await actionsOf(fleet);
    expect(during).toMatchObject({ web1: 'leave old-ca', db: 'leave old-ca', alice: 'leave old-ca' });
    // The roll-over is over, and these have been forgotten.
    const bundle = await readFile(at('ca/ca.pem'), 'utf8');
    await chmod(at('ca/ca.pem'), 0o600);
    await writeFile(at('ca/ca.pem'), /^-+BEGIN[^]*?-+END CERTIFICATE-+\n/m.exec(bundle)![0]);
    expect(await actionsOf(fleet)).toMatchObject({
      web1: 'renew other-ca',
      db: 'renew other-ca',
      alice: 'renew other-ca',
    });
  });
});

describe('the CSR of a host', () => {
  test('with a new key is signed: the host was installed again', async () => {
    await sendCsr(temporary(), 'web1', ['web1.example.com'], 'web1-again');
    expect(await actionsOf(fleet)).toMatchObject({ web1: 'sign new-key csr-waiting' });
  });

  const foreign: [why: string, names: string[]][] = [
    ['it is for "evil.example.com"', ['evil.example.com']],
    ['it asks for evil.example.com, which', ['web2.example.com', 'evil.example.com']],
    ['it asks for 10.0.0.5, which', ['web2.example.com', '10.0.0.5']],
  ];

  test.each(rows(foreign, 2))('is not signed where %s', async (why, names) => {
    await sendCsr(temporary(), 'web2', names, 'web2-again');
    const { items, changes } = await planFleet(fleet);
    const web2 = items.find(({ name }) => name === 'web2');
    expect([web2?.action, web2?.reasons[0]?.code]).toEqual(['leave', 'broken']);
    expect(web2?.why).toContain(why);
    expect(changes).toBe(true);
  });

  test('is not signed for the key of another host, or of a certificate that was revoked', async () => {
    await cp(at('hosts/web1'), at('hosts/web2-again'), { recursive: true });
    await sendCsr(temporary(), 'web2', ['web2.example.com'], 'web2-again');
    const reasons = async (): Promise<string | undefined> =>
      (await planFleet(fleet)).items.find(({ name }) => name === 'web2')?.why;
    expect(await reasons()).toContain('its key is that of servers/web1/server-cert.pem');
    await revoke(['servers/web1'], { directory: at('ca'), passphrase });
    await rm(at('ca/servers/web1'), { recursive: true });
    expect(await reasons()).toContain('its key is that of a certificate that was revoked');
  });

  test('that cannot be read is told, and keeps no certificate from being renewed', async () => {
    await writeFile(at('csrs/servers/web1.csr'), 'nothing');
    expect(await actionsOf(fleet)).toMatchObject({ web1: 'leave broken' });
    const defaults = { ...fleet.defaults, days: 200 };
    expect(await actionsOf({ ...fleet, defaults }, { now: later(80) })).toMatchObject({ web1: 'renew due' });
  });

  test('is read from no directory in which others can write, and through no link', async () => {
    await chmod(at('csrs/servers'), 0o777);
    expect(await errorOf(() => planFleet(fleet))).toMatchObject({ code: 'ERR_UNSAFE' });
    await chmod(at('csrs/servers'), 0o700);
    await rename(at('csrs/servers/web2.csr'), at('web2.csr'));
    await symlink(at('web2.csr'), at('csrs/servers/web2.csr'));
    expect(await actionsOf(fleet)).toMatchObject({ web2: 'leave broken' });
  });

  test('is no longer needed where the certificate is renewed: the one that was kept is signed again', async () => {
    await rm(at('csrs'), { recursive: true });
    const hosts = { ...fleet.hosts, web1: { names: ['web1.example.com', 'www.example.com'] } };
    expect(await actionsOf({ ...fleet, hosts })).toEqual({
      web1: 'renew names-changed',
      web2: 'wait missing no-csr',
    });
    // Unless it says who the host is, by a name that is gone.
    const others = { ...fleet.hosts, web1: { names: ['www.example.com'] } };
    expect(await actionsOf({ ...fleet, hosts: others })).toMatchObject({ web1: 'wait names-changed no-csr' });
  });
});

test('what the file does not name is left, and revoked with prune alone', async () => {
  const { alice } = fleet.clients!;
  const without = { ...fleet, clients: { alice: alice! } };
  expect(await actionsOf(without)).toMatchObject({ ci: 'leave not-in-file' });
  expect((await planFleet(without)).items.at(-1)?.why).toContain('`prune: true` revokes it');
  expect(await actionsOf(without, { prune: true })).toMatchObject({ ci: 'revoke not-in-file' });
  // What no fleet names is nobody's concern.
  await client({ directory: at('ca'), key: 'ec:p256', passphrase });
  expect(Object.keys(await actionsOf(without, { prune: true }))).toEqual(['web2', 'ci']);
});

test('one that was revoked is left', async () => {
  await revoke(['clients/alice'], { directory: at('ca'), passphrase });
  expect(await actionsOf(fleet)).toMatchObject({ alice: 'leave revoked' });
});

test('what is broken is told, and the others are planned', async () => {
  await chmod(at('ca/clients/alice/cert.pem'), 0o600);
  await writeFile(at('ca/clients/alice/cert.pem'), 'nothing');
  await rm(at('ca/clients/ci/key.pem'), { force: true });
  await rm(at('ca/servers/db/server-cert.pem'), { force: true });
  const { items } = await planFleet(fleet);
  const told = items.filter(({ reasons }) => reasons[0]?.code === 'broken').map(({ why }) => why);
  expect(told).toEqual([
    'servers/db/server-cert.pem: its private key is there, and the certificate is not',
    expect.stringMatching(/^clients\/alice\/cert\.pem: it has no line/),
    'clients/ci/cert.pem: its private key, which was made here, is missing',
  ]);
  expect(items.find(({ name }) => name === 'web2')?.action).toBe('sign');
});

test('a CA that others made, without its certificate, is not replaced', async () => {
  await mkdir(at('half'), { mode: 0o700 });
  await cp(at('ca/ca-key.pem'), at('half/ca-key.pem'));
  expect(await errorOf(() => planFleet({ ...fleet, ca: { directory: at('half') } }))).toMatchObject({
    code: 'ERR_INCOMPLETE',
  });
});
