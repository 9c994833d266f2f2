import { createECDH } from 'node:crypto';
import { P256_HEAD, P256_SIZE, PublicKey } from './spki.js';

/** A private key on P-256 that is not encrypted. */
export interface P256Key {
  readonly publicKey: PublicKey;
  /** Whether its private half belongs to its public half. */
  readonly belongsTogether: boolean;
}

/** What stands before and between the numbers of such a key in PKCS#8, with the name of its curve and its public half (RFC 5915, RFC 5958). */
const HEAD = Buffer.from('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420', 'hex');
const MIDDLE = Buffer.from('a14403420004', 'hex');

/**
 * Reads a key in the one form in which every openssl writes it; undefined for any other, which node:crypto can read. That takes
 * several times as long: it asks each of its decoders.
 */
export function readP256Key(der: Buffer): P256Key | undefined {
  const [privateAt, publicAt] = [HEAD.length, HEAD.length + P256_SIZE + MIDDLE.length];
  const point = der.subarray(publicAt);
  if (point.length !== 2 * P256_SIZE) return undefined;
  if (!der.subarray(0, privateAt).equals(HEAD)) return undefined;
  if (!der.subarray(privateAt + P256_SIZE, publicAt).equals(MIDDLE)) return undefined;
  try {
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(der.subarray(privateAt, privateAt + P256_SIZE));
    return {
      publicKey: PublicKey.in(Buffer.concat([P256_HEAD, point]), 'ec'),
      belongsTogether: pair.getPublicKey().subarray(1).equals(point),
    };
  } catch {
    return undefined; // not a number that a key can have: node:crypto says so
  }
}
