import {
  hasUnknownCritical,
  isFor,
  isForAnything,
  issuerOf,
  type CertificateView,
} from '../certificate-view.js';
import { keyUsageRules } from './key-usage.js';
import { either, go, goTimes, opensslFamily, python, strict, type Rule } from './rule.js';

/** Go's names for algorithms. */
function signatureName(view: CertificateView): string {
  const { certificate } = view;
  const digest = (certificate.digest ?? '').toUpperCase();
  return issuerOf(view).publicKey.type === 'ec' ? `ECDSA-${digest}` : `${digest}-RSA`;
}

function rsaBits({ certificate: { publicKey } }: CertificateView): number | undefined {
  return publicKey.type === 'rsa' ? publicKey.bits : undefined;
}

/** Rules about the certificate itself. */
export const leafRules: readonly Rule[] = [
  {
    id: 'expired',
    what: 'it has expired',
    flawOf: 'leaf',
    renewalFixes: true,
    noticedBy: 'peer',
    applies: ({ certificate, now }) => certificate.notAfter < now,
    says: {
      ...opensslFamily('certificate has expired', 10, 0),
      ...goTimes('certificate'),
      java: 'PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed',
      gnutls: 'The certificate chain uses expired certificate.',
      nss: 'SEC_ERROR_EXPIRED_CERTIFICATE',
      rustls: 'invalid peer certificate: certificate expired',
      boringssl: 'CERT_HAS_EXPIRED: certificate has expired',
    },
    source: 'RFC 5280 §4.1.2.5; measured',
  },
  {
    id: 'not-yet-valid',
    what: 'it is not valid yet, or the clock of the program that checks it is slow',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate, now }) => certificate.notBefore > now,
    says: {
      ...opensslFamily('certificate is not yet valid', 9, 0),
      ...goTimes('certificate'),
      java: 'PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed',
      gnutls: 'The certificate chain uses not yet valid certificate.',
      nss: 'SEC_ERROR_EXPIRED_CERTIFICATE',
      rustls: 'invalid peer certificate: certificate not valid yet',
      boringssl: 'CERT_NOT_YET_VALID: certificate is not yet valid',
    },
    source: 'RFC 5280 §4.1.2.5; measured',
  },
  {
    id: 'extended-key-usage',
    what: 'its extendedKeyUsage is for another use: a server needs serverAuth, a client clientAuth',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate, role }) => !isFor(certificate, role) && !isForAnything(certificate),
    says: {
      ...opensslFamily('unsuitable certificate purpose', 26, 0),
      ...go('x509: certificate specifies an incompatible key usage'),
      java: 'Extended key usage does not permit use for TLS server authentication',
      gnutls: 'The certificate chain does not match the intended purpose.',
      nss: 'SEC_ERROR_INADEQUATE_CERT_TYPE',
      rustls:
        'invalid peer certificate: certificate does not allow extended key usage for server authentication',
      boringssl: 'INVALID_PURPOSE: unsupported certificate purpose',
    },
    source: 'RFC 5280 §4.2.1.12; measured',
  },
  {
    id: 'extended-key-usage-any',
    what: 'its extendedKeyUsage is anyExtendedKeyUsage, which many clients do not accept as serverAuth',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate, role }) => !isFor(certificate, role) && isForAnything(certificate),
    says: {
      ...opensslFamily('unsuitable certificate purpose', 26, 0),
      nss: 'SEC_ERROR_INADEQUATE_CERT_TYPE',
      rustls:
        'invalid peer certificate: certificate does not allow extended key usage for server authentication',
      boringssl: 'INVALID_PURPOSE: unsupported certificate purpose',
    },
    source: 'RFC 5280 §4.2.1.12; measured',
  },
  ...keyUsageRules,
  {
    id: 'leaf-is-ca',
    what: 'it is a CA itself: basicConstraints says CA:TRUE',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate }) => certificate.basicConstraints?.ca === true,
    says: {
      // Of one without extendedKeyUsage NSS does not mind.
      nss: ({ certificate }) => (certificate.extendedKeyUsage ? 'SEC_ERROR_INADEQUATE_CERT_TYPE' : undefined),
      rustls: 'invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))',
    },
    source: 'webpki, CaUsedAsEndEntity; measured',
  },
  {
    id: 'leaf-signs',
    what: 'its keyUsage has keyCertSign, which is for CAs',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate: { keyUsage, basicConstraints } }) =>
      keyUsage?.usages.includes('keyCertSign') === true && basicConstraints?.ca !== true,
    says: strict('Key usage keyCertSign invalid for non-CA cert', 82, 0),
    source: 'RFC 5280 §4.2.1.3; measured',
  },
  {
    id: 'version-1',
    what: 'it is a version 1 certificate, without extensions',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate }) => certificate.version === 1,
    says: { rustls: 'invalid peer certificate: Other(OtherError(UnsupportedCertVersion))' },
    source: 'webpki, UnsupportedCertVersion; measured',
  },
  {
    id: 'no-authority-key-identifier',
    what: "it has no authorityKeyIdentifier, which names its CA's key",
    flawOf: 'leaf',
    noticedBy: 'peer',
    // RFC 5280 does not require it in a self-issued certificate.
    applies: ({ certificate: { version, subject, issuer, authorityKeyIdentifier } }) =>
      version === 3 && !subject.equals(issuer) && authorityKeyIdentifier === undefined,
    says: strict('Missing Authority Key Identifier', 85, 0),
    source: 'RFC 5280 §4.2.1.1; python/cpython#107361; measured',
  },
  {
    id: 'same-subject-as-ca',
    what: "it has the same subject as its CA and does not name the CA's key, so it looks self-signed",
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate, signedByCa, isTrusted, ...view }) =>
      signedByCa &&
      !isTrusted &&
      certificate.subject.equals(issuerOf(view).subject) &&
      !certificate.authorityKeyIdentifier?.keyIdentifier,
    says: {
      ...opensslFamily('self-signed certificate', 18, 0),
      nss: 'SEC_ERROR_BAD_SIGNATURE',
    },
    only: { nss: '3.87; 3.132 accepts it' },
    source: 'X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT; goharbor/website#508; measured',
  },
  {
    id: 'weak-digest',
    what: 'its signature uses SHA-1 or MD5',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate }) => ['sha1', 'md5'].includes(certificate.digest ?? ''),
    says: {
      ...go((view) => `x509: cannot verify signature: insecure algorithm ${signatureName(view)}`),
      python: python('CA signature digest algorithm too weak'),
      'python-3.13': python('CA signature digest algorithm too weak'),
      node: 'CA signature digest algorithm too weak',
      curl: 'CA signature digest algorithm too weak',
      gnutls: 'The certificate chain uses insecure algorithm.',
      rustls: 'invalid peer certificate: UnsupportedSignatureAlgorithmContext',
    },
    only: {
      docker: 'built with Go 1.18 or newer',
      dockerd: 'built with Go 1.18 or newer',
      python: '3.10 or newer',
      node: '18 or newer',
    },
    source: 'Go 1.18 release notes, "Rejecting SHA-1 certificates"; SSL_CTX_set_security_level(3); measured',
  },
  {
    id: 'key-small',
    what: 'its RSA key is shorter than 2048 bits',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => (rsaBits(view) ?? 2048) < 2048,
    says: {
      python: python('EE certificate key too weak'),
      'python-3.13': python('EE certificate key too weak'),
      node: 'EE certificate key too weak',
      curl: 'EE certificate key too weak',
      rustls: 'invalid peer certificate: BadSignature',
    },
    only: {
      python: '3.10 or newer',
      node: '24 or newer (OpenSSL 3.5)',
      curl: 'of Debian and Ubuntu, or with OpenSSL 3.2 or newer',
    },
    source: 'SSL_CTX_set_security_level(3), level 2; measured, Node with 26',
  },
  {
    id: 'key-large',
    what: 'its RSA key is longer than 8192 bits',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => (rsaBits(view) ?? 0) > 8192,
    says: {
      docker: 'tls: server sent certificate containing RSA key larger than 8192 bits',
      dockerd: 'tls: client sent certificate containing RSA key larger than 8192 bits',
      rustls: 'invalid peer certificate: BadSignature',
    },
    only: {
      docker: 'built with Go 1.19.12, 1.20.7, 1.21 or newer',
      dockerd: 'built with Go 1.19.12, 1.20.7, 1.21 or newer',
    },
    source: 'CVE-2023-29409; ring, RSA_PKCS1_2048_8192_SHA256; measured',
  },
  {
    id: 'key-huge',
    what: 'its RSA key is longer than 16384 bits',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => (rsaBits(view) ?? 0) > 16_384,
    says: {
      python: '[SSL: BAD_SIGNATURE] bad signature',
      'python-3.13': '[SSL: BAD_SIGNATURE] bad signature',
      node: 'modulus too large',
      curl: 'modulus too large',
      java: 'Failed to parse server certificates',
      nss: either('SEC_ERROR_BAD_SIGNATURE', 'SEC_ERROR_INVALID_KEY'),
      boringssl: 'DECODE_ERROR',
    },
    source: 'OPENSSL_RSA_MAX_MODULUS_BITS; measured',
  },
  {
    id: 'key-ed25519',
    what: 'its key is Ed25519',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate }) => certificate.publicKey.type === 'ed25519',
    says: { nss: 'SSL_ERROR_NO_CYPHER_OVERLAP' },
    source: 'measured',
  },
  {
    id: 'negative-serial',
    what: 'its serial number is negative: docker accepts it, programs built as modules of Go 1.23 or newer do not',
    flawOf: 'leaf',
    renewalFixes: true,
    noticedBy: 'peer',
    applies: ({ certificate }) => certificate.serial < 0,
    says: { go: 'x509: negative serial number' },
    source: 'RFC 5280 §4.1.2.2; Go 1.23 release notes, x509negativeserial; measured',
  },
  {
    id: 'unknown-critical-extension',
    what: 'it has an unknown critical extension',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate }) => hasUnknownCritical(certificate),
    says: {
      ...opensslFamily('unhandled critical extension', 34, 0),
      ...go('x509: unhandled critical extension'),
      java: 'PKIX path validation failed: java.security.cert.CertPathValidatorException: unrecognized critical extension(s)',
      gnutls: 'The certificate contains an unknown critical extension.',
      nss: 'SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION',
      rustls: 'invalid peer certificate: Other(OtherError(UnsupportedCriticalExtension))',
      boringssl: 'unhandled critical extension',
    },
    source: 'RFC 5280 §4.2; measured',
  },
];
