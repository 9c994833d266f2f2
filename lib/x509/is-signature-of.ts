import { constants, verify, type KeyObject } from 'node:crypto';
import type { SignatureAlgorithm } from './signature-algorithm.js';

/** Checks a signature. Undefined for an algorithm that is not known here. */
export function isSignatureOf(
  text: Buffer,
  { key, digest }: SignatureAlgorithm,
  publicKey: KeyObject,
  signature: Buffer,
): boolean | undefined {
  if (publicKey.asymmetricKeyType !== key) return key.includes('.') ? undefined : false;
  try {
    const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
    return verify(digest, text, { key: publicKey, ...(key === 'rsa-pss' ? pss : {}) }, signature);
  } catch {
    return false;
  }
}
