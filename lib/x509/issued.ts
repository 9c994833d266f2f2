import type { X509Certificate } from 'node:crypto';
import { certificateDetails } from './certificate-details.js';

/** Whether a certificate names that CA as its issuer, octet by octet (RFC 5280 §6.1.3). */
export function hasIssuerName(certificate: X509Certificate, ca: X509Certificate): boolean {
  return certificateDetails(certificate).issuer.equals(certificateDetails(ca).subject);
}

/** Whether a CA's key made its signature; false for a CA whose key this Node cannot read, which `hasReadableKey` tells. */
export function isSignedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
  try {
    return certificate.verify(ca.publicKey);
  } catch {
    return false;
  }
}

/** Tells whether this Node can check what a CA signed. */
export function hasReadableKey(ca: X509Certificate): boolean {
  try {
    return ca.publicKey.type === 'public';
  } catch {
    return false;
  }
}

/** By name and signature. */
export function isIssuedBy(certificate: X509Certificate, ca: X509Certificate): boolean {
  return hasIssuerName(certificate, ca) && isSignedBy(certificate, ca);
}
