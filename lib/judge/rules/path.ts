import type { CertificateDetails } from '../../x509/certificate-details.js';
import { extensionIds } from '../../x509/certificate-details.js';
import { hasUnknownCritical, type CertificateView } from '../certificate-view.js';
import { ofNss, go, opensslFamily, python, strict, type Rule } from './rule.js';

/** The CAs of the path, from the issuer of the leaf to the trusted one. */
function casOf({ between, ca }: Pick<CertificateView, 'between' | 'ca'>): readonly CertificateDetails[] {
  return [...between, ca];
}

function isSelfIssued({ subject, issuer }: CertificateDetails): boolean {
  return subject.equals(issuer);
}

/** How many intermediates are below a CA of the path; those that only replace a key do not count (RFC 5280 §4.2.1.9). */
function below({ between }: CertificateView, at: number): number {
  return between.slice(0, at).filter((one) => !isSelfIssued(one)).length;
}

/** The depth at which openssl finds the path too long; undefined where it is not. */
function tooLongAt(view: CertificateView): number | undefined {
  const at = casOf(view).findIndex(({ basicConstraints }, height) => {
    const most = basicConstraints?.pathLength;
    return most !== undefined && below(view, height) > most;
  });
  return at === -1 ? undefined : at + 1;
}

/** The depth of the intermediate without an authorityKeyIdentifier; the trusted CA needs none. */
function unnamedAt({ between }: CertificateView): number | undefined {
  const at = between.findIndex(
    ({ version, extensions }) =>
      version === 3 && !extensions.some(({ id }) => id === extensionIds.authorityKeyIdentifier),
  );
  return at === -1 ? undefined : at + 1;
}

/** Rules about the whole path: all of them were measured with intermediates. */
export const pathRules: readonly Rule[] = [
  {
    id: 'path-too-long',
    what: 'its path has more intermediate CAs than a CA on it allows (pathlen)',
    flawOf: 'leaf',
    fix: 'let the CA sign it that allows no intermediate, or have that CA issued with a larger pathlen',
    noticedBy: 'peer',
    applies: (view) => tooLongAt(view) !== undefined,
    says: {
      ...opensslFamily('path length constraint exceeded', 25, 0),
      ...go('x509: too many intermediates for path length constraint'),
      openssl: (view) => `error 25 at ${tooLongAt(view) ?? 0} depth lookup: path length constraint exceeded`,
      'openssl-strict': (view) =>
        `error 25 at ${tooLongAt(view) ?? 0} depth lookup: path length constraint exceeded`,
      // Java and rustls do not heed the trusted CA's.
      gnutls: "The certificate chain violates the signer's constraints.",
      nss: ofNss('SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID'),
      boringssl: 'PATH_LENGTH_EXCEEDED: path length constraint exceeded',
    },
    source: 'RFC 5280 §4.2.1.9, and §6.1.1, by which those of a trusted CA need not count; measured',
  },
  {
    id: 'ca-unknown-critical-extension',
    what: 'its CA has an unknown critical extension',
    flawOf: 'ca',
    noticedBy: 'peer',
    applies: (view) => casOf(view).some(hasUnknownCritical),
    says: {
      ...opensslFamily('unhandled critical extension', 34, 1),
      ...go('x509: unhandled critical extension'),
      openssl: (view) => unknownAt(view),
      'openssl-strict': (view) => unknownAt(view),
      java: ({ between }) =>
        between.some(hasUnknownCritical)
          ? 'PKIX path validation failed: java.security.cert.CertPathValidatorException: unrecognized critical extension(s)'
          : undefined,
      gnutls: 'The certificate contains an unknown critical extension.',
      nss: ({ between }) =>
        between.some(hasUnknownCritical) ? 'SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION' : undefined,
      rustls: ({ between }) =>
        between.some(hasUnknownCritical)
          ? 'invalid peer certificate: Other(OtherError(UnsupportedCriticalExtension))'
          : undefined,
      boringssl: 'unhandled critical extension',
    },
    source: 'RFC 5280 §4.2, and §6.1.1, by which a trusted CA is a name and a key; measured',
  },
  {
    id: 'ca-subject-empty',
    what: "its CA's subject is empty",
    flawOf: 'ca',
    noticedBy: 'peer',
    applies: (view) => casOf(view).some(({ subject }) => subject.length === 0),
    says: {
      ...strict('Issuer name empty', 83, 0),
      'openssl-strict': (view) =>
        `error 83 at ${casOf(view).findIndex(({ subject }) => subject.length === 0)} depth lookup: Issuer name empty`,
      curl: ({ certificate }) =>
        certificate.issuer.length === 0 ? "curl: (60) SSL: couldn't get X509-issuer name" : undefined,
      java: 'Empty issuer DN not allowed in X509Certificates',
    },
    only: { curl: '7.88; 8.23 accepts it' },
    source: 'RFC 5280 §4.1.2.4; measured',
  },
  {
    id: 'intermediate-without-authority-key-identifier',
    what: 'its intermediate CA has no authorityKeyIdentifier, which names the key of its own CA',
    flawOf: 'leaf',
    fix: 'have the intermediate CA issued with one, and put it into the file in place of the one there',
    noticedBy: 'peer',
    applies: (view) => unnamedAt(view) !== undefined,
    says: {
      'python-3.13': python('Missing Authority Key Identifier'),
      'openssl-strict': (view) =>
        `error 85 at ${unnamedAt(view) ?? 0} depth lookup: Missing Authority Key Identifier`,
    },
    source: 'RFC 5280 §4.2.1.1; measured',
  },
  {
    id: 'self-signed-ca-pem',
    what: 'it is self-signed and in ca.pem, but its basicConstraints say CA:FALSE',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ isTrusted, certificate }) =>
      isTrusted && isSelfIssued(certificate) && certificate.basicConstraints?.ca === false,
    says: {
      nss: ofNss('SEC_ERROR_CA_CERT_INVALID'),
    },
    source: 'measured',
  },
  {
    id: 'leaf-as-ca-pem',
    what: 'it is in ca.pem itself, in place of the CA that signed it',
    flawOf: 'leaf',
    fix: "put the CA's certificate into ca.pem",
    noticedBy: 'peer',
    applies: ({ isTrusted, certificate }) => isTrusted && !isSelfIssued(certificate),
    says: {
      python: python('unable to get local issuer certificate'),
      node: 'unable to verify the first certificate',
      openssl: 'error 20 at 0 depth lookup: unable to get local issuer certificate',
      'openssl-strict': 'error 20 at 0 depth lookup: unable to get local issuer certificate',
      nss: 'SEC_ERROR_UNKNOWN_ISSUER',
      rustls: 'invalid peer certificate: UnknownIssuer',
      boringssl: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate',
      // docker does not send a certificate whose issuer the daemon does not name.
      dockerd: "tls: client didn't provide a certificate",
    },
    source: 'X509_VERIFY_PARAM_set_flags(3), X509_V_FLAG_PARTIAL_CHAIN; measured',
  },
];

/** openssl names every such CA; the lowest is told. */
function unknownAt(view: CertificateView): string {
  return `error 34 at ${casOf(view).findIndex(hasUnknownCritical) + 1} depth lookup: unhandled critical extension`;
}
