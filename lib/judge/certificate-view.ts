import type { OtherForm } from '../x509/certificate-form.js';
import { type LeafRole, roleUsage } from '../x509/role.js';
import type { AltName } from '../x509/alt-names.js';
import { extensionIds, type CertificateDetails } from '../x509/certificate-details.js';

/** The input of the rules: a leaf with everything needed to judge it. */
export interface CertificateView {
  readonly role: LeafRole;
  readonly certificate: CertificateDetails;
  readonly commonName: string | undefined;
  /** The CA that the other side trusts. */
  readonly ca: CertificateDetails;
  /** The intermediate CAs in the leaf's own file, from its issuer to the one that `ca` signed. */
  readonly between: readonly CertificateDetails[];
  /** The CA's subject as Java and openssl write one: `CN=Docker CA`. */
  readonly caName: string;
  /** True if the CA, or an intermediate in between, has the name of the issuer. */
  readonly issuedByName: boolean;
  /** True if the key of that one made the signature. */
  readonly signedByCa: boolean;
  /** The other side trusts this very certificate, and no CA above it. */
  readonly isTrusted: boolean;
  /** Why it is not known which CA the other side trusts; undefined where it is known. */
  readonly trustUnknown: string | undefined;
  /** The form of the file that holds it, and of the ca.pem; undefined for PEM as Docker reads it. */
  readonly form: OtherForm | undefined;
  readonly caForm: OtherForm | undefined;
  /** Something stands in ca.pem after its last certificate. */
  readonly caGoesOn: boolean;
  /** Undefined where it does not exist, or cannot be read. */
  readonly key: KeyView | undefined;
  /** The name or address that clients use for the server. */
  readonly host: AltName;
  readonly now: Date;
}

export interface KeyView {
  /** Its encryption: PKCS#8, or openssl's older form; undefined for an unencrypted key. */
  readonly encrypted: 'pkcs8' | 'traditional' | undefined;
  /** Whether it matches the certificate; undefined if it is encrypted. */
  readonly matches: 'yes' | 'another key' | 'another type' | undefined;
}

/** The CA that signed the leaf: an intermediate, or the one that is trusted. */
export function issuerOf({ ca, between }: Pick<CertificateView, 'ca' | 'between'>): CertificateDetails {
  return between[0] ?? ca;
}

/** The names of one type, as they are in the certificate. */
export function namesOf({ certificate }: Pick<CertificateView, 'certificate'>, type: 'DNS' | 'IP'): string[] {
  const names = certificate.subjectAltName?.names ?? [];
  return names.filter((name) => name.type === type).map(({ value }) => value);
}

/** Tells whether its extendedKeyUsage, if it has one, allows that role. */
export function isFor({ extendedKeyUsage }: CertificateDetails, role: LeafRole): boolean {
  return extendedKeyUsage?.purposes.includes(roleUsage[role]) ?? true;
}

/** Tells whether its extendedKeyUsage explicitly allows everything (RFC 5280 §4.2.1.12). */
export function isForAnything({ extendedKeyUsage }: CertificateDetails): boolean {
  return extendedKeyUsage?.purposes.includes('2.5.29.37.0') ?? false;
}

/** The critical extensions that every client knows. */
const known: ReadonlySet<string> = new Set([
  ...Object.values(extensionIds),
  // certificatePolicies, policyConstraints, inhibitAnyPolicy
  ...['2.5.29.32', '2.5.29.36', '2.5.29.54'],
]);

/** Tells whether a critical extension is in it that clients do not know (RFC 5280 §4.2). */
export function hasUnknownCritical({ extensions }: CertificateDetails): boolean {
  return extensions.some(({ id, critical }) => critical && !known.has(id));
}
