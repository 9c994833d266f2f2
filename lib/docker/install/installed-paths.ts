import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { daemonJsonPath } from '../daemon/daemon-json.js';
import { daemonFiles } from '../daemon/daemon-settings.js';
import { dropInFolder, dropInPath } from '../daemon/service.js';

/** The record of an installation, beside the installed files. */
export const daemonRecordName = 'installed.json';

/** The names that `install` can give to the copy of a file: `ca.pem.before-tls`, `ca.pem.before-tls.1`, … */
const COPY = /\.before-tls(?:\.[1-9]\d{0,3})?$/;

/** Whether a path is that of a copy that `install` can have made of the file. */
export function isCopyOf(path: string, file: string): boolean {
  return COPY.test(path) && path.replace(COPY, '') === file;
}

/** Whether `install` can have written the file, with the daemon's files in `to`. Records and journals name no others. */
export function isInstallable(path: string, to: string): boolean {
  const file = path.replace(COPY, '');
  if (file === daemonJsonPath || file === dropInPath) return true;
  const names: readonly string[] = [...Object.values(daemonFiles), daemonRecordName];
  return dirname(file) === to && names.includes(basename(file));
}

/** Where journals are, on the host: it exists on each, whatever of Docker is there, and is never made or removed. */
export const journalFolder = '/etc';

/** The directories that `install` makes where they are missing, and those that they are in: outer ones first. */
export function foldersFor(to: string, withDropIn = true): string[] {
  const wanted = [to, dirname(daemonJsonPath), ...(withDropIn ? [dropInFolder] : [])];
  const all = wanted.flatMap((path) => {
    const folders: string[] = [];
    for (let folder = path; folder !== '/'; folder = dirname(folder)) folders.unshift(folder);
    return folders;
  });
  return [...new Set(all)].filter((folder) => folder !== journalFolder).sort();
}

/** Whether a value is the path of a directory as this program writes it: absolute, without `..`, and not the root. */
export function isFolderPath(value: unknown): value is string {
  return typeof value === 'string' && isAbsolute(value) && resolve(value) === value && value !== '/';
}
