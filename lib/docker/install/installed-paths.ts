import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { DaemonPlaces } from '../daemon/places.js';

/** The record of an installation, beside the installed files. */
export const daemonRecordName = 'installed.json';

/** The names that `install` can give to the copy of a file: `ca.pem.before-tls`, `ca.pem.before-tls.1`, … */
const COPY = /\.before-tls(?:\.[1-9]\d{0,3})?$/;

/** Whether a path is that of a copy that `install` can have made of the file. */
export function isCopyOf(path: string, file: string): boolean {
  return COPY.test(path) && path.replace(COPY, '') === file;
}

/** Whether `install` can have written the file, with the daemon's files in `to`. Records and journals name no others. */
export function isInstallable(
  path: string,
  to: string,
  { files, daemonJson, dropIn }: DaemonPlaces,
): boolean {
  const file = path.replace(COPY, '');
  const names = [...files.map(([, name]) => name), daemonRecordName];
  return [daemonJson, dropIn, ...names.map((name) => join(to, name))].includes(file);
}

/** The directories that `install` makes where they are missing, and those that they are in: outer ones first. */
export function foldersFor(
  to: string,
  { files, daemonJson, dropIn, journal }: DaemonPlaces,
  withDropIn = true,
): string[] {
  const wanted = [...files.map(([, name]) => join(to, name)), daemonJson, withDropIn ? dropIn : undefined];
  const all = wanted.flatMap((path) => {
    const folders: string[] = [];
    for (let folder = dirname(path ?? '/'); folder !== '/'; folder = dirname(folder)) folders.unshift(folder);
    return folders;
  });
  return [...new Set(all)].filter((folder) => !isWithin(journal, folder)).sort();
}

/** Whether a directory is another one, or is in it. */
function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

/** Whether a value is the path of a directory as this program writes it: absolute, without `..`, and not the root. */
export function isFolderPath(value: unknown): value is string {
  return typeof value === 'string' && isAbsolute(value) && resolve(value) === value && value !== '/';
}
