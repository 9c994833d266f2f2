import { lstatSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { fileError, systemCode } from '../file-error.js';

/** As `isThere`, in a synchronous call: of thousands of paths. */
export function isThereNow(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return false;
    throw fileError(path, 'look for', error);
  }
}

/** Whether something is there, as a file or as whatever else. Errors: `ERR_FILE` where that cannot be known. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false;
    throw fileError(path, 'look for', error);
  }
}
