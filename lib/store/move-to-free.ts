import { linkSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { DirectoryError } from '../errors.js';
import { systemCode } from '../file-error.js';
import { isThereNow } from './is-there.js';

/**
 * A rename that never replaces: a hard link fails where something is there. In synchronous calls, for thousands of them.
 * Errors: `ERR_EXISTS`; those of the system.
 */
export function moveToFree(from: string, to: string, shown: string): void {
  if (lstatSync(from).isDirectory() || !hasLinked(from, to, shown)) {
    // A directory, or a file system without hard links: look, then rename.
    if (isThereNow(to)) throw taken(shown);
    renameSync(from, to);
    return;
  }
  unlinkSync(from);
}

/** False where there are no hard links. */
function hasLinked(from: string, to: string, shown: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw taken(shown);
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EACCES'].includes(systemCode(error) ?? ''))
      throw error;
    return false;
  }
}

function taken(shown: string): DirectoryError {
  return new DirectoryError('ERR_EXISTS', shown, `${shown} already exists`, {
    hint: 'it was left as it is; remove it, or choose another name',
  });
}
