import { readdirSync, type Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '../file-error.js';
import { caKeyName } from './layout.js';

/** The directory of replaced files, in the certificate directory. */
export const archiveName = 'archive';

/** The names that a file with a certificate, key or CSR may have. No other file is opened. */
export const readable = /\.(?:pem|crt|cer|cert|key|csr)$/i;

/** Selects the directories to look into, by their path relative to the one that is read. */
export type FolderFilter = (folder: string) => boolean;

/** Selects the directories of these files, of many of which the others are of no concern. */
export function foldersOf(paths: readonly string[]): FolderFilter {
  const folders = new Set<string>();
  for (const path of paths)
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  return (folder) => folders.has(folder);
}

/**
 * Lists every file and directory below a directory, relative to it: by name, directories after the files beside them, without
 * `archive` and names that begin with a dot. Links to directories are not followed. Synchronous: with thousands of small
 * directories the asynchronous calls take three times as long. Errors: `ERR_FILE`.
 */
export function pathsBelow(directory: string, isWanted: FolderFilter = () => true, folder = ''): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(directory, folder), { withFileTypes: true });
  } catch (error) {
    throw fileError(join(directory, folder), 'read', error);
  }
  const shown = entries
    .filter(({ name }) => !name.startsWith('.') && (folder !== '' || name !== archiveName))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const pathOf = ({ name }: Dirent): string => join(folder, name);
  const files = shown.filter((entry) => !entry.isDirectory()).map(pathOf);
  const folders = shown.filter((entry) => entry.isDirectory()).map(pathOf);
  return [
    ...files,
    ...folders.filter(isWanted).flatMap((path) => [path, ...pathsBelow(directory, isWanted, path)]),
  ];
}

/** Lists the files beside one that can belong to it; none where the directory cannot be listed. */
export async function namesBeside(directory: string, file: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []); // a file in it can be read all the same
  return names
    .filter((name) => name !== file && !name.startsWith('.') && (readable.test(name) || name === caKeyName))
    .sort();
}
