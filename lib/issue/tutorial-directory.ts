import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import type { Tutorial } from '../recipes/tutorial.js';
import { readPair } from '../set/pairs.js';
import { isThere } from '../store/is-there.js';
import { parseAltName, uniqueNames, type AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';
import { option, words } from '../words.js';

/** The given paths that exist, as files or anything else. */
export async function existing(directory: string, files: readonly string[]): Promise<string[]> {
  const there = await Promise.all(files.map((path) => isThere(join(directory, path))));
  return files.filter((_, at) => there[at]);
}

/** How much of a text's set exists. */
export interface State {
  /** True if the CA's certificate exists. */
  readonly ca: boolean;
  /** The existing files that a set in use needs. */
  readonly kept: readonly string[];
  /** The missing files. */
  readonly missing: readonly string[];
}

/** A missing CA key does not count: keeping it elsewhere is the safe way. */
export function stateOf({ files }: Tutorial, there: readonly string[]): State {
  const all = Object.values(files).flatMap(({ key, certificate }) => [key, certificate]);
  const missing = all.filter((path) => path !== files.ca.key && !there.includes(path));
  const kept = all.filter((path) => there.includes(path));
  return { ca: there.includes(files.ca.certificate), kept, missing };
}

/** Refuses half a set, which can be recreated, and files that belong to no set, which are the user's own. */
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
    throw new DirectoryError(
      'ERR_EXISTS',
      path,
      `${path} already exists, and the recipe ${name} would write it`,
      {
        hint: words`it was left unchanged; choose an empty directory with ${option('directory')}, or move it away`,
      },
    );
  }
  throw new DirectoryError('ERR_INCOMPLETE', path, `${path} exists, but not ${missing.join(', ')}`, {
    hint: words`restore it from a backup, or choose an empty directory with ${option('directory')}; or recreate the whole set with ${option('force', ['ca'])}`,
  });
}

/** Refuses to write to an existing directory that is not part of the set, or is a link. */
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
    throw new DirectoryError(
      'ERR_EXISTS',
      path,
      `${path} already exists, and the recipe ${name} would write to it`,
      {
        hint: words`it was left unchanged; choose an empty directory with ${option('directory')}`,
      },
    );
  }
}

/** The default names of a recreated server, and whether there are more of them than in its text. */
export async function namesBefore(
  { files, takes, ownNames }: Tutorial,
  directory: string,
): Promise<{ names: readonly AltName[]; more: boolean } | undefined> {
  const { certificate } = await readPair(directory, files.server, {
    code: 'ERR_LEAF_UNUSABLE',
    remedy: words`recreate the whole set with ${option('force', ['ca'])}`,
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

/** Sorts the common name first: it is the host of the text. */
function calledFirst(names: readonly AltName[], called: string | undefined): AltName[] {
  return uniqueNames([...names.filter(({ value }) => value === called), ...names]);
}
