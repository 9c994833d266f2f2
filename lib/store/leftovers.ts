import type { Stats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { finishCommit } from './commit.js';
import { Folder } from './folder.js';
import { readJournal, type Journal } from './journal.js';
import { ownerState, pidOf } from './owner.js';
import { enterSafely } from './enter-safely.js';
import { fileSuffix, parseWorkspace } from './workspace-names.js';

/** What was put in order. */
export interface Repair {
  /** Commits of killed runs that were finished. */
  readonly finished: number;
  /** Workspaces of killed runs that were removed, with the keys in them. */
  readonly removed: number;
}

/**
 * Puts in order what killed runs left in the certificate directory and beside it: a commit that was decided is finished, a
 * workspace is removed. What belongs to a run that is at work stays. The caller holds the lock. Errors: `ERR_UNSAFE` where
 * another user put something in the place of the directory; those of `finishCommit` and `readJournal`; `ERR_LOCKED` where a run
 * that lost its lock is in the midst of a commit.
 */
export async function repair(directory: string): Promise<Repair> {
  let finished = 0;
  let removed = 0;
  await repairing(directory, async (folder) => {
    const { gone, running } = await leftIn(folder, 'lock');
    for (const name of running) if (await journalOf(folder, name)) throw stopped(directory, name);
    for (const name of gone) {
      const journal = await journalOf(folder, name);
      if (journal) await finish(folder, name, journal);
      await folder.remove(name).catch((error: unknown) => {
        throw fileError(folder.show(name), 'remove', error);
      });
      if (journal) finished++;
      else removed++;
    }
  });
  await repairing(dirname(directory), async (folder) => {
    removed += await removeLeftovers(folder);
  });
  return { finished, removed };
}

/**
 * Removes what killed runs left in a folder, as far as it can: it is in nobody's way. A commit that was decided under the
 * folder's lock stays for a run that has that lock. Gives how many were removed.
 */
export async function removeLeftovers(folder: Folder): Promise<number> {
  let removed = 0;
  for (const name of await undecided(folder)) {
    await folder.remove(name).then(
      () => removed++,
      () => undefined,
    );
  }
  return removed;
}

/**
 * Whether the directory, or what lies beside it, may have to be put in order, or is in the midst of a commit: only a run that
 * has the lock knows for sure.
 */
export async function needsRepair(directory: string): Promise<boolean> {
  let needs = false;
  await looking(directory, async (folder) => {
    const { gone, running } = await leftIn(folder, 'lock');
    needs = gone.length > 0 || (await someDecided(folder, running));
  });
  await looking(dirname(directory), async (folder) => {
    needs ||= (await undecided(folder)).length > 0;
  });
  return needs;
}

/** A workspace of a killed run. */
export interface LeftBehind {
  /** Relative to the certificate directory; one can lie beside it. */
  readonly path: string;
  /** Whether the run was in the midst of its commit, which the next one finishes. */
  readonly decided: boolean;
}

/** What killed runs left, as `repair` would find it; nothing is changed. */
export async function leftBehind(directory: string): Promise<LeftBehind[]> {
  const left: LeftBehind[] = [];
  await looking(directory, async (folder) => {
    for (const path of (await leftIn(folder, 'no lock')).gone)
      left.push({ path, decided: await isDecided(folder, path) });
  });
  await looking(dirname(directory), async (folder) => {
    for (const name of await undecided(folder)) left.push({ path: join('..', name), decided: false });
  });
  return left;
}

/** Does `work` in a directory that no other user can swap. Does nothing where it does not exist, or may not be read. */
async function repairing(directory: string, work: (folder: Folder) => Promise<void>): Promise<void> {
  let folder: Folder;
  try {
    folder = await enterSafely(directory);
  } catch (error) {
    const cause = error instanceof DirectoryError ? error.cause : error;
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(cause) ?? '')) return;
    throw error;
  }
  try {
    await work(folder);
  } finally {
    await folder.close();
  }
}

/** Looks into a directory while it is held open. Does nothing where it does not exist, or may not be read. */
async function looking(directory: string, look: (folder: Folder) => Promise<void>): Promise<void> {
  let folder: Folder;
  try {
    folder = await Folder.open(await realpath(directory), directory);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return;
    throw fileError(directory, 'read', error);
  }
  try {
    await look(folder);
  } finally {
    await folder.close();
  }
}

/** Left behind, and not to be finished by a run that has the folder's lock. */
async function undecided(folder: Folder): Promise<string[]> {
  const { gone } = await leftIn(folder, 'no lock');
  const decided = await Promise.all(
    gone.map(async (name) => parseWorkspace(name)?.locked === true && (await isDecided(folder, name))),
  );
  return gone.filter((_, at) => !decided[at]);
}

async function someDecided(folder: Folder, names: readonly string[]): Promise<boolean> {
  return (await Promise.all(names.map((name) => isDecided(folder, name)))).includes(true);
}

/** One that cannot be read may have been decided. */
async function isDecided(folder: Folder, name: string): Promise<boolean> {
  return journalOf(folder, name).then(
    (journal) => journal !== undefined,
    () => true,
  );
}

async function finish(folder: Folder, name: string, journal: Journal): Promise<void> {
  const workspace = await folder.enter(name);
  try {
    await finishCommit(workspace, folder, journal);
  } finally {
    await workspace.close();
  }
}

/** Undefined for a workspace without a decided commit, and for a file that was about to appear. Errors: those of `readJournal`. */
async function journalOf(folder: Folder, name: string): Promise<Journal | undefined> {
  let workspace: Folder;
  try {
    workspace = await folder.enter(name);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw fileError(folder.show(name), 'read', error);
  }
  try {
    return await readJournal(workspace);
  } finally {
    await workspace.close();
  }
}

/** A process that was stopped while it moved files: it moves the rest when it goes on. */
function stopped(directory: string, name: string): DirectoryError {
  const pid = pidOf(parseWorkspace(name)?.owner ?? '');
  return new DirectoryError(
    'ERR_LOCKED',
    directory,
    `process ${pid} is in the midst of moving files into ${directory}, and was stopped`,
    { hint: `let it go on with \`kill -CONT ${pid}\`, or end it, and run the same command again` },
  );
}

/** After this time a workspace whose process nobody can ask for counts as left behind. */
const ONE_DAY = 86_400_000;

/**
 * The names of our workspaces in a folder: left behind, or of runs that are at work. A run that holds the lock of the folder
 * knows that the others that held it are gone, wherever they ran; unless they were stopped here.
 */
async function leftIn(
  folder: Folder,
  under: 'lock' | 'no lock',
): Promise<{ gone: string[]; running: string[] }> {
  const gone: string[] = [];
  const running: string[] = [];
  for (const name of await listed(folder)) {
    const parsed = parseWorkspace(name);
    if (!parsed) continue;
    const stats = await lstat(folder.at(name)).catch(() => undefined);
    if (!stats || !isOurs(name, stats)) continue;
    const state = await ownerState(parsed.owner);
    const old = Date.now() - stats.mtimeMs > ONE_DAY;
    if (state === 'running') running.push(name);
    else if (state === 'gone' || (under === 'lock' && parsed.locked) || old) gone.push(name);
  }
  return { gone, running };
}

async function listed(folder: Folder): Promise<string[]> {
  try {
    return await folder.list();
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes(systemCode(error) ?? '')) return [];
    throw fileError(folder.shown, 'read', error);
  }
}

/** Nobody else's: what another user put there is his to remove. */
function isOurs(name: string, stats: Stats): boolean {
  const isKind = name.endsWith(fileSuffix) ? stats.isFile() : stats.isDirectory();
  return isKind && stats.uid === (process.geteuid?.() ?? stats.uid);
}
