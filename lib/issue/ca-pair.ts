import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { readPair, type Pair, type Unusable } from '../set/pairs.js';
import { filesOfCa, type CaRole } from '../set/authorities.js';
import { caFiles } from '../set/layout.js';
import { readCaKey } from '../set/remembered-key.js';
import { isThere } from '../store/is-there.js';
import { whereKeyIs, type KeyRef } from '../x509/key-ref.js';
import { option, words } from '../words.js';

/** A CA: its certificate, and its private key wherever that is. */
export interface CaPair extends Pair {
  readonly keyRef: KeyRef;
  readonly isInToken: boolean;
  /** Whose certificates it signs, where servers and clients have CAs of their own. */
  readonly ofRole: CaRole;
}

/** The key of a CA that is to be made in a directory where none is. Throws `ERR_INPUT` for the file of a key. */
export function newCaPair(pair: Pair, given: KeyRef | undefined, ofRole?: CaRole): CaPair {
  const isInToken = given !== undefined && 'token' in whereKeyIs(given);
  if (given !== undefined && !isInToken) throw fileForNewCa();
  return { ...pair, keyRef: given ?? { kind: 'file', path: filesOfCa(ofRole).key }, isInToken, ofRole };
}

function fileForNewCa(): InputError {
  return new InputError('caKey', `a new CA gets a new key in ${caFiles.key}, or one that is in a token`, {
    hint: words`leave it out, or give ${option('caKey', 'pkcs11:…')}`,
  });
}

/**
 * Reads the CA of a directory. Its key is the given one, else the one in a token that is remembered, else its file; of two CAs
 * both keys are in files. Errors: those of `readPair` and `readCaKey`; `ERR_INPUT` for a key in a token, where there are two CAs.
 */
export async function readCaPair(
  directory: string,
  given: KeyRef | undefined,
  unusable: Unusable,
  ofRole?: CaRole,
): Promise<CaPair> {
  const pair = await readPair(directory, filesOfCa(ofRole), unusable);
  const ref = given ?? (ofRole === undefined ? await readCaKey(directory, caFiles) : undefined);
  if (ref === undefined) return newCaPair(pair, undefined, ofRole);
  const place = whereKeyIs(ref);
  if (ofRole !== undefined && 'token' in place) throw tokenForSeparate();
  const isMade = pair.certificate !== undefined;
  if ('token' in place) {
    const state = isMade ? 'complete' : pair.state;
    return { ...pair, state, keyRef: ref, isInToken: true, ofRole };
  }
  if (!isMade) throw fileForNewCa();
  const keyPath = resolve(place.file);
  const state = (await isThere(keyPath)) ? 'complete' : 'certificate-only';
  return { ...pair, keyPath, state, keyRef: { kind: 'file', path: keyPath }, isInToken: false, ofRole };
}

/** The error for a key in a token, where servers and clients have CAs of their own. */
export function tokenForSeparate(): InputError {
  return new InputError(
    'caKey',
    'where servers and clients have separate CAs, the keys of both are in files',
    {
      hint: 'leave it out, or use a set with one CA',
    },
  );
}
