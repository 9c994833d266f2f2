import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../errors.js';

/**
 * As `mkdir -p`, but each new directory has that very mode, whatever the umask: under some of them a directory just made
 * could not be entered. Gives the uppermost that was made.
 */
export async function makeDirectories(path: string, mode: number): Promise<string | undefined> {
  let above: string | undefined;
  for (;;) {
    try {
      await mkdir(path, { mode });
      await chmod(path, mode);
      return above ?? path;
    } catch (error) {
      // There already, or another run was faster. What is no directory is told by whoever uses it.
      if (systemCode(error) === 'EEXIST') return above;
      if (systemCode(error) !== 'ENOENT' || above !== undefined || dirname(path) === path) throw error;
      above = await makeDirectories(dirname(path), mode);
      if (above === undefined) throw error;
    }
  }
}
