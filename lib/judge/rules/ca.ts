import type { CertificateDetails } from '../../x509/certificate-details.js';
import { extensionIds } from '../../x509/certificate-details.js';
import { isFor, isForAnything, type CertificateView } from '../certificate-view.js';
import { caKeyRules } from './ca-keys.js';
import { either, go, goTimes, ofNss, opensslFamily, python, strict, type Rule, type Says } from './rule.js';

const cannotSign = go(
  'x509: certificate signed by unknown authority (possibly because of "x509: invalid signature: parent certificate cannot sign this kind of certificate"',
);

const notAnAnchor: Says = ({ caName }) => `TrustAnchor with subject "${caName}" is not a CA certificate`;

/** Tells whether the authority key identifier of the leaf, if it has one, is this CA's. */
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

/** Rules about the CA, and whether it signed the leaf. */
export const caRules: readonly Rule[] = [
  {
    id: 'unknown-ca',
    what: 'its issuer is not the CA that the other side trusts',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) =>
      !view.isTrusted && view.trustUnknown === undefined && !view.issuedByName && !isSelfSigned(view),
    says: {
      ...opensslFamily('unable to get local issuer certificate', 20, 0),
      // docker does not send a certificate whose issuer the daemon does not name; others send it, and get an unknown authority alert.
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
    what: 'it is self-signed, not signed by a CA',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => !view.issuedByName && isSelfSigned(view),
    says: {
      ...opensslFamily('self-signed certificate', 18, 0),
      dockerd: "tls: client didn't provide a certificate",
      docker: 'x509: certificate signed by unknown authority',
      java: 'PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
      gnutls: 'The certificate issuer is unknown.',
      nss: ({ certificate: { basicConstraints } }) =>
        basicConstraints?.ca === true ? 'SEC_ERROR_UNTRUSTED_ISSUER' : ofNss('SEC_ERROR_CA_CERT_INVALID'),
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
    flawOf: 'leaf',
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
    what: 'it names the CA as its issuer, but the CA did not sign it',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => view.issuedByName && !view.signedByCa && isNamedByKey(view),
    says: {
      ...opensslFamily('certificate signature failure', 7, 0),
      ...go('x509: certificate signed by unknown authority (possibly because of "'),
      'python-3.13': (view) =>
        has(view.certificate, extensionIds.authorityKeyIdentifier)
          ? python('certificate signature failure')
          : undefined,
      curl: either('curl: (35) ', 'certificate signature failure'),
      java: 'PKIX path validation failed: java.security.cert.CertPathValidatorException: signature check failed',
      gnutls: 'The signature in the certificate is invalid.',
      nss: 'SEC_ERROR_BAD_SIGNATURE',
      rustls: 'invalid peer certificate: BadSignature',
      boringssl: 'CERT_SIGNATURE_FAILURE: certificate signature failure',
    },
    source: 'RFC 5280 §6.1.3; measured',
  },
  {
    id: 'ca-not-root',
    what: 'its CA is an intermediate, and the root that signed it is not in ca.pem',
    flawOf: 'ca',
    fix: 'append the certificate of the root to ca.pem',
    ofTrusted: true,
    noticedBy: 'peer',
    applies: ({ ca, signedByCa, certificate }) =>
      signedByCa && !ca.subject.equals(ca.issuer) && !certificate.issuer.equals(certificate.subject),
    says: {
      python: python('unable to get issuer certificate'),
      node: 'unable to get issuer certificate',
      openssl: 'error 2 at 1 depth lookup: unable to get issuer certificate',
      'openssl-strict': 'error 2 at 1 depth lookup: unable to get issuer certificate',
      boringssl: 'UNABLE_TO_GET_ISSUER_CERT: unable to get issuer certificate',
    },
    source: 'X509_VERIFY_PARAM_set_flags(3), X509_V_FLAG_PARTIAL_CHAIN; measured',
  },
  {
    id: 'ca-expired',
    what: 'its CA has expired',
    flawOf: 'ca',
    renewalFixes: true,
    noticedBy: 'peer',
    applies: ({ ca, now }) => ca.notAfter < now,
    says: {
      ...opensslFamily('certificate has expired', 10, 1),
      ...goTimes('ca'),
      gnutls: 'The certificate chain uses expired certificate.',
      nss: ofNss('SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE'),
      boringssl: 'CERT_HAS_EXPIRED: certificate has expired',
    },
    source:
      'RFC 5280 §6.1.3, which does not check trust anchors: Java and rustls do not either, and accept it; measured',
  },
  {
    id: 'ca-not-yet-valid',
    what: 'its CA is not valid yet, or the clock of the program that checks it is slow',
    flawOf: 'ca',
    noticedBy: 'peer',
    applies: ({ ca, now }) => ca.notBefore > now,
    says: {
      ...opensslFamily('certificate is not yet valid', 9, 1),
      ...goTimes('ca'),
      gnutls: 'The certificate chain uses not yet valid certificate.',
      nss: ofNss('SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE'),
      boringssl: 'CERT_NOT_YET_VALID: certificate is not yet valid',
    },
    source: 'RFC 5280 §6.1.3; measured',
  },
  {
    id: 'ca-not-a-ca',
    what: 'its CA is not a CA: basicConstraints says CA:FALSE',
    flawOf: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) => ca.basicConstraints?.ca === false,
    says: {
      ...opensslFamily('invalid CA certificate', 79, 1),
      ...cannotSign,
      node: 'unsuitable certificate purpose',
      java: notAnAnchor,
      gnutls: 'The certificate issuer is not a CA.',
      nss: ofNss('SEC_ERROR_CA_CERT_INVALID'),
      boringssl: 'INVALID_PURPOSE: unsupported certificate purpose',
    },
    source: 'RFC 5280 §4.2.1.9; measured',
  },
  {
    id: 'ca-without-constraints',
    what: 'its CA has no basicConstraints',
    flawOf: 'ca',
    renewalFixes: true,
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
    what: 'its CA does not say that it is one: it has neither basicConstraints nor keyUsage',
    flawOf: 'ca',
    renewalFixes: true,
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
    flawOf: 'ca',
    renewalFixes: true,
    noticedBy: 'peer',
    applies: ({ ca }) => ca.basicConstraints?.critical === false && ca.basicConstraints.ca,
    says: strict('Basic Constraints of CA cert not marked critical', 89, 1),
    source: 'RFC 5280 §4.2.1.9; measured',
  },
  {
    id: 'ca-without-key-usage',
    what: 'its CA has no keyUsage',
    flawOf: 'ca',
    renewalFixes: true,
    noticedBy: 'peer',
    applies: ({ ca }) => ca.basicConstraints?.ca === true && !has(ca, extensionIds.keyUsage),
    says: strict('CA cert does not include key usage extension', 92, 1),
    source:
      "RFC 5280 §4.2.1.3; python/cpython#107361; Docker's own instructions up to 2025 created such CAs; measured",
  },
  {
    id: 'ca-key-usage',
    what: "its CA's keyUsage lacks keyCertSign",
    flawOf: 'ca',
    renewalFixes: true,
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
      nss: 'SEC_ERROR_UNKNOWN_ISSUER',
      boringssl: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
    },
    only: { nss: '3.132; 3.87 accepts it' },
    source: 'RFC 5280 §4.2.1.3; measured',
  },
  {
    id: 'ca-extended-key-usage',
    what: "its CA's extendedKeyUsage does not allow the use of the certificate",
    flawOf: 'ca',
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
    flawOf: 'ca',
    renewalFixes: true,
    noticedBy: 'peer',
    applies: ({ ca }) => ca.version === 3 && ca.subjectKeyIdentifier === undefined,
    says: strict('Missing Subject Key Identifier', 86, 1),
    source: 'RFC 5280 §4.2.1.2; measured',
  },
  {
    id: 'ca-version-1',
    what: 'its CA is a version 1 certificate, without extensions',
    flawOf: 'ca',
    renewalFixes: true,
    noticedBy: 'peer',
    applies: ({ ca }) => ca.version === 1,
    says: strict('invalid CA certificate', 79, 1),
    source: 'RFC 5280 §6.1.4 (k); measured',
  },
  {
    id: 'ca-negative-serial',
    what: "its CA's serial number is negative: docker accepts it, programs built as modules of Go 1.23 or newer do not",
    flawOf: 'ca',
    renewalFixes: true,
    noticedBy: 'peer',
    applies: ({ ca }) => ca.serial < 0,
    says: { go: 'x509: certificate signed by unknown authority' },
    source: 'RFC 5280 §4.1.2.2; Go 1.23 release notes, x509negativeserial; measured',
  },
  ...caKeyRules,
];
