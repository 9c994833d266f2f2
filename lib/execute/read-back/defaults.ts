import type { OpensslVersion } from '../../openssl/capabilities.js';
import type { OpensslCommand } from '../../plan/step.js';

/**
 * What openssl does where a command does not say it: its documented defaults, version by version. Each was seen with 1.1.1, 3.0,
 * 3.5, 3.6 and 4.0; 1.0 and LibreSSL are from their manuals and sources. Nothing else is accepted in a place that a
 * command leaves open.
 */

/** openssl-req(1), openssl-x509(1), `-days`. */
export const DEFAULT_DAYS = 30;

/** openssl-req(1), openssl-x509(1), `-digest`: since 1.0.2 for RSA. SHA-1, which came before, is not accepted from any version. */
export const DEFAULT_DIGEST = 'sha256';

/** `genrsa` and `rsa` of these encrypt in the older form, with a DEK-Info line (openssl-genrsa(1), openssl-rsa(1), HISTORY of 3.0). */
export function encryptsTraditionally(command: OpensslCommand, version: OpensslVersion | undefined): boolean {
  return (command === 'genrsa' || command === 'rsa') && isBefore(version, 3, 0);
}

/** `x509 -x509toreq` of these writes what the request says before it, as text (apps/x509.c; gone with 3.0). */
export function printsRequests(version: OpensslVersion | undefined): boolean {
  return isBefore(version, 3, 0);
}

/** PBKDF2 of these takes HMAC-SHA1 (CHANGES of 1.1.0: the default became HMAC-SHA256). */
export function derivesWithSha1(version: OpensslVersion | undefined): boolean {
  return isBefore(version, 1, 1);
}

/** PKCS5_DEFAULT_ITER, in every version. */
export const LEAST_ITERATIONS = 2048;

/** More than anyone takes, and some seconds for each use of the key. */
export const MOST_ITERATIONS = 10_000_000;

/** PKCS5_SALT_LEN: 8 octets up to 3.1, 16 since. */
export const LEAST_SALT = 8;

/** What `req -keyout` encrypts with (CHANGES of 3.5: AES-256-CBC instead of DES-EDE3-CBC). */
export function keyoutCiphers(version: OpensslVersion | undefined): readonly string[] {
  return isBefore(version, 3, 5) ? ['des-ede3-cbc', 'aes-256-cbc'] : ['aes-256-cbc'];
}

/** LibreSSL went its own way at 1.0.1. */
function isBefore(version: OpensslVersion | undefined, major: number, minor: number): boolean {
  if (version === undefined) return false;
  return version.flavour === 'LibreSSL' || (version.major - major || version.minor - minor) < 0;
}
