import { afterEach, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { abort } from '../../lib/fleet/roll-over/abort.js';
import { next } from '../../lib/fleet/roll-over/next.js';
import { start } from '../../lib/fleet/roll-over/start.js';
import { readRollOver } from '../../lib/fleet/roll-over/state.js';
import { lookAtRollOver } from '../../lib/fleet/roll-over/status.js';
import { RollOverError, type RollOverChange } from '../../lib/index.js';
import { chosen, whole } from '../support/form.js';
import { cleanEnvironment, main } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import {
  fleetFileOf,
  madeStages,
  passphrase,
  siteAt,
  StandIn,
  type Site,
  type SiteStage,
} from './roll-over-site.js';

const shared = useSharedDirectory();
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));
let made: string;
let standIns: StandIn[] = [];

beforeAll(async () => {
  made = await madeStages();
}, 240_000);

afterEach(stopAll);

async function stopAll(): Promise<void> {
  for (const one of standIns) await one.stop();
  standIns = [];
}

type Action = 'start' | 'next' | 'abort';

/** The stage before, the command that is killed, and the stage after it. */
const deeds: readonly (readonly [string, SiteStage, Action, string])[] = [
  ['starting', 'made', 'start', 'trust-daemons'],
  ['the step of clients that trust both', 'trust-daemons', 'next', 'trust-clients'],
  ['the step of servers', 'trust-clients', 'next', 'servers'],
  ['the step that drops the old CA', 'clients', 'next', 'drop-old'],
  ['the end', 'drop-old', 'next', 'finished'],
  ['aborting', 'clients', 'abort', 'restore-certificates'],
];

/** Runs the program. Gives whether it was killed. */
function killed(cwd: string, action: Action, env: Readonly<Record<string, string>>): Promise<boolean> {
  const flags = ['--file', 'docker-tls.json', '--passphrase-file', 'passphrase', '--quiet'];
  const args = ['--import', hook, main, 'fleet', 'roll-over', action, ...flags];
  return new Promise((resolve, reject) => {
    const more = [...args, ...(action === 'next' ? ['--confirmed', 'laptop'] : [])];
    execFile(process.execPath, more, { cwd, env: cleanEnvironment(env) }, (error, _, stderr) => {
      if (error && error.signal !== 'SIGKILL') reject(new Error(stderr));
      else resolve(error !== null);
    });
  });
}

/** Calls again what was killed, until there is nothing more to do for it. */
async function again(action: Action, { fleet, configDirectory }: Site): Promise<void> {
  const options = { passphrase, configDirectory };
  const call = (one: Action): Promise<RollOverChange> =>
    one === 'start'
      ? start(fleet, options)
      : one === 'abort'
        ? abort(fleet, options)
        : next(fleet, { ...options, confirmed: ['laptop'] });
  for (const one of [action, 'next', 'next'] as const)
    try {
      await call(one);
    } catch (error) {
      // Nothing more can be done before the files are rolled out, or it was done before.
      if (!(error instanceof RollOverError)) throw error;
    }
}

test.each(chosen(deeds, ([, , action, to]) => action === 'next' && to === 'servers'))(
  '%s, killed anywhere, is done or not, and goes on',
  async (_, from, action, to) => {
    const first = await siteAt(join(shared(), `${action}-${to}`));
    await cp(join(made, from), first.root, { recursive: true });
    standIns = first.fleet.hosts.map((host) => new StandIn(first, host));
    for (const one of standIns) await one.restart();
    await writeFile(
      join(first.root, 'docker-tls.json'),
      JSON.stringify({ ...fleetFileOf(first), ca: { directory: './ca' }, csrs: './csrs' }),
    );
    await writeFile(join(first.root, 'passphrase'), `${passphrase}\n`);
    const begin = async (): Promise<Site> => {
      const root = await mkdtemp(join(shared(), 'try-'));
      await cp(first.root, root, { recursive: true, preserveTimestamps: true });
      const fleet = { ...first.fleet, ca: { ...first.fleet.ca, directory: join(root, 'ca') } };
      return { ...first, root, fleet };
    };
    const rehearsal = await begin();
    const log = join(shared(), 'log');
    await rm(log, { force: true });
    expect(await killed(rehearsal.root, action, { KILL_LOG: log })).toBe(false);
    expect((await readRollOver(rehearsal.fleet.ca.directory))!.stage).toBe(to);
    const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
    const renames = calls.flatMap((call, at) => (call.startsWith('rename ') ? [at] : []));
    const every = calls.map((_, at) => String(at + 1));
    // Between two commits, and in the middle of the first one.
    const few = [renames[1]!, renames[Math.floor(renames.length / 2)]!, calls.length - 2];
    const points = whole ? every : few.map((at) => String(at + 1));
    for (const point of points) {
      const site = await begin();
      const { directory } = site.fleet.ca;
      if (await killed(site.root, action, { KILL_AT: point })) {
        await again(action, site);
        const found = await lookAtRollOver(site.fleet, { configDirectory: site.configDirectory });
        const hidden = (await readdir(directory)).filter((name) => name.startsWith('.'));
        expect({ point, stage: found.rollOver?.stage, pending: found.pending, hidden }).toEqual({
          ...{ point, stage: to, pending: [], hidden: [] },
        });
        if (to === 'finished') expect(await readdir(join(directory, 'clients'))).toEqual(['laptop', 'ops']);
      }
      await rm(site.root, { recursive: true, force: true });
    }
  },
  whole ? 1_800_000 : 240_000,
);
