import { link, lstat, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../file-error.js';
import {
  appear,
  isAt,
  isSame,
  lockName,
  lookAt,
  preparedBy,
  type LockEntry,
  type FoundLock,
  type PreparedLock,
} from './lock-file.js';
import type { Judge } from './lock-state.js';
import { ownerState } from './owner.js';

/*
 * No call of POSIX removes a file only if it is the one that was looked at. So the right to remove a lock is a file itself:
 * a claim, named after the lock's identity, which only one run can make. Owners make one before they release, others
 * before they take over: what was looked at after the claim is there is what is removed. A claim is a lock in its turn;
 * that of a run that was killed is removed in the same way.
 */

/** The name of the claim to what is at `path`. */
function claimOf(path: string, identity: string): string {
  return `${path}.${identity}`;
}

/**
 * Removes a stale lock, unless it changed since it was found. False where another run is about to do so. Errors: those of the
 * system.
 */
export async function removeStale(
  path: string,
  found: FoundLock,
  own: PreparedLock,
  judge: Judge,
): Promise<boolean> {
  const claim = claimOf(path, found.identity);
  const handle = await appear(own, claim);
  if (!handle) {
    const other = await lookAt(claim);
    if (other.kind === 'nothing') return true; // it has just been done
    if (other.kind === 'foreign' || !(await judge.isStale(claim, other))) return false;
    return removeStale(claim, other, own, judge);
  }
  try {
    if (isSame(await lookAt(path), found)) await moveAway(path, found, `${own.path}.old`);
    return true;
  } finally {
    if (handle !== own.file) await handle.close();
    await unlink(claim).catch(() => undefined); // removed by the run that has the lock now
  }
}

/** By a rename, so that what it moved can be looked at once more, and put back. */
async function moveAway(path: string, found: FoundLock, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  const moved = await lookAt(aside);
  if (isSame(moved, found)) await (moved.kind === 'former' ? rmdir(aside) : unlink(aside));
  else await putBack(aside, path, moved);
}

/** A lock that came alive in the last moment; unless another has taken its place already. */
async function putBack(aside: string, path: string, moved: LockEntry): Promise<void> {
  try {
    if (moved.kind === 'former' || moved.kind === 'foreign') await rename(aside, path);
    else await link(aside, path).then(() => unlink(aside));
  } catch (error) {
    if (systemCode(error) === 'EEXIST') await unlink(aside);
    else if ((await lookAt(path)).kind === 'nothing') await rename(aside, path);
  }
}

/** Removes the lock that this process holds, unless it was lost. Errors: those of the system. */
export async function release(path: string, identity: string): Promise<void> {
  const claim = claimOf(path, identity);
  try {
    await link(path, claim); // needs no room on the disk
  } catch (error) {
    // Lost, or about to be; else a file system without links.
    if (['ENOENT', 'EEXIST'].includes(systemCode(error) ?? '')) return;
    if (await isAt(path, identity)) await unlink(path);
    return;
  }
  // What was linked is what was there then.
  if (await isAt(claim, identity)) await unlink(path);
  await unlink(claim);
}

const CLAIM = new RegExp(`^${lockName.replaceAll('.', '\\.')}(?:\\.[0-9a-f]+(?:-[0-9a-f]+)?)+$`);

/** A claim, a lock that is prepared, or one that was moved away. */
function isRemnant(name: string): boolean {
  return CLAIM.test(name) || preparedBy(name) !== undefined;
}

/** Tells whether runs that were killed have left files of that kind. */
export async function hasRemnants(directory: string): Promise<boolean> {
  const names = (await readdir(directory).catch(() => [])).filter(isRemnant);
  for (const name of names) {
    const found = await lookAt(join(directory, name)).catch(() => undefined);
    const owner = preparedBy(name) ?? (found?.kind === 'lock' ? found.owner : undefined);
    if (owner !== undefined && (await ownerState(owner)) === 'gone') return true;
  }
  return false;
}

/** Removes what killed runs have left of their locks. Only for the run that has the lock. Never fails. */
export async function sweep(directory: string, identity: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter(isRemnant)) {
    if (await isNeeded(directory, name, identity)) continue;
    const path = join(directory, name);
    const stats = await lstat(path).catch(() => undefined);
    await (stats?.isDirectory() ? rmdir(path) : unlink(path)).catch(() => undefined);
  }
}

/** A claim to a lock that is gone has no meaning any more: its identity does not come back. */
async function isNeeded(directory: string, name: string, identity: string): Promise<boolean> {
  const owner = preparedBy(name);
  if (owner === undefined) return name.startsWith(claimOf(lockName, identity));
  const state = await ownerState(owner);
  if (state !== 'elsewhere') return state === 'running';
  const stats = await lstat(join(directory, name)).catch(() => undefined);
  return stats !== undefined && Date.now() - stats.mtimeMs < ONE_DAY_MS;
}

const ONE_DAY_MS = 86_400_000;
