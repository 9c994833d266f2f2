import { constants, type Stats } from 'node:fs';
import { chmod, open, type FileHandle } from 'node:fs/promises';
import { systemCode } from '../file-error.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** As in folder.ts: Linux's way to open what may not be read. */
const O_PATH = 0o10000000;

/**
 * Gives an open file its mode, as far as its file system can: some take no mode at all, and `keepsFileModes` finds them out.
 * Gives whether it could. Errors: those of the system otherwise.
 */
export async function giveMode(file: FileHandle, mode: number): Promise<boolean> {
  try {
    await file.chmod(mode);
    return true;
  } catch (error) {
    if (knowsNoModes(error)) return false;
    throw error;
  }
}

/** Of a call that sets the mode of what is the caller's own. */
function knowsNoModes(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(systemCode(error) ?? '');
}

/**
 * Sets the mode of a file or directory by its descriptor, and never of what a symbolic link leads to. `accept` looks at what
 * was opened, and throws for what is not to be touched. Gives what it is afterwards: a file system that knows no modes takes
 * any, and keeps none. Errors: those of the system, `ELOOP` for a link.
 */
export async function setMode(
  path: string,
  mode: number,
  accept: (stats: Stats) => void = () => undefined,
): Promise<Stats> {
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch((error: unknown) => {
    // A umask can take our own right to read it.
    if (systemCode(error) !== 'EACCES' || process.platform !== 'linux') throw error;
    return open(path, O_PATH | O_NOFOLLOW);
  });
  try {
    const stats = await file.stat();
    if (stats.isSymbolicLink()) throw Object.assign(new Error('a symbolic link'), { code: 'ELOOP' });
    accept(stats);
    await giveMode(file, mode).catch((error: unknown) => {
      if (systemCode(error) !== 'EBADF') throw error;
      return chmod(`/proc/self/fd/${file.fd}`, mode);
    });
    return await file.stat();
  } finally {
    await file.close();
  }
}
