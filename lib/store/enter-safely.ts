import { rmdir } from 'node:fs/promises';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { Folder } from './folder.js';
import { look, refuseSwappableIn, swapped, walk } from './safety.js';

/** Opens a directory in which no other user can swap what lies there. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
export async function enterSafely(directory: string): Promise<Folder> {
  const { path, missing } = await walk(directory);
  if (missing.length > 0) throw fileError(directory, 'use', { code: 'ENOENT' });
  return openVerified(path, directory);
}

/** Directories that were made on the way to one. */
export interface MadeFolder {
  /** The innermost, held open. */
  readonly folder: Folder;
  /** Removes those that were made, as far as they are empty, the innermost first. Never fails. */
  takeBack(): Promise<void>;
  /** Closes all that is held. */
  close(): Promise<void>;
}

/**
 * As `enterSafely`, with the directories that are missing: each is made with that mode in the one that is held, and looked at
 * again once it is there. Errors: `ERR_UNSAFE` also where another user was faster, `ERR_FILE`.
 */
export async function makeSafely(directory: string, mode: number): Promise<MadeFolder> {
  const { path, missing } = await walk(directory);
  let folder = await openVerified(path, missing.length === 0 ? directory : path);
  const held = [folder];
  const made: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(held.splice(0).map((folder) => folder.close()));
  };
  const takeBack = async (): Promise<void> => {
    for (const remove of made.splice(0).reverse()) await remove().catch(() => undefined);
  };
  try {
    for (const name of missing) {
      const above = folder;
      folder = await makeOrEnter(above, name, mode, () => made.push(() => rmdir(above.at(name))));
      held.push(folder);
      refuseSwappableIn(folder.shown, await folder.stat());
    }
    return { folder, takeBack, close };
  } catch (error) {
    await takeBack();
    await close();
    throw error instanceof DirectoryError ? error : fileError(folder.show(''), 'make', error);
  }
}

async function makeOrEnter(above: Folder, name: string, mode: number, made: () => void): Promise<Folder> {
  try {
    const folder = await above.make(name, mode);
    made();
    return folder;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw fileError(above.show(name), 'make', error);
  }
  try {
    return await above.enter(name); // another run, or another user, was faster
  } catch {
    throw swapped(above.show(name));
  }
}

/** What was looked at can have been swapped before it was opened only by root or the caller: and is looked at again. */
async function openVerified(path: string, shown: string): Promise<Folder> {
  let folder: Folder;
  try {
    folder = await Folder.open(path, shown);
  } catch (error) {
    throw ['ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '') && (await isDirectory(path))
      ? swapped(shown)
      : fileError(shown, 'use', error);
  }
  try {
    refuseSwappableIn(shown, await folder.stat());
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await look(path))?.isDirectory() ?? false;
}
