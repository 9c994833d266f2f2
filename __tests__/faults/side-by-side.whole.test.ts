import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, cp, lstat, mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { client, findOpenssl, genpkey } from '../../lib/index.js';
import { isThere } from '../../lib/store/is-there.js';
import { lockName } from '../../lib/store/lock.js';
import { ownerTag } from '../../lib/store/owner.js';
import { makeSet } from '../support/made-sets.js';
import { useCompanions } from '../support/as-user.js';
import { errorOf } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { cleanEnvironment, main, program, quick, shell, succeeds, type Outcome } from '../support/program.js';
import { request } from '../support/request.js';
import { chosen, leftToWhole, times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { only } from '../support/only.js';

const together = usePromise('runs at once in one directory give what each of them was asked for');
const lockWords = 'a lock is waited for, and that of a run that is gone holds nobody up';
const waits = usePromise(lockWords);
const locks = usePromise(lockWords);
const reading = usePromise('who reads while files are replaced finds none empty, half or missing');
/** What these tests started, and did not see end. */
const running = new Set<ChildProcess>();
afterAll(() => running.forEach((child) => child.kill('SIGKILL')));
const shared = useSharedDirectory();
const companion = useCompanions();
const { path: real } = await findOpenssl();
const PER_TEST_MS = times(240_000, 1_800_000);
const hook = fileURLToPath(new URL('../support/stop-at.js', import.meta.url));

const patient = ['--key', 'ec:p256', '--quiet', '--lock-timeout', '300'];
const makeClient = (name: string): string[] => ['client', '--name', name, ...patient];
const secret = 'correct horse';

beforeAll(async () => {
  await writeFile(join(shared(), 'secret'), secret);
  await makeSet(request(shared(), { directory: join(shared(), 'base') }));
});

let places = 0;

/** A place of its own; `docker-tls` in it is a copy of a set, unless nothing is to be there. */
async function place(base: 'set' | 'nothing' = 'set'): Promise<{ root: string; directory: string }> {
  const root = join(shared(), `place-${String(++places)}`);
  const directory = join(root, 'docker-tls');
  await mkdir(root);
  if (base === 'set') await cp(join(shared(), 'base'), directory, { recursive: true });
  return { root, directory };
}

/**
 * Every key and certificate in the directory belong together and to its CA, no two have the same serial, and nothing else
 * is left. Gives how many they are.
 */
async function wholePairs(
  root: string,
  directory: string,
  ofClient = ['cert.pem', 'key.pem'],
): Promise<number> {
  const there = [...(await readdir(root)), ...(await readdir(directory, { recursive: true }))];
  expect(there.filter((path) => /(?:^|\/)\./.test(path))).toEqual([]);
  const read = async (path: string): Promise<X509Certificate> =>
    new X509Certificate(await readFile(join(directory, path)));
  const named = async (folder: string, files: readonly string[]): Promise<string[][]> => {
    const names = await readdir(join(directory, folder)).catch(() => []);
    return names.map((name) => files.map((file) => `${folder}/${name}/${file}`));
  };
  const pairs = [
    ['server-cert.pem', 'server-key.pem'],
    ofClient,
    ...(await named('servers', ['server-cert.pem', 'server-key.pem'])),
    ...(await named('clients', ['cert.pem', 'key.pem'])),
  ];
  const ca = await read('ca.pem');
  const serials = new Set<string>();
  for (const [certificate = '', key = ''] of pairs) {
    const leaf = await read(certificate);
    if (!leaf.verify(ca.publicKey)) throw new Error(`${certificate} is of another CA`);
    if (!leaf.checkPrivateKey(createPrivateKey(await readFile(join(directory, key)))))
      throw new Error(`${certificate} is of another key`);
    serials.add(leaf.serialNumber);
  }
  expect(serials.size).toBe(pairs.length);
  return pairs.length;
}

/** Each of them has to succeed, in silence where it was asked for. */
async function allSucceed(root: string, runs: readonly (readonly string[])[]): Promise<void> {
  const outcomes = await Promise.all(runs.map((args) => program(root, args)));
  outcomes.forEach(({ code, stderr }, at) =>
    together.count(
      `${runs[at]!.join(' ')} ended with ${String(code)}: ${stderr}`,
      code === 0 && stderr === '',
    ),
  );
}

const many = (count: number, args: (at: number) => readonly string[]): (readonly string[])[] =>
  Array.from({ length: count }, (_, at) => args(at));

/** A program that runs beside the test. */
interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Outcome>;
}

function start(root: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Started {
  const hooked = Object.keys(env).length > 0 ? ['--import', hook] : [];
  const child = spawn(process.execPath, [...hooked, main, ...args], {
    cwd: root,
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[code], stdout, stderr]): Outcome => {
      running.delete(child);
      return { code: code as number | null, stdout, stderr };
    },
  );
  return { child, pid: child.pid!, ended };
}

/** Waits until `condition` holds, also where this machine has much else to do. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries === 6000) throw new Error('what was waited for does not happen');
    await sleep(10);
  }
}

/** Whether the process is stopped (proc_pid_stat(5), field 3). */
async function isStopped({ pid }: Started): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'latin1').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

/** Starts a program that is at work, with the lock, until `openssl` has slept for some seconds. */
async function holder(root: string, args: readonly string[], seconds: number): Promise<Started> {
  const marker = join(root, '..', `at-work-${String(++places)}`);
  const folder = `${marker}-openssl`;
  await mkdir(folder);
  const body = `: > '${marker}'; sleep ${String(seconds)}; exec '${real}' "$@"`;
  const slow = await fakeOpenssl(folder, body, `'${real}' version`);
  const started = start(root, [...args, '--openssl', slow]);
  await until(() => isThere(marker));
  return started;
}

let stops = 0;

/** Starts a program that is stopped in the midst of its work. Gives nothing where it has ended before. */
async function stopped(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Started | undefined> {
  const started = start(root, args, env);
  const over = (): boolean => !running.has(started.child);
  await until(async () => over() || (await isStopped(started)));
  if (over()) return undefined;
  stops++;
  return started;
}

const lockOf = (directory: string): string => join(directory, lockName);

/** All below `root` but the lock, whose going is nobody's loss. */
async function treeWithoutLock(root: string): Promise<string[]> {
  return (await tree(root)).filter((line) => !line.includes(lockName));
}

async function changeTime(path: string, seconds: number): Promise<void> {
  const time = new Date(Date.now() + seconds * 1000);
  await utimes(path, time, time);
}

interface Situation {
  readonly what: string;
  readonly proves: () => Promise<void>;
}

const bob = ['client', '--name', 'bob', '--key', 'ec:p256', '--quiet', '--lock-timeout', '60'];
const hurriedBob = [...bob.slice(0, -1), '1'];
const own = await ownerTag();
const lockText = (owner: string): string => `docker-tls-openssl lock ${owner} 0123456789abcdef a-host\n`;
const gone = own.replace(/-\d+$/, '-1'); // the process id is another's now
const ofAnotherBoot = own.replace(/^(\w+)-\w+/, '$1-000000');
const ofAnotherMachine = own.replace(/^\w+/, '000000');
const hasMachineId = (await readFile('/etc/machine-id', 'utf8').catch(() => '')).trim() !== '';

/** The process of a lock, as the one who waits is told. */
function namesStopped(pid: number, directory: string): { code: number; stdout: string; stderr: unknown } {
  const words = `another run is at work in ${directory}, for longer than 1 s: process ${pid}, which was stopped`;
  return { code: 1, stdout: '', stderr: expect.stringContaining(words) };
}

/** A lock that is no run's any more, of which the next run rids itself. */
function left(what: string, leave: (lock: string) => Promise<void>): Situation {
  return {
    what: `a lock that is ${what}`,
    proves: async () => {
      const { root, directory } = await place();
      await leave(lockOf(directory));
      expect(await program(root, bob)).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await wholePairs(root, directory)).toBe(3);
    },
  };
}

/** What is no lock, and stays: the next run says so. */
function inTheWay(what: string, leave: (lock: string, root: string) => Promise<void>): Situation {
  return {
    what: `instead of a lock ${what}`,
    proves: async () => {
      const { root, directory } = await place();
      await mkdir(join(root, 'outside'));
      await writeFile(join(root, 'outside/precious'), 'precious');
      await leave(lockOf(directory), root);
      const before = await tree(root);
      const { mtimeMs } = await lstat(join(root, 'outside'));
      const { code, stdout, stderr } = await program(root, [...bob.slice(0, -1), '8']);
      expect(await tree(root)).toEqual(before);
      expect((await lstat(join(root, 'outside'))).mtimeMs).toBe(mtimeMs);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain(lockOf(directory));
      expect(stderr).toMatch(/^hint: /m);
    },
  };
}

const situations: readonly Situation[] = [
  left('the directory of an earlier version, and old', async (lock) => {
    await mkdir(lock);
    await changeTime(lock, -60);
  }),
  left('the directory of an earlier version, and an hour ahead of the clock', async (lock) => {
    await mkdir(lock);
    await changeTime(lock, 3600);
  }),
  left('the directory of an earlier version, and as old as the epoch', async (lock) => {
    await mkdir(lock, { mode: 0 });
    await utimes(lock, 0, 0);
  }),
  left('that of a process that is gone', (lock) => writeFile(lock, lockText(gone))),
  left('that of a process that is gone, and an hour ahead of the clock', async (lock) => {
    await writeFile(lock, lockText(gone));
    await changeTime(lock, 3600);
  }),
  left('that of another boot of this machine', (lock) =>
    writeFile(lock, lockText(hasMachineId ? ofAnotherBoot : gone)),
  ),
  left('that of another machine, and silent for an hour', async (lock) => {
    await writeFile(lock, lockText(ofAnotherMachine));
    await changeTime(lock, -3600);
  }),
  left('that of another machine, silent, and fifty years ahead of the clock', async (lock) => {
    await writeFile(lock, lockText(ofAnotherMachine));
    await changeTime(lock, 50 * 365 * 86_400);
  }),
  left('empty', (lock) => writeFile(lock, '')),
  left('cut off', (lock) => writeFile(lock, lockText(gone).slice(0, 60))),
  left('zeros, after a machine lost power', (lock) => writeFile(lock, Buffer.alloc(80))),
  inTheWay('a file', (lock) => writeFile(lock, 'x')),
  inTheWay('a file that begins as a lock, and goes on', (lock) =>
    writeFile(lock, lockText(gone).padEnd(600, 'x')),
  ),
  inTheWay('a pipe', async (lock) => {
    await promisify(execFile)('mkfifo', [lock]);
  }),
  inTheWay('an old directory with something in it', async (lock) => {
    await mkdir(lock);
    await writeFile(join(lock, 'precious'), 'precious');
    await changeTime(lock, -60);
  }),
  inTheWay('an old directory that is somewhere else', async (lock, root) => {
    await changeTime(join(root, 'outside'), -60);
    await symlink(join(root, 'outside'), lock);
  }),
  inTheWay('a directory of tomorrow that is somewhere else', async (lock, root) => {
    await changeTime(join(root, 'outside'), 86_400);
    await symlink(join(root, 'outside'), lock);
  }),
  inTheWay('a link that leads nowhere', (lock, root) => symlink(join(root, 'none'), lock)),
  {
    what: 'the holder is killed at work',
    proves: async () => {
      const { root, directory } = await place();
      const { child, ended } = await holder(root, ['all', '--force', 'server', '--key', 'ec:p256'], 8);
      const before = await readFile(join(directory, 'server-cert.pem'));
      child.kill('SIGKILL');
      const { code, stderr } = await program(root, bob);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await readFile(join(directory, 'server-cert.pem'))).toEqual(before);
      expect(await wholePairs(root, directory)).toBe(3);
      expect((await ended).code).toBe(null);
    },
  },
  {
    what: 'the holder is stopped at work: it keeps its lock, and goes on',
    proves: async () => {
      const { root, directory } = await place();
      const started = await holder(root, ['all', '--force', 'server', '--key', 'ec:p256'], 2);
      const before = await readFile(join(directory, 'server-cert.pem'));
      started.child.kill('SIGSTOP');
      expect(await program(root, hurriedBob)).toEqual(namesStopped(started.pid, directory));
      started.child.kill('SIGCONT');
      expect(await started.ended).toMatchObject({ code: 0 });
      expect(await readFile(join(directory, 'server-cert.pem'))).not.toEqual(before);
      expect(await program(root, bob)).toMatchObject({ code: 0 });
      expect(await wholePairs(root, directory)).toBe(3);
    },
  },
  ...[
    { at: 1, what: 'before its first file', end: 'goes on' },
    { at: 5, what: 'between two files', end: 'goes on' },
    { at: 5, what: 'between two files', end: 'is killed' },
    { at: 8, what: 'after its last file', end: 'goes on' },
    { at: 8, what: 'after its last file', end: 'is killed' },
  ].map(({ at, what, end }): Situation => ({
    what: `the holder is stopped while it moves files, ${what}, and ${end}`,
    proves: async () => {
      const { root, directory } = await place();
      const old = await readFile(join(directory, 'server-cert.pem'));
      const force = ['all', '--force', 'server', '--key', 'ec:p256', '--quiet'];
      const started = await stopped(root, force, { STOP_AFTER_JOURNAL: String(at) });
      if (!started) throw new Error('it was not stopped');
      const { pid } = started;
      const before = await treeWithoutLock(root);
      const { code, stdout, stderr } = await program(root, hurriedBob);
      expect({ code, stdout, stderr }).toEqual(namesStopped(pid, directory));
      const hint = /^hint: .*`(kill -CONT \d+)`/m.exec(stderr)?.[1];
      expect(hint).toBe(`kill -CONT ${String(pid)}`);
      expect(await treeWithoutLock(root)).toEqual(before);
      if (end === 'is killed') {
        started.child.kill('SIGKILL');
        expect((await started.ended).code).toBe(null);
        const next = await program(
          root,
          bob.filter((word) => word !== '--quiet'),
        );
        expect(next.code).toBe(0);
        expect(next.stderr).toMatch(
          /^note: a run that was killed while moving files into .*: finished now$/m,
        );
        expect(await readFile(join(directory, 'server-cert.pem'))).not.toEqual(old);
        expect(await wholePairs(root, directory)).toBe(3);
        return;
      }
      expect(await shell(root, hint!)).toMatchObject({ code: 0 });
      const outcome = await started.ended;
      // Whether all of it, or nothing, it says the truth.
      const made = !(await readFile(join(directory, 'server-cert.pem'))).equals(old);
      expect(outcome.code).toBe(made ? 0 : 1);
      expect(made).toBe(true);
      expect(await wholePairs(root, directory)).toBe(2);
      expect(await program(root, bob)).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await wholePairs(root, directory)).toBe(3);
    },
  })),
  {
    what: 'the holder is stopped between two files, and somebody looks whether all is there',
    proves: async () => {
      const { root, directory } = await place();
      const force = ['all', '--force', 'server', '--key', 'ec:p256', '--quiet'];
      const started = await stopped(root, force, { STOP_AFTER_JOURNAL: '5' });
      if (!started) throw new Error('it was not stopped');
      const looked = await program(root, ['all', '--lock-timeout', '1']);
      started.child.kill('SIGCONT');
      expect(await started.ended).toMatchObject({ code: 0 });
      expect(looked).toEqual(namesStopped(started.pid, directory));
      expect(await wholePairs(root, directory)).toBe(2);
    },
  },
];

/** A run that replaces a pair, or makes a set, is stopped at a call that changes the file system. */
function stoppedAt(call: number, base: 'set' | 'nothing', end: 'goes on' | 'is killed'): Situation {
  return {
    what: `a run that ${base === 'set' ? 'replaces a pair' : 'makes a set'} is stopped at call ${String(call)} and ${end}`,
    proves: async () => {
      const { root, directory } = await place(base);
      const args = base === 'set' ? ['all', '--force', 'server', ...patient] : ['all', ...quick, '--quiet'];
      const next = base === 'set' ? hurriedBob : [...args, '--lock-timeout', '1'];
      const certificate = async (): Promise<string> =>
        readFile(join(directory, 'server-cert.pem'), 'latin1').catch(() => '');
      const old = await certificate();
      const started = await stopped(root, args, { STOP_AT: String(call) });
      if (!started) return;
      const other = await program(root, next);
      const silent = { code: 0, stdout: '', stderr: '' };
      expect(other).toEqual(other.code === 0 ? silent : namesStopped(started.pid, directory));
      started.child.kill(end === 'is killed' ? 'SIGKILL' : 'SIGCONT');
      const outcome = await started.ended;
      if (end === 'goes on') {
        if (base === 'set') expect(outcome.code).toBe((await certificate()) === old ? 1 : 0);
        else expect(outcome).toMatchObject({ code: 0, stderr: '' });
      }
      expect(await program(root, bob)).toMatchObject({ code: 0 });
      expect(await wholePairs(root, directory)).toBe(3);
    },
  };
}

/** One of each kind: of a lock that is nobody's, of what is none, and of where its holder is stopped. */
const kept =
  /earlier version, and old|gone$|another machine, and silent|cut off|instead of a lock a file$|killed at work|stopped at work|between two files, and is killed/;
const calls = Array.from({ length: times(1, 60) }, (_, at) => (whole ? at + 1 : 4));
const everywhere = calls.flatMap((call) => [
  stoppedAt(call, 'set', call % 2 === 0 ? 'goes on' : 'is killed'),
  stoppedAt(call, 'nothing', call % 4 === 1 ? 'is killed' : 'goes on'),
]);

const tried = chosen(situations, ({ what }) => kept.test(what));

/** Most of them only wait: they begin before the other tests, and go on beside them. */
let begun: Promise<unknown>;
beforeAll(() => {
  const waiting = [...tried, ...everywhere];
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await locks.attempt(one.what, one.proves);
  };
  begun = Promise.all(Array.from({ length: 8 }, lane));
});

describe('many runs at once', () => {
  test(
    'that add clients give as many valid ones, no serial twice, none lost',
    async () => {
      const count = times(2, 50);
      const { root, directory } = await place();
      await allSucceed(
        root,
        many(count, (at) => makeClient(`client-${String(at)}`)),
      );
      await together.attempt('the clients are all there', async () => {
        expect(await readdir(join(directory, 'clients'))).toHaveLength(count);
        expect(await wholePairs(root, directory)).toBe(count + 2);
      });
      together.none();
    },
    PER_TEST_MS,
  );

  test(
    'that make, replace and look give what each was asked for',
    async () => {
      const count = times(4, 48);
      const { root, directory } = await place();
      const kinds = [
        (at: number) => makeClient(`client-${String(at)}`),
        (at: number) => ['server', '--name', `web-${String(at)}`, '--host', 'web', ...patient],
        () => ['all', '--force', 'server', ...patient],
        () => ['all', '--quiet', '--lock-timeout', '300'],
      ];
      await allSucceed(
        root,
        many(count, (at) => kinds[at % 4]!(at)),
      );
      await together.attempt('all of it is there', async () => {
        expect(await wholePairs(root, directory)).toBe(count / 2 + 2);
        expect(await program(root, ['all'])).toMatchObject({ code: 0 });
      });
      together.none();
    },
    PER_TEST_MS,
  );

  leftToWhole(
    'that make one set anew end with one that is whole',
    async () => {
      const { root, directory } = await place();
      const anew = ['all', '--force', 'ca', '--yes', '--no-passphrase', ...patient];
      await allSucceed(
        root,
        many(times(2, 20), () => anew),
      );
      await together.attempt('the set is whole', async () => {
        expect(await wholePairs(root, directory)).toBe(2);
      });
      together.none();
    },
    PER_TEST_MS,
  );

  test(
    'in a directory that is not there make one set, and all of them find it',
    async () => {
      const count = times(3, 40);
      const { root, directory } = await place('nothing');
      const runs = await Promise.all(many(count, () => ['all', ...quick]).map((args) => program(root, args)));
      for (const { code, stderr } of runs)
        together.count(`all ended with ${String(code)}: ${stderr}`, code === 0);
      expect(runs.filter(({ stdout }) => stdout.startsWith('Created in'))).toHaveLength(1);
      expect(runs.filter(({ stdout }) => stdout.includes('Nothing to do.'))).toHaveLength(count - 1);
      await together.attempt('the set is whole', async () => {
        expect(await readdir(root)).toEqual(['docker-tls']);
        expect(await readdir(directory)).toHaveLength(6);
        expect(await wholePairs(root, directory)).toBe(2);
      });
      together.none();
    },
    PER_TEST_MS,
  );

  leftToWhole(
    'of a text whose serials are counted in a file make one set, and others add to it',
    async () => {
      const { root, directory } = await place('nothing');
      const asked = ['--passphrase-file', '../secret', '--quiet', '--lock-timeout', '300'];
      const training = ['all', '--recipe', 'training', '--host', 'docker.example', ...asked];
      const pair = ['client-cert.pem', 'client-key.pem'];
      const serials = async (): Promise<string[]> => {
        const read = async (name: string): Promise<string> => readFile(join(directory, name), 'latin1');
        const last = new X509Certificate(await read('client-cert.pem')).serialNumber;
        return [(await read('ca.srl')).trim(), last];
      };
      const heard = async (runs: readonly (readonly string[])[]): Promise<void> => {
        const outcomes = await Promise.all(runs.map((args) => program(root, args)));
        for (const { code, stderr } of outcomes)
          together.count(`a run in the text's set ended with ${String(code)}: ${stderr}`, code === 0);
      };
      await heard(many(times(2, 16), () => training));
      await together.attempt('the text’s set is whole, and its count of serials goes on', async () => {
        expect(await wholePairs(root, directory, pair)).toBe(2);
        const [counted, last] = await serials();
        expect(counted).toBe(last);
      });
      const clients = many(times(1, 5), (at) => [
        ...['client', '--name', `client-${String(at)}`, '--key', 'ec:p256', ...asked],
      ]);
      const anew = many(times(0, 6), () => [...training, '--force', 'ca', '--yes']);
      await heard(clients);
      await together.attempt('the clients are added', async () => {
        expect(await wholePairs(root, directory, pair)).toBe(clients.length + 2);
      });
      await heard(anew);
      await together.attempt('the text’s set made anew is whole', async () => {
        const [counted, last] = await serials();
        expect(counted).toBe(last);
        await rm(join(directory, 'clients'), { recursive: true });
        expect(await wholePairs(root, directory, pair)).toBe(2);
      });
      together.none();
    },
    PER_TEST_MS,
  );

  test(
    'of the library in one process do not lose one another’s work',
    async () => {
      const count = times(4, 50);
      const { root, directory } = await place();
      const names = Array.from({ length: count }, (_, at) => `client-${String(at)}`);
      const options = { directory, key: 'ec:p256', lockTimeoutMs: 300_000 };
      for (const made of await Promise.allSettled(
        names.map((name) => client(only('client', { ...options, name }))),
      ))
        together.count(
          `client: ${made.status === 'rejected' ? String(made.reason) : ''}`,
          made.status === 'fulfilled',
        );
      expect(await wholePairs(root, directory)).toBe(count + 2);

      const out = join(root, 'one-key.pem');
      const steps = await Promise.allSettled(names.map(() => genpkey({ out, algorithm: 'ec:p256' })));
      const reasons = steps.flatMap((step) => (step.status === 'rejected' ? [step.reason as unknown] : []));
      expect(reasons).toHaveLength(count - 1);
      for (const reason of reasons) expect(reason).toMatchObject({ code: 'ERR_EXISTS' });
      expect(createPrivateKey(await readFile(out)).type).toBe('private');
      expect((await readdir(root)).sort()).toEqual(['docker-tls', 'one-key.pem']);
      together.none();
    },
    PER_TEST_MS,
  );

  test(
    'wait for one another only as long as is said',
    async () => {
      const { root, directory } = await place();
      const working = await holder(root, ['all', '--force', 'server', ...patient], 1);
      for (const timeout of ['0', '0.3']) {
        await waits.attempt(`a run that waits for ${timeout} s`, async () => {
          const args = ['client', '--name', 'bob', '--key', 'ec:p256', '--lock-timeout', timeout, '--json'];
          const { code, stdout } = await program(root, args);
          expect(code).toBe(1);
          expect(JSON.parse(stdout)).toMatchObject({
            ok: false,
            error: { code: 'ERR_LOCKED', hint: expect.stringContaining('--lock-timeout') },
          });
        });
      }
      expect(await errorOf(() => client({ directory, name: 'bob', lockTimeoutMs: 300 }))).toMatchObject({
        code: 'ERR_LOCKED',
        message: expect.stringContaining(`another run is at work in ${directory}, for longer than 0.3 s`),
      });
      expect(await working.ended).toMatchObject({ code: 0 });
      expect(await wholePairs(root, directory)).toBe(2);
      await succeeds(root, bob);
      expect(await wholePairs(root, directory)).toBe(3);
      waits.none();
    },
    PER_TEST_MS,
  );
});

describe('who reads', () => {
  interface Read {
    readonly reads: number;
    readonly spoiled: string[];
    readonly mixed: number;
    readonly keys: number;
  }

  test(
    'a pair while it is replaced finds no file empty, half or missing',
    async () => {
      const { directory } = await place();
      const folder = join(shared(), 'readers');
      await mkdir(folder);
      const reader = await companion('read-pair', [directory], folder);
      const count = times(3, 200);
      for (let round = 0; round < count; round++)
        await client({ directory, key: 'ec:p256', force: ['client'] });
      const seen = JSON.parse(await reader.ends()) as Read;
      reading.kept(seen.reads - seen.spoiled.length);
      for (const spoiled of seen.spoiled) reading.count(spoiled, false);
      reading.none();
      // Two files are replaced one after the other: for an instant the new key lies beside the old certificate.
      expect(seen.mixed).toBeLessThan(seen.reads / 2);
      expect(seen.keys).toBeGreaterThan(count / 4);
    },
    PER_TEST_MS,
  );

  test('what is written in place would find it so', async () => {
    const { directory } = await place();
    const folder = join(shared(), 'torn');
    await mkdir(folder);
    const reader = await companion('read-pair', [directory], folder);
    const path = join(directory, 'cert.pem');
    const pem = await readFile(path);
    await chmod(path, 0o644);
    for (let round = 0; round < 20; round++) {
      await writeFile(path, pem.subarray(0, 300));
      await sleep(5);
      await writeFile(path, pem);
    }
    const { spoiled } = JSON.parse(await reader.ends()) as Read;
    expect(spoiled.length).toBeGreaterThan(0);
  });
});

describe('a lock', () => {
  test(
    'that nobody renews, or that is none, holds nobody up without a word, and what holds it is not disturbed',
    async () => {
      await begun;
      locks.none();
      expect(locks.tried()).toBeGreaterThanOrEqual(tried.length + everywhere.length);
      expect(stops).toBeGreaterThanOrEqual(times(3, 60));
    },
    PER_TEST_MS,
  );
});
