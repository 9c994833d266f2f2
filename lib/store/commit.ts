import { constants } from 'node:fs';
import { chmod, copyFile, link, lstat, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectoryError, fileError, InterruptedError, systemCode } from '../errors.js';
import type { Artifact } from '../plan/schedule.js';
import { isThere } from './directory.js';
import { removeJournal, writeJournal, type Journal } from './journal.js';
import { makeDirectories } from './make-directories.js';
import { refuseUnsafeFolders } from './safety.js';
import { syncFolder } from './sync.js';
import type { Workspace } from './workspace.js';

/**
 * Puts all artifacts of a workspace into the certificate directory, or none: the only place that writes there. A file
 * that exists is replaced only where `replaces` names it. A directory that did not exist appears by one rename. All
 * files are on the disk (fsync) before the first of them appears. `held`: whether the directory is still locked for us.
 * Errors: `ERR_ABORTED` where it is not, `ERR_EXISTS` for a file in the way, `ERR_FILE`; after either the directory holds what it held before.
 */
export async function commit(
  workspace: Workspace,
  directory: string,
  artifacts: readonly Artifact[],
  replaces: readonly string[],
  held: () => boolean = () => true,
): Promise<void> {
  await Promise.all(artifacts.map((artifact) => settle(join(workspace.path, artifact.path), artifact.mode)));
  await removeOthers(workspace.path, new Set(artifacts.map(({ path }) => path)));
  if (workspace.fresh) {
    await syncFolders(workspace.path, artifacts);
    await appear(workspace.path, directory);
    try {
      await syncFolder(dirname(directory));
    } catch (error) {
      await rename(directory, workspace.path); // as if it had never been there: the run fails
      throw error;
    }
    return;
  }
  const undo: (() => Promise<void>)[] = [];
  const moved = await units(directory, artifacts);
  await syncFolders(workspace.path, artifacts);
  await writeJournal(workspace.path, { units: moved, replaces });
  await syncFolder(workspace.path);
  try {
    // Asked after the journal is there: whoever takes the lock over from now on sees it.
    if (!held()) {
      throw new InterruptedError(
        'ERR_ABORTED',
        'this run was stopped for so long that another may have taken its lock',
        {
          hint: 'nothing was changed; run the same command again',
        },
      );
    }
    for (const path of moved) await place(workspace.path, directory, path, replaces.includes(path), undo);
    await syncFolders(directory, artifacts);
  } catch (error) {
    await takeBack(undo.reverse(), workspace);
    await removeJournal(workspace.path);
    throw error;
  }
}

/**
 * Finishes a commit that was decided when its run was killed: moves what has not been moved yet. Errors: `ERR_EXISTS`
 * where something else has come into the way meanwhile, `ERR_UNSAFE` for a link on the way, `ERR_FILE`; after either it can be called again.
 */
export async function finishCommit(
  workspace: string,
  directory: string,
  { units, replaces }: Journal,
): Promise<void> {
  for (const path of units) {
    const from = join(workspace, path);
    const to = join(directory, path);
    if (!(await isThere(from))) continue; // moved already
    await refuseUnsafeFolders(directory, path);
    try {
      if (replaces.includes(path)) await rename(from, to);
      else if (await isSame(from, to)) await unlink(from);
      else await moveToFree(from, to);
    } catch (error) {
      throw error instanceof DirectoryError ? error : fileError(to, 'write', error);
    }
  }
  await Promise.all([...new Set(units.map((path) => dirname(join(directory, path))))].map(syncFolder));
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
    workspace.path,
    'the directory could not be brought back to what it was',
    {
      cause: failed[0],
      hint: `run the same command again: it finishes what was begun. What was there before is in ${join(workspace.path, '.replaced')}`,
    },
  );
}

/** The file's mode and content, for good: whatever the umask was, and whatever the disk does next. */
export async function settle(path: string, mode: number): Promise<void> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(path, 'finish', error);
  }
}

/** What else was left in the workspace does not appear, and its directories are as they were made. */
async function removeOthers(root: string, artifacts: ReadonlySet<string>, folder = ''): Promise<void> {
  const path = join(root, folder);
  try {
    await chmod(path, 0o700);
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (artifacts.has(name)) continue;
      const above = entry.isDirectory() && [...artifacts].some((artifact) => artifact.startsWith(`${name}/`));
      if (above) await removeOthers(root, artifacts, name);
      else await rm(join(root, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(path, 'finish', error);
  }
}

/** A whole new directory, by one rename. A directory that came into being meanwhile stays as it is. */
async function appear(workspace: string, directory: string): Promise<void> {
  try {
    await rename(workspace, directory);
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
async function units(directory: string, artifacts: readonly Artifact[]): Promise<string[]> {
  const moved = new Set<string>();
  for (const { path } of artifacts) {
    const parts = path.split('/');
    let unit = path;
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      if (!(await isThere(join(directory, folder)))) {
        unit = folder;
        break;
      }
    }
    moved.add(unit);
  }
  return [...moved];
}

/** Moves one unit to its place, and adds to `undo` what takes it back. */
async function place(
  workspace: string,
  directory: string,
  path: string,
  replace: boolean,
  undo: (() => Promise<void>)[],
): Promise<void> {
  const from = join(workspace, path);
  const to = join(directory, path);
  try {
    if (!replace || !(await isThere(to))) {
      undo.push(() => leave(from, to));
      await moveToFree(from, to);
      return;
    }
    const kept = join(workspace, '.replaced', path);
    await makeDirectories(dirname(kept), 0o700);
    await keep(to, kept);
    await rename(from, to);
    undo.push(async () => {
      await rename(to, from); // not lost: a run that is killed here can still be finished
      await rename(kept, to);
    });
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(to, 'write', error);
  }
}

/** Takes back a move, or the half of it that was done. */
async function leave(from: string, to: string): Promise<void> {
  if (!(await isThere(from))) await rename(to, from);
  else if (await isSame(from, to)) await unlink(to);
}

/** A rename that never replaces: a hard link fails where something is there. */
async function moveToFree(from: string, to: string): Promise<void> {
  const taken = (): DirectoryError =>
    new DirectoryError('ERR_EXISTS', to, `${to} is there already`, {
      hint: 'it was left as it is; remove it, or choose another name',
    });
  try {
    await link(from, to);
    await unlink(from);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw taken();
    // A directory, or a file system without hard links: look, then rename.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EACCES'].includes(systemCode(error) ?? ''))
      throw error;
    if (await isThere(to)) throw taken();
    await rename(from, to);
  }
}

/** A second name for the old file, so that it can come back. */
async function keep(path: string, kept: string): Promise<void> {
  try {
    await link(path, kept);
  } catch {
    const { mode } = await lstat(path);
    await copyFile(path, kept);
    await chmod(kept, mode);
  }
}

async function syncFolders(root: string, artifacts: readonly Artifact[]): Promise<void> {
  const folders = new Set(artifacts.map(({ path }) => dirname(join(root, path))));
  await Promise.all([...folders, root].map(syncFolder));
}
