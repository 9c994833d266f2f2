import type { KeyObject, X509Certificate } from 'node:crypto';

const known = new WeakMap<KeyObject, string>();

/** A public key as text (SubjectPublicKeyInfo, RFC 5280 §4.1.2.7), for comparing many of them. */
export function spki(key: KeyObject): string {
  const text = known.get(key) ?? key.export({ type: 'spki', format: 'der' }).toString('base64');
  known.set(key, text);
  return text;
}

/**
 * Whether two keys have the same public half. `KeyObject.equals` leaves an error behind where their kinds differ, for which
 * node:crypto then refuses the next key that it parses.
 */
export function isSameKey(one: KeyObject, other: KeyObject): boolean {
  return spki(one) === spki(other);
}

/** That of a certificate; undefined for a key that node:crypto does not know. */
export function spkiOf(certificate: X509Certificate): string | undefined {
  try {
    return spki(certificate.publicKey);
  } catch {
    return undefined;
  }
}
