import { InputError } from '../errors.js';
import { givenPath } from '../given.js';

/** A private key: in a file, or in a token that a PKCS #11 URI names (RFC 7512). */
export type KeyRef =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'pkcs11'; readonly uri: string };

/**
 * Reads a reference to a key: what begins with `pkcs11:` is a URI, everything else the path of a file, as `./pkcs11:key` is.
 * Throws `ERR_INPUT`.
 */
export function parseKeyRef(given: KeyRef | string, option: string): KeyRef {
  if (typeof given === 'object') return given;
  const text = givenPath(given, option);
  return /^pkcs11:/i.test(text) ? { kind: 'pkcs11', uri: text } : { kind: 'file', path: text };
}

/** The file of a key. Throws `ERR_INPUT` also for a key in a token, which no step can use yet. */
export function keyFile(given: KeyRef | string, option: string): string {
  const ref = parseKeyRef(given, option);
  if (ref.kind === 'file') return ref.path;
  throw new InputError(option, 'a key in a token (pkcs11:) cannot be used: only files can', {
    hint: 'give the file of a private key; a file of that name is ./pkcs11:…',
  });
}
