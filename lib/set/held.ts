import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isEncryptedKey, mistaken, type PemKind } from '../x509/contents.js';
import { unknownKeyAlgorithm } from '../x509/key-algorithm.js';
import { certificateBlocks, certificatesIn, goesOn, heldIn, holdsKey, isSeenByDocker } from '../x509/pem.js';

/** Content of one file, parsed only as far as somebody asks. */
export interface Held {
  /** Undefined for a file without a PEM label that is known. */
  readonly kind: 'certificate' | 'key' | 'csr' | 'other' | undefined;
  /** The certificates in DER, in their order; undefined for a block that is not base64. */
  readonly blocks: readonly (Buffer | undefined)[];
  /** Something stands after the last block. */
  readonly goesOn: boolean;
  /** The whole text, where a private key is in it. */
  readonly key: string | undefined;
  /** Why it is not a certificate, where it should be one and Docker finds none in it. */
  readonly why: string | undefined;
  /** What to do about it then. */
  readonly hint: string | undefined;
}

/** Tells what a file holds by its PEM labels (RFC 7468). */
export function heldBy(bytes: Buffer): Held {
  const text = bytes.toString('latin1');
  const kind = heldIn(text);
  const blocks = kind === undefined || kind === 'certificate' ? certificateBlocks(text) : [];
  const isNone =
    (kind === undefined || kind === 'certificate') && (blocks.length === 0 || !isSeenByDocker(text));
  const wrong = isNone ? mistaken(bytes, kind && 'a certificate') : undefined;
  return {
    kind,
    blocks,
    goesOn: goesOn(text),
    key: holdsKey(text) ? text : undefined,
    why: wrong?.why,
    hint: wrong?.hint,
  };
}

/** A private key, as far as it can be read without a passphrase. */
export interface HeldKey {
  /** In PKCS#8, or in openssl's older form; undefined for one that is open. */
  readonly encrypted: 'pkcs8' | 'traditional' | undefined;
  /** Undefined where it is encrypted, or of a kind that this Node cannot read. */
  readonly publicKey: KeyObject | undefined;
  /** The algorithm of a key that is whole, but that this Node cannot read. */
  readonly unread?: string | undefined;
}

/** Parses a private key in PEM. Throws what node:crypto throws for one that is damaged; one of an unknown kind is `unread`. */
export function parseKey(text: string): HeldKey {
  if (isEncryptedKey(text))
    return { encrypted: text.includes('DEK-Info') ? 'traditional' : 'pkcs8', publicKey: undefined };
  try {
    return { encrypted: undefined, publicKey: createPublicKey(createPrivateKey(text)) };
  } catch (error) {
    const unread = unknownKeyAlgorithm(text);
    if (unread === undefined) throw error;
    return { encrypted: undefined, publicKey: undefined, unread };
  }
}

/** Whether a key is encrypted and its text complete. */
export function isWholeAndEncrypted(text: string): boolean {
  return isEncryptedKey(text) && text.includes('-----END ');
}

/** A file that is not what it should be. */
export class NotHeld extends Error {
  /** What to do about it. */
  readonly hint: string;

  constructor(text: string, wanted: PemKind, cause?: unknown) {
    const { why, hint } = mistaken(Buffer.from(text, 'latin1'), wanted);
    super(why, { cause });
    this.hint = hint;
  }
}

/** Parses every certificate of a file that should hold one, at least one, as Docker would. Throws `NotHeld`. */
export function needCertificates(text: string): [X509Certificate, ...X509Certificate[]] {
  try {
    // By another name in PEM (TRUSTED CERTIFICATE) Node reads it, and Docker does not.
    if (!/^-----BEGIN CERTIFICATE-----/m.test(text)) throw new TypeError('no label that Docker knows');
    return [new X509Certificate(text), ...certificatesIn(text).slice(1)];
  } catch (cause) {
    throw new NotHeld(text, 'a certificate', cause);
  }
}

/** Parses the private key of a file that should hold one. Throws `NotHeld`, also for an encrypted key that is cut off. */
export function needKey(text: string): HeldKey {
  if (isEncryptedKey(text) && !isWholeAndEncrypted(text)) throw new NotHeld(text, 'a private key');
  try {
    return parseKey(text);
  } catch (cause) {
    throw new NotHeld(text, 'a private key', cause);
  }
}
