import type { X509Certificate } from 'node:crypto';
import { readExtensions, type Extension } from './certificate-details.js';
import { contextTag, DerError, derValue, integer, parts, TAG, type DerValue } from './der.js';
import { signatureAlgorithm, type SignatureAlgorithm } from './signature-algorithm.js';

/** A certificate's fields as they stand in it (RFC 5280 §4.1), for comparing them octet by octet. */
export interface CertificateFields {
  /** As people count: 3 for X.509v3. */
  readonly version: number;
  readonly serial: bigint;
  readonly algorithm: SignatureAlgorithm;
  readonly issuer: DerValue;
  readonly subject: DerValue;
  /** The public key in DER (SubjectPublicKeyInfo). */
  readonly spki: Buffer;
  readonly extensions: readonly Extension[];
  /** Whether it has one of the unique identifiers, which nobody has used since 1996. */
  readonly hasUniqueId: boolean;
}

/** Throws `DerError`. */
export function certificateFields(certificate: X509Certificate): CertificateFields {
  const [tbs, algorithm] = parts(derValue(certificate.raw));
  const all = parts(tbs);
  const version = all[0]?.tag === contextTag(0, true) ? all.shift() : undefined;
  const [serial, , issuer, , subject, spki, ...optional] = all;
  if (!issuer || !subject || !spki) throw new DerError('a field is missing');
  const extensions = optional.filter(({ tag }) => tag === contextTag(3, true));
  return {
    version: version ? Number(integer(parts(version, version.tag)[0])) + 1 : 1,
    serial: integer(serial),
    algorithm: signatureAlgorithm(algorithm),
    issuer,
    subject,
    spki: spki.octets,
    extensions: extensions.flatMap((list) => parts(list, list.tag).flatMap(readExtensions)),
    hasUniqueId: optional.length > extensions.length,
  };
}

/** The identifier that openssl makes of a public key (RFC 5280 §4.2.1.2, method 1) is the hash of these octets. */
export function keyOctets(spki: Buffer): Buffer {
  const [, key] = parts(derValue(spki));
  if (key?.tag !== TAG.bitString) throw new DerError('a key has no octets');
  return key.content.subarray(1);
}
