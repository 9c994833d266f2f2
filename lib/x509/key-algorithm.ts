import { derValue, objectIdentifier, parts, TAG } from './der.js';

/** The kinds of key that every supported Node reads (RFC 8017, RFC 5480, RFC 8410, RFC 3279). */
const known: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.1',
  '1.2.840.113549.1.1.10',
  '1.2.840.113549.1.3.1',
  '1.2.840.10040.4.1',
  '1.2.840.10045.2.1',
  '1.3.101.110',
  '1.3.101.111',
  '1.3.101.112',
  '1.3.101.113',
]);

/** FIPS 204 and 205, as RFC 9881 and RFC 9909 name them. */
const names: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.3.17': 'ML-DSA-44',
  '2.16.840.1.101.3.4.3.18': 'ML-DSA-65',
  '2.16.840.1.101.3.4.3.19': 'ML-DSA-87',
  ...Object.fromEntries(
    ['SHA2-128s', 'SHA2-128f', 'SHA2-192s', 'SHA2-192f', 'SHA2-256s', 'SHA2-256f']
      .concat(['SHAKE-128s', 'SHAKE-128f', 'SHAKE-192s', 'SHAKE-192f', 'SHAKE-256s', 'SHAKE-256f'])
      .map((name, at) => [`2.16.840.1.101.3.4.3.${20 + at}`, `SLH-DSA-${name}`]),
  ),
};

/**
 * The algorithm of a whole private key in PKCS#8 (RFC 5958) whose kind not every Node knows, by its name or object identifier.
 * Undefined for others, and for what is no such key.
 */
export function unknownKeyAlgorithm(pem: string): string | undefined {
  const [, body] = /^-----BEGIN PRIVATE KEY-----([\w+/=\s]+)-----END PRIVATE KEY-----/m.exec(pem) ?? [];
  if (body === undefined) return undefined;
  try {
    const [version, algorithm, key] = parts(derValue(Buffer.from(body, 'base64')));
    if (version?.tag !== TAG.integer || key?.tag !== TAG.octetString) return undefined;
    const id = objectIdentifier(parts(algorithm)[0]);
    return known.has(id) ? undefined : (names[id] ?? id);
  } catch {
    return undefined;
  }
}
