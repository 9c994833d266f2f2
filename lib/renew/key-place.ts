import type { Stats } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DirectoryError, PassphraseError } from '../errors.js';
import { fileError } from '../file-error.js';
import { defaultDirectory } from '../issue/request.js';
import { caFiles, parseDirectory } from '../set/layout.js';
import { isThere } from '../store/is-there.js';
import { readRegular } from '../store/read-regular.js';
import {
  refuseOthers,
  refuseSwappable,
  refuseToReplace,
  refuseUnsafeDirectory,
  refuseUnsafeFolders,
} from '../store/safety.js';
import { isEncryptedKey } from '../x509/contents.js';
import { call, option, words } from '../words.js';
import { keyFile, type KeyRef } from '../x509/key-ref.js';

/** What is done to the passphrase of a key. */
export type Verb = 'add' | 'change' | 'remove';

const remedy = "name the private key's file";
/** The error for a file that is no private key. */
export const unusable = { code: 'ERR_FILE', remedy } as const;

/** The location of the key. */
export interface KeyPlace {
  readonly path: string;
  /** As the caller wrote it. */
  readonly shown: string;
  /** The certificate directory; for a key outside of one, the directory of the key. */
  readonly directory: string;
  readonly locks: boolean;
  /** The key, relative to the directory. */
  readonly file: string;
}

/** Finds a key: one that is named, or the CA's of a certificate directory. */
export async function keyPlaceOf({
  directory = defaultDirectory,
  key,
}: {
  readonly directory?: string | undefined;
  readonly key?: KeyRef | string | undefined;
}): Promise<KeyPlace> {
  const given = parseDirectory(directory);
  const shown = key === undefined ? join(directory, caFiles.key) : keyFile(key, 'key');
  const path = resolve(shown);
  const folder = parseDirectory(dirname(path), 'key');
  const place = (within: string, locks: boolean): KeyPlace => {
    const file = relative(within, path).split(sep).join('/');
    return { path, shown, directory: within, locks, file };
  };
  if (isWithin(path, given)) return place(given, true);
  // A named server or client is in a subdirectory of the directory that is locked.
  const above = /^(?:servers|clients)$/.test(basename(dirname(folder))) ? [dirname(dirname(folder))] : [];
  for (const within of [...above, folder]) {
    const holds = await Promise.all(Object.values(caFiles).map((file) => isThere(join(within, file))));
    if (holds.includes(true)) return place(within, true);
  }
  return place(folder, false);
}

function isWithin(path: string, directory: string): boolean {
  const inside = relative(directory, path);
  return inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..';
}

/**
 * Reads the file, after checking that it may be replaced, contains only a private key, and is encrypted or not as the verb
 * requires. Errors: `ERR_UNSAFE`, `ERR_FILE`, `ERR_ENCRYPTED`, `ERR_NOT_ENCRYPTED`.
 */
export async function lookAtKey(
  place: KeyPlace,
  verb: Verb,
): Promise<{ readonly text: string; readonly stats: Stats }> {
  const { path, directory, locks, file } = place;
  await (locks ? refuseUnsafeDirectory(directory) : refuseSwappable(directory));
  await refuseUnsafeFolders(directory, file);
  await refuseToReplace(path);
  if (!(await isThere(path))) {
    throw new DirectoryError('ERR_FILE', path, `cannot read ${path}: it does not exist`, {
      hint: words`name the private key's file, or the directory of the CA with ${option('directory')}`,
    });
  }
  const { bytes, stats } = await readRegular(path, { hint: remedy }).catch((error: unknown) => {
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  });
  refuseOthers(path, stats);
  const text = bytes.toString('latin1');
  refuseMore(path, text);
  const encrypted = isEncryptedKey(text);
  if (encrypted && verb === 'add') {
    throw new PassphraseError('ERR_ENCRYPTED', path, `${path} already has a passphrase`, {
      hint: words`nothing was changed; to change it: ${call('changePassphrase', { key: place.shown })}`,
    });
  }
  // A file that is not a key is reported when it is opened.
  if (!encrypted && verb !== 'add' && /^-----BEGIN (?:\w+ )?PRIVATE KEY-----/m.test(text)) {
    throw new PassphraseError('ERR_NOT_ENCRYPTED', path, `${path} has no passphrase: it is not encrypted`, {
      hint:
        verb === 'change'
          ? words`nothing was changed; to add one: ${call('addPassphrase', { key: place.shown })}`
          : 'nothing to do',
    });
  }
  return { text, stats };
}

/** Refuses a file with more than a key: openssl writes only the key, and the rest would be lost. */
function refuseMore(path: string, text: string): void {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----/gm)].map(([, label]) => label);
  const others = labels.filter((label) => label !== 'EC PARAMETERS'); // they are in the key, too
  if (others.length < 2 || !others.some((label) => label?.endsWith('PRIVATE KEY'))) return;
  throw new DirectoryError('ERR_FILE', path, `${path} contains more than one private key`, {
    hint: 'nothing was changed; put the key into a file of its own',
  });
}
