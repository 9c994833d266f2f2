import type { KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../errors.js';

/** What a private key is made of. */
export type KeyType =
  | { readonly algorithm: 'rsa'; readonly bits: number }
  | { readonly algorithm: 'ec'; readonly curve: EcCurve }
  | { readonly algorithm: 'ed25519' };

/** A key's algorithm and curve, as node:crypto names them. */
export interface KeyKind {
  readonly algorithm: string;
  /** Undefined for a key that is on none. */
  readonly curve?: string | undefined;
}

export function keyKindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): KeyKind {
  return { algorithm: asymmetricKeyType ?? '', curve: asymmetricKeyDetails?.namedCurve };
}

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

/** The names of key types, in the order of the help. */
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

/** The name of a key type: the reverse of `parseKeyType`. */
export function keyTypeName(type: KeyType): string {
  if (type.algorithm === 'rsa') return `rsa:${type.bits}`;
  if (type.algorithm === 'ec') return type.curve === 'prime256v1' ? 'ec:p256' : 'ec:p384';
  return 'ed25519';
}

/** The type of a key from a file: its name, if it has one. */
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
