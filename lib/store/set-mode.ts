import { chmodSync, closeSync, constants, fchmodSync, fstatSync, openSync, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
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

/** The same in a synchronous call. */
export function giveModeNow(file: number, mode: number): boolean {
  try {
    fchmodSync(file, mode);
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
 * was opened, and throws for what is not to be touched. A file system that knows no modes takes any, and keeps none. In
 * synchronous calls: of thousands of small files, the asynchronous ones take several times as long. Errors: those of the
 * system, `ELOOP` for a link.
 */
export function setModeNow(
  path: string,
  mode: number,
  accept: (stats: Stats) => void = () => undefined,
): void {
  const file = openForMode(path);
  try {
    const stats = fstatSync(file);
    if (stats.isSymbolicLink()) throw Object.assign(new Error('a symbolic link'), { code: 'ELOOP' });
    accept(stats);
    try {
      giveModeNow(file, mode);
    } catch (error) {
      if (systemCode(error) !== 'EBADF') throw error;
      chmodSync(`/proc/self/fd/${file}`, mode);
    }
  } finally {
    closeSync(file);
  }
}

function openForMode(path: string): number {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    // A umask can take our own right to read it.
    if (systemCode(error) !== 'EACCES' || process.platform !== 'linux') throw error;
    return openSync(path, O_PATH | O_NOFOLLOW);
  }
}
