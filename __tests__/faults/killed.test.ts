import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { countedOpenssl, hold, isHeld, letGo, opensslCalls } from '../support/counted-openssl.js';
import { processesIn } from '../support/processes.js';
import { cleanEnvironment, main, succeeds } from '../support/program.js';
import { onAllCores } from '../support/on-all-cores.js';
import { groupLeftToWhole, leftToWhole, rows, times, whole } from '../support/form.js';
import { usePromise, type Tally } from '../support/tally.js';
import { inForm, useTrials } from '../support/trials.js';
import { until } from '../support/until.js';
import {
  age,
  isWhole,
  putInOrder,
  strike,
  visible,
  type Deed,
  type DeedName,
  type State,
} from '../support/whole-set.js';

const begin = useTrials();
const failHook = fileURLToPath(new URL('../support/fail-at.js', import.meta.url));
const hook = fileURLToPath(new URL('../support/kill-at.js', import.meta.url));

/** How a run came to its end: by SIGKILL, or by itself. */
type End = 'killed' | 'done';

interface RunOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** Kills the whole group of its processes after so many milliseconds. */
  readonly killAfter?: number;
  /** Whether it may end with exit code 1. */
  readonly mayFail?: boolean;
}

/** Runs the program in a group of processes of its own. */
async function run(cwd: string, { args, env = {}, node = [], killAfter, mayFail }: RunOptions): Promise<End> {
  const child = spawn(process.execPath, [...node, main, ...args], {
    cwd,
    env: cleanEnvironment(env),
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
  const timer = killAfter === undefined ? undefined : setTimeout(() => killGroup(child.pid), killAfter);
  const [code, signal] = await ended;
  clearTimeout(timer);
  if (signal === 'SIGKILL') return 'killed';
  if (code !== 0 && !(mayFail && code === 1)) throw new Error(`it exits with ${code ?? signal}`);
  return 'done';
}

function killGroup(leader: number | undefined): void {
  if (leader !== undefined) process.kill(-leader, 'SIGKILL');
}

/** A deed that is killed, and what the next run makes of it. */
interface Try {
  readonly name: DeedName;
  /** When it is killed. */
  readonly what: string;
  readonly how: (folder: string) => Promise<HowToRun> | HowToRun;
  /** What else happens before the next run. */
  readonly meanwhile?: (root: string, deed: Deed) => Promise<unknown>;
}

type HowToRun = Omit<RunOptions, 'args'> & { readonly more?: readonly string[] };

/** Gives the state that it came to; `done` where it was not killed, and undefined where the promise fell short. */
async function killed(
  tally: Tally,
  { name, what, how, meanwhile }: Try,
): Promise<State | 'done' | undefined> {
  const { deed, folder, root, before } = await begin(name);
  const { more = [], ...options } = await how(folder);
  let state: State | 'done' | undefined;
  if ((await run(root, { ...options, args: [...deed.args, ...more] })) === 'done') state = 'done';
  else {
    await tally.attempt(`${name}, killed ${what}`, async () => {
      await meanwhile?.(root, deed);
      state = await putInOrder(root, deed, before);
    });
  }
  await strike(folder);
  return state;
}

/** Counts what tries came to. */
class Outcomes {
  #states: (State | 'done' | undefined)[] = [];

  add(state: State | 'done' | undefined): void {
    this.#states.push(state);
  }

  count(state: State | 'done'): number {
    return this.#states.filter((each) => each === state).length;
  }
}

const atCall = (at: string): HowToRun => ({ node: ['--import', hook], env: { KILL_AT: at } });

/** A deed that nobody interrupts. */
interface Rehearsal {
  /** The calls that change the file system, in their order. */
  readonly calls: readonly string[];
  /** How often openssl is called. */
  readonly openssl: number;
  readonly ms: number;
}

const rehearsals = new Map<DeedName, Promise<Rehearsal>>();

function rehearsed(name: DeedName): Promise<Rehearsal> {
  const known = rehearsals.get(name) ?? rehearse(name);
  rehearsals.set(name, known);
  return known;
}

async function rehearse(name: DeedName): Promise<Rehearsal> {
  const { deed, folder, root } = await begin(name);
  const began = performance.now();
  const args = [...deed.args, '--openssl', await countedOpenssl(folder)];
  const calls = await callsOf(folder, root, args);
  const ms = performance.now() - began;
  await isWhole(root, deed);
  const rehearsal = { calls, openssl: await opensslCalls(folder), ms };
  await strike(folder);
  return rehearsal;
}

/** Runs the program to its end. Gives its calls that change the file system. */
async function callsOf(folder: string, root: string, args: readonly string[]): Promise<string[]> {
  const log = join(folder, 'log');
  expect(await run(root, { args, node: ['--import', hook], env: { KILL_LOG: log } })).toBe('done');
  return (await readFile(log, 'utf8')).trimEnd().split('\n');
}

/** All calls of a deed, or as many as are wanted: those that write the journal and move files, and some others. */
async function pointsOf(name: DeedName, wanted: number): Promise<string[]> {
  const { calls } = await rehearsed(name);
  const places = [...calls.keys()];
  const from = calls.findIndex((call) => call.includes('.journal') || call.startsWith('rename '));
  const decisive = places.filter(
    (at) => at >= from && /^(open|handle|rename|link|unlink)\b/.test(calls[at]!),
  );
  const chosen =
    wanted === Infinity ? places : [...spread(decisive, wanted / 2), ...spread(places, wanted / 2)];
  return [...new Set(chosen)].map((at) => String(at + 1));
}

/** As many of the items as are wanted, far apart, the first and the last too. */
function spread<Item>(items: readonly Item[], wanted: number): Item[] {
  if (items.length <= wanted) return [...items];
  const step = (items.length - 1) / (wanted - 1);
  return Array.from({ length: wanted }, (_, at) => items[Math.floor(at * step)]!);
}

describe('killed at each call that changes the file system', () => {
  const tally = usePromise('all or nothing: killed at each call that changes the file system');

  test.each<[DeedName, string[], number]>(
    inForm([
      ['making a set', ['rename:1'], Infinity],
      ['filling an empty directory', ['handle.writeFile:1'], Infinity],
      ['adding a client', ['handle.chmod:3'], Infinity],
      ['making all anew', ['link:1', 'rename:4'], Infinity],
      ['making the server anew', [], Infinity],
      ['making a named client anew', [], Infinity],
      ["making a tutorial's set", [], 12],
      ["making a tutorial's set anew", [], 36],
    ]),
  )(
    '%s comes to the old state or to the new one, and the next run puts it in order',
    async (name, few, many) => {
      const tried = tally.tried();
      const points = whole ? await pointsOf(name, many) : few;
      const outcomes = new Outcomes();
      await onAllCores(points, async (at) => {
        outcomes.add(await killed(tally, { name, what: `at call ${at}`, how: () => atCall(at) }));
      });
      tally.none();
      // Where keys are made side by side, one run has some calls more than another.
      expect(tally.tried() - tried).toBeGreaterThan(0.8 * points.length);
      if (points.length > 1) expect(outcomes.count('old')).toBeGreaterThan(0);
      if (points.length > 3) expect(outcomes.count('new')).toBeGreaterThan(0);
    },
    900_000,
  );

  test('was tried often', () => {
    expect(tally.tried()).toBeGreaterThan(times(4, 350));
  });
});

describe('killed before and after each openssl', () => {
  const tally = usePromise('all or nothing: killed before and after each openssl');

  test.each<[DeedName, Moment[]]>(
    inForm([
      ['making a set', []],
      ['filling an empty directory', []],
      ['adding a client', []],
      ['making all anew', ['after 11']],
      ['making the server anew', []],
      ['making a named client anew', []],
      ["making a tutorial's set", []],
    ]),
  )(
    '%s comes to the old state, and the next run puts it in order',
    async (name, few) => {
      const tried = tally.tried();
      const points = whole ? await momentsOf(name) : few;
      const outcomes = new Outcomes();
      await onAllCores(points, async (moment) => {
        const [when, at] = moment.split(' ');
        const how = async (folder: string): Promise<HowToRun> => ({
          more: ['--openssl', await countedOpenssl(folder, { at: Number(at), [when!]: 'kill -9 $PPID' })],
        });
        outcomes.add(await killed(tally, { name, what: `${moment} of its openssls`, how }));
      });
      tally.none();
      expect(tally.tried() - tried).toBe(points.length);
      expect(outcomes.count('old')).toBe(points.length);
    },
    900_000,
  );

  type Moment = `${'before' | 'after'} ${number}`;

  async function momentsOf(name: DeedName): Promise<Moment[]> {
    const { openssl } = await rehearsed(name);
    return Array.from({ length: openssl }, (_, at): Moment[] => [
      `before ${at + 1}`,
      `after ${at + 1}`,
    ]).flat();
  }

  test('was tried often', () => {
    expect(tally.tried()).toBeGreaterThan(times(0, 90));
  });
});

describe('killed at any moment, with all of its group', () => {
  const tally = usePromise('all or nothing: killed at random moments');

  test.each<[DeedName, number[], number]>(
    inForm([
      ['making a set', [], 25],
      ['filling an empty directory', [], 25],
      ['adding a client', [], 25],
      ['making all anew', [1], 40],
      ['making the server anew', [], 25],
      ['making a named client anew', [], 25],
      ["making a tutorial's set anew", [], 10],
    ]),
  )(
    '%s comes to the old state or to the new one, and the next run puts it in order',
    async (name, few, many) => {
      const wanted = times(few.length, many);
      const ms = whole ? (await rehearsed(name)).ms : 400;
      await onAllCores(Array(wanted).keys(), async (at) => {
        let outcome: State | 'done' | undefined = 'done';
        // It may come to its end before.
        for (let killAfter = ((at + Math.random()) / wanted) * ms; outcome === 'done'; killAfter *= 0.8) {
          const what = `after ${killAfter.toFixed(1)} ms`;
          outcome = await killed(tally, { name, what, how: () => ({ killAfter }) });
        }
      });
      tally.none();
    },
    900_000,
  );

  test('was tried often', () => {
    expect(tally.tried()).toBe(times(1, 175));
  });
});

describe('killed while openssl goes on', () => {
  const tally = usePromise('all or nothing: killed while its openssl goes on');
  /** What the orphan does when it goes on; the real openssl writes its file then, by a name relative to where it is. */
  const busy = 'i=0; while [ $i -lt 40 ]; do echo x > x$i; sleep 0.01; i=$((i + 1)); done';
  const moments = {
    'before the next run': async (folder: string, next: () => Promise<unknown>) => {
      await letGo(folder);
      await until(async () => (await processesIn(folder)).length === 0);
      await next();
    },
    'as the next run begins': async (folder: string, next: () => Promise<unknown>) => {
      await Promise.all([letGo(folder), next()]);
    },
    'in the midst of the next run': async (folder: string, next: () => Promise<unknown>) => {
      await Promise.all([wait(150).then(() => letGo(folder)), next()]);
    },
    'after the next run': async (folder: string, next: () => Promise<unknown>) => {
      await next();
      expect((await processesIn(folder)).length).toBeGreaterThan(0);
      await letGo(folder);
    },
  };
  const names = ['making a set', 'filling an empty directory', 'adding a client', 'making all anew'] as const;
  const all = names.flatMap((name, row) =>
    Object.keys(moments).flatMap((moment, column) =>
      [2, 4].flatMap((at) =>
        ['', busy].map((work) => ({
          name,
          moment: moment as keyof typeof moments,
          at,
          work,
          // In short, the two moments at which it can meet the next run.
          few: row === column && row % 2 === 1 && at === 2 && (work === busy) === row < 2,
        })),
      ),
    ),
  );

  test('an openssl that outlives its run leaves nothing in the place', async () => {
    const tried = tally.tried();
    const points = all.filter(({ few }) => whole || few);
    await onAllCores(points, async ({ name, moment, at, work }) => {
      const { deed, folder, root, before } = await begin(name);
      const slow = await countedOpenssl(folder, { at, before: `${hold(folder)}\n${work}` });
      const ended = spawnHeld(root, [...deed.args, '--openssl', slow]);
      await isHeld(folder);
      await ended();
      await tally.attempt(`${name}, with openssl ${at} going on ${moment} ${work}`, async () => {
        await moments[moment](folder, async () => {
          expect(await putInOrder(root, deed, before)).toBe('old');
        });
        const then = await visible(root);
        await letGo(folder);
        await until(async () => (await processesIn(folder)).length === 0);
        await isWhole(root, deed);
        expect(await visible(root)).toEqual(then);
      });
      await letGo(folder);
      await strike(folder);
    });
    tally.none();
    expect(tally.tried() - tried).toBe(times(2, 64));
  }, 900_000);

  leftToWhole.each(['killed', 'not killed'])(
    'one of two runs that make the same set, %s, leaves nothing beside it',
    async (which) => {
      const { deed, folder, root } = await begin('making a set');
      const slow = await countedOpenssl(folder, { at: 3, before: hold(folder) });
      const end = spawnHeld(root, [...deed.args, '--openssl', slow]);
      await isHeld(folder);
      await succeeds(root, deed.args);
      await tally.attempt(`one of two, ${which}`, async () => {
        if (which === 'killed') await end();
        await letGo(folder);
        await until(async () => (await processesIn(folder)).length === 0);
        const said = await succeeds(root, [...deed.next, '--json']);
        expect(said.stdout.includes('CLEANED')).toBe(which === 'killed');
        await isWhole(root, deed);
      });
      tally.none();
    },
  );
});

/** Starts the program in a group of its own. Gives what kills that, and waits for its end. */
function spawnHeld(cwd: string, args: readonly string[]): () => Promise<void> {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    env: cleanEnvironment(),
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  return async () => {
    killGroup(child.pid);
    await ended;
  };
}

describe('killed again', () => {
  const tally = usePromise('all or nothing: killed again while it is put in order');

  /** The first run is killed in the midst of its commit. */
  test.each<[DeedName, string, string[]]>(
    inForm([
      ['filling an empty directory', 'link:3', []],
      ['filling an empty directory', 'unlink:10', []],
      ['adding a client', 'rename:2', []],
      ['making all anew', 'rename:3', []],
      ['making the server anew', 'rename:2', ['rename:1']],
      ["making a tutorial's set anew", 'rename:5', []],
    ]),
  )(
    '%s, at %s, by the run that finishes it',
    async (name, first, few) => {
      const points = whole ? await repairPoints(name, first) : few;
      const outcomes = new Outcomes();
      await onAllCores(points, async (at) => {
        const meanwhile = async (root: string, deed: Deed): Promise<void> => {
          await age(root);
          expect(await run(root, { args: deed.next, ...atCall(at) })).toBe('killed');
        };
        const what = `at ${first}, and again at call ${at}`;
        outcomes.add(await killed(tally, { name, what, how: () => atCall(first), meanwhile }));
      });
      tally.none();
      expect(outcomes.count('new')).toBe(points.length);
    },
    900_000,
  );

  /** The calls of the run that finishes another. */
  async function repairPoints(name: DeedName, first: string): Promise<string[]> {
    const { deed, folder, root } = await begin(name);
    expect(await run(root, { args: deed.args, ...atCall(first) })).toBe('killed');
    await age(root);
    const calls = await callsOf(folder, root, deed.next);
    await isWhole(root, deed);
    await strike(folder);
    return spread([...calls.keys()], name.includes('tutorial') ? 8 : Infinity).map((at) => String(at + 1));
  }

  test.each<[DeedName, string, string[]]>(
    inForm([
      ['filling an empty directory', 'link:4', []],
      ['making all anew', 'rename:4', ['rename:6']],
    ]),
  )(
    '%s, where %s fails, while that is taken back',
    async (name, fault, few) => {
      const points = whole ? await takingBackPoints(name) : few;
      const outcomes = new Outcomes();
      await onAllCores(points, async (at) => {
        const { node = [], env } = atCall(at);
        const how = (): HowToRun => ({
          node: ['--import', failHook, ...node],
          env: { ...env, FAIL_AT: fault },
          mayFail: true,
        });
        outcomes.add(await killed(tally, { name, what: `at call ${at}, when ${fault} has failed`, how }));
      });
      tally.none();
      expect(outcomes.count('new') + outcomes.count('old')).toBeGreaterThan(points.length / 2);
    },
    900_000,
  );

  /** From the journal to the end; what is taken back takes calls of its own. */
  async function takingBackPoints(name: DeedName): Promise<string[]> {
    const { calls } = await rehearsed(name);
    const from = calls.findIndex((call) => call.includes('.journal'));
    return Array.from({ length: calls.length - from }, (_, at) => String(from + at + 1));
  }

  test('was tried often', () => {
    expect(tally.tried()).toBeGreaterThan(times(1, 80));
  });
});

groupLeftToWhole('what these tests look for is found', () => {
  /** A run that was killed in the midst of its commit, as if it had had no journal. */
  test.each<[DeedName, string]>(
    rows<[DeedName, string]>(
      [
        ['filling an empty directory', 'link:3'],
        ['making the server anew', 'rename:3'], // the first is that of the journal
      ],
      2,
    ),
  )('%s, half', async (name, at) => {
    const { deed, root, before } = await begin(name);
    expect(await run(root, { args: deed.args, ...atCall(at) })).toBe('killed');
    const folder = join(root, 'docker-tls');
    const workspace = (await readdir(folder)).find((path) => path.startsWith('.docker-tls-openssl-'))!;
    await rm(join(folder, workspace, '.journal'));
    await expect(putInOrder(root, deed, before)).rejects.toThrow();
  });

  test.each<[string, (folder: string) => Promise<unknown>]>([
    ['a file that is not whole yet', (folder) => writeFile(join(folder, 'key.pem.tmp'), 'x')],
    ['a workspace', (folder) => mkdir(join(folder, '.docker-tls-openssl-x'))],
    ['a workspace beside', (folder) => mkdir(join(folder, '..', '.docker-tls-openssl-x'))],
    ['a key that all can read', (folder) => chmod(join(folder, 'key.pem'), 0o444)],
    ['a key of another', (folder) => cp(join(folder, 'key.pem'), join(folder, 'server-key.pem'))],
    ['an empty file', (folder) => truncate(join(folder, 'cert.pem'))],
    ['a certificate of another CA', (folder) => cp(join(folder, 'cert.pem'), join(folder, 'ca.pem'))],
  ])('%s', async (_, spoil) => {
    const { deed, root } = await begin('making the server anew'); // a set is there before
    await isWhole(root, deed);
    await spoil(join(root, 'docker-tls'));
    await expect(isWhole(root, deed)).rejects.toThrow();
  });
});
