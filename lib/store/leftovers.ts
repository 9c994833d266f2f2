import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DirectoryError, fileError, systemCode } from '../errors.js';
import { finishCommit } from './commit.js';
import { readJournal } from './journal.js';
import { ownerState, pidOf } from './owner.js';
import { parseWorkspace } from './workspace.js';

/** What was put in order. */
export interface Repair {
  /** Commits of killed runs that were finished. */
  readonly finished: number;
  /** Workspaces of killed runs that were removed, with the keys in them. */
  readonly removed: number;
}

/**
 * Puts in order what killed runs have left in the certificate directory and beside it: a commit that was decided is
 * finished, a workspace is removed. What belongs to a run that is at work stays. Errors: those of `finishCommit`;
 * `ERR_LOCKED` where a run that has lost its lock is in the midst of a commit.
 */
export async function repair(directory: string): Promise<Repair> {
  const { gone: inside, running } = await workspaces(directory, 'lock');
  for (const workspace of running) if (await readJournal(workspace)) throw stopped(directory, workspace);
  let finished = 0;
  for (const workspace of inside) {
    const journal = await readJournal(workspace);
    if (journal) {
      await finishCommit(workspace, directory, journal);
      finished++;
    }
    await remove(workspace).catch((error: unknown) => {
      throw fileError(workspace, 'remove', error);
    });
  }
  let beside = 0;
  for (const workspace of await leftBeside(directory)) {
    await remove(workspace).then(
      () => beside++,
      () => undefined, // it is in nobody's way
    );
  }
  return { finished, removed: inside.length - finished + beside };
}

/** An openssl that has outlived its run may still write there for a moment. */
async function remove(workspace: string): Promise<void> {
  await rm(workspace, { recursive: true, force: true, maxRetries: 5 });
}

/**
 * Whether the directory, or what lies beside it, may have to be put in order, or is in the midst of a commit: for sure
 * that is known under the lock.
 */
export async function needsRepair(directory: string): Promise<boolean> {
  const { gone, running } = await workspaces(directory, 'lock');
  if (gone.length > 0 || (await leftBeside(directory)).length > 0) return true;
  const journals = running.map((workspace) => readJournal(workspace).catch(() => undefined));
  return (await Promise.all(journals)).some((journal) => journal !== undefined);
}

/** A workspace of a killed run. */
export interface LeftBehind {
  /** Relative to the certificate directory; one can lie beside it. */
  readonly path: string;
  /** Whether the run was in the midst of its commit, which the next one finishes. */
  readonly decided: boolean;
}

/** What killed runs have left, as `repair` would find it; nothing is changed. */
export async function leftBehind(directory: string): Promise<LeftBehind[]> {
  const { gone } = await workspaces(directory, 'no lock');
  const inside = gone.map(async (workspace) => ({
    path: basename(workspace),
    decided: (await readJournal(workspace).catch(() => undefined)) !== undefined,
  }));
  const beside = (await leftBeside(directory)).map((workspace) => ({
    path: join('..', basename(workspace)),
    decided: false,
  }));
  return [...(await Promise.all(inside)), ...beside];
}

/** What lies beside the directory and is decided belongs to one that lies there, too: a run there puts it in order. */
async function leftBeside(directory: string): Promise<string[]> {
  const { gone } = await workspaces(dirname(directory), 'no lock');
  const decided = await Promise.all(gone.map((workspace) => readJournal(workspace).catch(() => true)));
  return gone.filter((_, at) => !decided[at]);
}

/** A process that was stopped while it moved files: it moves the rest when it goes on. */
function stopped(directory: string, workspace: string): DirectoryError {
  const pid = pidOf(parseWorkspace(basename(workspace))?.owner ?? '');
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
 * Our workspaces in a folder: left behind, or of runs that are at work. Who holds the lock of the folder knows that the
 * others that held it are gone, wherever they ran; unless they were stopped here.
 */
async function workspaces(
  folder: string,
  under: 'lock' | 'no lock',
): Promise<{ gone: string[]; running: string[] }> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return { gone: [], running: [] };
    throw fileError(folder, 'read', error);
  }
  const gone: string[] = [];
  const running: string[] = [];
  for (const name of names) {
    const parsed = parseWorkspace(name);
    if (!parsed) continue;
    const path = join(folder, name);
    const stats = await lstat(path).catch(() => undefined);
    // Nobody else's: in what another can change, he could lead a removal astray.
    if (!stats?.isDirectory() || stats.uid !== (process.geteuid?.() ?? stats.uid)) continue;
    const state = await ownerState(parsed.owner);
    const old = Date.now() - stats.mtimeMs > ONE_DAY;
    if (state === 'running') running.push(path);
    else if (state === 'gone' || (under === 'lock' && parsed.locked) || old) gone.push(path);
  }
  return { gone, running };
}
