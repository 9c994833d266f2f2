import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto';

/** A private key on P-256 that is not encrypted. */
export interface P256Key {
  readonly privateKey: KeyObject;
  /** Whether its private half belongs to its public half. */
  readonly belongsTogether: boolean;
}

/** What stands before and between the numbers of such a key in PKCS#8, with the name of its curve and its public half (RFC 5915, RFC 5958). */
const HEAD = Buffer.from('308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420', 'hex');
const MIDDLE = Buffer.from('a144034200', 'hex');
/** Of a point that is whole (SEC 1 §2.3.3). */
const WHOLE = 4;
const SIZE = 32;

/**
 * Reads a key in the one form in which every openssl writes it; undefined for any other, which node:crypto can read. That takes
 * several times as long: it asks each of its decoders.
 */
export function readP256Key(der: Buffer): P256Key | undefined {
  const [privateAt, publicAt] = [HEAD.length, HEAD.length + SIZE + MIDDLE.length];
  const point = der.subarray(publicAt);
  if (point.length !== 1 + 2 * SIZE || point[0] !== WHOLE) return undefined;
  if (!der.subarray(0, privateAt).equals(HEAD)) return undefined;
  if (!der.subarray(privateAt + SIZE, publicAt).equals(MIDDLE)) return undefined;
  const secret = der.subarray(privateAt, privateAt + SIZE);
  const text = (octets: Buffer): string => octets.toString('base64url');
  const [x, y] = [text(point.subarray(1, 1 + SIZE)), text(point.subarray(1 + SIZE))];
  try {
    const key = { kty: 'EC', crv: 'P-256', x, y, d: text(secret) };
    const privateKey = createPrivateKey({ key, format: 'jwk' });
    const pair = createECDH('prime256v1');
    pair.setPrivateKey(secret);
    return { privateKey, belongsTogether: pair.getPublicKey().equals(point) };
  } catch {
    return undefined; // not on the curve: node:crypto says so
  }
}
