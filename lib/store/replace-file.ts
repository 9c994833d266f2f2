import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { DirectoryError, fileError } from '../errors.js';
import { removeLeftovers } from './leftovers.js';
import { ownerTag } from './owner.js';
import { enterSafely, refuseToReplace } from './safety.js';
import { fileSuffix, stepPrefix } from './workspace-names.js';
import { writeNew } from './write-new.js';

/** A file that is to be there. */
export interface FileToBe {
  readonly path: string;
  readonly content: string | Uint8Array;
  readonly mode: number;
  /** Whose it is to be. Default: this process's user. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
}

/** A file that is on the disk, with its mode and owner, under a temporary name beside its place. */
export interface PreparedFile {
  /** Its temporary name, for programs that look at it. */
  readonly temporary: string;
  /** Puts it in its place, by one rename: killed at any moment, there is the whole old file or the whole new one. */
  appear(): Promise<void>;
  /** Removes it where it has not appeared. Never fails. */
  discard(): Promise<void>;
}

/**
 * Writes a file so that all that is left is a rename, in a directory that is held open until then. No symbolic link is
 * replaced or followed. What killed runs left in that directory is removed. Errors, also those of `appear`: `ERR_UNSAFE`
 * where another user could swap the directory, `ERR_EXISTS` for what is no file, `ERR_FILE`.
 */
async function prepareFile({ path, content, mode, owner }: FileToBe): Promise<PreparedFile> {
  const folder = await enterSafely(dirname(path));
  const name = `${stepPrefix}${await ownerTag()}-${randomBytes(3).toString('hex')}${fileSuffix}`;
  const reported = (error: unknown): Error =>
    error instanceof DirectoryError ? error : fileError(path, 'write', error);
  let open = true;
  const close = async (): Promise<void> => {
    if (open) await folder.close();
    open = false;
  };
  try {
    await refuseToReplace(folder.at(basename(path)), path);
    await removeLeftovers(folder);
    await writeNew(folder.at(name), content, mode, async (file) => {
      if (owner) await file.chown(owner.uid, owner.gid);
      await file.sync();
    });
  } catch (error) {
    await close();
    throw reported(error);
  }
  return {
    temporary: folder.show(name),
    discard: async () => {
      if (open) await folder.remove(name).catch(() => undefined);
      await close().catch(() => undefined);
    },
    appear: async () => {
      try {
        await folder.verify();
        await refuseToReplace(folder.at(basename(path)), path);
        await rename(folder.at(name), folder.at(basename(path)));
        await folder.sync();
        await close();
      } catch (error) {
        throw reported(error);
      }
    },
  };
}

/** Writes a file, whole or not at all. Errors: those of `prepareFile`. */
export async function replaceFile(file: FileToBe): Promise<void> {
  const prepared = await prepareFile(file);
  try {
    await prepared.appear();
  } finally {
    await prepared.discard();
  }
}
