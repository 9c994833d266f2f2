import { createPublicKey, type KeyObject } from 'node:crypto';
import { readExtensions, type Extension } from './certificate-fields.js';
import { bitStringOctets, derValue, objectIdentifier, parts, contextTag, TAG, type DerValue } from './der.js';
import { isSignatureOf } from './is-signature-of.js';
import { signatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';

/** A certificate signing request (RFC 2986). */
export interface Csr {
  readonly subject: DerValue;
  /** The public key in DER (SubjectPublicKeyInfo). */
  readonly spki: Buffer;
  readonly algorithm: SignatureAlgorithm;
  /** Those that it asks for (RFC 2985 §5.4.2). */
  readonly extensions: readonly Extension[];
  /** The object identifiers of its attributes. */
  readonly attributes: readonly string[];
  /** Whether its own key signed it; undefined for a key that node:crypto does not know. */
  readonly isSelfSigned: boolean | undefined;
}

const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

/** Reads the DER of a CSR. Throws `DerError`. */
export function readCsr(der: Buffer): Csr {
  const [info, algorithm, signature] = parts(derValue(der));
  const [, subject, spki, ...optional] = parts(info);
  if (!info || !subject || !spki) throw new TypeError('a CSR has a subject and a key');
  const attributes = optional
    .filter(({ tag }) => tag === contextTag(0, true))
    .flatMap((list) => parts(list, list.tag))
    .map((attribute) => {
      const [type, values] = parts(attribute);
      return { id: objectIdentifier(type), values: parts(values, TAG.set) };
    });
  const signed = signatureAlgorithm(algorithm);
  return {
    subject,
    spki: spki.octets,
    algorithm: signed,
    extensions: attributes
      .filter(({ id }) => id === EXTENSION_REQUEST)
      .flatMap(({ values }) => values.flatMap(readExtensions)),
    attributes: attributes.map(({ id }) => id).filter((id) => id !== EXTENSION_REQUEST),
    isSelfSigned: isSelfSigned(info.octets, signed, spki.octets, bitStringOctets(signature)),
  };
}

function isSelfSigned(
  text: Buffer,
  algorithm: SignatureAlgorithm,
  spki: Buffer,
  signature: Buffer,
): boolean | undefined {
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  } catch {
    return undefined;
  }
  return isSignatureOf(text, algorithm, publicKey, signature);
}
