import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  awaits,
  countedOpenssl,
  hold,
  isHeld,
  letGo,
  opensslCalls,
  type Interference,
} from '../support/counted-openssl.js';
import { processesIn } from '../support/processes.js';
import { cleanEnvironment, main, refuses, type Outcome } from '../support/program.js';
import { onAllCores } from '../support/on-all-cores.js';
import { groupLeftToWhole, rows, times, whole } from '../support/form.js';
import { usePromise, type Tally } from '../support/tally.js';
import { inForm, throwing, useTrials } from '../support/trials.js';
import { tree } from '../support/tree.js';
import { until } from '../support/until.js';
import {
  isSame,
  differences,
  isWhole,
  putInOrder,
  strike,
  visible,
  type DeedName,
} from '../support/whole-set.js';

const begin = useTrials();
const hooks = {
  kill: fileURLToPath(new URL('../support/kill-at.js', import.meta.url)),
  fail: fileURLToPath(new URL('../support/fail-at.js', import.meta.url)),
};

interface Ended extends Outcome {
  /** What ended it, where it did not end by itself. */
  readonly signal: NodeJS.Signals | null;
}

interface RunOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** Sends a signal to the program after so many milliseconds. */
  readonly later?: readonly [NodeJS.Signals, number];
}

async function run(cwd: string, { args, env = {}, node = [], later }: RunOptions): Promise<Ended> {
  const child = spawn(process.execPath, [...node, main, ...args], {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const timer = later && setTimeout(() => child.kill(later[0]), later[1]);
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  clearTimeout(timer);
  return { code, signal, stdout, stderr };
}

/** How often a deed calls openssl. */
async function opensslCallsOf(name: DeedName): Promise<number> {
  const { deed, folder, root } = await begin(name);
  await run(root, { args: [...deed.args, '--openssl', await countedOpenssl(folder)] });
  await isWhole(root, deed);
  const count = await opensslCalls(folder);
  await strike(folder);
  return count;
}

/** Before or after which of the calls of openssl. */
type Moment = `${'before' | 'after'} ${number}`;

async function momentsOf(name: DeedName): Promise<Moment[]> {
  const count = await opensslCallsOf(name);
  return Array.from({ length: count }, (_, at): Moment[] => [`before ${at + 1}`, `after ${at + 1}`]).flat();
}

/** Shell that openssl does at such a moment. */
function atMoment(moment: Moment, body: string): Interference {
  const [when, at] = moment.split(' ');
  return { at: Number(at), [when!]: body };
}

/** An openssl that had to be killed has no time to go on. */
async function nobodyIsLeft(folder: string): Promise<void> {
  await until(async () => (await processesIn(folder)).length === 0);
}

describe('openssl fails', () => {
  const tally = usePromise('all or nothing: openssl fails, before it writes and after');

  test.each<[DeedName, Moment[]]>(
    inForm([
      ['making a set', ['after 11']],
      ['filling an empty directory', []],
      ['adding a client', []],
      ['making all anew', ['before 9']],
      ['making the server anew', []],
      ['making a named client anew', []],
      ["making a tutorial's set", []],
      ["making a tutorial's set anew", []],
    ]),
  )(
    '%s is refused at each of its calls, and changes nothing',
    async (name, few) => {
      const tried = tally.tried();
      const points = whole ? await momentsOf(name) : few;
      await onAllCores(points, async (moment) => {
        const { deed, folder, root } = await begin(name);
        const openssl = await countedOpenssl(folder, atMoment(moment, 'exit 1'));
        await tally.attempt(`${name}, where openssl fails ${moment}`, async () => {
          await refuses(root, 1, [...deed.args, '--quiet', '--openssl', openssl]);
          await nobodyIsLeft(folder);
        });
        await strike(folder);
      });
      tally.none();
      expect(tally.tried() - tried).toBe(points.length);
    },
    900_000,
  );

  test.each<[DeedName]>(rows([['making a set'], ['making all anew']], 2))(
    '%s ends the others with the one that fails',
    async (name) => {
      const { deed, folder, root } = await begin(name);
      const openssl = await countedOpenssl(
        folder,
        { at: 2, before: `${awaits(folder, 'started')}\nexit 1` },
        { at: 3, before: hold(folder) },
        { at: 4, before: hold(folder) },
      );
      await tally.attempt(`${name}, where one of three fails`, async () => {
        await refuses(root, 1, [...deed.args, '--quiet', '--openssl', openssl]);
        await nobodyIsLeft(folder); // long before those that are held end by themselves
      });
      await letGo(folder);
      await strike(folder);
      tally.none();
    },
  );

  test('was tried often', () => {
    expect(tally.tried()).toBeGreaterThan(times(2, 110));
  });
});

const codes = { changes: ['ENOSPC', 'EIO', 'EROFS', 'EMFILE', 'EACCES'], reads: ['EIO', 'EMFILE', 'EACCES'] };

describe('a call to the file system fails', () => {
  const tally = usePromise('all or nothing: a call to the file system fails');

  /** In the whole form every call that changes anything, and of those that read every first, fourth, ... */
  test.each<[DeedName, string[], number]>(
    inForm([
      ['making a set', ['EACCES mkdir:1', 'EIO handle.sync:2'], 1],
      ['filling an empty directory', ['ENOSPC handle.writeFile:1'], 4],
      ['adding a client', ['EMFILE readdir:6'], 4],
      ['making all anew', ['EIO rename:4'], 4],
      ['making the server anew', [], 1],
      ['making a named client anew', [], 4],
      ["making a tutorial's set", [], 40],
      ["making a tutorial's set anew", [], 20],
    ]),
  )(
    '%s is done as a whole or changes nothing, and says which; and the next run is clean',
    async (name, few, step) => {
      const tried = tally.tried();
      const points = whole ? await pointsOf(name, step) : few;
      const ends = new Set<number | null>();
      await onAllCores(points, async (point) => {
        const [code = '', at = ''] = point.split(' ');
        ends.add(await failing(tally, name, code, at));
      });
      tally.none();
      // Where keys are made side by side, one run has some calls more than another.
      expect(tally.tried() - tried).toBeGreaterThan(0.8 * points.length);
      expect(ends).toContain(1);
    },
    900_000,
  );

  test('was tried often', () => {
    expect(tally.tried()).toBeGreaterThan(times(4, 700));
  });
});

/** Calls of a deed, each with one of the errors that it can have: `EIO 12`. */
async function pointsOf(name: DeedName, step: number): Promise<string[]> {
  const { deed, folder, root } = await begin(name);
  const log = join(folder, 'log');
  await run(root, { args: deed.args, node: ['--import', hooks.fail], env: { FAIL_LOG: log } });
  const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
  await strike(folder);
  // A tutorial's keys take their time.
  const changesToo = name.includes('tutorial') ? 4 : 1;
  return calls.flatMap((call, at) => {
    const isChange = call.startsWith('changes');
    const kinds = codes[isChange ? 'changes' : 'reads'];
    return at % (isChange ? changesToo : step) === 0 ? [`${kinds[at % kinds.length]} ${at + 1}`] : [];
  });
}

/** Tries a deed in which a call fails, and what the next run makes of it. Gives its exit code. */
async function failing(
  tally: Tally,
  name: DeedName,
  code: string,
  at: string,
  node: readonly string[] = [],
): Promise<number | null> {
  const { deed, folder, root, before } = await begin(name);
  const done = join(folder, 'done');
  const outcome = await run(root, {
    args: deed.args,
    node: ['--import', hooks.fail, ...node],
    env: { FAIL_AT: at, FAIL_WITH: code, FAIL_DONE: done },
  });
  if ((await readdir(folder)).includes('done')) {
    await tally.attempt(`${name}, ${code} at call ${at}`, async () => {
      const words = outcome.stderr.replaceAll(/^done: .*\n/gm, '');
      const said = `exit code ${outcome.code ?? outcome.signal}: ${words}`;
      if (outcome.code === 1) {
        const after = await visible(root);
        if (!isSame(before, after)) throw new Error(`${said}, and ${differences(before, after)}`);
        if (!/^error: ./m.test(outcome.stderr) || /^ {4}at /m.test(outcome.stderr)) throw new Error(said);
        expect(outcome.stdout).toBe('');
      } else if (outcome.code !== 0) throw new Error(said);
      const state = await putInOrder(root, deed, before);
      if (state !== (outcome.code === 0 ? 'new' : 'old'))
        throw new Error(`${said}, and the state is ${state}`);
    });
  }
  await strike(folder);
  return outcome.code;
}

const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type Signal = keyof typeof signals;
const signalNames = Object.keys(signals) as Signal[];

/** Tries a deed that gets a signal. Gives its exit code, null where the signal has ended it before it began. */
async function signalled(
  tally: Tally,
  name: DeedName,
  signal: Signal,
  what: string,
  how: (folder: string) => Promise<Omit<RunOptions, 'args'> & { readonly more?: readonly string[] }>,
  end: 'stops' | 'too late' | 'either' = 'either',
): Promise<number | null> {
  const { deed, folder, root } = await begin(name);
  const before = new Set(await tree(root));
  const { more = [], ...options } = await how(folder);
  const {
    code,
    signal: endedBy,
    stdout,
    stderr,
  } = await run(root, { ...options, args: [...deed.args, ...more] });
  await tally.attempt(`${name}, ${signal} ${what}`, async () => {
    if (end !== 'either') expect(code).toBe(end === 'stops' ? signals[signal] : 0);
    if (code === 0) {
      await isWhole(root, deed);
      return;
    }
    if (code !== signals[signal] && endedBy !== signal)
      throw new Error(`it exits with ${code ?? endedBy}: ${stderr}`);
    const after = new Set(await tree(root));
    if (!isSame(before, after))
      throw new Error(`it ends with ${code ?? endedBy}, and ${differences(before, after)}`);
    expect(stdout).toBe('');
    if (code !== null) expect(stderr).toMatch(/^stopped: nothing was changed$/m);
    await nobodyIsLeft(folder);
  });
  await strike(folder);
  return code;
}

describe('a signal', () => {
  const tally = usePromise('all or nothing: stopped by SIGINT, SIGTERM or SIGHUP');

  test.each<[DeedName, Moment[]]>(
    inForm([
      ['making a set', ['after 3']],
      ['filling an empty directory', []],
      ['adding a client', []],
      ['making all anew', ['after 11']],
      ['making the server anew', []],
      ['making a named client anew', []],
      ["making a tutorial's set", []],
    ]),
  )(
    'to %s, at each openssl, stops it, and nothing is changed',
    async (name, few) => {
      const points = whole ? await momentsOf(name) : few;
      await onAllCores(points, async (moment, at) => {
        const signal = signalNames[at % signalNames.length]!;
        const body = `kill -${signal.slice(3)} $PPID\nsleep 0.2`;
        const how = async (folder: string): Promise<{ more: string[] }> => ({
          more: ['--openssl', await countedOpenssl(folder, atMoment(moment, body))],
        });
        await signalled(tally, name, signal, `${moment} of its openssls, in time`, how, 'stops');
      });
      tally.none();
    },
    900_000,
  );

  test.each(rows(signalNames, 3))('%s while openssl is at work ends that, too', async (signal) => {
    const { deed, folder, root } = await begin('making all anew');
    const before = await tree(root);
    const openssl = await countedOpenssl(folder, { at: 3, before: hold(folder) });
    const child = spawn(process.execPath, [main, ...deed.args, '--openssl', openssl], {
      cwd: root,
      env: cleanEnvironment(),
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await isHeld(folder);
    child.kill(signal);
    await tally.attempt(`${signal} while openssl is held`, async () => {
      expect(await ended).toEqual([signals[signal], null]);
      await nobodyIsLeft(folder); // long before it would end by itself
      expect(await tree(root)).toEqual(before);
    });
    await letGo(folder);
    await strike(folder);
    tally.none();
  });

  test.each<[DeedName, string[]]>(
    inForm([
      ['making a set', []],
      ['filling an empty directory', []],
      ['adding a client', []],
      ['making all anew', ['handle.writeFile:1', 'rename:3']],
      ['making the server anew', []],
      ['making a named client anew', []],
    ]),
  )(
    'to %s, at each call that changes the file system, stops it or comes too late',
    async (name, few) => {
      const points = whole ? await changesOf(name) : few;
      const ends = new Set<number | null>();
      await onAllCores(points, async (at, index) => {
        const signal = signalNames[index % signalNames.length]!;
        const env = { KILL_AT: at, KILL_WITH: signal };
        const how = () => Promise.resolve({ node: ['--import', hooks.kill], env });
        ends.add(await signalled(tally, name, signal, `at call ${at}`, how));
      });
      tally.none();
      if (whole) expect(ends.size).toBeGreaterThan(2);
    },
    900_000,
  );

  async function changesOf(name: DeedName): Promise<string[]> {
    const { deed, folder, root } = await begin(name);
    const log = join(folder, 'log');
    await run(root, { args: deed.args, node: ['--import', hooks.kill], env: { KILL_LOG: log } });
    const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
    await strike(folder);
    return calls.map((_, at) => String(at + 1));
  }

  test.each<[DeedName, number[], number]>(
    inForm([
      ['making a set', [], 30],
      ['filling an empty directory', [], 15],
      ['adding a client', [1], 15],
      ['making all anew', [1], 30],
      ['making the server anew', [], 15],
      ['making a named client anew', [], 15],
      ["making a tutorial's set anew", [], 9],
    ]),
  )(
    'to %s, at any moment, stops it or comes too late',
    async (name, few, many) => {
      const wanted = times(few.length, many);
      const ms = whole ? await lengthOf(name) : 400;
      await onAllCores(Array(wanted).keys(), async (at) => {
        const signal = signalNames[at % signalNames.length]!;
        const after = ((at + Math.random()) / wanted) * ms;
        const how = () => Promise.resolve({ later: [signal, after] as const });
        await signalled(tally, name, signal, `after ${after.toFixed(1)} ms`, how);
      });
      tally.none();
    },
    900_000,
  );

  async function lengthOf(name: DeedName): Promise<number> {
    const { deed, folder, root } = await begin(name);
    const began = performance.now();
    await run(root, { args: deed.args });
    const ms = performance.now() - began;
    await strike(folder);
    return ms;
  }

  const lateFor: DeedName[] = whole ? ['making a set', 'making all anew'] : ['making a set'];

  /** As the last thing that the program does, with a lock and without. */
  const late = lateFor.flatMap((name) => signalNames.map((signal) => [signal, name] as const));
  test.each(rows(late, 3, 2))('%s is too late when all is done of %s', async (signal, name) => {
    // Again and again until it is gone: also while Node takes itself apart.
    const kills = `while kill -s ${signal.slice(3)} $1; do :; done`;
    const endless = `import { spawn } from 'node:child_process'; process.once('exit', () => {
        const [pid, stdio] = [String(process.pid), 'ignore'];
        spawn('sh', ['-c', ${JSON.stringify(kills)}, 'sh', pid], { stdio, detached: true });
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      });`;
    const how = () => Promise.resolve({ node: ['--import', `data:text/javascript,${endless}`] });
    await signalled(tally, name, signal, 'at the end', how, 'too late');
    tally.none();
  });

  test('was tried often', () => {
    expect(tally.tried()).toBeGreaterThan(times(5, 450));
  });
});

groupLeftToWhole('what these tests look for is found', () => {
  test('a run that fails and leaves something', async () => {
    const { deed, folder, root } = await begin('making the server anew');
    const body = `echo x > '${root}/docker-tls/stray'; exit 1`;
    const openssl = await countedOpenssl(folder, { at: 2, before: body });
    await expect(refuses(root, 1, [...deed.args, '--quiet', '--openssl', openssl])).rejects.toThrow();
  });

  test('an openssl that goes on', async () => {
    const { folder, root } = await begin('making a set');
    const openssl = await countedOpenssl(folder, { at: 1, before: hold(folder) });
    const child = spawn(openssl, ['version'], { cwd: root, stdio: 'ignore' });
    await isHeld(folder);
    expect((await processesIn(folder)).length).toBeGreaterThan(0);
    await letGo(folder);
    await once(child, 'exit');
    await nobodyIsLeft(folder);
  });

  /** As if the program had another way to end: what it leaves is what is looked at. */
  const leaving = (what: string): string[] => [
    '--import',
    `data:text/javascript,import fs from 'node:fs'; process.once('exit', () => fs.${what});`,
  ];

  test.each<[string, string, string]>(
    rows<[string, string, string]>(
      [
        [
          'a run that succeeds with half a state',
          'EACCES readlink:1',
          `unlinkSync('docker-tls/server-cert.pem')`,
        ],
        ['a run that fails and removes something', 'EIO rename:1', `unlinkSync('docker-tls/cert.pem')`],
        ['a run that fails and writes something', 'EIO rename:1', `writeFileSync('docker-tls/x', '')`],
      ],
      3,
    ),
  )('%s', async (_, point, what) => {
    const [code = '', at = ''] = point.split(' ');
    await expect(failing(throwing, 'making the server anew', code, at, leaving(what))).rejects.toThrow();
  });

  test.each<[string, Moment, string]>(
    rows<[string, Moment, string]>(
      [
        ['a run that is stopped and removes something', 'before 3', `unlinkSync('docker-tls/cert.pem')`],
        [
          'a run that is stopped and leaves a workspace',
          'before 3',
          `mkdirSync('docker-tls/.docker-tls-openssl-x')`,
        ],
      ],
      2,
      1,
    ),
  )('%s', async (_, moment, what) => {
    const how = async (folder: string): Promise<{ node: string[]; more: string[] }> => ({
      node: leaving(what),
      more: ['--openssl', await countedOpenssl(folder, atMoment(moment, 'kill -TERM $PPID\nsleep 0.2'))],
    });
    await expect(signalled(throwing, 'making the server anew', 'SIGTERM', moment, how)).rejects.toThrow();
  });
});
