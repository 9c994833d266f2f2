import type { X509Certificate } from 'node:crypto';
import { certificateDetails } from './certificate-details.js';

/** Whether a certificate names that CA as its issuer, octet by octet (RFC 5280 §6.1.3). */
export function hasIssuerName(certificate: X509Certificate, ca: X509Certificate): boolean {
  return certificateDetails(certificate).issuer.equals(certificateDetails(ca).subject);
}

/** Whether a CA's key made its signature; one whose key openssl cannot use has signed nothing. */
export function isSignedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
  try {
    return certificate.verify(ca.publicKey);
  } catch {
    return false;
  }
}

/** Both. */
export function isIssuedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
  return hasIssuerName(certificate, ca) && isSignedBy(certificate, ca);
}
