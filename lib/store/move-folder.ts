import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError } from '../file-error.js';
import { Folder } from './folder.js';
import { isThere } from './is-there.js';
import { refuseUnsafeFolders } from './safety.js';

/**
 * Moves a directory to a place where nothing is, both below the same one, by one rename: whatever lies in it goes along. Errors:
 * `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`; after each of them it is where it was.
 */
export async function moveFolder(directory: string, from: string, to: string): Promise<void> {
  await refuseUnsafeFolders(directory, join(from, 'any'));
  await refuseUnsafeFolders(directory, join(to, 'any'));
  const [source, target] = [join(directory, from), join(directory, to)];
  if (await isThere(target))
    throw new DirectoryError('ERR_EXISTS', target, `${target} already exists`, {
      hint: 'nothing was changed; run the same command again',
    });
  try {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await rename(source, target);
    for (const path of [dirname(source), dirname(target)]) {
      const folder = await Folder.open(path);
      await folder.sync().finally(() => folder.close());
    }
  } catch (error) {
    throw fileError(source, 'move', error);
  }
}
