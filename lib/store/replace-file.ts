import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DirectoryError, fileError, systemCode } from '../errors.js';
import { refuseToReplace } from './safety.js';
import { syncFolder } from './sync.js';

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
  readonly temporary: string;
  /** Puts it in its place, by one rename: killed at any moment, there is the whole old file or the whole new one. */
  appear(): Promise<void>;
  /** Removes it where it has not appeared. Never fails. */
  discard(): Promise<void>;
}

/**
 * Writes a file so that all that is left is a rename. No symbolic link is replaced or followed. Errors, also those of
 * `appear`: `ERR_UNSAFE`, `ERR_EXISTS` for what is no file, `ERR_FILE`.
 */
export async function prepareFile({ path, content, mode, owner }: FileToBe): Promise<PreparedFile> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const discard = (): Promise<void> => rm(temporary, { force: true }).catch(() => undefined);
  const told = (error: unknown): Error =>
    error instanceof DirectoryError ? error : fileError(path, 'write', error);
  try {
    await refuseToReplace(path);
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      await file.writeFile(content);
      if (owner) await file.chown(owner.uid, owner.gid);
      await file.chmod(mode); // last: whatever the umask was, and a change of owner takes bits away
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await discard();
    throw told(error);
  }
  return {
    temporary,
    discard,
    appear: async () => {
      try {
        await refuseToReplace(path);
        await rename(temporary, path);
        await syncFolder(dirname(path));
      } catch (error) {
        throw told(error);
      }
    },
  };
}

/** Removes what killed runs have prepared for that place. The caller sees to it that none is at work there. */
export async function removePrepared(path: string): Promise<void> {
  const folder = dirname(path);
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw fileError(folder, 'read', error);
  });
  const start = `.${basename(path)}.`;
  for (const name of names)
    if (name.startsWith(start) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(start.length)))
      await rm(join(folder, name), { force: true });
}
