import { access, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { DockerTlsError, fileError, systemCode } from '../errors.js';
import { readRegular } from '../store/read-regular.js';

/**
 * Reads a file of the host or image below `root`, bounded and only if it is a regular file. Undefined where there is none;
 * a link to /dev/null, as `systemctl mask` makes it, reads as an empty file. Errors: `ERR_FILE`.
 */
export async function readHostFile(root: string, path: string): Promise<string | undefined> {
  const file = join(root, path);
  try {
    if ((await realpath(file)) === '/dev/null') return '';
    return (await readRegular(file)).bytes.toString('utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error instanceof DockerTlsError ? error : fileError(file, 'read', error);
  }
}

/** Lists the names in a directory below `root`; empty where there is none. Errors: `ERR_FILE`. */
export async function listHostFolder(root: string, path: string): Promise<string[]> {
  try {
    return await readdir(join(root, path));
  } catch (error) {
    if (isMissing(error)) return [];
    throw fileError(join(root, path), 'read', error);
  }
}

/** Tells whether something exists at a path below `root`. */
export async function existsOnHost(root: string, path: string): Promise<boolean> {
  return access(join(root, path)).then(
    () => true,
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
}
