import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import type { Tutorial } from '../recipes/tutorial.js';
import { readPair } from '../set/pairs.js';
import { isThere } from '../store/is-there.js';
import { parseAltName, uniqueNames, type AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';

/** Those of the files that are there, as files or as whatever else. */
export async function existing(directory: string, files: readonly string[]): Promise<string[]> {
  const there = await Promise.all(files.map((path) => isThere(join(directory, path))));
  return files.filter((_, at) => there[at]);
}

/** How much of a text's set is there. */
export interface State {
  /** Whether the CA's certificate is there. */
  readonly ca: boolean;
  /** What a set needs to be in use, and has. */
  readonly kept: readonly string[];
  /** What it lacks. */
  readonly missing: readonly string[];
}

/** The CA's key may be kept elsewhere: it is the way to keep it safe. */
export function stateOf({ files }: Tutorial, there: readonly string[]): State {
  const all = Object.values(files).flatMap(({ key, certificate }) => [key, certificate]);
  const missing = all.filter((path) => path !== files.ca.key && !there.includes(path));
  const kept = all.filter((path) => there.includes(path));
  return { ca: there.includes(files.ca.certificate), kept, missing };
}

/** Half a set, or files that are nobody's: the former can be made anew, the latter are the user's own. */
export function refuseWhatIsThere(
  { name, files }: Tutorial,
  directory: string,
  there: readonly string[],
  { kept, missing }: State,
  forced: boolean,
): void {
  if (forced && kept.length > 0) return;
  const [first = files.ca.certificate] = kept.length > 0 ? kept : there;
  const path = join(directory, first);
  if (kept.length === 0) {
    throw new DirectoryError('ERR_EXISTS', path, `${path} is there, and the recipe ${name} would write it`, {
      hint: 'it was left as it is; choose an empty directory with --dir, or take it away',
    });
  }
  throw new DirectoryError('ERR_INCOMPLETE', path, `${path} is there, but not ${missing.join(', ')}`, {
    hint: `bring it back from a backup, or choose an empty directory with --dir; or make all of the set anew with --force ca`,
  });
}

/** A folder that the text makes is its own: not a link to elsewhere, and not one with files of others in it. */
export async function refuseFolders(
  { files, name }: Tutorial,
  directory: string,
  ours: boolean,
): Promise<void> {
  const folders = new Set(Object.values(files).map(({ key }) => dirname(key)));
  folders.delete('.');
  for (const folder of folders) {
    const path = join(directory, folder);
    if (!(await isThere(path)) || (ours && (await lstat(path)).isDirectory())) continue;
    throw new DirectoryError('ERR_EXISTS', path, `${path} is there, and the recipe ${name} would fill it`, {
      hint: 'it was left as it is; choose an empty directory with --dir',
    });
  }
}

/** Whom the server names that is made anew, where nobody says another; and whether that is more than its text has. */
export async function namesBefore(
  { files, takes, ownNames }: Tutorial,
  directory: string,
): Promise<{ names: readonly AltName[]; more: boolean } | undefined> {
  const { certificate } = await readPair(directory, files.server, {
    code: 'ERR_LEAF_UNUSABLE',
    remedy: 'make the whole set anew with --force ca',
    replaced: true,
  });
  if (!certificate) return undefined;
  const own = ownNames.map(({ value }) => value);
  const names = altNamesOf(certificate).names.filter(({ value }) => !own.includes(value));
  if (names.length > 0) {
    const more = takes === 'nothing' || (takes === 'addresses' && names.some(({ type }) => type === 'DNS'));
    return { names: calledFirst(names, commonNameOf(certificate)), more };
  }
  const called = commonNameOf(certificate);
  return called === undefined || takes === 'addresses'
    ? undefined
    : { names: [parseAltName(called)], more: false };
}

/** What the common name says is the host of the text. */
function calledFirst(names: readonly AltName[], called: string | undefined): AltName[] {
  return uniqueNames([...names.filter(({ value }) => value === called), ...names]);
}
