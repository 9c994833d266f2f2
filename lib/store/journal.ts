import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import type { Folder } from './folder.js';
import { readRegular } from './read-regular.js';
import { giveMode } from './set-mode.js';

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

/** Enough for a hundred thousand names. */
const MOST_BYTES = 64_000_000;

/** Appears whole, so that one that cannot be read was never cut off by a kill. */
export async function writeJournal(workspace: Folder, journal: Journal): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const prepared = workspace.at(`${NAME}.new`);
  try {
    const file = await open(prepared, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      await giveMode(file, 0o600); // whatever the umask took away
      await file.writeFile(JSON.stringify(journal));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(prepared, workspace.at(NAME));
    await workspace.sync();
  } catch (error) {
    throw fileError(workspace.show(NAME), 'write', error);
  }
}

/**
 * Undefined where no commit had been decided. What the file says is believed only as far as it makes sense: someone can have
 * written it by hand, or a disk have lost it. Errors: `ERR_FILE` naming the file and the way out.
 */
export async function readJournal(workspace: Folder): Promise<Journal | undefined> {
  const shown = workspace.show(NAME);
  let text: string;
  try {
    text = (
      await readRegular(workspace.at(NAME), { shown, mostBytes: MOST_BYTES, followLinks: false })
    ).bytes.toString('utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error instanceof DirectoryError ? error : fileError(shown, 'read', error);
  }
  const journal = parseJournal(text);
  if (journal) return journal;
  throw new DirectoryError(
    'ERR_FILE',
    shown,
    `${shown} does not say what an interrupted run was about to move`,
    {
      hint: `nothing was changed; what that run made is in ${workspace.shown}: copy what you need from it, then move that directory elsewhere and run the same command again`,
    },
  );
}

function parseJournal(text: string): Journal | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { units, replaces } = value as Record<string, unknown>;
  return isPlainList(units) && isPlainList(replaces) ? { units, replaces } : undefined;
}

function isPlainList(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((path) => typeof path === 'string' && isPlainPath(path));
}

/** Whether a path is relative and stays below where it begins; our own hidden files are none of a set's. */
function isPlainPath(path: string): boolean {
  const isPlain = (part: string): boolean => part !== '' && part !== '.' && part !== '..';
  return !path.includes('\0') && path.split('/').every(isPlain) && !path.startsWith('.docker-tls-openssl');
}

/** The commit is undecided again. Errors: those of the system. */
export async function removeJournal(workspace: Folder): Promise<void> {
  await workspace.remove(NAME);
}
