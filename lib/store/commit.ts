import { closeSync, constants, fstatSync, fsync, openSync, readdirSync } from 'node:fs';
import { link, lstat, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import type { Artifact } from '../plan/schedule.js';
import { isThere, isThereNow } from './is-there.js';
import { ifCannotSync, type Folder } from './folder.js';
import { forEach } from './for-each.js';
import { removeJournal, writeJournal, type Journal } from './journal.js';
import { makeDirectories } from './make-directories.js';
import { moveToFree } from './move-to-free.js';
import { openModes } from './open-modes.js';
import { readRegular } from './read-regular.js';
import { giveModeNow } from './set-mode.js';
import { refuseUnsafeFolders } from './safety.js';
import { writeNew } from './write-new.js';
import type { Workspace } from './workspace.js';
import { lockLost } from './lock-errors.js';

/**
 * Puts all artifacts of a workspace into the certificate directory, or none: the only place that writes there. A file
 * that exists is replaced only where `replaces` names it. A directory that did not exist appears by one rename. All
 * files are on the disk (fsync) before the first of them appears. `held`: whether the directory is still locked for us.
 * Errors: `ERR_LOCK_LOST` where it is not, `ERR_EXISTS` for a file in the way, `ERR_OPEN_MODES`, `ERR_FILE`; after each of
 * them the directory holds what it held before.
 */
export async function commit(
  workspace: Workspace,
  artifacts: readonly Artifact[],
  replaces: readonly string[],
  held: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<void> {
  const { folder, home, directory } = workspace;
  await forEach(artifacts, async ({ path, mode }) => {
    const got = await settle(folder, path, mode);
    if (!workspace.keepsModes || (got & 0o777) === (mode & 0o777)) return;
    if ((mode & 0o077) === 0) throw await openModes(folder, directory);
    throw fileError(folder.show(path), 'set the mode of', { code: 'EPERM' });
  });
  await tidy(folder, artifacts);
  if (workspace.fresh) {
    await appear(workspace);
    try {
      await home.sync();
    } catch (error) {
      await rename(home.at(basename(directory)), home.at(workspace.name)); // as if it had never been there: the run fails
      throw fileError(directory, 'finish', error);
    }
    return;
  }
  const undo: (() => Promise<void>)[] = [];
  const moved = units(home, artifacts);
  // One file, and no lock: its rename is all there is to decide.
  const isJournalled = workspace.locked || moved.length > 1;
  if (isJournalled) {
    await writeJournal(folder, { units: moved, replaces });
    await sync(folder);
  }
  try {
    // Asked after the journal is there: a run that takes the lock over from now on sees it.
    if (!(await held())) throw lockLost(directory);
    for (const path of moved) await place(folder, home, path, replaces.includes(path), undo);
    await syncEach(home, moved);
  } catch (error) {
    await takeBack(undo.reverse(), workspace);
    if (isJournalled) await removeJournal(folder);
    throw error;
  }
}

/**
 * Finishes a commit that was decided when its run was killed: moves what has not been moved yet. Errors: `ERR_EXISTS`
 * where something else has come into the way meanwhile, `ERR_UNSAFE` for a link on the way, `ERR_FILE`; after each of them
 * it can be called again.
 */
export async function finishCommit(
  workspace: Folder,
  home: Folder,
  { units, replaces }: Journal,
): Promise<void> {
  for (const path of units) {
    const from = workspace.at(path);
    const to = home.at(path);
    if (!(await isThere(from))) continue; // moved already
    await refuseUnsafeFolders(home.shown, path);
    try {
      if (replaces.includes(path)) await rename(from, to);
      else if (await isSame(from, to)) await unlink(from);
      else moveToFree(from, to, home.show(path));
    } catch (error) {
      throw error instanceof DirectoryError ? error : fileError(home.show(path), 'write', error);
    }
  }
  await syncEach(home, units);
}

/** Two names of one file: the run was killed between the two halves of a move. */
async function isSame(one: string, other: string): Promise<boolean> {
  if (!(await isThere(other))) return false;
  const [first, second] = await Promise.all([lstat(one), lstat(other)]);
  return first.ino === second.ino && first.dev === second.dev;
}

/** Each undo is tried, whatever became of the others; where one fails, the workspace holds the old file, and stays. */
async function takeBack(undo: readonly (() => Promise<void>)[], workspace: Workspace): Promise<void> {
  const failed: unknown[] = [];
  for (const step of undo) await step().catch((error: unknown) => failed.push(error));
  if (failed.length === 0) return;
  workspace.keep();
  throw new DirectoryError(
    'ERR_FILE',
    workspace.directory,
    'the directory could not be brought back to what it was',
    {
      cause: failed[0],
      hint: `run the same command again: it finishes what was begun. What was there before is in ${workspace.folder.show('.replaced')}`,
    },
  );
}

/**
 * Gives a file its mode, and waits until all of it is on the disk: whatever the umask was, and whatever the disk does next.
 * Gives the mode that it has then. Only the waiting is left to others: the other calls are quicker where they stand. Errors: `ERR_FILE`.
 */
async function settle(folder: Folder, path: string, mode: number): Promise<number> {
  try {
    const file = openSync(folder.at(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      giveModeNow(file, mode);
      await flush(file);
      return fstatSync(file).mode;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileError(folder.show(path), 'finish', error);
  }
}

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
const flush = promisify(fsync);

/**
 * What else was left in the workspace does not appear, and its directories are as they were made, and on the disk. Errors: `ERR_FILE`.
 */
async function tidy(workspace: Folder, artifacts: readonly Artifact[]): Promise<void> {
  const kept = new Set(artifacts.map(({ path }) => path));
  const folders = new Set(artifacts.flatMap(({ path }) => above(path)));
  const strays = (path: string): string[] => {
    const inner: string[] = [];
    for (const name of readdirSync(workspace.at(path))) inner.push(join(path, name));
    return inner.filter((each) => !kept.has(each));
  };
  const clean = async (path: string): Promise<void> => {
    const inner: string[] = [];
    for (const each of strays(path)) {
      if (folders.has(each)) inner.push(each);
      else await workspace.remove(each);
    }
    await forEach(inner, (each) => finish(each, () => enter(each)));
  };
  const enter = async (path: string): Promise<void> => {
    await workspace.verify();
    const directory = openSync(workspace.at(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      giveModeNow(directory, 0o700);
      await clean(path);
      await flush(directory).catch(ifCannotSync);
    } finally {
      closeSync(directory);
    }
  };
  const finish = async (path: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (error) {
      throw error instanceof DirectoryError ? error : fileError(workspace.show(path), 'finish', error);
    }
  };
  await finish('', async () => {
    await workspace.verify();
    await workspace.chmod(0o700);
    await clean('');
    await workspace.sync();
  });
}

/** The directories that a path leads through: `a` and `a/b` of `a/b/c`. */
function above(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** A whole new directory, by one rename. A directory that came into being meanwhile stays as it is. */
async function appear({ home, name, directory }: Workspace): Promise<void> {
  try {
    await home.verify();
    await rename(home.at(name), home.at(basename(directory)));
  } catch (error) {
    const taken = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(systemCode(error) ?? '');
    throw taken ? cameIntoBeing(directory, error) : fileError(directory, 'make', error);
  }
}

/** Another run was faster: this one looks again at what is there now. */
export function cameIntoBeing(directory: string, cause?: unknown): DirectoryError {
  return new DirectoryError('ERR_EXISTS', directory, `${directory} came into being meanwhile`, {
    cause,
    hint: 'run the same command again',
  });
}

/** What is moved: a file, or the uppermost directory above it that does not exist yet. */
function units(home: Folder, artifacts: readonly Artifact[]): string[] {
  const moved = new Set<string>();
  const there = new Map<string, boolean>();
  for (const { path } of artifacts) {
    let unit = path;
    for (const folder of above(path)) {
      const exists: boolean = there.get(folder) ?? isThereNow(home.at(folder));
      there.set(folder, exists);
      if (exists) continue;
      unit = folder;
      break;
    }
    moved.add(unit);
  }
  return [...moved];
}

/** Moves one unit to its place, and adds to `undo` what takes it back. */
async function place(
  workspace: Folder,
  home: Folder,
  path: string,
  replace: boolean,
  undo: (() => Promise<void>)[],
): Promise<void> {
  const from = workspace.at(path);
  const to = home.at(path);
  try {
    await home.verify();
    if (!replace || !isThereNow(to)) {
      undo.push(() => leave(from, to));
      moveToFree(from, to, home.show(path));
      return;
    }
    const kept = join('.replaced', path);
    makeDirectories(workspace, dirname(kept), 0o700);
    await keep(to, workspace.at(kept));
    await rename(from, to);
    undo.push(async () => {
      await rename(to, from); // not lost: a run that is killed here can still be finished
      await rename(workspace.at(kept), to);
    });
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(home.show(path), 'write', error);
  }
}

/** Takes back a move, or the half of it that was done. */
async function leave(from: string, to: string): Promise<void> {
  if (!(await isThere(from))) await rename(to, from);
  else if (await isSame(from, to)) await unlink(to);
}

/** A second name for the old file, so that it can come back. */
async function keep(path: string, kept: string): Promise<void> {
  try {
    await link(path, kept);
  } catch {
    const { bytes, stats } = await readRegular(path, { followLinks: false });
    await writeNew(kept, bytes, stats.mode & 0o7777);
  }
}

/** The directories that the paths lie in are on the disk. Errors: `ERR_FILE`. */
async function syncEach(root: Folder, paths: readonly string[]): Promise<void> {
  const folders = new Set(paths.map((path) => dirname(path)).filter((path) => path !== '.'));
  await forEach(folders, async (path) => {
    const folder = await root.enter(path).catch((error: unknown) => {
      throw fileError(root.show(path), 'finish', error);
    });
    await sync(folder).finally(() => folder.close());
  });
  await sync(root);
}

async function sync(folder: Folder): Promise<void> {
  await folder.sync().catch((error: unknown) => {
    throw fileError(folder.shown, 'finish', error);
  });
}
