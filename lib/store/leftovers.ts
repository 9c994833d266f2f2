import { readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError, systemCode } from '../errors.js';
import { finishCommit } from './commit.js';
import { readJournal } from './journal.js';
import { isGone } from './owner.js';
import { workspacePrefix } from './workspace.js';

/** What was put in order. */
export interface Repair {
  /** Commits of killed runs that were finished. */
  readonly finished: number;
  /** Workspaces of killed runs that were removed, with the keys in them. */
  readonly removed: number;
}

/**
 * Puts in order what killed runs have left in the certificate directory and beside it: a commit that was decided is
 * finished, a workspace is removed. What belongs to a run that is at work stays. Errors: those of `finishCommit`.
 */
export async function repair(directory: string): Promise<Repair> {
  const inside = await leftovers(directory);
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
  for (const workspace of await leftovers(dirname(directory))) {
    // It can be of a directory that lies there, and decided, or another user's: a run of theirs puts that in order.
    try {
      if (await readJournal(workspace)) continue;
      await remove(workspace);
      beside++;
    } catch {
      continue;
    }
  }
  return { finished, removed: inside.length - finished + beside };
}

/** An openssl that has outlived its run may still write there for a moment. */
async function remove(workspace: string): Promise<void> {
  await rm(workspace, { recursive: true, force: true, maxRetries: 5 });
}

/** Whether a killed run has left something in the directory. */
export async function needsRepair(directory: string): Promise<boolean> {
  return (await leftovers(directory)).length > 0;
}

async function leftovers(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return [];
    throw fileError(folder, 'read', error);
  }
  const found = names
    .filter((name) => name.startsWith(workspacePrefix) && /-\w{6}$/.test(name))
    .map(async (name) => {
      const path = join(folder, name);
      const stats = await stat(path).catch(() => undefined);
      const gone =
        stats?.isDirectory() === true && (await isGone(name.slice(workspacePrefix.length), stats.mtime));
      return gone ? [path] : [];
    });
  return (await Promise.all(found)).flat();
}
