import type { CertificateDetails } from '../../x509/certificate-details.js';
import { extensionIds } from '../../x509/certificate-details.js';
import { isFor, isForAnything, type CertificateView } from '../certificate-view.js';
import { go, goTimes, isOnOddCurve, opensslFamily, python, strict, type Rule, type Says } from './rule.js';

const cannotSign = go(
  'x509: certificate signed by unknown authority (possibly because of "x509: invalid signature: parent certificate cannot sign this kind of certificate"',
);

const notAnAnchor: Says = ({ caName }) => `TrustAnchor with subject "${caName}" is not a CA certificate`;

/** Whether the CA's key identifier, where the leaf names it, is this CA's. */
function isNamedByKey({ certificate, ca }: CertificateView): boolean {
  const named = certificate.authorityKeyIdentifier?.keyIdentifier;
  return named === undefined || ca.subjectKeyIdentifier === undefined || named === ca.subjectKeyIdentifier;
}

function isSelfSigned({ certificate }: CertificateView): boolean {
  return certificate.issuer.equals(certificate.subject);
}

function has({ extensions }: CertificateDetails, id: string): boolean {
  return extensions.some((extension) => extension.id === id);
}

/** What the CA is, and whether it signed the leaf at all. */
export const caRules: readonly Rule[] = [
  {
    id: 'unknown-ca',
    what: 'its issuer is not the CA that the other side trusts',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => !view.issuedByName && !isSelfSigned(view),
    says: {
      ...opensslFamily('unable to get local issuer certificate', 20, 0),
      // docker keeps a certificate to itself whose issuer the daemon does not name; others show it, and hear of an unknown authority.
      dockerd: "tls: client didn't provide a certificate",
      docker: 'x509: certificate signed by unknown authority',
      node: 'unable to verify the first certificate',
      java: 'PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
      gnutls: 'The certificate issuer is unknown.',
      nss: 'SEC_ERROR_UNKNOWN_ISSUER',
      rustls: 'invalid peer certificate: UnknownIssuer',
      boringssl: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
    },
    source: 'RFC 5280 §6.1; measured',
  },
  {
    id: 'self-signed',
    what: 'it is signed by itself, and by no CA',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => !view.issuedByName && isSelfSigned(view),
    says: {
      ...opensslFamily('self-signed certificate', 18, 0),
      dockerd: "tls: client didn't provide a certificate",
      docker: 'x509: certificate signed by unknown authority',
      java: 'PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
      gnutls: 'The certificate issuer is unknown.',
      nss: ({ certificate: { basicConstraints } }) =>
        basicConstraints?.ca === true ? 'SEC_ERROR_UNTRUSTED_ISSUER' : 'SEC_ERROR_CA_CERT_INVALID',
      rustls: 'invalid peer certificate: UnknownIssuer',
      boringssl: ({ certificate: { keyUsage } }) =>
        keyUsage?.usages.includes('keyCertSign') === false
          ? 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate'
          : 'DEPTH_ZERO_SELF_SIGNED_CERT: self signed certificate',
    },
    source: 'RFC 5280 §6.1; measured',
  },
  {
    id: 'namesake-ca',
    what: 'another CA of the same name signed it',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => view.issuedByName && !view.signedByCa && !isNamedByKey(view),
    says: {
      ...opensslFamily('unable to get local issuer certificate', 20, 0),
      ...go('x509: certificate signed by unknown authority (possibly because of "'),
      node: 'unable to verify the first certificate',
      java: 'PKIX path validation failed: java.security.cert.CertPathValidatorException: Path does not chain with any of the trust anchors',
      gnutls: 'The certificate issuer is unknown.',
      nss: 'SEC_ERROR_UNKNOWN_ISSUER',
      rustls: 'invalid peer certificate: BadSignature',
      boringssl: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
    },
    source: 'RFC 5280 §4.2.1.1; measured',
  },
  {
    id: 'signature-invalid',
    what: 'it has the name of the CA, but the CA did not sign it',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => view.issuedByName && !view.signedByCa && isNamedByKey(view),
    says: {
      ...opensslFamily('certificate signature failure', 7, 0),
      ...go('x509: certificate signed by unknown authority (possibly because of "'),
      'python-3.13': (view) =>
        has(view.certificate, extensionIds.authorityKeyIdentifier)
          ? python('certificate signature failure')
          : undefined,
      curl: 'curl: (35) ',
      java: 'PKIX path validation failed: java.security.cert.CertPathValidatorException: signature check failed',
      gnutls: 'The signature in the certificate is invalid.',
      nss: 'SEC_ERROR_BAD_SIGNATURE',
      rustls: 'invalid peer certificate: BadSignature',
      boringssl: 'CERT_SIGNATURE_FAILURE: certificate signature failure',
    },
    source: 'RFC 5280 §6.1.3; measured',
  },
  {
    id: 'ca-expired',
    what: 'its CA has expired',
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca, now }) => ca.notAfter < now,
    says: {
      ...opensslFamily('certificate has expired', 10, 1),
      ...goTimes('ca'),
      gnutls: 'The certificate chain uses expired certificate.',
      nss: 'SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE',
      boringssl: 'CERT_HAS_EXPIRED: certificate has expired',
    },
    source: 'RFC 5280 §6.1.3, which leaves a trust anchor out: Java and rustls do, and take it; measured',
  },
  {
    id: 'ca-not-yet-valid',
    what: 'its CA is not valid yet, or the clock of whoever checks it is behind',
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca, now }) => ca.notBefore > now,
    says: {
      ...opensslFamily('certificate is not yet valid', 9, 1),
      ...goTimes('ca'),
      gnutls: 'The certificate chain uses not yet valid certificate.',
      nss: 'SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE',
      boringssl: 'CERT_NOT_YET_VALID: certificate is not yet valid',
    },
    source: 'RFC 5280 §6.1.3; measured',
  },
  {
    id: 'ca-not-a-ca',
    what: 'its CA is no CA: basicConstraints says CA:FALSE',
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) => ca.basicConstraints?.ca === false,
    says: {
      ...opensslFamily('invalid CA certificate', 79, 1),
      ...cannotSign,
      node: 'unsuitable certificate purpose',
      java: notAnAnchor,
      gnutls: 'The certificate issuer is not a CA.',
      nss: 'SEC_ERROR_CA_CERT_INVALID',
      boringssl: 'INVALID_PURPOSE: unsupported certificate purpose',
    },
    source: 'RFC 5280 §4.2.1.9; measured',
  },
  {
    id: 'ca-without-constraints',
    what: 'its CA has no basicConstraints',
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) =>
      ca.version === 3 && !has(ca, extensionIds.basicConstraints) && has(ca, extensionIds.keyUsage),
    says: {
      ...strict('invalid CA certificate', 79, 1),
      ...cannotSign,
      java: notAnAnchor,
    },
    source: 'RFC 5280 §4.2.1.9; measured',
  },
  {
    id: 'ca-without-extensions',
    what: 'nothing in its CA says that it is one: neither basicConstraints nor keyUsage',
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) =>
      ca.version === 3 && !has(ca, extensionIds.basicConstraints) && !has(ca, extensionIds.keyUsage),
    says: {
      ...opensslFamily('invalid CA certificate', 79, 1),
      ...cannotSign,
      node: 'unsuitable certificate purpose',
      java: notAnAnchor,
      boringssl: 'INVALID_PURPOSE: unsupported certificate purpose',
    },
    source: 'RFC 5280 §4.2.1.9; X509_check_ca(3); measured',
  },
  {
    id: 'ca-constraints-not-critical',
    what: "its CA's basicConstraints are not critical",
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) => ca.basicConstraints?.critical === false && ca.basicConstraints.ca,
    says: strict('Basic Constraints of CA cert not marked critical', 89, 1),
    source: 'RFC 5280 §4.2.1.9; measured',
  },
  {
    id: 'ca-without-key-usage',
    what: 'its CA has no keyUsage',
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) => ca.basicConstraints?.ca === true && !has(ca, extensionIds.keyUsage),
    says: strict('CA cert does not include key usage extension', 92, 1),
    source:
      "RFC 5280 §4.2.1.3; python/cpython#107361; Docker's own instructions up to 2025 made such CAs; measured",
  },
  {
    id: 'ca-key-usage',
    what: "its CA's keyUsage is without keyCertSign",
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) =>
      ca.keyUsage?.usages.includes('keyCertSign') === false && ca.basicConstraints?.ca !== false,
    says: {
      ...opensslFamily('invalid CA certificate', 79, 1),
      ...cannotSign,
      node: 'key usage does not include certificate signing',
      java: ({ caName }) =>
        `TrustAnchor with subject "${caName}" does not have keyCertSign bit set in KeyUsage extension`,
      gnutls: "The certificate chain violates the signer's constraints.",
      boringssl: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
    },
    source: 'RFC 5280 §4.2.1.3; measured',
  },
  {
    id: 'ca-extended-key-usage',
    what: "its CA's extendedKeyUsage is not for what the certificate is for",
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca, role }) => !isFor(ca, role) && !isForAnything(ca),
    says: {
      ...opensslFamily('unsuitable certificate purpose', 26, 1),
      ...go('x509: certificate specifies an incompatible key usage'),
      boringssl: 'INVALID_PURPOSE: unsupported certificate purpose',
    },
    source: 'RFC 5280 §4.2.1.12, of which a CA is not part; Go and OpenSSL nest it; measured',
  },
  {
    id: 'ca-without-key-identifier',
    what: 'its CA has no subjectKeyIdentifier',
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) => ca.version === 3 && ca.subjectKeyIdentifier === undefined,
    says: strict('Missing Subject Key Identifier', 86, 1),
    source: 'RFC 5280 §4.2.1.2; measured',
  },
  {
    id: 'ca-version-1',
    what: 'its CA is a certificate of version 1, which has no extensions',
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) => ca.version === 1,
    says: strict('invalid CA certificate', 79, 1),
    source: 'RFC 5280 §6.1.4 (k); measured',
  },
  {
    id: 'ca-key-small',
    what: "its CA's RSA key is shorter than 2048 bits",
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca: { publicKey } }) => publicKey.type === 'rsa' && (publicKey.bits ?? 2048) < 2048,
    says: {
      python: python('CA certificate key too weak'),
      'python-3.13': python('CA certificate key too weak'),
      node: 'CA certificate key too weak',
      curl: 'curl: (60) SSL certificate problem: CA certificate key too weak',
      rustls: 'invalid peer certificate: BadSignature',
    },
    only: {
      python: '3.10 or newer',
      node: '24 or newer (OpenSSL 3.5)',
      curl: 'of Debian and Ubuntu, or with OpenSSL 3.2 or newer',
    },
    source: 'SSL_CTX_set_security_level(3), level 2; measured',
  },
  {
    id: 'ca-key-large',
    what: "its CA's RSA key is longer than 8192 bits",
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca: { publicKey } }) => (publicKey.bits ?? 0) > 8192,
    says: { rustls: 'invalid peer certificate: BadSignature' },
    source: 'ring, RSA_PKCS1_2048_8192_SHA256; measured',
  },
  {
    id: 'ca-key-ed25519',
    what: "its CA's key is Ed25519",
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) => ca.publicKey.type === 'ed25519',
    says: { nss: 'SEC_ERROR_ADDING_CERT' },
    only: { nss: '3.87' },
    source: 'measured',
  },
  {
    id: 'ca-curve',
    what: "its CA's key is on a curve that TLS does not use: secp256k1 and the like are not P-256",
    mends: 'ca',
    noticedBy: 'peer',
    applies: ({ ca: { publicKey } }) => isOnOddCurve(publicKey),
    says: {
      docker: 'ca.pem seems invalid',
      java: 'PKIX path validation failed: java.security.cert.CertPathValidatorException: signature check failed',
      gnutls: 'The certificate chain uses insecure algorithm.',
      nss: 'SEC_ERROR_',
      rustls: 'invalid peer certificate: UnsupportedSignatureAlgorithmForPublicKeyContext',
      boringssl: 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: unable to decode issuer public key',
    },
    source: 'RFC 8446 §4.2.3; Go, crypto/x509/x509.go, namedCurveFromOID; measured',
  },
];
