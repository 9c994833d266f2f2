import { closeSync, constants, openSync, unlinkSync, writeFileSync } from 'node:fs';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { giveMode, giveModeNow } from './set-mode.js';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;

/**
 * Writes a file that is not there yet: nothing that exists is opened, and no symbolic link is followed. It has that very mode
 * whatever the umask; `finish` does what else its descriptor is needed for. Where it cannot be written whole it is removed.
 * Errors: those of the system, `EEXIST` among them.
 */
export async function writeNew(
  path: string,
  content: string | Uint8Array,
  mode: number,
  finish: (file: FileHandle) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await file.writeFile(content);
    await finish(file);
    await giveMode(file, mode); // last: a change of owner takes bits away
  } catch (error) {
    await unlink(path).catch(() => undefined);
    throw error;
  } finally {
    await file.close();
  }
}

/** The same in synchronous calls, for thousands of small files. */
export function writeNewNow(path: string, content: string | Uint8Array, mode: number): void {
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(file, content);
    giveModeNow(file, mode);
  } catch (error) {
    try {
      unlinkSync(path);
    } catch {
      // the first error tells more
    }
    throw error;
  } finally {
    closeSync(file);
  }
}
