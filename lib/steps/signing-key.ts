import type { Arg } from '../plan/step.js';
import { parseKeyRef, whereKeyIs, type KeyRef } from '../x509/key-ref.js';
import type { Passphrase } from '../x509/passphrase.js';
import { decryption } from './encryption.js';

/** The flags of openssl's commands that name the private key that signs. */
type KeyFlag = '-key' | '-CAkey' | '-signkey' | '-keyfile';

/**
 * The arguments that name the private key that signs, and open it: a file with its passphrase, or a key in a token with its
 * PIN. How a token's key is written depends on openssl's version, so that is left to the moment when it runs. Every step that
 * signs takes its key from here. Throws `ERR_INPUT` naming `option`.
 */
export function signingKey(
  flag: KeyFlag,
  key: KeyRef | string,
  option: string,
  passin: Passphrase | string | undefined,
): Arg[] {
  const place = whereKeyIs(parseKeyRef(key, option));
  const named: Arg =
    'file' in place
      ? { reads: place.file }
      : { token: place.token, form: flag === '-CAkey' ? '-CAkeyform' : '-keyform' };
  return [flag, named, ...decryption(passin)];
}
