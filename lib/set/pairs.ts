import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryError, PassphraseError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { PemKind } from '../x509/contents.js';
import { unknownKeyAlgorithm } from '../x509/key-algorithm.js';
import { keyEncryption } from '../x509/key-encryption.js';
import { isWholeAndEncrypted, needCertificates, NotHeld } from './held.js';
import type { PairFiles } from './layout.js';
import { readRegular, type ReadOptions } from '../store/read-regular.js';
import { refuseOthers, refuseUnsafeFolders } from '../store/safety.js';
import { words, type Text } from '../words.js';

/** A private key and its certificate, as they lie in the certificate directory. */
export interface Pair {
  readonly keyPath: string;
  readonly certificatePath: string;
  /** `key-only` and `certificate-only` are halves: something is missing. */
  readonly state: 'absent' | 'complete' | 'key-only' | 'certificate-only';
  /** The certificate, where it is there; of several in one file the first. */
  readonly certificate: X509Certificate | undefined;
  /** All that the file holds: in a CA's roll-over the new one and the old one. */
  readonly certificates: readonly X509Certificate[];
}

/** What is read where nothing is. */
export function absentPair(directory: string, files: PairFiles): Pair {
  return {
    keyPath: join(directory, files.key),
    certificatePath: join(directory, files.certificate),
    state: 'absent',
    certificate: undefined,
    certificates: [],
  };
}

/** The further servers and clients that are there: `servers/web1`, `clients/alice`, … */
export async function namedLeaves(directory: string): Promise<string[]> {
  const lists = await Promise.all(
    ['servers', 'clients'].map(async (folder) => {
      try {
        return (await readdir(join(directory, folder))).map((name) => `${folder}/${name}`);
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
        throw fileError(join(directory, folder), 'read', error);
      }
    }),
  );
  return lists.flat().sort();
}

/** Whether a private key is encrypted, and not cut off, told from its file. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
export async function isEncrypted(path: string): Promise<boolean> {
  return isWholeAndEncrypted(await readNeeded(path));
}

/**
 * Opens a private key. Errors: `ERR_PASSPHRASE_WRONG`, `ERR_UNSAFE`, `ERR_FILE`; that of `unusable` for one that is none, or
 * whose cipher Node opens no more.
 */
export async function openKey(
  path: string,
  passphrase: Passphrase | undefined,
  unusable: Unusable,
): Promise<KeyObject> {
  const text = await readNeeded(path);
  const secret = passphrase?.reveal();
  try {
    return createPrivateKey(secret === undefined ? text : { key: text, passphrase: secret });
  } catch (error) {
    if (secret !== undefined && isWholeAndEncrypted(text)) {
      refuseOutdated(path, text, unusable, error);
      throw new PassphraseError('ERR_PASSPHRASE_WRONG', path, `the passphrase does not open ${path}`, {
        hint: 'nothing was changed; run the same command again with the passphrase of this key',
      });
    }
    refuseUnread(path, text, unusable, error);
    throw isNot(path, 'a private key', new NotHeld(text, 'a private key', error), unusable);
  }
}

/** The ciphers that Node opens no more, whatever the passphrase. */
const outdated: ReadonlySet<string> = new Set(['des-cbc', 'rc2-cbc']);

function refuseOutdated(path: string, text: string, { code }: Unusable, cause: unknown): void {
  const cipher = cipherOf(text);
  if (cipher === undefined || !outdated.has(cipher)) return;
  throw new DirectoryError(code, path, `${path} is encrypted with ${cipher}, which is not opened`, {
    cause,
    hint: "nothing was changed; openssl's legacy provider, or an openssl before 3.0, opens it",
  });
}

/** A key of a kind that an openssl may read, and this Node cannot: nothing is wrong with it. */
function refuseUnread(path: string, text: string, { code }: Unusable, cause: unknown): void {
  const algorithm = unknownKeyAlgorithm(text);
  if (algorithm === undefined) return;
  throw new DirectoryError(
    code,
    path,
    `${path} cannot be used: this Node cannot read a key of ${algorithm}`,
    {
      cause,
      hint: 'nothing was changed; leave it as it is, and use a newer Node',
    },
  );
}

function cipherOf(text: string): string | undefined {
  try {
    return keyEncryption(text)?.cipher;
  } catch {
    return undefined;
  }
}

/** The error for a file that cannot be used. */
export interface Unusable {
  readonly code: 'ERR_CA_UNUSABLE' | 'ERR_LEAF_UNUSABLE' | 'ERR_FILE';
  /** What to do if the right file cannot be found. */
  readonly remedy: Text;
  /** It will be recreated, so its contents do not matter. */
  readonly replaced?: boolean;
}

function isNot(path: string, wanted: PemKind, cause: NotHeld, { code, remedy }: Unusable): DirectoryError {
  return new DirectoryError(code, path, `${path} is not ${wanted}: ${cause.message}`, {
    cause: cause.cause,
    hint: words`nothing was changed; ${cause.hint}, or ${remedy}`,
  });
}

/** Reads a key and its certificate. Errors: `ERR_UNSAFE` (for the folders that they lie in, too), `ERR_FILE`; that of `unusable` for a certificate that is none. */
export async function readPair(directory: string, files: PairFiles, unusable: Unusable): Promise<Pair> {
  const keyPath = join(directory, files.key);
  const certificatePath = join(directory, files.certificate);
  for (const path of [files.key, files.certificate]) await refuseUnsafeFolders(directory, path);
  const [key, text] = await Promise.all([keyPath, certificatePath].map((path) => readText(path)));
  const state =
    key === undefined
      ? text === undefined
        ? 'absent'
        : 'certificate-only'
      : text === undefined
        ? 'key-only'
        : 'complete';
  const certificates = text === undefined ? [] : certificatesOf(text, certificatePath, unusable);
  return { keyPath, certificatePath, state, certificate: certificates[0], certificates };
}

function certificatesOf(text: string, path: string, unusable: Unusable): readonly X509Certificate[] {
  try {
    return needCertificates(text);
  } catch (error) {
    if (!(error instanceof NotHeld)) throw error;
    if (unusable.replaced) return [];
    throw isNot(path, 'a certificate', error, unusable);
  }
}

async function readNeeded(path: string): Promise<string> {
  const text = await readText(path);
  if (text === undefined)
    throw new DirectoryError('ERR_FILE', path, `cannot read ${path}: it does not exist`);
  return text;
}

const fromBackup: ReadOptions = { hint: 'bring the right file back from a backup' };

/** Reads a file that no other user can change; undefined where nothing is. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
export async function readText(path: string, options = fromBackup): Promise<string | undefined> {
  try {
    const { bytes, stats } = await readRegular(path, options);
    refuseOthers(path, stats);
    return bytes.toString('latin1');
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw fileError(path, 'read', error);
  }
}
