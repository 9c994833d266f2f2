import { readlink } from 'node:fs/promises';
import { systemCode } from '../file-error.js';
import type { Folder } from './folder.js';

/** The most links that Linux follows on one path (path_resolution(7)). */
export const MOST_LINKS = 40;

/** The names on a path, without what leads nowhere. */
export function namesOn(path: string, separator = '/'): string[] {
  return path.split(separator).filter((name) => name !== '' && name !== '.');
}

/** Where a link leads; undefined for what is none. Errors: those of the system. */
export async function linkIn(folder: Folder, name: string): Promise<string | undefined> {
  try {
    return await readlink(folder.at(name));
  } catch (error) {
    if (systemCode(error) === 'EINVAL') return undefined;
    throw error;
  }
}

/** Opens a directory, or gives where the link in its place leads. Errors: those of the system. */
export async function enterOrLink(folder: Folder, name: string): Promise<Folder | string> {
  try {
    return await folder.enter(name);
  } catch (error) {
    if (!['ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) throw error;
    const target = await linkIn(folder, name);
    if (target === undefined) throw error;
    return target;
  }
}
