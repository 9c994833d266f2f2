import type { KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../errors.js';

/** What a private key is made of. */
export type KeyType =
  | { readonly algorithm: 'rsa'; readonly bits: number }
  | { readonly algorithm: 'ec'; readonly curve: EcCurve }
  | { readonly algorithm: 'ed25519' };

/** The NIST curves that every client takes, by the names that every openssl knows. */
export type EcCurve = 'prime256v1' | 'secp384r1';

const keyTypes: ReadonlyMap<string, KeyType> = new Map([
  ['rsa:4096', { algorithm: 'rsa', bits: 4096 }],
  ['rsa:3072', { algorithm: 'rsa', bits: 3072 }],
  ['rsa:2048', { algorithm: 'rsa', bits: 2048 }],
  ['ec:p256', { algorithm: 'ec', curve: 'prime256v1' }],
  ['ec:p384', { algorithm: 'ec', curve: 'secp384r1' }],
  ['ed25519', { algorithm: 'ed25519' }],
]);

/** The names of `--key`, in the order in which help shows them. */
export const keyTypeNames: readonly string[] = [...keyTypes.keys()];

/** Reads `rsa:4096`, `ec:p256`, `ed25519`, …, or such a value. Throws `ERR_INPUT`. */
export function parseKeyType(given: KeyType | string): KeyType {
  const type =
    typeof given === 'string'
      ? keyTypes.get(given.toLowerCase())
      : [...keyTypes.values()].find((each) => isDeepStrictEqual({ ...each }, { ...given }));
  if (!type) {
    const shown = typeof given === 'string' ? `'${given}'` : 'this';
    throw new InputError('key', `${shown} is no kind of key`, {
      hint: `choose one of ${keyTypeNames.join(', ')}`,
    });
  }
  return type;
}

/** The name as `--key` takes it: the reverse of `parseKeyType`. */
export function keyTypeName(type: KeyType): string {
  if (type.algorithm === 'rsa') return `rsa:${type.bits}`;
  if (type.algorithm === 'ec') return type.curve === 'prime256v1' ? 'ec:p256' : 'ec:p384';
  return 'ed25519';
}

/** What a key that was read from a file is, in the words of `--key` where it has any. */
export function keyTypeNameOf(key: KeyObject): string {
  const details = key.asymmetricKeyDetails;
  if (key.asymmetricKeyType === 'rsa') return `rsa:${details?.modulusLength}`;
  if (key.asymmetricKeyType === 'ec') {
    const names: Record<string, string> = { prime256v1: 'ec:p256', secp384r1: 'ec:p384' };
    const curve = details?.namedCurve ?? 'unknown';
    return names[curve] ?? `ec:${curve}`;
  }
  return key.asymmetricKeyType ?? 'unknown';
}
