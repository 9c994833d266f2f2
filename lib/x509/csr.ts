import type { KeyObject } from 'node:crypto';
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
  /** What its key signs. */
  readonly signed: Buffer;
  readonly signature: Buffer;
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
  return {
    subject,
    spki: spki.octets,
    algorithm: signatureAlgorithm(algorithm),
    extensions: attributes
      .filter(({ id }) => id === EXTENSION_REQUEST)
      .flatMap(({ values }) => values.flatMap(readExtensions)),
    attributes: attributes.map(({ id }) => id).filter((id) => id !== EXTENSION_REQUEST),
    signed: info.octets,
    signature: bitStringOctets(signature),
  };
}

/** Whether its own key signed it; undefined for a key or an algorithm that is not known. */
export function isSelfSigned(
  { signed, algorithm, signature }: Csr,
  key: KeyObject | undefined,
): boolean | undefined {
  return key && isSignatureOf(signed, algorithm, key, signature);
}
