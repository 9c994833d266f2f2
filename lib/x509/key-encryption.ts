import { content, derValue, integer, objectIdentifier, parts, TAG, type DerValue } from './der.js';

/** How a passphrase becomes the key of a cipher. */
export interface KeyDerivation {
  /** `pbkdf2`, `scrypt`; `md5` for the older form, which takes one round of it; else the scheme's object identifier. */
  readonly name: string;
  /** How many rounds it takes; undefined where it does not count in rounds. */
  readonly iterations?: number | undefined;
  /** The pseudo-random function of `pbkdf2`: `hmac-sha256`, … or its object identifier. */
  readonly prf?: string | undefined;
}

/** How a private key is encrypted. */
export interface KeyEncryption {
  /** PKCS#8 (RFC 5958), or the older form with a `DEK-Info` line (RFC 1421). */
  readonly form: 'pkcs8' | 'traditional';
  /** In openssl's words: `aes-256-cbc`, `des-ede3-cbc`, …; else its object identifier. */
  readonly cipher: string;
  readonly kdf: KeyDerivation;
}

/** PBES2, PBKDF2 (RFC 8018) and scrypt (RFC 7914). */
const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const SCRYPT = '1.3.6.1.4.1.11591.4.11';

const ciphers: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.1.2': 'aes-128-cbc',
  '2.16.840.1.101.3.4.1.22': 'aes-192-cbc',
  '2.16.840.1.101.3.4.1.42': 'aes-256-cbc',
  '1.2.840.113549.3.2': 'rc2-cbc',
  '1.2.840.113549.3.7': 'des-ede3-cbc',
  '1.3.14.3.2.7': 'des-cbc',
};

/** Schemes that name cipher and derivation in one: PKCS#5 version 1 (RFC 8018 appendix A.3) and PKCS#12 (RFC 7292). */
const schemes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.3': 'des-cbc',
  '1.2.840.113549.1.5.6': 'rc2-cbc',
  '1.2.840.113549.1.5.10': 'des-cbc',
  '1.2.840.113549.1.5.11': 'rc2-cbc',
  '1.2.840.113549.1.12.1.3': 'des-ede3-cbc',
};

const functions: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'hmac-sha1',
  '1.2.840.113549.2.8': 'hmac-sha224',
  '1.2.840.113549.2.9': 'hmac-sha256',
  '1.2.840.113549.2.10': 'hmac-sha384',
  '1.2.840.113549.2.11': 'hmac-sha512',
};

/** How a private key in PEM is encrypted; undefined where it is not. No passphrase is needed for it. Throws `DerError`. */
export function keyEncryption(text: string): KeyEncryption | undefined {
  const cipher = /^Proc-Type: 4,ENCRYPTED\r?\nDEK-Info: ([^,\s]+)/m.exec(text)?.[1]?.toLowerCase();
  if (cipher !== undefined) return { form: 'traditional', cipher, kdf: { name: 'md5', iterations: 1 } };
  const [, body] = /^-----BEGIN ENCRYPTED PRIVATE KEY-----([\s\S]+?)-----END/m.exec(text) ?? [];
  if (body === undefined) return undefined;
  const [type, parameters] = parts(algorithmOf(body));
  const scheme = objectIdentifier(type);
  if (scheme !== PBES2) {
    const iterations = Number(integer(parts(parameters)[1]));
    return { form: 'pkcs8', cipher: schemes[scheme] ?? scheme, kdf: { name: scheme, iterations } };
  }
  const [derivation, encryption] = parts(parameters);
  const oid = objectIdentifier(parts(encryption)[0]);
  return { form: 'pkcs8', cipher: ciphers[oid] ?? oid, kdf: keyDerivation(parts(derivation)) };
}

function algorithmOf(body: string): DerValue | undefined {
  return parts(derValue(Buffer.from(body, 'base64')))[0];
}

/** How long the salt is that PBKDF2 mixes into a passphrase; undefined for a key that is not encrypted so. Throws `DerError`. */
export function saltOctets(text: string): number | undefined {
  const [, body] = /^-----BEGIN ENCRYPTED PRIVATE KEY-----([\s\S]+?)-----END/m.exec(text) ?? [];
  if (body === undefined) return undefined;
  const [type, parameters] = parts(algorithmOf(body));
  if (objectIdentifier(type) !== PBES2) return undefined;
  const [scheme, values] = parts(parts(parameters)[0]);
  return objectIdentifier(scheme) === PBKDF2 ? content(parts(values)[0], TAG.octetString).length : undefined;
}

function keyDerivation([type, parameters]: ReturnType<typeof parts>): KeyDerivation {
  const name = objectIdentifier(type);
  if (name === SCRYPT) return { name: 'scrypt' };
  if (name !== PBKDF2) return { name };
  const [salt, iterations, ...optional] = parts(parameters);
  content(salt, TAG.octetString);
  const given = optional.find(({ tag }) => tag === TAG.sequence);
  const oid = given ? objectIdentifier(parts(given)[0]) : '1.2.840.113549.2.7'; // the default
  return { name: 'pbkdf2', iterations: Number(integer(iterations)), prf: functions[oid] ?? oid };
}
