import type { KeyObject } from 'node:crypto';
import { openKey, type Unusable } from '../set/pairs.js';
import { Passphrase } from '../x509/passphrase.js';
import { keyName, type KeyRef } from '../x509/key-ref.js';
import { askPassphrase, askPin, type PassphraseOption } from './ask-passphrase.js';
import type { PassphraseSource } from './options.js';

/** Where a plan gets the passphrases of its keys. */
export interface Keyring {
  /** The passphrase of a new key; undefined leaves it unencrypted. Errors: those of `askPassphrase`. */
  create(path: string, canBeLeftOut?: boolean): Promise<Passphrase | undefined>;
  /** The passphrase of an existing key; undefined where it has none. Errors: those of `askPassphrase` and `openKey`. */
  open(path: string, how: Opening): Promise<Passphrase | undefined>;
  /** The PIN of a key in a token, which is not tried: only openssl does, once. Errors: those of `askPassphrase`. */
  token(ref: KeyRef): Promise<Passphrase>;
}

export interface Opening {
  readonly isEncrypted: boolean;
  /** The error for a key that cannot be used. */
  readonly unusable: Unusable;
  /** Throws for a key that is not the one that is needed. */
  readonly check?: (key: KeyObject) => void;
}

/** Makes a keyring of an option. `name`: which one. Default: `passphrase`. */
export type KeyringOf = (
  passphrase: Passphrase | null | PassphraseSource | undefined,
  name?: PassphraseOption,
) => Keyring;

/** For a run: asks, and opens each key with the answer before anything is written. */
export const askingKeyring: KeyringOf = (passphrase, name) => ({
  create: (path, canBeLeftOut) => askPassphrase({ passphrase }, { purpose: 'create', path }, canBeLeftOut),
  open: async (path, { isEncrypted, unusable, check }) => {
    const question = { purpose: 'open', path } as const;
    const answer = isEncrypted ? await askPassphrase({ passphrase, name }, question) : undefined;
    const key = await openKey(path, answer, unusable);
    check?.(key);
    return answer;
  },
  token: (ref) => askPin({ passphrase, name }, keyName(ref)),
});

/** For a preview: asks nobody, and opens nothing. */
export const previewKeyring: KeyringOf = (passphrase) => ({
  create: () => Promise.resolve(passphrase === null ? undefined : Passphrase.unknown()),
  open: (_, { isEncrypted }) => Promise.resolve(isEncrypted ? Passphrase.unknown() : undefined),
  token: () => Promise.resolve(Passphrase.unknown()),
});
