import { join } from 'node:path';
import { InputError } from '../errors.js';
import type { Step } from '../plan/step.js';
import { keyStep } from '../recipes/recommended.js';
import { uriText } from '../set/remembered-key.js';
import { keyName, whereKeyIs, type KeyRef } from '../x509/key-ref.js';
import type { KeyType } from '../x509/key-type.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { Keyring } from '../issue/keyring.js';
import { option, words } from '../words.js';
import { kindOfKey } from './leaf-renewal-steps.js';
import type { Signer, SignerKey } from './signer.js';

/** What is asked for the new key. */
interface NewKeyValues {
  readonly directory: string;
  readonly key: KeyType | undefined;
  readonly caKey: KeyRef | undefined;
  readonly keyring: Keyring;
}

/** The key of a CA that takes the place of another. */
export interface NewCaKey {
  readonly key: SignerKey;
  /** Undefined for a key in a token: what kind it is turns out when it signs. */
  readonly kind: KeyType | undefined;
  readonly passphrase: Passphrase | undefined;
  /** What makes it, or remembers where it is. */
  readonly steps: readonly Step[];
}

/**
 * The key for a roll-over: a new file in the place of the old one, or another key in a token, which has to be there already.
 * Errors: `ERR_INPUT`, `ERR_PASSPHRASE_NEEDED`.
 */
export async function keyForNewCa(
  { found, key: before }: Signer,
  { directory, key, caKey, keyring }: NewKeyValues,
): Promise<NewCaKey> {
  const { path } = before;
  const isToken = caKey !== undefined && 'token' in whereKeyIs(caKey);
  if (before.place !== 'token') {
    if (caKey !== undefined)
      throw new InputError('caKey', `the CA's key is in the file ${path}: a roll-over makes another file`, {
        hint: 'leave it out; for a CA with its key in a token, create a new set in another directory',
      });
    const passphrase = await keyring.create(join(directory, path));
    const kind = kindOfKey(found.certificate, key);
    const place = passphrase ? 'encrypted-file' : 'open-file';
    const steps = [keyStep(kind, path, 'private key of the new CA', passphrase)];
    return { key: { ref: { kind: 'file', path }, path, place }, kind, passphrase, steps };
  }
  if (key !== undefined)
    throw new InputError('key', 'no key is made: one in the token is used', { hint: 'leave it out' });
  if (!isToken || keyName(caKey) === keyName(before.ref))
    throw new InputError('caKey', `the CA's key is in a token, and no other key there was named`, {
      hint: words`create another key with the tool of the token, and name it with ${option('caKey', 'pkcs11:…')}`,
    });
  return {
    key: { ref: caKey, path, place: 'token' },
    kind: undefined,
    passphrase: await keyring.token(caKey),
    steps: [{ kind: 'write-file', path, content: uriText(caKey) }],
  };
}
