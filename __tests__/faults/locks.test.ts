import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chown, lstat, mkdtemp, readdir, readFile, rm, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isAt, lockName } from '../../lib/store/lock-file.js';
import { release } from '../../lib/store/lock-removal.js';
import { ownerTag } from '../../lib/store/owner.js';
import { somebody } from '../support/as-user.js';
import { cleanEnvironment } from '../support/program.js';
import { times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const takeOver = usePromise('a stale lock is taken over by one run, and no live lock is removed');
const killing = usePromise('a run that is killed at a call of its lock holds nobody up');
const shared = useSharedDirectory();
const running = new Set<ChildProcess>();
afterAll(() => running.forEach((child) => child.kill('SIGKILL')));

const support = (name: string): string => fileURLToPath(new URL(`../support/${name}`, import.meta.url));
const own = await ownerTag();
const gone = own.replace(/-\d+$/, '-1'); // the process id is another's now
const elsewhere = own.replace(/^\w+/, '000000');
const IDENTITY = '0123456789abcdef';
const textOf = (owner: string, identity = IDENTITY): string =>
  `docker-tls-openssl lock ${owner} ${identity} a-host\n`;
const lockOf = (directory: string): string => join(directory, lockName);
const newDirectory = (): Promise<string> => mkdtemp(join(shared(), 'place-'));
const names = async (directory: string): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.startsWith('.'));

describe('many processes that find one stale lock', () => {
  interface Answer {
    readonly alone?: boolean;
    readonly lost?: boolean;
    readonly error?: string;
  }
  const workers: ChildProcess[] = [];
  beforeAll(async () => {
    for (let at = 0; at < 5; at++) workers.push(fork(support('lock-worker.js'), { env: cleanEnvironment() }));
    workers.forEach((worker) => running.add(worker));
    await Promise.all(workers.map((worker) => once(worker, 'message')));
  }, 60_000);
  afterAll(() => workers.forEach((worker) => worker.kill()));

  const answers = (directory: string): Promise<Answer[]> =>
    Promise.all(
      workers.map(async (worker) => {
        const answered = once(worker, 'message') as Promise<[Answer]>;
        worker.send({ directory });
        return (await answered)[0];
      }),
    );

  /** An owner on another machine that comes alive: it works only where it still has its lock. Gives whether it was alone. */
  async function comesAlive(directory: string, afterMs: number): Promise<boolean | undefined> {
    const path = lockOf(directory);
    await sleep(afterMs);
    const beats = setInterval(() => {
      const now = new Date();
      void isAt(path, IDENTITY).then((mine) =>
        mine ? utimes(path, now, now).catch(() => undefined) : undefined,
      );
    }, 20);
    try {
      await sleep(100);
      if (!(await isAt(path, IDENTITY))) return undefined;
      await writeFile(join(directory, 'at-work'), '', { flag: 'wx' });
      await sleep(50);
      await unlink(join(directory, 'at-work'));
      return true;
    } catch {
      return false;
    } finally {
      clearInterval(beats);
      await release(path, IDENTITY);
    }
  }

  const kinds = ['gone', 'gone', 'gone, and its taker too', 'elsewhere', 'comes alive', 'cut off'] as const;

  async function leaveLock(directory: string, kind: (typeof kinds)[number]): Promise<void> {
    const path = lockOf(directory);
    const owner = kind.startsWith('gone') ? gone : elsewhere;
    await writeFile(path, kind === 'cut off' ? '' : textOf(owner));
    if (kind === 'gone, and its taker too')
      await writeFile(`${path}.${IDENTITY}`, textOf(gone, 'fedcba9876543210'));
    if (kind === 'elsewhere') await utimes(path, 0, 0);
  }

  test(
    'take it over one after the other, whatever the moment in which they meet',
    async () => {
      let lost = 0;
      for (let round = 0; round < times(6, 240); round++) {
        const kind = kinds[round % kinds.length]!;
        await takeOver.attempt(`round ${String(round)}, the owner is ${kind}`, async () => {
          const directory = await newDirectory();
          await leaveLock(directory, kind);
          const alive = kind === 'comes alive' ? comesAlive(directory, 1_300 + Math.random() * 600) : true;
          const heard = await answers(directory);
          expect(await alive).not.toBe(false);
          expect(heard).toEqual(workers.map(() => ({ alone: true, lost: false })));
          lost += heard.filter((answer) => answer.lost).length;
          expect(await readFile(join(directory, 'counter'), 'utf8')).toBe(String(workers.length));
          expect(await names(directory)).toEqual([]);
        });
      }
      expect(lost).toBe(0);
      takeOver.none();
    },
    times(120_000, 1_800_000),
  );
});

/** Takes the lock once, in a process of its own; `env` stops or kills it at a call. */
function lockOnce(
  directory: string,
  { env = {}, timeoutMs = 5_000, fast = false, links = true }: LockOnce = {},
): { readonly child: ChildProcess; readonly said: Promise<string> } {
  const hooks = [
    ...(fast ? ['fast-clock.js'] : []),
    ...(links ? [] : ['no-links.js']),
    ...('KILL_AT' in env || 'KILL_LOG' in env ? ['kill-at.js'] : []),
  ];
  const args = [...hooks.flatMap((hook) => ['--import', support(hook)]), support('lock-once.js')];
  const child = spawn(process.execPath, [...args, directory, String(timeoutMs)], {
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.on('close', () => running.delete(child));
  return { child, said: text(child.stdout) };
}

interface LockOnce {
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly fast?: boolean;
  readonly links?: boolean;
}

async function isStopped({ pid }: ChildProcess): Promise<boolean> {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'latin1').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
}

/** A run that is stopped at a call while it takes a stale lock over. */
async function stoppedAt(
  directory: string,
  call: string,
  fast = false,
): Promise<ReturnType<typeof lockOnce>> {
  const run = lockOnce(directory, { env: { KILL_AT: call, KILL_WITH: 'SIGSTOP' }, timeoutMs: 20_000, fast });
  await until(() => isStopped(run.child));
  return run;
}

describe('a run that is stopped while it takes a stale lock over', () => {
  test('before it claims it: it leaves the lock that another has taken meanwhile', async () => {
    await takeOver.attempt('stopped before its claim', async () => {
      const directory = await newDirectory();
      await writeFile(lockOf(directory), textOf(gone));
      const slow = await stoppedAt(directory, 'link:1');
      expect(await lockOnce(directory).said).toBe('held');
      await writeFile(lockOf(directory), textOf(own)); // of this process, which lives
      const { ino } = await lstat(lockOf(directory));
      slow.child.kill('SIGCONT');
      await sleep(300);
      expect((await lstat(lockOf(directory))).ino).toBe(ino);
      await unlink(lockOf(directory));
      expect(await slow.said).toBe('held');
      expect(await names(directory)).toEqual([]);
    });
    takeOver.none();
  });

  test('once it claimed it: another waits', async () => {
    await takeOver.attempt('stopped after its claim', async () => {
      const directory = await newDirectory();
      await writeFile(lockOf(directory), textOf(gone));
      const slow = await stoppedAt(directory, 'rename:1');
      const waiting = await lockOnce(directory, { timeoutMs: 300 }).said;
      expect(waiting).toBe(`ERR_LOCKED: another run is at work in ${directory}, for longer than 0.3 s`);
      slow.child.kill('SIGCONT');
      expect(await slow.said).toBe('held');
      expect(await names(directory)).toEqual([]);
    });
    takeOver.none();
  });

  test.each([
    {
      that: 'another has taken the place of',
      comes: async (path: string): Promise<void> => {
        await unlink(path);
        await writeFile(path, textOf(own, 'aaaaaaaaaaaaaaaa'));
      },
    },
    {
      that: 'came alive',
      comes: async (path: string): Promise<void> => {
        const now = new Date();
        await utimes(path, now, now);
      },
    },
  ])('in the last moment: it puts back the lock that $that', async ({ that, comes }) => {
    await takeOver.attempt(`what is put back: the lock that ${that}`, async () => {
      const directory = await newDirectory();
      const path = lockOf(directory);
      await writeFile(path, textOf(elsewhere));
      await utimes(path, 0, 0);
      const slow = await stoppedAt(directory, 'rename:1', true);
      await comes(path);
      const [{ ino }, before] = [await lstat(path), await readFile(path, 'utf8')];
      slow.child.kill('SIGCONT');
      await until(async () => (await names(directory)).length <= 2); // the lock, and what the waiting run prepared
      expect((await lstat(path)).ino).toBe(ino);
      expect(await readFile(path, 'utf8')).toBe(before);
      slow.child.kill('SIGKILL');
    });
    takeOver.none();
  });
});

describe('a run that is killed', () => {
  test.each([
    ['a free lock', undefined],
    ['a stale lock', textOf(gone)],
  ])(
    'at a call of its own to take and give back %s holds nobody up',
    async (what, before) => {
      const begin = async (): Promise<string> => {
        const directory = await newDirectory();
        if (before !== undefined) await writeFile(lockOf(directory), before);
        return directory;
      };
      const log = join(shared(), `calls-${what}`);
      expect(await lockOnce(await begin(), { env: { KILL_LOG: log } }).said).toBe('held');
      const calls = (await readFile(log, 'utf8')).trimEnd().split('\n');
      expect(calls.length).toBeGreaterThan(before === undefined ? 6 : 10);
      await Promise.all(
        calls.map(async (call, at) => {
          if (!whole && at % 3 !== 1) return;
          await killing.attempt(`${what}, killed at ${call}`, async () => {
            const directory = await begin();
            expect(await lockOnce(directory, { env: { KILL_AT: String(at + 1) } }).said).toBe('');
            expect(await lockOnce(directory, { timeoutMs: 1_000 }).said).toBe('held');
            expect(await names(directory)).toEqual([]);
          });
        }),
      );
      killing.none();
    },
    times(60_000, 300_000),
  );
});

describe('where the file system has no links', () => {
  test('runs take turns, and a stale lock is taken over', async () => {
    await takeOver.attempt('without links', async () => {
      const directory = await newDirectory();
      await writeFile(lockOf(directory), textOf(gone));
      const runs = Array.from({ length: 4 }, () => lockOnce(directory, { links: false, timeoutMs: 60_000 }));
      expect(await Promise.all(runs.map(({ said }) => said))).toEqual(runs.map(() => 'held'));
      expect(await names(directory)).toEqual([]);
    });
    takeOver.none();
  });

  test('a run that is stopped before its lock is complete finds that another has the lock, and waits', async () => {
    await takeOver.attempt('without links, stopped while it writes', async () => {
      const directory = await newDirectory();
      // The second file that it writes is the lock; the first is the one that cannot be linked.
      const slow = lockOnce(directory, {
        env: { KILL_AT: 'handle.writeFile:2', KILL_WITH: 'SIGSTOP' },
        ...{ links: false, timeoutMs: 60_000 },
      });
      await until(() => isStopped(slow.child));
      expect(await readFile(lockOf(directory), 'utf8')).toBe('');
      expect(await lockOnce(directory, { links: false, fast: true, timeoutMs: 200_000 }).said).toBe('held');
      await writeFile(lockOf(directory), textOf(own));
      slow.child.kill('SIGCONT');
      await sleep(300);
      expect(await readFile(lockOf(directory), 'utf8')).toBe(textOf(own));
      await unlink(lockOf(directory));
      expect(await slow.said).toBe('held');
      expect(await names(directory)).toEqual([]);
    });
    takeOver.none();
  });
});

test('a lock that this user cannot read is told, and taken over once it is silent', async () => {
  await takeOver.attempt('a lock of root, in a directory of another user', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'docker-tls-test-'));
    try {
      await chown(directory, somebody, somebody);
      await writeFile(lockOf(directory), textOf(own), { mode: 0o600 });
      await utimes(lockOf(directory), 0, 0);
      const env = { AS_USER: String(somebody) };
      expect(await lockOnce(directory, { env, timeoutMs: 0 }).said).toContain('ERR_LOCKED');
      expect(await lockOnce(directory, { env, timeoutMs: 200_000, fast: true }).said).toBe('held');
      expect(await names(directory)).toEqual([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
  takeOver.none();
});
