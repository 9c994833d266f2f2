import { DirectoryError, systemCode } from '../errors.js';
import type { Folder } from './folder.js';
import { fileSystemOf } from './mounts.js';
import { setMode } from './set-mode.js';
import { writeNew } from './write-new.js';

/** Of a key, as it lies in a certificate directory. */
const KEY_MODE = 0o400;

/** The error for a file system that does not, with its name. `directory` is the one that the user named. */
export async function openModes(workspace: Folder, directory: string): Promise<DirectoryError> {
  const where = await fileSystemOf(workspace);
  return new DirectoryError(
    'ERR_OPEN_MODES',
    directory,
    `${directory} is on a file system that does not keep file modes${where === undefined ? '' : ` (${where.type}, mounted at ${where.mountPoint})`}: others could read the keys`,
    {
      hint: 'nothing was changed; choose a directory on another file system, or pass --allow-open-modes if nobody else can get at this one',
    },
  );
}

/**
 * Whether the file system of a workspace keeps the mode of a key. FAT, a Windows share or drive and some FUSE mounts take any
 * mode and show their own, so that others can read the key. Found out with an empty file, before any key is written.
 * Errors: those of the system.
 */
export async function keepsFileModes(workspace: Folder): Promise<boolean> {
  if (process.platform === 'win32') return true;
  const name = '.probe';
  try {
    await writeNew(workspace.at(name), '', KEY_MODE);
    const { mode } = await setMode(workspace.at(name), KEY_MODE);
    return (mode & 0o7777) === KEY_MODE && ((await workspace.stat()).mode & 0o077) === 0;
  } catch (error) {
    if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? '')) return false;
    throw error;
  } finally {
    await workspace.remove(name);
  }
}
