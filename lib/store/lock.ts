import fs, { constants } from 'node:fs';
import { lstat, open, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { DirectoryError, fileError, InterruptedError, systemCode } from '../errors.js';
import { isThere } from './directory.js';
import { refuseUnsafeDirectory, swapped } from './safety.js';

export interface LockOptions {
  /** The most that is waited for another run in the same directory. Default: one minute. */
  readonly lockTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Beside the certificates while a run is at work there. */
export const lockName = '.docker-tls-openssl.lock';

/** A lock that is not renewed for so long is that of a run that was killed. */
const STALE_MS = 5_000;

/** How often it is renewed. */
const RENEWED_MS = 1_000;

/** What `work` can know of its lock. */
export interface Lock {
  /** Aborted by the caller's signal, and when the lock was lost. */
  readonly signal: AbortSignal;
  /** Whether nobody can have taken it over: false where this process was stopped, or held up, for too long. */
  readonly held: () => boolean;
  /** False where the directory did not exist, and needed none. */
  readonly locked: boolean;
}

/**
 * Does `work` while no other run is at work in the directory. One that does not exist needs no lock: it appears whole, by
 * one rename, once. The lock can be lost: to a run that took it over while this one was stopped.
 * Errors: `ERR_UNSAFE`, `ERR_LOCKED` when the time is over, `ERR_ABORTED`, `ERR_FILE`; those of `work`.
 */
export async function withLock<Result>(
  directory: string,
  { lockTimeoutMs = 60_000, signal = new AbortController().signal }: LockOptions,
  work: (lock: Lock) => Promise<Result>,
): Promise<Result> {
  const withoutLock = (): Promise<Result> => work({ signal, held: () => true, locked: false });
  await refuseUnsafeDirectory(directory);
  if (!(await isThere(directory))) return withoutLock();
  const entered = await enter(directory);
  if (!entered) return withoutLock(); // it has just gone
  try {
    const end = performance.now() + lockTimeoutMs;
    const lock = await take(directory, entered.path, signal, end);
    if (lock === 'gone') return await withoutLock();
    if (lock === undefined) throw locked(directory, lockTimeoutMs);
    return await holding(lock, directory, signal, work);
  } finally {
    await entered.leave();
  }
}

/** A directory that cannot be swapped for another meanwhile: by its descriptor, where there is a /proc to name it by. */
async function enter(directory: string): Promise<{ path: string; leave(): Promise<void> } | undefined> {
  const byName = { path: directory, leave: () => Promise.resolve() };
  if (process.platform !== 'linux' || !(await isThere('/proc/self/fd'))) return byName;
  try {
    const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    return { path: `/proc/self/fd/${handle.fd}`, leave: () => handle.close() };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) === 'EACCES') return byName; // one that can be written in, and not be listed
    await refuseUnsafeDirectory(directory);
    const stats = await lstat(directory).catch(() => undefined);
    // What was opened was no directory, and nothing of the kind was there before, nor is now.
    const isGone = !stats || stats.isDirectory() || stats.isSymbolicLink();
    if (isGone && ['ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) throw swapped(directory);
    throw fileError(directory, 'lock', error);
  }
}

/** A lock that was taken: it is renewed until it is given back. */
interface Taken {
  readonly path: string;
  readonly lost: AbortSignal;
  readonly heart: Heart;
  readonly release: () => Promise<void>;
}

/** Undefined where somebody else had it to the end. `entered` is the directory, as nobody can swap it. */
async function take(
  directory: string,
  entered: string,
  signal: AbortSignal,
  end: number,
): Promise<Taken | 'gone' | undefined> {
  const { default: lockfile } = await import('proper-lockfile'); // late: only what writes needs it
  const path = join(entered, lockName);
  const lost = new AbortController();
  const options = {
    fs: { ...fs, mkdir: makePrivate },
    lockfilePath: path,
    realpath: false,
    stale: STALE_MS,
    update: RENEWED_MS,
    onCompromised: () => lost.abort(),
  };
  const patience = new Patience(path);
  for (;;) {
    if (signal.aborted) throw new InterruptedError('ERR_ABORTED', 'stopped before anything was written');
    try {
      const release = await lockfile.lock(directory, options);
      return { path, lost: lost.signal, heart: new Heart(() => lost.abort()), release };
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return 'gone';
      const named = join(directory, lockName);
      if (systemCode(error) !== 'ELOCKED') throw fileError(named, 'take the lock', error);
      await refuseNoLock(path, named);
      if (performance.now() >= end) return undefined;
      await patience.endFuture();
      await sleep(20 + Math.random() * 80);
    }
  }
}

async function holding<Result>(
  { path, lost, heart, release }: Taken,
  directory: string,
  signal: AbortSignal,
  work: (lock: Lock) => Promise<Result>,
): Promise<Result> {
  const own = await identity(path);
  try {
    const held = (): boolean => heart.beats() && !lost.aborted;
    return await work({ locked: true, signal: AbortSignal.any([signal, lost]), held });
  } catch (error) {
    const taken = lost.aborted || (await identity(path)) !== own;
    throw taken && !signal.aborted ? takenOver(directory, error) : error;
  } finally {
    heart.stop();
    if (!lost.aborted) await release().catch(() => undefined); // it ends by itself
  }
}

/** Whatever the umask: with something in it the lock could not be given back. */
function makePrivate(path: string, done: (error: NodeJS.ErrnoException | null) => void): void {
  fs.mkdir(path, { mode: 0o700 }, done);
}

/** Whoever takes a lock over makes it anew. */
async function identity(path: string): Promise<string | undefined> {
  return lstat(path).then(
    ({ ino, birthtimeMs }) => `${ino} ${birthtimeMs}`,
    () => undefined,
  );
}

/** Whatever `work` failed with came of it. */
function takenOver(directory: string, cause: unknown): InterruptedError {
  return new InterruptedError('ERR_ABORTED', `another run has taken over the lock of ${directory}`, {
    cause,
    hint: 'this run was stopped for too long, or their clocks differ; run the same command again',
  });
}

/** What stands where a lock would, and is none, ends by no time. */
async function refuseNoLock(path: string, named: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined); // it has just gone
  if (!stats || stats.isDirectory()) return;
  throw new DirectoryError('ERR_FILE', named, `${named} is in the way of the lock, and is none`, {
    hint: 'nothing was changed; see what it is, and remove it',
  });
}

/** Whether there is a lock that nobody renews: that of a run that was killed. */
export async function isLockStale(directory: string): Promise<boolean> {
  const stats = await lstat(join(directory, lockName)).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs >= STALE_MS;
}

/** Takes away the lock of a run that was killed, where that can be done; it is in nobody's way. */
export async function removeStaleLock(directory: string): Promise<void> {
  if (!(await isLockStale(directory))) return;
  await withLock(directory, { lockTimeoutMs: 0 }, () => Promise.resolve()).catch(() => undefined);
}

/** Tells whether this process was at work all the time, and so renewed its lock. */
class Heart {
  #last = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor(readonly stopped: () => void) {
    this.#timer = setInterval(() => {
      if (performance.now() - this.#last > STALE_MS) stopped();
      else this.#last = performance.now();
    }, RENEWED_MS).unref();
  }

  /** The lock can have been renewed a turn before the last beat, and its time can pass while we ask. */
  beats(): boolean {
    return performance.now() - this.#last < STALE_MS - 1.5 * RENEWED_MS;
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/**
 * A lock that a killed run left when the clock was ahead would hold until then. One from the future that nobody renews
 * while we look at it is made an old one.
 */
class Patience {
  #seen: { readonly mtimeMs: number; readonly since: number } | undefined;

  constructor(readonly path: string) {}

  async endFuture(): Promise<void> {
    const stats = await lstat(this.path).catch(() => undefined);
    const now = performance.now();
    if (stats?.mtimeMs !== this.#seen?.mtimeMs) this.#seen = stats && { mtimeMs: stats.mtimeMs, since: now };
    else if (this.#seen && this.#seen.mtimeMs > Date.now() && now - this.#seen.since > STALE_MS)
      await utimes(this.path, 0, 0).catch(() => undefined); // it is gone
  }
}

function locked(directory: string, lockTimeoutMs: number): DirectoryError {
  return new DirectoryError(
    'ERR_LOCKED',
    directory,
    `another run is at work in ${directory}, for longer than ${lockTimeoutMs / 1000} s`,
    { hint: 'nothing was changed; run it again, or allow more time with --lock-timeout' },
  );
}
