import {
  boolean,
  content,
  contextTag,
  DerError,
  derValue,
  integer,
  objectIdentifier,
  parts,
  TAG,
  type DerValue,
} from './der.js';

/** A certificate's fields as they stand in it (RFC 5280 §4.1). Everything that needs one of them takes it from here. */
export interface CertificateFields {
  /** All of it. */
  readonly der: Buffer;
  /** What its issuer has signed. */
  readonly signed: Buffer;
  /** As people count: 3 for X.509v3. */
  readonly version: number;
  readonly serial: DerValue;
  /** An AlgorithmIdentifier, as the one beside what is signed. */
  readonly signedAlgorithm: DerValue;
  readonly issuer: DerValue;
  readonly validity: DerValue;
  readonly subject: DerValue;
  /** The public key in DER (SubjectPublicKeyInfo). */
  readonly spki: Buffer;
  /** What follows the key: unique identifiers, which nobody has used since 1996, and the list of extensions. */
  readonly optional: readonly DerValue[];
  readonly extensions: readonly Extension[];
  readonly algorithm: DerValue;
  readonly signature: DerValue;
}

export interface Extension {
  /** Its object identifier. */
  readonly id: string;
  readonly critical: boolean;
  /** Its value in DER. */
  readonly value: Buffer;
}

/** The tag of the version. */
const VERSION = contextTag(0, true);
/** The tag of the list of extensions. */
export const EXTENSIONS = contextTag(3, true);

/** Reads a certificate in DER. Its names, dates and keys are not looked into. Throws `DerError`. */
export function certificateFields(der: Buffer): CertificateFields {
  const [tbs, algorithm, signature] = exactly(3, parts(derValue(der)));
  const fields = parts(tbs);
  const version = fields[0]?.tag === VERSION ? fields.shift() : undefined;
  const [serial, signedAlgorithm, issuer, validity, subject, spki, ...optional] = fields;
  if (
    !tbs ||
    !serial ||
    !signedAlgorithm ||
    !issuer ||
    !validity ||
    !subject ||
    !spki ||
    !algorithm ||
    !signature
  )
    throw new DerError('a field is missing');
  return {
    ...{ der, signed: tbs.octets },
    version: version ? Number(integer(parts(version, VERSION)[0])) + 1 : 1,
    ...{ serial, signedAlgorithm, issuer, validity, subject, spki: spki.octets, optional },
    extensions: optional
      .filter(({ tag }) => tag === EXTENSIONS)
      .flatMap((list) => exactly(1, parts(list, EXTENSIONS)).flatMap(readExtensions)),
    ...{ algorithm, signature },
  };
}

/** As many values as there should be. Throws `DerError`. */
export function exactly(count: number, values: DerValue[]): DerValue[] {
  if (values.length !== count) throw new DerError(`${values.length} values are there, and not ${count}`);
  return values;
}

/** Reads a list of extensions, as a certificate has it and a CSR asks for it. Throws `DerError`. */
export function readExtensions(list: DerValue): Extension[] {
  return parts(list).map((extension) => {
    const [id, ...rest] = parts(extension);
    if (rest.length > 2) throw new DerError('an extension has at most three parts');
    return {
      id: objectIdentifier(id),
      critical: rest.length > 1 && boolean(rest[0]),
      value: content(rest.at(-1), TAG.octetString),
    };
  });
}

/** The octets of a public key: their hash is the identifier that openssl makes of it (RFC 5280 §4.2.1.2, method 1). */
export function keyOctets(spki: Buffer): Buffer {
  const [, key] = parts(derValue(spki));
  if (key?.tag !== TAG.bitString) throw new DerError('a key has no octets');
  return key.content.subarray(1);
}
