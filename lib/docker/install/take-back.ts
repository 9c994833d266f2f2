import { rename, rmdir } from 'node:fs/promises';
import { ConfigurationError, DirectoryError, DockerTlsError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import type { Folder } from '../../store/folder.js';
import { readPlace, type FoundFile, type Place } from '../../store/place.js';
import type { Rooted } from '../../store/rooted.js';
import {
  markBegun,
  readChangesJournal,
  removeFile,
  removeChangesJournal,
  temporary,
  type FoundJournal,
  type ChangesJournal,
} from './changes-journal.js';
import type { DaemonPlaces } from '../daemon/places.js';
import { sha256Of } from './digest.js';

/**
 * Puts an end to what a killed run began: takes its changes back or, where all were made, removes what it left. Gives what was
 * done, in a sentence; undefined where there was nothing to do. The caller sees to it that no run is at work. Errors:
 * `ERR_CONFIGURATION` where someone changed a file since, and nothing is taken back; `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function recover(files: Rooted, places: DaemonPlaces): Promise<string | undefined> {
  const folder = await files.enter(places.journal);
  const found = await readChangesJournal(files, places);
  if (!folder) return undefined;
  if (!found) {
    await told(folder, 'clean up', () => removeChangesJournal(folder)); // one that was cut off: its run had changed nothing
    return undefined;
  }
  if (found.state === 'begun') await takeBack(files, folder, found.journal);
  else await cleanUp(files, folder, found.journal);
  return recovery(found, 'was');
}

/** What `recover` does with a journal, or did. */
export function recovery({ journal, state }: FoundJournal, tense: 'was' | 'would be'): string {
  return state === 'begun'
    ? `\`${journal.command}\` was killed before it was done: what it had changed ${tense} put back first`
    : `\`${journal.command}\` was killed after its last change: its temporary files ${tense === 'was' ? 'were' : tense} removed`;
}

/**
 * Takes the changes of a journal back, all or none: each file is looked at before the first is touched. Does nothing to those
 * that were not changed yet, or were put back already. Errors: those of `recover`.
 */
export async function takeBack(files: Rooted, folder: Folder, journal: ChangesJournal): Promise<void> {
  const steps: (() => Promise<void>)[] = [];
  for (const entry of journal.files) {
    const place = await files.place(entry.path);
    if (place) steps.push(await stepBack(place, entry, journal));
  }
  await told(folder, 'put back', () => markBegun(folder));
  for (const step of steps.reverse()) await step();
  for (const path of [...journal.made].sort().reverse()) await removeFolder(files, path);
  await told(folder, 'clean up', () => removeChangesJournal(folder));
}

/** Looks at one file, and gives what puts it back. */
async function stepBack(
  place: Place,
  entry: ChangesJournal['files'][number],
  journal: ChangesJournal,
): Promise<() => Promise<void>> {
  const old = temporary(place, journal.id, 'old');
  const fresh = temporary(place, journal.id, 'new');
  const [now, kept, next] = await Promise.all(
    [place.path, old, fresh].map((path) => readPlace({ path, shown: place.shown })),
  );
  const digest = now && sha256Of(now.content);
  let work = (): Promise<void> => Promise.resolve();
  if (entry.before !== null && kept) {
    if (sha256Of(kept.content) !== entry.before) throw changedSince(place, journal);
    // Two names of one file: the run was killed between the two halves of a replacement.
    if (isSameFile(now, kept)) work = () => removeFile(old);
    else if (!now || digest === entry.after) work = () => rename(old, place.path);
    // The same in a copy of the image, which has two files then.
    else if (digest === entry.before) work = () => removeFile(old);
    else throw changedSince(place, journal);
  } else if (entry.before === null && now) {
    if (digest === entry.after) work = () => removeFile(place.path);
    else if (!next) throw changedSince(place, journal);
  }
  return () =>
    told(place, 'put back', async () => {
      await work();
      await removeFile(fresh);
      await place.folder.sync();
    });
}

function changedSince({ shown }: Place, { command }: ChangesJournal): ConfigurationError {
  return new ConfigurationError(shown, `${shown} was changed after \`${command}\` was killed`, {
    hint: 'nothing was changed; move your file to another name, and run the same command again: it puts back what was there before',
  });
}

function isSameFile(one: FoundFile | undefined, other: FoundFile | undefined): boolean {
  return one !== undefined && one.ino === other?.ino && one.dev === other.dev;
}

/**
 * The file as it is once `recover` has put an end to what was begun: for a preview. Errors: those of `Rooted.read`.
 */
export async function readAsRecovered(
  files: Rooted,
  found: FoundJournal | undefined,
  path: string,
): Promise<FoundFile | undefined> {
  const now = await files.read(path);
  const entry = found?.journal.files.find((file) => file.path === path);
  const place = await files.place(path);
  if (!entry || !place || found?.state !== 'begun') return now;
  const { id } = found.journal;
  if (entry.before !== null)
    return (await readPlace({ path: temporary(place, id, 'old'), shown: place.shown })) ?? now;
  return now && sha256Of(now.content) === entry.after ? undefined : now;
}

/** Removes what a run kept to take its changes back, and the directories that it emptied. Errors: `ERR_FILE`. */
export async function cleanUp(files: Rooted, folder: Folder, journal: ChangesJournal): Promise<void> {
  for (const { path } of journal.files) {
    const place = await files.place(path);
    if (!place) continue;
    await told(place, 'clean up', async () => {
      for (const kind of ['old', 'new'] as const) await removeFile(temporary(place, journal.id, kind));
      await place.folder.sync();
    });
  }
  for (const path of [...journal.emptied].sort().reverse()) await removeFolder(files, path);
  await told(folder, 'clean up', () => removeChangesJournal(folder));
}

/** Removes a directory where it is empty. Errors: `ERR_FILE`. */
async function removeFolder(files: Rooted, path: string): Promise<void> {
  const place = await files.place(path);
  if (!place) return;
  await files.leave(path);
  try {
    await rmdir(place.path);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemCode(error) ?? ''))
      throw fileError(place.shown, 'remove', error);
  }
}

/** Gives the errors of the system as ours: what was tried, and with which file. */
export async function told<Result>(
  { shown }: { readonly shown: string },
  tried: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DockerTlsError) throw error;
    const { code, message, hint, cause } = fileError(shown, tried, error);
    const hints: Readonly<Record<string, string>> = {
      EACCES: 'nothing was changed; run the same command as root',
      EPERM: 'nothing was changed; run the same command as root',
      EROFS: 'nothing was changed; the files of the daemon have to be on a writable file system',
    };
    throw new DirectoryError(code === 'ERR_EXISTS' ? code : 'ERR_FILE', shown, message, {
      cause,
      hint: hints[systemCode(error) ?? ''] ?? hint,
    });
  }
}
