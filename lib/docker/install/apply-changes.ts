import { randomBytes } from 'node:crypto';
import { link, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { aborted, ConfigurationError, DirectoryError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import type { Folder } from '../../store/folder.js';
import { readPlace, type FoundFile, type Place } from '../../store/place.js';
import type { Rooted } from '../../store/rooted.js';
import { writeNew } from '../../store/write-new.js';
import {
  markDone,
  removeFile,
  temporary,
  writeChangesJournal,
  type HostCommand,
  type ChangesJournal,
} from './changes-journal.js';
import type { DaemonPlaces } from '../daemon/places.js';
import { sha256Of } from './digest.js';
import { cleanUp, takeBack, told } from './take-back.js';
import { lockLost } from '../../store/lock-errors.js';

/** A file of a host that is to be made, replaced or removed. */
export interface FileChange {
  /** On the host. */
  readonly path: string;
  /** As it was when the change was planned; undefined where it was missing. */
  readonly before: FoundFile | undefined;
  /** Undefined for one that is to be removed. */
  readonly after:
    | {
        readonly content: string | Uint8Array;
        readonly mode: number;
        /** Default: this process's user. */
        readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
      }
    | undefined;
}

/** All that one run changes on a host. */
export interface ChangeSet {
  readonly command: HostCommand;
  readonly places: DaemonPlaces;
  readonly to: string;
  /** In the order in which they are made: between any two, dockerd can start. */
  readonly changes: readonly FileChange[];
  /** Directories to make, outer ones first. */
  readonly make: readonly { readonly path: string; readonly mode: number }[];
  /** Directories that go with the last change, as far as they are empty. */
  readonly emptied: readonly string[];
}

/** Changes that were made and can still be taken back. */
export interface AppliedChanges {
  /** Takes everything back: contents, modes, owners, and directories that were made. */
  undo(): Promise<void>;
  /** Keeps the changes, and removes what was kept for `undo`. Gives whether all of that could be removed. */
  finish(): Promise<boolean>;
}

/**
 * Changes files of a host: all of them, or none. The old files stay under temporary names beside the new ones until `finish`,
 * and a journal says what is being changed, so that the next run takes back what a killed one began. After an error
 * everything is as it was, or the error says that it is not. Errors: `ERR_CONFIGURATION` where someone else changed a file
 * meanwhile, `ERR_ABORTED`, `ERR_LOCK_LOST`, `ERR_FILE`.
 */
export async function applyHostChanges(
  files: Rooted,
  { command, places, to, changes, make, emptied }: ChangeSet,
  { held, signal }: { readonly held: () => Promise<boolean>; readonly signal?: AbortSignal | undefined },
): Promise<AppliedChanges> {
  const folder = await files.enter(places.journal);
  if (!folder) throw fileError(files.show(places.journal), 'use', { code: 'ENOENT' });
  const id = randomBytes(6).toString('hex');
  const journal: ChangesJournal = {
    ...{ version: 1, command, to, id },
    for: places.kind === 'system' ? undefined : places.kind,
    files: changes.map(({ path, before, after }) => ({
      path,
      before: before ? sha256Of(before.content) : null,
      after: after ? sha256Of(after.content) : null,
    })),
    made: make.map(({ path }) => path),
    emptied,
  };
  const undo = (): Promise<void> => takeBack(files, folder, journal);
  try {
    if (signal?.aborted) throw aborted(signal, 'stopped before anything was changed');
    await writeChangesJournal(folder, journal);
    for (const each of make) await makeFolder(files, each);
    for (const each of changes) await prepare(files, each, id);
    // Asked after the journal is there: a run that takes the lock over from now on sees it.
    if (!(await held())) throw lockLost(to);
    for (const each of changes) await change(files, each, id);
    await syncAll(files, changes, make);
  } catch (error) {
    throw await undone(undo, error);
  }
  return { undo, finish: () => finish(files, folder, journal) };
}

/** Takes changes back after an error. Gives that error, or one that says what could not be taken back. */
export async function undone(undo: () => Promise<void>, error: unknown): Promise<unknown> {
  try {
    await undo();
    return error;
  } catch (failed) {
    const what = failed instanceof Error ? failed.message : String(failed);
    const path = failed instanceof DirectoryError || failed instanceof ConfigurationError ? failed.path : '';
    const why = error instanceof Error ? error.message : String(error);
    return new DirectoryError('ERR_FILE', path, `${why}; and not everything could be put back: ${what}`, {
      cause: error,
      hint: 'run the same command again: it first puts back the rest. Old files are beside the new ones, as .NAME.ID.old',
    });
  }
}

async function finish(files: Rooted, folder: Folder, journal: ChangesJournal): Promise<boolean> {
  await markDone(folder);
  return cleanUp(files, folder, journal).then(
    () => true,
    () => false, // the next run goes on
  );
}

async function makeFolder(files: Rooted, { path, mode }: ChangeSet['make'][number]): Promise<void> {
  const place = await needed(files, path);
  await told(place, 'make', async () => {
    const made = await place.folder.make(place.name, mode);
    await made.close();
  });
}

/** Writes the new file beside its place. */
async function prepare(files: Rooted, { path, after }: FileChange, id: string): Promise<void> {
  if (!after) return;
  const place = await needed(files, path);
  await told(place, 'write', () =>
    writeNew(temporary(place, id, 'new'), after.content, after.mode, async (file) => {
      if (after.owner) await file.chown(after.owner.uid, after.owner.gid);
      await file.sync();
    }),
  );
}

async function change(files: Rooted, { path, before, after }: FileChange, id: string): Promise<void> {
  const place = await needed(files, path);
  const now = await readPlace(place);
  const isSame =
    now?.ino === before?.ino &&
    now?.dev === before?.dev &&
    now?.content.equals(before?.content ?? now.content) !== false;
  if (!isSame) {
    throw new ConfigurationError(place.shown, `${place.shown} was changed while this run was at work`, {
      hint: 'nothing was changed by this run; run the same command again',
    });
  }
  const fresh = temporary(place, id, 'new');
  const old = temporary(place, id, 'old');
  await told(place, after ? 'write' : 'remove', async () => {
    if (before && after) {
      await link(place.path, old).catch((error: unknown) => withoutLinks(error, place.path, old));
      await rename(fresh, place.path);
    } else if (after) {
      // Which, unlike rename, replaces nothing.
      await link(fresh, place.path).catch((error: unknown) => withoutLinks(error, fresh, place.path));
      await removeFile(fresh);
    } else if (before) {
      await rename(place.path, old);
    }
  });
}

/** FAT and its like know no second name of a file. */
async function withoutLinks(error: unknown, from: string, to: string): Promise<void> {
  if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? '')) throw error;
  await rename(from, to);
}

async function syncAll(
  files: Rooted,
  changes: readonly FileChange[],
  make: ChangeSet['make'],
): Promise<void> {
  const paths = [...changes, ...make].map(({ path }) => dirname(path));
  for (const path of new Set(paths)) {
    const folder = path === '/' ? undefined : await files.enter(path);
    if (folder) await told(folder, 'finish', () => folder.sync());
  }
}

async function needed(files: Rooted, path: string): Promise<Place> {
  const place = await files.place(path);
  if (!place) throw fileError(files.show(path), 'use', { code: 'ENOENT' });
  return place;
}
