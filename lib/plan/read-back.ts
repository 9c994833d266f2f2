import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { DirectoryError, fileError, systemCode } from '../errors.js';
import { isCsr, isEncryptedKey } from '../x509/contents.js';
import { readRegular } from '../store/read-regular.js';
import { formatAltName } from '../x509/alt-names.js';
import { altNamesOf, extendedKeyUsageOf, notAfter, roleUsage } from '../x509/certificate.js';
import {
  certificateDetails,
  extensionIds,
  type CertificateDetails,
  type Extension,
} from '../x509/certificate-details.js';
import { keyEncryption, type KeyEncryption } from '../x509/key-encryption.js';
import { keyTypeNameOf } from '../x509/key-type.js';
import type { Passphrase } from '../x509/passphrase.js';
import { passphrasesOf } from './command-line.js';
import type { CheckKeyStep, CheckStep, OpensslCommand, OpensslStep, Product } from './step.js';

/**
 * Re-reads what openssl made, and gives it where it is a certificate. On a full disk openssl exits 0 and leaves an empty
 * file, so its exit code proves nothing.
 * Throws `ERR_READ_BACK` naming `shown`.
 */
export async function readProduct(
  path: string,
  shown: string,
  product: Product | 'serial',
  step: OpensslStep,
): Promise<X509Certificate | undefined> {
  const text = await read(path, shown).catch((error: unknown) => {
    if (error instanceof DirectoryError && systemCode(error.cause) === 'ENOENT')
      throw unexpected(shown, 'openssl reported success and did not write it', undefined, error);
    throw error;
  });
  if (text.trim() === '') {
    throw unexpected(
      shown,
      'openssl reported success and left it empty',
      'is the disk full? Nothing was changed',
    );
  }
  if (product === 'certificate') return parseCertificate(text, shown);
  if (product === 'private-key') checkMadeKey(text, shown, step);
  else if (product === 'csr') {
    if (!isCsr(text)) throw unexpected(shown, 'it is not a certificate signing request');
  } else if (!/^[0-9A-F]+\s*$/i.test(text)) throw unexpected(shown, 'it is not a serial number');
  return undefined;
}

/** Where openssl did what openssl does not do. */
export const notOpenssl = 'is this really openssl? Nothing was changed';

/** Where the user's own template was followed. */
const ownTemplate = 'nothing was changed; check the template of your own that it was made from';

/** A key of the kind, and with the encryption, that the command asks for. */
function checkMadeKey(text: string, shown: string, step: OpensslStep): void {
  const key = parseKey(text, shown, passphrasesOf(step).at(-1));
  const words = step.args.filter((arg) => typeof arg === 'string');
  const asked = keyAskedFor(step.command, words);
  if (asked !== undefined && keyTypeNameOf(key) !== asked)
    throw unexpected(shown, `it is a key of the kind ${keyTypeNameOf(key)}, not ${asked}`);
  if (words.some((word) => word === '-passout' || word === '-pass') && !isEncryptedKey(text))
    throw unexpected(shown, 'it is not encrypted');
}

/** As `keyTypeName` has it; undefined where the command does not say. */
function keyAskedFor(command: OpensslCommand, words: readonly string[]): string | undefined {
  const after = (prefix: string): string | undefined =>
    words.find((word) => word.startsWith(prefix))?.slice(prefix.length);
  if (command === 'genrsa') return /^\d+$/.test(words.at(-1) ?? '') ? `rsa:${words.at(-1)}` : undefined;
  if (command !== 'genpkey') return undefined;
  if (words.includes('ED25519')) return 'ed25519';
  const curve = after('ec_paramgen_curve:');
  if (curve !== undefined) return curve === 'prime256v1' ? 'ec:p256' : 'ec:p384';
  return `rsa:${after('rsa_keygen_bits:')}`;
}

/**
 * Compares a key that was rewritten with what it was, and its encryption with what was asked for: the older form would do
 * for openssl, but keeps a passphrase badly. Throws `ERR_READ_BACK` with the first difference.
 */
export async function checkKey(step: CheckKeyStep, locate: (path: string) => string): Promise<void> {
  const text = await read(locate(step.key), step.key);
  const key = parseKey(text, step.key, step.passphrase);
  if (!createPublicKey(key).equals(createPublicKey(step.publicKey)))
    throw unexpected(step.key, 'it is another key than before');
  if (!step.passphrase) {
    if (isEncryptedKey(text)) throw unexpected(step.key, 'it is encrypted');
    return;
  }
  const { form, cipher } = encryptionOf(text, step.key);
  if (cipher !== 'aes-256-cbc') throw unexpected(step.key, `it is encrypted with ${cipher}, not aes-256-cbc`);
  if (form !== 'pkcs8') throw unexpected(step.key, 'it is encrypted in the older form, and not in PKCS#8');
}

function encryptionOf(text: string, shown: string): KeyEncryption {
  let found: KeyEncryption | undefined;
  try {
    found = keyEncryption(text);
  } catch (error) {
    throw unexpected(shown, 'how it is encrypted cannot be read', undefined, error);
  }
  if (!found) throw unexpected(shown, 'it is not encrypted');
  return found;
}

/** Compares a certificate with what was asked for. Throws `ERR_READ_BACK` with the first difference. */
export async function checkCertificate(step: CheckStep, locate: (path: string) => string): Promise<void> {
  const shown = step.certificate;
  const certificate = parseCertificate(await read(locate(step.certificate), shown), shown);
  const issuer = parseCertificate(await read(locate(step.issuer), step.issuer), step.issuer);
  const key = parseKey(await read(locate(step.key), step.key), step.key, step.passphrase);
  const differs = (what: string): never => {
    throw unexpected(shown, what, step.moreNames ? ownTemplate : undefined);
  };

  if (!certificate.checkPrivateKey(key)) differs(`it does not belong to the key ${step.key}`);
  // Before its signature: what may not sign is not the issuer of itself either.
  if (certificate.ca !== (step.role === 'ca')) differs(step.role === 'ca' ? 'it is not a CA' : 'it is a CA');
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    differs(`it is not signed by ${step.issuer}`);
  if (step.serial !== undefined && !sameSerial(certificate.serialNumber, step.serial))
    differs(`its serial is ${certificate.serialNumber}, not ${step.serial}`);
  if (step.strict) {
    const usage = step.role === 'ca' ? [] : [roleUsage[step.role]];
    if ((extendedKeyUsageOf(certificate) ?? []).join() !== usage.join())
      differs(`its extendedKeyUsage is not that of a ${step.role}`);
    if (notAfter(certificate) > notAfter(issuer)) differs('it outlives its CA');
  }

  if (step.like !== undefined) {
    const before = parseCertificate(await read(locate(step.like), step.like), step.like);
    const difference = differenceFrom(before, certificate);
    if (difference !== undefined) differs(difference);
    if (notAfter(certificate) > notAfter(issuer)) differs('it outlives its CA');
    return;
  }
  const { names, others } = altNamesOf(certificate);
  const has = new Set(names.map(formatAltName));
  const asked = new Set(step.altNames.map(formatAltName));
  const missing = [...asked].filter((name) => !has.has(name));
  const more = [...[...has].filter((name) => !asked.has(name)), ...others];
  if (missing.length > 0) differs(`it lacks the name ${missing.join(', ')}`);
  if (more.length > 0 && !step.moreNames) differs(`it has a name that was not asked for: ${more.join(', ')}`);
}

/** What of a certificate its successor has to keep: all but its key, its time, and the identifiers of keys. */
function differenceFrom(before: X509Certificate, after: X509Certificate): string | undefined {
  const [old, now] = [certificateDetails(before), certificateDetails(after)];
  if (!old.subject.equals(now.subject)) return 'it has another subject than the one before';
  const identifiers: readonly string[] = [
    extensionIds.subjectKeyIdentifier,
    extensionIds.authorityKeyIdentifier,
  ];
  const kept = (details: CertificateDetails): Extension[] =>
    details.extensions.filter(({ id }) => !identifiers.includes(id));
  const isSame = (one: Extension, other: Extension): boolean =>
    one.id === other.id && one.critical === other.critical && one.value.equals(other.value);
  const has = (list: Extension[], one: Extension): boolean => list.some((other) => isSame(one, other));
  const lost = kept(old).find((one) => !has(kept(now), one));
  if (lost) return `it lacks an extension of the one before (${lost.id})`;
  const more = kept(now).find((one) => !has(kept(old), one));
  return more && `it has an extension that the one before had not (${more.id})`;
}

function sameSerial(one: string, other: string): boolean {
  return one.replace(/^0+/, '').toUpperCase() === other.replace(/^0+/, '').toUpperCase();
}

async function read(path: string, shown: string): Promise<string> {
  try {
    return (await readRegular(path, { shown, hint: notOpenssl })).bytes.toString('latin1');
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    throw fileError(shown, 'read back', error);
  }
}

function parseCertificate(text: string, shown: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw unexpected(shown, 'it is not a certificate', undefined, error);
  }
}

/** Without its passphrase an encrypted key can only be looked at from outside. */
function parseKey(text: string, shown: string, passphrase: Passphrase | undefined): KeyObject {
  const secret = passphrase?.reveal();
  try {
    return createPrivateKey(secret === undefined ? text : { key: text, passphrase: secret });
  } catch (error) {
    throw unexpected(shown, 'it is not a private key', undefined, error);
  }
}

function unexpected(shown: string, what: string, hint = notOpenssl, cause?: unknown): DirectoryError {
  return new DirectoryError('ERR_READ_BACK', shown, `openssl made a wrong ${shown}: ${what}`, {
    hint,
    cause,
  });
}
