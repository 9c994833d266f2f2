import { constants } from 'node:fs';
import { lstat, open, unlink, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { basename, dirname, join } from 'node:path';
import { aborted, DirectoryError, InterruptedError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import type { Folder } from './folder.js';
import { isThere } from './is-there.js';
import { locked, lockLost, notALock } from './lock-errors.js';
import {
  appear,
  isAt,
  lockName,
  lookAt,
  prepareLock,
  type FoundLock,
  type PreparedLock,
} from './lock-file.js';
import { hasRemnants, release, removeStale, sweep } from './lock-removal.js';
import { BEAT_MS, isLongStale, Judge, LONGEST_LOOK_MS } from './lock-state.js';
import { enterSafely } from './enter-safely.js';
import { refuseOthers, refuseUnsafeDirectory, swapped } from './safety.js';
import { takeTurn, type Turn } from './turns.js';

export interface LockOptions {
  /** How long to wait for other processes at work in the same directory. Default: one minute. */
  readonly lockTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export { lockName } from './lock-file.js';

/** The lock as `work` knows it. */
export interface Lock {
  /** Aborted by the caller's signal, and when the lock was lost. */
  readonly signal: AbortSignal;
  /** Looks whether the lock in the directory is still this one: asked before anything is moved. */
  readonly held: () => Promise<boolean>;
  /** False where the directory did not exist, and needed none. */
  readonly locked: boolean;
}

/** How often a run begins again that lost its lock. */
const MOST_TRIES = 3;

/**
 * Does `work` while no other run is at work in the directory. Calls of this process take turns, in their order; other
 * processes are waited for. A directory that does not exist needs no lock: it appears complete, by one rename, once. Where
 * the lock is lost, `work` fails before it moves anything, and is done again from its beginning.
 * Errors: `ERR_UNSAFE`, `ERR_LOCKED` when the time is over, `ERR_LOCK_LOST`, `ERR_ABORTED`, `ERR_FILE`; those of `work`.
 */
export async function withLock<Result>(
  directory: string,
  options: LockOptions,
  work: (lock: Lock) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await inTurn(directory, options, work);
    } catch (error) {
      const isLost = error instanceof DirectoryError && error.code === 'ERR_LOCK_LOST';
      if (!isLost || tries === MOST_TRIES || options.signal?.aborted) throw error;
    }
  }
}

async function inTurn<Result>(
  directory: string,
  { lockTimeoutMs = 60_000, signal = new AbortController().signal }: LockOptions,
  work: (lock: Lock) => Promise<Result>,
): Promise<Result> {
  const withoutLock = (): Promise<Result> =>
    work({ signal, held: () => Promise.resolve(true), locked: false });
  await refuseUnsafeDirectory(directory);
  const stats = await lstat(directory, { bigint: true }).catch(() => undefined);
  if (!stats) return withoutLock();
  const turn = await takeTurn(`${stats.dev} ${stats.ino}`, signal);
  if (!turn) throw aborted(signal, stopped);
  try {
    const entered = await enter(directory);
    if (!entered) return await withoutLock(); // it has just gone
    try {
      const place = { directory, entered: entered.path };
      const lock = await take(place, signal, { turn, lockTimeoutMs });
      if (lock === 'gone') return await withoutLock();
      return await holding(lock, place, signal, work);
    } finally {
      await entered.leave();
    }
  } finally {
    turn.end();
  }
}

/** A directory that cannot be swapped for another meanwhile: by its descriptor, where there is a /proc to name it by. */
async function enter(directory: string): Promise<{ path: string; leave(): Promise<void> } | undefined> {
  const byName = { path: directory, leave: () => Promise.resolve() };
  if (process.platform !== 'linux' || !(await isThere('/proc/self/fd'))) return byName;
  let above: Folder | undefined;
  let handle: FileHandle | undefined;
  try {
    // From the root down: since it was looked at, another user can have moved a link of root's to the place of a missing parent.
    above = await enterSafely(dirname(directory));
    handle = await open(
      above.at(basename(directory)),
      constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW,
    );
    refuseOthers(directory, await handle.stat()); // another user's can have taken its place since it was looked at
    const { fd } = handle;
    return { path: `/proc/self/fd/${fd}`, leave: handle.close.bind(handle) };
  } catch (error) {
    await handle?.close();
    const code = systemCode(error instanceof DirectoryError ? error.cause : error);
    if (code === 'ENOENT') return undefined;
    if (error instanceof DirectoryError) throw error;
    if (systemCode(error) === 'EACCES') return byName; // one that can be written in, and not be listed
    await refuseUnsafeDirectory(directory);
    const stats = await lstat(directory).catch(() => undefined);
    // What was opened was no directory, and nothing of the kind was there before, nor is now.
    const isGone = !stats || stats.isDirectory() || stats.isSymbolicLink();
    if (isGone && ['ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) throw swapped(directory);
    throw fileError(directory, 'lock', error);
  } finally {
    await above?.close();
  }
}

/** The directory as it was named, and as nobody can swap it. */
interface LockPlace {
  readonly directory: string;
  readonly entered: string;
}

interface Patience {
  readonly turn: Turn;
  readonly lockTimeoutMs: number;
}

/** A lock that was taken. */
interface Taken {
  readonly identity: string;
  /** Of the lock itself. */
  readonly file: FileHandle;
}

async function take(place: LockPlace, signal: AbortSignal, patience: Patience): Promise<Taken | 'gone'> {
  let prepared: PreparedLock | undefined;
  let file: FileHandle | undefined;
  try {
    const path = join(place.entered, lockName);
    const judge = new Judge();
    for (;;) {
      if (signal.aborted) throw aborted(signal, stopped);
      const found = await lookAt(path);
      if (found.kind === 'foreign') throw notALock(join(place.directory, lockName), found.is);
      if (found.kind === 'nothing') {
        prepared ??= await prepareLock(place.entered);
        file = await appear(prepared, path);
        if (file) {
          patience.turn.blocked(false);
          return { identity: prepared.identity, file };
        }
      } else if (await judge.isStale(path, found)) {
        prepared ??= await prepareLock(place.entered);
        if (await removeStale(path, found, prepared, judge)) continue;
      }
      await wait(place, found.kind === 'nothing' ? undefined : found, signal, patience);
    }
  } catch (error) {
    if (error instanceof DirectoryError || error instanceof InterruptedError) throw error;
    if (systemCode(error) === 'ENOENT') return 'gone';
    throw fileError(join(place.directory, lockName), 'take the lock', error);
  } finally {
    if (prepared) await unlink(prepared.path).catch(() => undefined);
    if (prepared && prepared.file !== file) await prepared.file.close();
  }
}

/** Until it may have been given back. Errors: `ERR_LOCKED` when the time is over. */
async function wait(
  { directory }: LockPlace,
  found: FoundLock | undefined,
  signal: AbortSignal,
  { turn, lockTimeoutMs }: Patience,
): Promise<void> {
  turn.blocked(true);
  if (turn.waitedMs() >= lockTimeoutMs && found) throw await locked(directory, lockTimeoutMs, found);
  await sleep(20 + Math.random() * 80, undefined, { signal }).catch(() => undefined);
}

async function holding<Result>(
  { identity, file }: Taken,
  { directory, entered }: LockPlace,
  signal: AbortSignal,
  work: (lock: Lock) => Promise<Result>,
): Promise<Result> {
  const path = join(entered, lockName);
  const held = (): Promise<boolean> => isAt(path, identity).catch(() => false);
  const lost = new AbortController();
  const beat = async (): Promise<void> => {
    const now = new Date();
    await file.utimes(now, now).catch(() => undefined); // by its handle: never another's
    if (!(await held())) lost.abort();
  };
  const heart = setInterval(() => void beat(), BEAT_MS).unref();
  try {
    await sweep(entered, identity);
    return await work({ locked: true, signal: AbortSignal.any([signal, lost.signal]), held });
  } catch (error) {
    throw !signal.aborted && (lost.signal.aborted || !(await held())) ? lockLost(directory, error) : error;
  } finally {
    clearInterval(heart);
    await file.close();
    await release(path, identity).catch(() => undefined); // the next run takes it over
  }
}

const stopped = 'stopped before anything was written';

/** Tells whether there is a lock that nobody holds: that of a run that was killed. */
export async function isLockStale(directory: string): Promise<boolean> {
  const found = await lookAt(join(directory, lockName)).catch(() => undefined);
  if (!found || found.kind === 'nothing' || found.kind === 'foreign') return false;
  return isLongStale(found);
}

/** Removes what killed runs have left of their locks, where that can be done; it is in nobody's way. */
export async function removeStaleLock(directory: string): Promise<void> {
  const found = await lookAt(join(directory, lockName)).catch(() => undefined);
  if (!found || found.kind === 'foreign') return;
  const isFree = found.kind === 'nothing';
  if (isFree ? !(await hasRemnants(directory)) : !(await isLongStale(found))) return;
  const lockTimeoutMs = isFree ? 0 : LONGEST_LOOK_MS;
  await withLock(directory, { lockTimeoutMs }, () => Promise.resolve()).catch(() => undefined);
}
