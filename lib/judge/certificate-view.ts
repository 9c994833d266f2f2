import { type LeafRole, roleUsage } from '../x509/role.js';
import type { AltName } from '../x509/alt-names.js';
import type { CertificateDetails } from '../x509/certificate-details.js';

/** A leaf with all that it is judged by: what the rules look at, and nothing else. */
export interface CertificateView {
  readonly role: LeafRole;
  readonly certificate: CertificateDetails;
  readonly commonName: string | undefined;
  /** The CA that the other side trusts. */
  readonly ca: CertificateDetails;
  /** The CA's subject as Java and openssl write one: `CN=Docker CA`. */
  readonly caName: string;
  /** Whether the CA has the name of the issuer. */
  readonly issuedByName: boolean;
  /** Whether the CA's key made the signature. */
  readonly signedByCa: boolean;
  /** Undefined where it is not there, or cannot be read by whoever asks. */
  readonly key: KeyView | undefined;
  /** By which name or address a server is called. */
  readonly host: AltName;
  readonly now: Date;
}

export interface KeyView {
  /** In PKCS#8, or in openssl's older form; undefined for one that is open. */
  readonly encrypted: 'pkcs8' | 'traditional' | undefined;
  /** Whether it is the certificate's; undefined where it is encrypted. */
  readonly matches: 'yes' | 'another key' | 'another type' | undefined;
}

/** The names of one kind, as they stand in the certificate. */
export function namesOf({ certificate }: Pick<CertificateView, 'certificate'>, type: 'DNS' | 'IP'): string[] {
  const names = certificate.subjectAltName?.names ?? [];
  return names.filter((name) => name.type === type).map(({ value }) => value);
}

/** Whether its extendedKeyUsage, if it has one, lets it be used in that role. */
export function isFor({ extendedKeyUsage }: CertificateDetails, role: LeafRole): boolean {
  return extendedKeyUsage?.purposes.includes(roleUsage[role]) ?? true;
}

/** Whether its extendedKeyUsage allows everything in so many words (RFC 5280 §4.2.1.12). */
export function isForAnything({ extendedKeyUsage }: CertificateDetails): boolean {
  return extendedKeyUsage?.purposes.includes('2.5.29.37.0') ?? false;
}
