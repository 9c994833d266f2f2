import { InputError } from '../errors.js';
import { givenOneOf } from '../given.js';
import type { Arg } from '../plan/step.js';
import { toPassphrase, type Passphrase } from '../x509/passphrase.js';

/** The ciphers that openssl can encrypt a private key with; `des3` is the one of the older tutorials. */
export const ciphers = ['aes256', 'aes192', 'aes128', 'des3'] as const;
export type Cipher = (typeof ciphers)[number];

export interface Encryption {
  /** Encrypts the private key. Default: `aes256` where `passout` is given, else none. */
  readonly cipher?: Cipher | undefined;
  /** The passphrase for the file that is written. */
  readonly passout?: Passphrase | string | undefined;
}

/** The arguments that encrypt a key that is written. Always names the cipher: its default differs between versions. */
export function encryption({ cipher, passout }: Encryption, flag: '-passout' | '-pass'): Arg[] {
  if (passout === undefined) {
    if (cipher !== undefined)
      throw new InputError('passout', `to encrypt a key with ${cipher}, a passphrase is needed`);
    return [];
  }
  return [
    `-${cipher === undefined ? 'aes256' : givenOneOf(ciphers, cipher, 'cipher')}`,
    flag,
    { passphrase: toPassphrase(passout) },
  ];
}

/** The arguments that open an encrypted key that is read. */
export function decryption(passin: Passphrase | string | undefined): Arg[] {
  return passin === undefined ? [] : ['-passin', { passphrase: toPassphrase(passin) }];
}
