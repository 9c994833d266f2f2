import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { applyFleet, planFleet, rollback, RollOverError } from '../../lib/index.js';
import { abort } from '../../lib/fleet/roll-over/abort.js';
import { next, type NextRollOverRequest } from '../../lib/fleet/roll-over/next.js';
import { start } from '../../lib/fleet/roll-over/start.js';
import { readRollOver } from '../../lib/fleet/roll-over/state.js';
import { lookAtRollOver as look } from '../../lib/fleet/roll-over/status.js';
import type { RollOverStage } from '../../lib/fleet/roll-over/steps.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { errorOf } from '../support/failure.js';
import { inTurns } from '../support/form.js';
import { tree } from '../support/tree.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import {
  fleetFileOf,
  madeStages,
  passphrase,
  siteAt,
  stages,
  StandIn,
  type Site,
  type SiteStage,
} from './roll-over-site.js';

const shared = useSharedDirectory();
let sites = 0;
let standIns: StandIn[] = [];

const whole = [...stages, 'finished'] as const;
let made: string;
const at = (stage: SiteStage): string => join(made, stage);

const optionsOf = ({ configDirectory }: Site): NextRollOverRequest => ({
  passphrase,
  configDirectory,
  connectTimeoutMs: 5_000,
});

beforeAll(async () => {
  made = await madeStages();
}, 240_000);

afterEach(stopAll);

async function restartAll(site: Site): Promise<StandIn[]> {
  await stopAll();
  standIns = site.fleet.hosts.map((host) => new StandIn(site, host));
  for (const one of standIns) await one.restart();
  return standIns;
}

async function stopAll(): Promise<void> {
  for (const one of standIns) await one.stop();
  standIns = [];
}

/** A site of its own at a stage; `behind`: its daemons have the files of another one. */
async function siteIn(stage: SiteStage, behind?: SiteStage): Promise<Site> {
  const root = join(shared(), `site-${(sites += 1)}`);
  await cp(at(behind ?? stage), root, { recursive: true });
  const site = await siteAt(root);
  await restartAll(site);
  await rm(join(root, 'ca'), { recursive: true, force: true });
  await cp(join(at(stage), 'ca'), join(root, 'ca'), { recursive: true });
  return site;
}

const text = (site: Site, file: string): Promise<string> =>
  readFile(join(site.fleet.ca.directory, file), 'utf8');
const trusted = async (site: Site, file = 'ca.pem'): Promise<string[]> =>
  certificatesIn(await text(site, file)).map(({ fingerprint256 }) => fingerprint256);

describe('the steps', () => {
  test('give the sides the CAs and the certificates that each step says, and no more', async () => {
    const seen: unknown[] = [];
    const { old, new: made } = (await readRollOver(join(at('finished'), 'ca')))!;
    const name = (certificate: X509Certificate): string =>
      certificate.fingerprint256 === old.fingerprint256 ? 'old' : 'new';
    for (const stage of ['made', ...whole] as const) {
      const read = async (file: string): Promise<X509Certificate[]> =>
        certificatesIn(await readFile(join(at(stage), 'ca', file), 'utf8'));
      const signer = async (file: string): Promise<string> => {
        const [leaf] = await read(file);
        return leaf!.checkIssued(made) && leaf!.verify(made.publicKey) ? 'new' : 'old';
      };
      const of = async (
        files: readonly string[],
        look: (file: string) => Promise<unknown>,
      ): Promise<unknown> => [...new Set(await Promise.all(files.map(look)))].join(' and ');
      const cas = async (file: string): Promise<string> => (await read(file)).map(name).join('+');
      seen.push([
        stage,
        await of(['servers/web1/ca.pem', 'servers/web2/ca.pem'], cas),
        await of(['clients/ops/ca.pem', 'clients/laptop/ca.pem'], cas),
        await of(['servers/web1/server-cert.pem', 'servers/web2/server-cert.pem'], signer),
        await of(['clients/ops/cert.pem', 'clients/laptop/cert.pem'], signer),
        await cas('ca.pem'),
      ]);
    }
    expect(seen).toEqual([
      // stage, trusted by daemons, by clients, certificates of servers, of clients, ca.pem
      ['made', 'old', 'old', 'old', 'old', 'old'],
      ['trust-daemons', 'new+old', 'old', 'old', 'old', 'new+old'],
      ['trust-clients', 'new+old', 'new+old', 'old', 'old', 'new+old'],
      ['servers', 'new+old', 'new+old', 'new', 'old', 'new+old'],
      ['clients', 'new+old', 'new+old', 'new', 'new', 'new+old'],
      ['drop-old', 'new', 'new', 'new', 'new', 'new'],
      ['finished', 'new', 'new', 'new', 'new', 'new'],
    ]);
  });

  test('leave keys as they are, and no probe at the end', async () => {
    for (const file of ['servers/web1/server-key.pem', 'clients/ops/key.pem', 'servers/web2/server.csr'])
      expect(await readFile(join(at('finished'), 'ca', file))).toEqual(
        await readFile(join(at('made'), 'ca', file)),
      );
    expect(await readdir(join(at('clients'), 'ca', 'clients'))).toContain('roll-over-probe');
    expect(await readdir(join(at('finished'), 'ca', 'clients'))).toEqual(['laptop', 'ops']);
  });
});

/** What a call fails with. */
const refused = (call: Promise<unknown>): Promise<unknown> => errorOf(() => call);

/** What daemons have when a step's files were written, and nobody has rolled them out. */
const before = { 'trust-daemons': 'made', servers: 'trust-clients', 'drop-old': 'clients' } as const;

describe('the next step is refused', () => {
  inTurns(1).each(Object.entries(before) as [keyof typeof before, SiteStage][])(
    'after %s while a daemon was not restarted',
    async (stage, behind) => {
      const site = await siteIn(stage, behind);
      const [first, second] = standIns;
      await first!.restart();
      const call = (): Promise<unknown> => next(site.fleet, { ...optionsOf(site), confirmed: ['laptop'] });
      const error = await refused(call());
      expect(error).toBeInstanceOf(RollOverError);
      const { code, unconfirmed } = error as RollOverError;
      expect({ code, names: unconfirmed.map(({ name }) => name) }).toEqual({
        code: 'ERR_UNCONFIRMED',
        names: ['web2'],
      });
      expect((await readRollOver(site.fleet.ca.directory))!.stage).toBe(stage);
      await second!.restart();
      expect(await call()).toMatchObject({ advanced: true, stage: whole[whole.indexOf(stage) + 1] });
    },
  );

  test('while a daemon cannot be reached, until the file names it no more', async () => {
    const site = await siteIn('trust-clients');
    await standIns[1]!.stop();
    const options = { ...optionsOf(site), confirmed: ['laptop'] };
    expect(await refused(next(site.fleet, options))).toMatchObject({
      unconfirmed: [{ role: 'server', name: 'web2', why: expect.stringContaining('cannot be reached') }],
    });
    expect((await look(site.fleet, options)).hosts[1]!.verdict.state).toBe('unknown');
    const [web1] = site.fleet.hosts;
    expect(await next({ ...site.fleet, hosts: [web1!] }, options)).toMatchObject({ stage: 'servers' });
  });

  test('while nobody has confirmed a client that cannot be seen; a word is remembered for its step alone', async () => {
    const site = await siteIn('trust-clients');
    const options = optionsOf(site);
    expect(await refused(next(site.fleet, options))).toMatchObject({
      unconfirmed: [{ role: 'client', name: 'laptop' }],
    });
    await standIns[0]!.stop();
    // Another host keeps it from going on: the word counts all the same, also for another machine.
    await refused(next(site.fleet, { ...options, confirmed: ['laptop'] }));
    await standIns[0]!.restart();
    expect(await next(site.fleet, options)).toMatchObject({ stage: 'servers' });
    await restartAll(site);
    expect(await next(site.fleet, options)).toMatchObject({ stage: 'clients' });
    expect(await refused(next(site.fleet, options))).toMatchObject({
      unconfirmed: [{ role: 'client', name: 'laptop' }],
    });
    expect(await refused(next(site.fleet, { ...options, confirmed: ['ghost'] }))).toMatchObject({
      code: 'ERR_INPUT',
      option: 'confirmed',
    });
  });

  test('while a host that was reinstalled has another key', async () => {
    const site = await siteIn('servers');
    const other = await siteIn('servers');
    await stopAll();
    // web2 serves what another machine has: a certificate of the right CA with another key.
    const [web1, web2] = site.fleet.hosts;
    const swapped = new StandIn(
      { ...other, fleet: { ...other.fleet, hosts: [web1!] } },
      { ...web1!, port: web2!.port },
    );
    standIns = [new StandIn(site, web1!), swapped];
    for (const one of standIns) await one.restart();
    expect(await refused(next(site.fleet, optionsOf(site)))).toMatchObject({
      unconfirmed: [{ name: 'web2', why: expect.stringContaining('another certificate') }],
    });
  });

  test('where certificates of the old CA are left that the fleet does not name', async () => {
    const site = await siteIn('clients');
    const [web1] = site.fleet.hosts;
    const fleet = { ...site.fleet, hosts: [web1!], clients: site.fleet.clients.slice(0, 1) };
    await cp(join(at('made'), 'ca', 'servers', 'web2'), join(fleet.ca.directory, 'servers', 'web2'), {
      recursive: true,
    });
    expect(await refused(next(fleet, optionsOf(site)))).toMatchObject({
      code: 'ERR_LEAF_UNUSABLE',
      message: expect.stringContaining('servers/web2/server-cert.pem'),
    });
    expect((await readRollOver(fleet.ca.directory))!.stage).toBe('clients');
  });
});

describe('abort', () => {
  inTurns(1).each(stages.slice(0, 4))('after %s goes back to what was there before', async (stage) => {
    const site = await siteIn(stage);
    const { fleet } = site;
    const options = { ...optionsOf(site), confirmed: ['laptop'] };
    const reached: RollOverStage[] = [(await abort(fleet, options)).stage];
    expect(await refused(abort(fleet, options))).toMatchObject({ code: 'ERR_ROLL_OVER' });
    while (reached.at(-1) !== 'aborted') {
      if (reached.at(-1) === 'drop-new' && reached.length === 1)
        // Not while a daemon still trusts the new CA.
        expect(await refused(next(fleet, options))).toMatchObject({ code: 'ERR_UNCONFIRMED' });
      await restartAll(site);
      reached.push((await next(fleet, options)).stage);
    }
    const isLate = stage === 'servers' || stage === 'clients';
    expect(reached).toEqual([...(isLate ? ['restore-certificates'] : []), 'drop-new', 'aborted']);
    for (const file of [
      ...['ca.pem', 'ca-key.pem', 'servers/web1/server-cert.pem', 'servers/web2/server-cert.pem'],
      ...['clients/ops/cert.pem', 'clients/laptop/cert.pem', 'servers/web1/ca.pem', 'clients/laptop/ca.pem'],
    ])
      expect([file, await text(site, file)]).toEqual([
        file,
        await readFile(join(at('made'), 'ca', file), 'utf8'),
      ]);
    expect(await readdir(join(fleet.ca.directory, 'clients'))).toEqual(['laptop', 'ops']);
    // And the way is free for another one.
    expect(await start(fleet, options)).toMatchObject({ stage: 'trust-daemons' });
  });

  test('trusts both CAs until every certificate of the new one is replaced', async () => {
    const site = await siteIn('clients');
    const both = await trusted(site);
    await abort(site.fleet, optionsOf(site));
    expect(await trusted(site)).toEqual([...both].reverse());
    for (const file of ['servers/web1/ca.pem', 'clients/ops/ca.pem'])
      expect((await trusted(site, file)).sort()).toEqual([...both].sort());
  });

  test('signs again where the archive has no certificate for the key that is in use', async () => {
    const site = await siteIn('clients');
    const { directory } = site.fleet.ca;
    const folders = await readdir(join(directory, 'archive'));
    const kept = folders.map((folder) => join(directory, 'archive', folder, 'clients/ops/cert.pem'));
    // The one that is there belongs to another key.
    for (const path of kept) {
      const there = await readFile(path).catch(() => undefined);
      if (there) await cp(join(directory, 'clients/laptop/cert.pem'), path);
    }
    await abort(site.fleet, optionsOf(site));
    const [leaf] = certificatesIn(await text(site, 'clients/ops/cert.pem'));
    const [old] = certificatesIn(await readFile(join(at('made'), 'ca', 'ca.pem'), 'utf8'));
    expect(leaf!.verify(old!.publicKey)).toBe(true);
    expect(await text(site, 'clients/ops/cert.pem')).not.toBe(
      await readFile(join(at('made'), 'ca', 'clients/ops/cert.pem'), 'utf8'),
    );
  });

  test('is refused when only the new CA is trusted', async () => {
    const site = await siteIn('drop-old');
    expect(await refused(abort(site.fleet, optionsOf(site)))).toMatchObject({ code: 'ERR_ROLL_OVER' });
  });
});

describe('the state', () => {
  test.each([
    ['no JSON', '{'],
    ['another version', JSON.stringify({ version: 2 })],
    ['no step', (good: string) => good.replace('"trust-clients"', '"trust-nobody"')],
    ['a damaged certificate', (good: string) => good.replace(/MII\w{8}/, '')],
  ] as const)('with %s is an error, and never no roll-over', async (_, damage) => {
    const site = await siteIn('trust-clients');
    const { directory } = site.fleet.ca;
    const path = join(directory, 'roll-over.json');
    const good = await text(site, 'roll-over.json');
    await rm(path);
    await writeFile(path, typeof damage === 'string' ? damage : damage(good));
    for (const call of [look, next, abort, start])
      expect(await refused(call(site.fleet, optionsOf(site)))).toMatchObject({ code: 'ERR_FILE', path });
  });

  test('that does not fit the CA any more is one, too', async () => {
    const site = await siteIn('trust-daemons');
    await rollback({ directory: site.fleet.ca.directory });
    expect(await refused(readRollOver(site.fleet.ca.directory))).toMatchObject({ code: 'ERR_CA_UNUSABLE' });
  });

  test('says when none is under way', async () => {
    const site = await siteIn('made');
    expect(await readRollOver(site.fleet.ca.directory)).toBeUndefined();
    expect(await look(site.fleet, optionsOf(site))).toMatchObject({ rollOver: undefined, ready: false });
    expect(await refused(next(site.fleet, optionsOf(site)))).toMatchObject({ code: 'ERR_ROLL_OVER' });
    const over = await siteIn('finished');
    expect(await refused(abort(over.fleet, optionsOf(over)))).toMatchObject({ code: 'ERR_ROLL_OVER' });
    const begun = await siteIn('servers');
    expect(await refused(start(begun.fleet, optionsOf(begun)))).toMatchObject({ code: 'ERR_ROLL_OVER' });
  });
});

describe('the fleet commands beside it', () => {
  test('sign nothing that the other side would refuse', async () => {
    const held: Record<string, readonly string[]> = {};
    for (const stage of stages) {
      const site = await siteIn(stage);
      const file = fleetFileOf(site);
      const more = {
        ...file,
        hosts: { ...file.hosts, web3: { names: ['web3.example'], keys: 'on-controller' as const } },
        clients: { ...file.clients, bob: {} },
      };
      const { items } = await planFleet(more);
      held[stage] = items
        .filter(({ reasons }) => reasons.some(({ code }) => code === 'roll-over'))
        .map(({ name, action }) => `${name}: ${action}`);
      // And the probe is nobody's.
      expect(items.map(({ name }) => name)).not.toContain('roll-over-probe');
    }
    expect(held).toEqual({
      'trust-daemons': ['web3: wait', 'bob: wait'],
      'trust-clients': ['web3: wait'],
      ...{ servers: [], clients: [], 'drop-old': [] },
    });
  });

  inTurns(2).each(stages)('change nothing after %s', async (stage) => {
    const site = await siteIn(stage);
    const { directory } = site.fleet.ca;
    const before = await tree(directory);
    await applyFleet(fleetFileOf(site), { passphrase });
    expect(await tree(directory)).toEqual(before);
  });

  test('change nothing after an abort', async () => {
    const site = await siteIn('clients');
    await abort(site.fleet, optionsOf(site));
    const before = await tree(site.fleet.ca.directory);
    await applyFleet(fleetFileOf(site), { passphrase });
    expect(await tree(site.fleet.ca.directory)).toEqual(before);
  });
});

test('without a client of the old CA that can be shown, none is started', async () => {
  const site = await siteIn('made');
  const fleet = { ...site.fleet, clients: site.fleet.clients.slice(1) };
  expect(await refused(start(fleet, optionsOf(site)))).toMatchObject({ code: 'ERR_ROLL_OVER' });
  expect(await readdir(fleet.ca.directory)).not.toContain('roll-over.json');
});
