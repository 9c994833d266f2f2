import { createPrivateKey, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { certificatesIn } from '../../x509/pem.js';
import { spki, type PublicKey } from '../../x509/spki.js';
import type { OpensslStep } from '../../plan/step.js';
import type { Known } from './asked.js';
import { unexpected } from './refusal.js';
import { hasFlag, inputAfter, passphraseAfter } from './words.js';

/** What is in a PKCS #12 file. */
export interface Pkcs12Contents {
  readonly publicKey: PublicKey;
  /** The first is that of the key. */
  readonly certificates: readonly X509Certificate[];
}

/** Whether a command packs a PKCS #12 file, opens one, or does neither. */
export function pkcs12Action(step: OpensslStep): 'export' | 'open' | undefined {
  if (step.command !== 'pkcs12') return undefined;
  return hasFlag(step, '-export') ? 'export' : 'open';
}

/** What a command that packs one asks for. Undefined where an input cannot be read: openssl says why. */
export function packedBy(
  key: Known | undefined,
  texts: readonly (Known | undefined)[],
): Pkcs12Contents | undefined {
  if (!key?.publicKey) return undefined;
  try {
    const certificates = texts.flatMap((known) => certificatesIn(known?.text ?? ''));
    return { publicKey: key.publicKey, certificates };
  } catch {
    return undefined;
  }
}

/** Aes256-CBC (NIST, 2.16.840.1.101.3.4.1.42), as a file has it for each part that is encrypted with it. */
const aes256Cbc = Buffer.from('060960864801650304012a', 'hex').toString('latin1');

/** Sees to it that the key and the certificates are encrypted: openssl would open a file in which they are not as well. */
export function checkEncrypted(text: string, shown: string): void {
  if (text.split(aes256Cbc).length !== 3)
    throw unexpected(shown, 'its key and its certificates are not both encrypted with AES-256');
}

/**
 * Compares what openssl printed of a PKCS #12 file with what went into it: that key, and those certificates, and nothing else.
 * Throws `ERR_READ_BACK` with the first difference.
 */
export function checkPkcs12(printed: string, step: OpensslStep, packed: Pkcs12Contents | undefined): void {
  const shown = inputAfter(step, '-in')?.shown ?? '';
  const refuse = (what: string, cause?: unknown): never => {
    throw unexpected(shown, what, undefined, cause);
  };
  if (!packed) return refuse('what went into it is not known');
  const [pem = '', ...more] =
    printed.match(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*-----END [A-Z ]*PRIVATE KEY-----/g) ?? [];
  if (pem === '' || more.length > 0) refuse(`it holds ${pem === '' ? 'no' : more.length + 1} private keys`);
  const key = readKey(pem, passphraseAfter(step, '-passout')?.reveal(), refuse);
  if (spki(key) !== packed.publicKey.text) refuse('it holds another private key');
  const names = (certificates: readonly X509Certificate[]): string =>
    [...new Set(certificates.map(({ fingerprint256 }) => fingerprint256))].sort().join();
  const found = readCertificates(printed, refuse);
  if (names(found) !== names(packed.certificates)) refuse('it holds other certificates');
}

function readKey(
  pem: string,
  passphrase: Buffer | undefined,
  refuse: (what: string, cause?: unknown) => never,
): KeyObject {
  try {
    return createPublicKey(createPrivateKey({ key: pem, ...(passphrase && { passphrase }) }));
  } catch (error) {
    return refuse('its private key cannot be opened', error);
  }
}

function readCertificates(text: string, refuse: (what: string, cause?: unknown) => never): X509Certificate[] {
  try {
    return certificatesIn(text);
  } catch (error) {
    return refuse('a certificate in it is damaged', error);
  }
}
