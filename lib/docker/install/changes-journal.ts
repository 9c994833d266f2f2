import { rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { shellWord } from '../../shell/sh.js';
import type { Folder } from '../../store/folder.js';
import { readPlace, type Place } from '../../store/place.js';
import type { Rooted } from '../../store/rooted.js';
import { writeNew } from '../../store/write-new.js';
import { daemonKinds, daemonPlaces, type DaemonKind, type DaemonPlaces } from '../daemon/places.js';
import { foldersFor, isFolderPath, isInstallable } from './installed-paths.js';
import { tooDeepAt } from '../daemon/json-depth.js';

/** What a run is about to change on a host: written and on the disk before its first change, and gone after its last. */
export interface ChangesJournal {
  readonly version: 1;
  readonly command: HostCommand;
  /** The kind of daemon; missing for the system's own. */
  readonly for?: DaemonKind | undefined;
  /** Where the daemon's files are. */
  readonly to: string;
  /** Twelve hexadecimal digits, part of the temporary names: `.daemon.json.ID.new`, `.daemon.json.ID.old`. */
  readonly id: string;
  /** SHA-256 of each file as it was and as it is to be; null where there is none. */
  readonly files: readonly {
    readonly path: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
  /** Directories that are made, outer ones first. */
  readonly made: readonly string[];
  /** Directories that go at the end, as far as they are empty. */
  readonly emptied: readonly string[];
}

export type HostCommand = 'install daemon' | 'uninstall daemon';

/** `begun`: its changes are to be taken back. `done`: all were made, and what it kept meanwhile is to be removed. */
export interface FoundJournal {
  readonly journal: ChangesJournal;
  readonly state: 'begun' | 'done';
}

const names = {
  begun: '.docker-tls-openssl-changes.json',
  done: '.docker-tls-openssl-changes.done',
} as const;

/** A temporary file of a run, which the next one removes. */
export function scratchName(id: string): string {
  return `.docker-tls-openssl-changes.${id}.tmp`;
}

/** The temporary name of an entry, for the system: of its new file before it appears, of its old one until the end. */
export function temporary(
  { folder, name }: Pick<Place, 'folder' | 'name'>,
  id: string,
  kind: 'new' | 'old',
): string {
  return folder.at(`.${name}.${id}.${kind}`);
}

/** Errors: `ERR_FILE`. */
export async function writeChangesJournal(folder: Folder, journal: ChangesJournal): Promise<void> {
  const scratch = folder.at(scratchName(journal.id));
  try {
    await writeNew(scratch, `${JSON.stringify(journal)}\n`, 0o600, (file) => file.sync());
    await rename(scratch, folder.at(names.begun));
    await folder.sync();
  } catch (error) {
    throw fileError(folder.show(names.begun), 'write', error);
  }
}

/** All changes are made. A rename, which needs no space on the disk. Errors: `ERR_FILE`. */
export async function markDone(folder: Folder): Promise<void> {
  try {
    await rename(folder.at(names.begun), folder.at(names.done));
    await folder.sync();
  } catch (error) {
    throw fileError(folder.show(names.begun), 'rename', error);
  }
}

/** The changes are to be taken back after all. Errors: those of the system. */
export async function markBegun(folder: Folder): Promise<void> {
  try {
    await rename(folder.at(names.done), folder.at(names.begun));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/** Removes the journal and what a run left beside it. Errors: those of the system. */
export async function removeChangesJournal(folder: Folder): Promise<void> {
  for (const name of await folder.list())
    if (/^\.docker-tls-openssl-changes\.[0-9a-f]{12}\.tmp$/.test(name)) await removeFile(folder.at(name));
  for (const name of [names.done, names.begun]) await removeFile(folder.at(name));
  await folder.sync();
}

/** Errors: those of the system, but for a file that is not there. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * The journal of a run that was killed. An image can bring one of its own, so only what this program can have written is
 * taken. Errors: `ERR_CONFIGURATION`, `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function readChangesJournal(
  files: Rooted,
  own: DaemonPlaces,
): Promise<FoundJournal | undefined> {
  const { journal: path } = own;
  const folder = await files.enter(path);
  if (!folder) return undefined;
  for (const state of ['begun', 'done'] as const) {
    const name = names[state];
    const shown = files.show(join(path, name));
    const found = await readPlace({ path: folder.at(name), shown });
    if (!found) continue;
    const journal = parseChangesJournal(found.content.toString('utf8'), own);
    if (journal) return { journal, state };
    throw new ConfigurationError(shown, `${shown} is not a journal that this program wrote`, {
      hint: `nothing was changed; see what it is, and remove it: rm ${shellWord(shown)}`,
    });
  }
  return undefined;
}

function parseChangesJournal(text: string, own: DaemonPlaces): ChangesJournal | undefined {
  if (tooDeepAt(text) !== undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJournal(value, own) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJournal(value: unknown, own: DaemonPlaces): value is ChangesJournal {
  if (typeof value !== 'object' || value === null) return false;
  const {
    version,
    command,
    for: kind = 'system',
    to,
    id,
    files,
    made,
    emptied,
  } = value as Partial<Record<keyof ChangesJournal, unknown>>;
  if (version !== 1 || (command !== 'install daemon' && command !== 'uninstall daemon')) return false;
  if (!isFolderPath(to) || typeof id !== 'string' || !/^[0-9a-f]{12}$/.test(id)) return false;
  const known = daemonKinds.find((each) => each === kind);
  if (known === undefined) return false;
  const places = daemonPlaces(known, own.home);
  if (places.journal !== own.journal) return false;
  const folders = foldersFor(to, places);
  const isFolders = (list: unknown): boolean =>
    Array.isArray(list) && list.every((path) => typeof path === 'string' && folders.includes(path));
  const isDigest = (digest: unknown): boolean =>
    digest === null || (typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest));
  return (
    isFolders(made) &&
    isFolders(emptied) &&
    Array.isArray(files) &&
    files.length < 100 &&
    files.every((file: unknown) => {
      if (typeof file !== 'object' || file === null) return false;
      const { path, before, after } = file as Partial<Record<string, unknown>>;
      return (
        typeof path === 'string' && isInstallable(path, to, places) && isDigest(before) && isDigest(after)
      );
    })
  );
}
