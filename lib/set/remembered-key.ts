import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { refuseUnsafeFolders } from '../store/safety.js';
import { parseKeyRef, type KeyRef } from '../x509/key-ref.js';
import { call, option, words } from '../words.js';
import { caKeyFile, type PairFiles } from './layout.js';
import { readText } from './pairs.js';

/** A CA's key that is in a token, and the file that says so, relative to the directory. */
export interface RememberedKey {
  readonly path: string;
  readonly ref: KeyRef;
}

export const MOST_URI_BYTES = 4096;

/** Why such a file cannot be used. */
export const noUri = 'it holds no PKCS #11 URI of a key, as in pkcs11:token=my-token;object=docker-ca';

const hint = words`remove it, and name the key again: ${call('ca')} with ${option('caKey', 'pkcs11:…')}`;

/** The text of the file that remembers a key in a token. Throws `TypeError` for a key in a file. */
export function uriText(ref: KeyRef): string {
  if (ref.kind === 'file') throw new TypeError('a key in a file is not remembered');
  return `${ref.uri}\n`;
}

/**
 * The key in a token that is remembered beside a CA's certificate; undefined where none is. Errors: `ERR_UNSAFE`; `ERR_FILE` for a
 * file that holds no URI of a key.
 */
export async function readCaKey(
  directory: string,
  ca: Pick<PairFiles, 'certificate'>,
): Promise<KeyRef | undefined> {
  const file = caKeyFile(ca);
  const path = join(directory, file);
  await refuseUnsafeFolders(directory, file);
  const text = await readText(path, { hint, mostBytes: MOST_URI_BYTES });
  if (text === undefined) return undefined;
  const ref = uriIn(text);
  if (ref === undefined) throw new DirectoryError('ERR_FILE', path, `cannot use ${path}: ${noUri}`, { hint });
  return ref;
}

/** The key in that file's text; undefined where there is none, or none that can be used. */
export function uriIn(text: string): KeyRef | undefined {
  const line = text.replace(/\r?\n$/, '');
  if (!line.startsWith('pkcs11:')) return undefined;
  try {
    return parseKeyRef(line, 'caKey');
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
