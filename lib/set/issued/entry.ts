import { createHash, type X509Certificate } from 'node:crypto';
import { altNamesOf, commonNameOf, notAfter, notBefore } from '../../x509/certificate.js';
import { formatAltName } from '../../x509/alt-names.js';
import { onelineName, type IndexEntry } from '../../x509/ca-index.js';
import { certificateDetails } from '../../x509/certificate-details.js';
import { certificateFields, type CertificateFields } from '../../x509/certificate-fields.js';
import { readName, typeNameOf } from '../../x509/distinguished-name.js';
import { leafFactsOf, type LeafFacts } from '../../x509/leaf-facts.js';
import type { Part } from '../../x509/role.js';
import { certificateUse, roleOf, type CertificateUse } from '../found.js';

/** What `openssl ca` keeps no field for, of one certificate. */
export interface IssuedRecord {
  readonly serial: string;
  /** SHA-256 of the certificate, in lower-case hexadecimal. */
  readonly fingerprint256: string;
  readonly role: Part;
  readonly commonName: string | null;
  /** `DNS:host`, `IP:address`. */
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly notBefore: string;
  readonly notAfter: string;
  /** Where the certificate was written, relative to the directory. */
  readonly path: string;
  /** SHA-256 of its public key in DER (SubjectPublicKeyInfo). */
  readonly key: string;
  /** Which CA signed it: SHA-256 of that one's name in DER, and the identifier of its key. */
  readonly issuer: string;
  readonly issuerKey: string | null;
}

/** A certificate as the index has it: the line that `openssl ca` reads, and the record beside it. */
export interface IssuedEntry {
  readonly line: IndexEntry;
  readonly record: IssuedRecord;
}

/** The entry of a certificate at a path. Throws `DerError`. */
export function entryFor(certificate: X509Certificate, path: string): IssuedEntry {
  return entryWith(certificateFields(certificate.raw), path, {
    ...certificateUse(certificate),
    ...{ serial: certificate.serialNumber, commonName: commonNameOf(certificate) },
    ...{ notBefore: notBefore(certificate), notAfter: notAfter(certificate) },
    names: altNamesOf(certificate).names.map(formatAltName),
    issuerKey: certificateDetails(certificate).authorityKeyIdentifier?.keyIdentifier,
  });
}

/** The same, of one that this program has made, with many others: node:crypto takes longer to parse it than all of this. Throws `DerError`. */
export function entryOf(fields: CertificateFields, path: string): IssuedEntry {
  const facts = leafFactsOf(fields);
  return entryWith(fields, path, { ...facts, issuerKey: facts.issuerKey?.toString('hex') });
}

interface Facts
  extends CertificateUse, Pick<LeafFacts, 'serial' | 'commonName' | 'notBefore' | 'notAfter' | 'names'> {
  /** In hexadecimal. */
  readonly issuerKey: string | undefined;
}

function entryWith(
  { der, subject, issuer, spki: key }: CertificateFields,
  path: string,
  facts: Facts,
): IssuedEntry {
  const serial = evenHex(facts.serial);
  const attributes = readName(subject)
    .flat()
    .map(({ id, value, tag }) => ({
      type: typeNameOf(id) ?? id,
      octets: Buffer.from(value, tag === UTF8 ? 'utf8' : 'latin1'),
    }));
  return {
    line: {
      status: 'V',
      notAfter: facts.notAfter,
      revocation: undefined,
      serial,
      file: 'unknown', // as openssl has it: the record says more
      subject: onelineName(attributes),
    },
    record: {
      serial,
      fingerprint256: sha256(der),
      role: roleOf(path, facts),
      commonName: facts.commonName ?? null,
      names: facts.names,
      notBefore: facts.notBefore.toISOString(),
      notAfter: facts.notAfter.toISOString(),
      path,
      key: sha256(key),
      issuer: sha256(issuer.octets),
      issuerKey: facts.issuerKey ?? null,
    },
  };
}

const UTF8 = 0x0c;

/** How records name a key: by the digest of its public half, which is given as `spki` has it. */
export function keyNameOf(spki: string): string {
  return sha256(Buffer.from(spki, 'base64'));
}

/** How records name a CA: by the digest of its name. */
export function caNameOf(ca: X509Certificate): string {
  return sha256(certificateFields(ca.raw).subject.octets);
}

function sha256(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}

/** As openssl writes a serial number: without a sign, an even number of digits. */
export function evenHex(serial: string): string {
  const digits = serial.toUpperCase().replace(/^0+(?=.)/, '');
  return digits.length % 2 === 1 ? `0${digits}` : digits;
}

/** The line of a record in its file. */
export function recordLine(record: IssuedRecord): string {
  return `${JSON.stringify(record)}\n`;
}
