import type { KeyObject, X509Certificate } from 'node:crypto';
import { certificateFields, type Extension } from './certificate-fields.js';
import {
  bits,
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
import { nameConstraintsOf, type NameConstraints } from './name-constraints.js';
import { signatureAlgorithm } from './signature-algorithm.js';
import { addressOf } from './socket-address.js';

/**
 * What a certificate says, also where node:crypto does not tell it (RFC 5280 §4.1 and §4.2). Of a certificate that openssl has
 * parsed; `CertificateSummary` is for thousands of files that it has not.
 */
export interface CertificateDetails {
  /** As people count: 3 for X.509v3. */
  readonly version: number;
  /** Signed, for there are negative ones. */
  readonly serial: bigint;
  /** How many octets it takes. */
  readonly serialOctets: number;
  /** Its object identifier. */
  readonly signatureAlgorithm: string;
  /** The digest that is signed, as openssl calls it; undefined for a signature that has none of its own (Ed25519), or an unknown one. */
  readonly digest: string | undefined;
  /** The distinguished names in DER: two that are written alike are equal. */
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKeyDetails;
  /** How long the certificate is. */
  readonly octets: number;
  /** Every extension in its order, those that are read below too. */
  readonly extensions: readonly Extension[];
  /** These are undefined where the certificate has no such extension, or one that cannot be parsed. */
  readonly keyUsage: KeyUsage | undefined;
  readonly extendedKeyUsage: ExtendedKeyUsage | undefined;
  readonly basicConstraints: BasicConstraints | undefined;
  readonly subjectAltName: SubjectAltName | undefined;
  /** Hexadecimal, lower case. */
  readonly subjectKeyIdentifier: string | undefined;
  readonly authorityKeyIdentifier: AuthorityKeyIdentifier | undefined;
  readonly nameConstraints: NameConstraints | undefined;
}

export interface PublicKeyDetails {
  /** As node:crypto names it: `rsa`, `rsa-pss`, `ec`, `ed25519`, …; undefined for one that it does not know. */
  readonly type: string | undefined;
  /** Of an RSA key. */
  readonly bits: number | undefined;
  /** Of an EC key, as openssl names it. */
  readonly curve: string | undefined;
}

export interface KeyUsage {
  readonly critical: boolean;
  readonly usages: readonly KeyUsageName[];
}

/** The bits of RFC 5280 §4.2.1.3, in their order. */
export const keyUsageNames = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsageName = (typeof keyUsageNames)[number];

export interface ExtendedKeyUsage {
  readonly critical: boolean;
  /** Object identifiers: `roleUsage` has those that matter here. */
  readonly purposes: readonly string[];
}

export interface BasicConstraints {
  readonly critical: boolean;
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

export interface SubjectAltName {
  readonly critical: boolean;
  readonly names: readonly GeneralName[];
}

/** A name as it stands in the certificate, which may be one that no host can have. */
export interface GeneralName {
  readonly type: 'DNS' | 'IP' | 'other';
  /** The text of a DNS name, octet by octet; an address in its shortest form; what stands in another kind, in hexadecimal. */
  readonly value: string;
}

export interface AuthorityKeyIdentifier {
  /** Hexadecimal, lower case; undefined where it names issuer and serial alone. */
  readonly keyIdentifier: string | undefined;
  /** Whether it names issuer and serial: the certificate of the CA, and not only its key. */
  readonly isBySerial: boolean;
}

export const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  /** RFC 6962 §3.3. */
  certificateTimestamps: '1.3.6.1.4.1.11129.2.4.2',
} as const;

/**
 * Reads a certificate. What openssl has parsed has the form of one, so that only an extension can be malformed: it stands in
 * `extensions` as it is, and is undefined by its name.
 */
export function certificateDetails(certificate: X509Certificate): CertificateDetails {
  const { version, serial, algorithm, issuer, subject, extensions } = certificateFields(certificate.raw);
  const named = extensionReader(extensions);
  return {
    version,
    serial: integer(serial),
    serialOctets: content(serial, TAG.integer).length,
    signatureAlgorithm: objectIdentifier(parts(algorithm)[0]),
    digest: signatureAlgorithm(algorithm).digest,
    subject: content(subject, TAG.sequence),
    issuer: content(issuer, TAG.sequence),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    publicKey: publicKeyOf(certificate),
    octets: certificate.raw.length,
    extensions,
    keyUsage: named(extensionIds.keyUsage, (value, critical) => ({
      critical,
      usages: bits(value).flatMap((bit) => keyUsageNames[bit] ?? []),
    })),
    extendedKeyUsage: named(extensionIds.extendedKeyUsage, (value, critical) => ({
      critical,
      purposes: parts(value).map(objectIdentifier),
    })),
    basicConstraints: named(extensionIds.basicConstraints, basicConstraintsOf),
    subjectAltName: named(extensionIds.subjectAltName, (value, critical) => ({
      critical,
      names: parts(value).map(readGeneralName),
    })),
    subjectKeyIdentifier: named(extensionIds.subjectKeyIdentifier, (value) =>
      content(value, TAG.octetString).toString('hex'),
    ),
    authorityKeyIdentifier: named(extensionIds.authorityKeyIdentifier, (value) => ({
      keyIdentifier: parts(value)
        .find(({ tag }) => tag === contextTag(0))
        ?.content.toString('hex'),
      isBySerial: parts(value).some(({ tag }) => tag === contextTag(2)),
    })),
    nameConstraints: named(extensionIds.nameConstraints, nameConstraintsOf),
  };
}

/** Reads an extension by its identifier. */
function extensionReader(
  extensions: readonly Extension[],
): <T>(id: string, read: (value: DerValue, critical: boolean) => T) => T | undefined {
  return (id, read) => {
    const found = extensions.find((extension) => extension.id === id);
    if (!found) return undefined;
    try {
      return read(derValue(found.value), found.critical);
    } catch (error) {
      if (error instanceof DerError) return undefined;
      throw error;
    }
  };
}

function basicConstraintsOf(value: DerValue, critical: boolean): BasicConstraints {
  const fields = parts(value);
  const ca = fields.find(({ tag }) => tag === TAG.boolean);
  const pathLength = fields.find(({ tag }) => tag === TAG.integer);
  return {
    critical,
    ca: ca !== undefined && boolean(ca),
    pathLength: pathLength && Number(integer(pathLength)),
  };
}

export function readGeneralName({ tag, content: octets }: DerValue): GeneralName {
  if (tag === contextTag(2)) return { type: 'DNS', value: octets.toString('latin1') };
  const address = tag === contextTag(7) ? addressOf(octets) : undefined;
  return address === undefined
    ? { type: 'other', value: octets.toString('hex') }
    : { type: 'IP', value: address };
}

/** A key of a kind that node:crypto does not know cannot be had, but its certificate can. */
function publicKeyOf(certificate: X509Certificate): PublicKeyDetails {
  let key: KeyObject;
  try {
    key = certificate.publicKey;
  } catch {
    return { type: undefined, bits: undefined, curve: undefined };
  }
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  return { type: key.asymmetricKeyType, bits: modulusLength, curve: namedCurve };
}
