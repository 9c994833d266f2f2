import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryError, fileError, PassphraseError, systemCode } from '../errors.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { PairFiles } from './layout.js';

/** A private key and its certificate, as they lie in the certificate directory. */
export interface Pair {
  readonly keyPath: string;
  readonly certificatePath: string;
  /** `key-only` and `certificate-only` are halves: something is missing. */
  readonly state: 'absent' | 'complete' | 'key-only' | 'certificate-only';
  /** The certificate, where it is there. */
  readonly certificate: X509Certificate | undefined;
}

/** Whether something is there, as a file or as whatever else. Errors: `ERR_FILE` where that cannot be known. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false;
    throw fileError(path, 'look for', error);
  }
}

/** What is read where nothing is. */
export function absentPair(directory: string, files: PairFiles): Pair {
  return {
    keyPath: join(directory, files.key),
    certificatePath: join(directory, files.certificate),
    state: 'absent',
    certificate: undefined,
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

/** Whether a private key is encrypted, told from its file. Errors: `ERR_FILE`. */
export async function isEncrypted(path: string): Promise<boolean> {
  const text = await readText(path);
  if (text === undefined) throw new DirectoryError('ERR_FILE', path, `cannot read ${path}: it is not there`);
  return /^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text);
}

/**
 * Opens a private key. Errors: `ERR_PASSPHRASE_WRONG` naming the file; `ERR_CA_UNUSABLE` for one that is no private key.
 */
export async function openKey(path: string, passphrase: Passphrase | undefined): Promise<KeyObject> {
  const text = (await readText(path)) ?? '';
  const secret = passphrase?.reveal();
  try {
    return createPrivateKey(secret === undefined ? text : { key: text, passphrase: secret });
  } catch (error) {
    if (secret !== undefined && /^-----BEGIN (ENCRYPTED|RSA|EC) PRIVATE KEY-----/m.test(text)) {
      throw new PassphraseError('ERR_PASSPHRASE_WRONG', path, `the passphrase does not open ${path}`, {
        hint: 'nothing was changed; run the same command again with the passphrase of this key',
      });
    }
    throw new DirectoryError('ERR_CA_UNUSABLE', path, `${path} is not a private key`, { cause: error });
  }
}

/** Reads a key and its certificate. Errors: `ERR_FILE`, also for a certificate that is none. */
export async function readPair(directory: string, files: PairFiles): Promise<Pair> {
  const keyPath = join(directory, files.key);
  const certificatePath = join(directory, files.certificate);
  const [key, text] = await Promise.all([keyPath, certificatePath].map(readText));
  const state =
    key === undefined
      ? text === undefined
        ? 'absent'
        : 'certificate-only'
      : text === undefined
        ? 'key-only'
        : 'complete';
  return {
    keyPath,
    certificatePath,
    state,
    certificate: text === undefined ? undefined : parse(text, certificatePath),
  };
}

function parse(text: string, path: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new DirectoryError('ERR_FILE', path, `${path} is not a certificate`, {
      cause: error,
      hint:
        text.trim() === ''
          ? 'it is empty: bring it back from a backup, or remove it'
          : 'bring it back from a backup, or remove it',
    });
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw fileError(path, 'read', error);
  }
}
