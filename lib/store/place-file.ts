import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError } from '../file-error.js';
import type { Note } from '../plan/step.js';
import type { Folder } from './folder.js';
import { isThere } from './is-there.js';
import { removeLeftovers } from './leftovers.js';
import { moveToFree } from './move-to-free.js';
import { keepsKeyMode, openModes, openModesNotes } from './open-modes.js';
import { ownerTag } from './owner.js';
import { enterSafely, makeSafely } from './enter-safely.js';
import { refuseToReplace } from './safety.js';
import { fileSuffix, stepPrefix } from './workspace-names.js';
import { writeNew } from './write-new.js';
import { option, words } from '../words.js';

export interface OpenModes {
  /** Goes on where the file system does not keep the modes of files that are for their owner alone. Default: false. */
  readonly allowOpenModes?: boolean | undefined;
}

export interface PlaceFileOptions extends OpenModes {
  /** Replaces a file that exists. Default: false. */
  readonly overwrite?: boolean | undefined;
  /** Makes the directory, mode 0700, where it is missing. Default: false. */
  readonly makeDirectory?: boolean | undefined;
}

/** Tells whether a file is for its owner alone. */
export function isSecret({ mode }: { readonly mode: number }): boolean {
  return (mode & 0o077) === 0;
}

/**
 * Writes one file, whole or not at all: with its mode from the beginning, on the disk (fsync) before it appears by one rename, in a
 * directory that is held open and that no other user can swap. No symbolic link is replaced or followed. What killed runs left in
 * that directory is removed. Gives `OPEN_MODES` notes. Errors: `ERR_EXISTS` where something is there, unless `overwrite`, and for
 * what is no file; `ERR_UNSAFE`; `ERR_OPEN_MODES` for a file for its owner alone; `ERR_FILE`.
 */
export async function placeFile(
  path: string,
  content: string | Uint8Array,
  mode: number,
  { overwrite = false, makeDirectory = false, allowOpenModes = false }: PlaceFileOptions = {},
): Promise<Note[]> {
  const directory = dirname(path);
  const made = makeDirectory ? await makeSafely(directory, 0o700) : undefined;
  const folder = made?.folder ?? (await enterSafely(directory));
  const temporary = `${stepPrefix}${await ownerTag()}-${randomBytes(3).toString('hex')}${fileSuffix}`;
  try {
    await refuseToPlace(folder, path, overwrite);
    await removeLeftovers(folder);
    const keepsModes = !isSecret({ mode }) || (await keepsKeyMode(folder));
    if (!keepsModes && !allowOpenModes) throw await openModes(folder, directory);
    await writeNew(folder.at(temporary), content, mode, (file) => file.sync());
    await folder.verify();
    await refuseToPlace(folder, path, overwrite);
    const place = folder.at(basename(path));
    if (overwrite) await rename(folder.at(temporary), place);
    else moveToFree(folder.at(temporary), place, path);
    await folder.sync();
    return openModesNotes({ keepsModes, directory });
  } catch (error) {
    await folder.remove(temporary).catch(() => undefined);
    await made?.takeBack();
    throw error instanceof DirectoryError ? error : fileError(path, 'write', error);
  } finally {
    await (made ?? folder).close();
  }
}

async function refuseToPlace(folder: Folder, path: string, overwrite: boolean): Promise<void> {
  const place = folder.at(basename(path));
  await refuseToReplace(place, path);
  if (!overwrite && (await isThere(place)))
    throw new DirectoryError('ERR_EXISTS', path, `${path} already exists`, {
      hint: words`it was left unchanged; choose another name, or replace it with ${option('overwrite', true)}`,
    });
}
