import { open } from 'node:fs/promises';
import { fileError, systemCode } from '../errors.js';

/** What was made, renamed or removed in a directory is on the disk. Errors: `ERR_FILE`. */
export async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    // Some file systems cannot sync a directory; all that is lost there is the guarantee after a power cut.
    if (!['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EACCES'].includes(systemCode(error) ?? ''))
      throw fileError(path, 'finish', error);
  }
}
