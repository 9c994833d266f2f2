import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError, systemCode } from '../errors.js';

/**
 * What a commit is about to move from its workspace into the certificate directory. Written and synced before the first
 * move, it makes the commit decided: a run that is killed while it moves is finished by the next one.
 */
export interface Journal {
  /** Files and directories, relative to both, in their order. */
  readonly units: readonly string[];
  /** Those of them that may replace what is there. */
  readonly replaces: readonly string[];
}

const NAME = '.journal';

export async function writeJournal(workspace: string, journal: Journal): Promise<void> {
  const path = join(workspace, NAME);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(JSON.stringify(journal));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(path, 'write', error);
  }
}

/** Undefined where a commit had not been decided: one that was cut off is none. */
export async function readJournal(workspace: string): Promise<Journal | undefined> {
  let text: string;
  try {
    text = await readFile(join(workspace, NAME), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw fileError(workspace, 'read', error);
  }
  try {
    return JSON.parse(text) as Journal;
  } catch {
    return undefined;
  }
}

/** The commit is undecided again. */
export async function removeJournal(workspace: string): Promise<void> {
  await rm(join(workspace, NAME), { force: true });
}
