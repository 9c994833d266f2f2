import { link, rename, unlink } from 'node:fs/promises';
import { DirectoryError } from '../errors.js';
import { systemCode } from '../file-error.js';
import { isThere } from './is-there.js';

/** A rename that never replaces: a hard link fails where something is there. Errors: `ERR_EXISTS`; those of the system. */
export async function moveToFree(from: string, to: string, shown: string): Promise<void> {
  try {
    await link(from, to);
    await unlink(from);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw taken(shown);
    // A directory, or a file system without hard links: look, then rename.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EACCES'].includes(systemCode(error) ?? ''))
      throw error;
    if (await isThere(to)) throw taken(shown);
    await rename(from, to);
  }
}

function taken(shown: string): DirectoryError {
  return new DirectoryError('ERR_EXISTS', shown, `${shown} already exists`, {
    hint: 'it was left as it is; remove it, or choose another name',
  });
}
