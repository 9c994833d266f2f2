import type { CertificateView } from '../certificate-view.js';
import { isOnOddCurve, type Rule } from './rule.js';

function encrypted(form: 'pkcs8' | 'traditional'): (view: CertificateView) => boolean {
  return ({ key }) => key?.encrypted === form;
}

/** The private key beside the certificate, as the program finds it that loads both. */
export const keyRules: readonly Rule[] = [
  {
    id: 'key-encrypted',
    what: 'its private key is encrypted',
    mends: 'leaf',
    noticedBy: 'holder',
    applies: encrypted('pkcs8'),
    says: {
      docker: 'tls: failed to parse private key',
      dockerd: 'tls: failed to parse private key',
      python: 'PEM lib',
      'python-3.13': 'PEM lib',
      node: 'bad decrypt',
      curl: 'curl: (58) unable to set private key file',
      gnutls: 'No PIN given.',
    },
    source:
      'docker/go-connections, tlsconfig; measured away from a terminal: there Python, curl and GnuTLS ask for the passphrase',
  },
  {
    id: 'key-encrypted-traditionally',
    what: 'its private key is encrypted in the older form (DEK-Info)',
    mends: 'leaf',
    noticedBy: 'holder',
    applies: encrypted('traditional'),
    says: {
      docker: 'private key is encrypted - support for encrypted private keys has been removed',
      dockerd: 'tls: failed to parse private key',
      python: 'PEM lib',
      'python-3.13': 'PEM lib',
      node: 'bad decrypt',
      curl: 'curl: (58) unable to set private key file',
      gnutls: 'No PIN given.',
    },
    only: { docker: '23.0 or newer; 20.10 asks for the passphrase' },
    source: 'docker/cli#3220; measured away from a terminal',
  },
  {
    id: 'key-of-another',
    what: "its private key is another certificate's",
    mends: 'leaf',
    noticedBy: 'holder',
    applies: ({ key }) => key?.matches === 'another key',
    says: {
      docker: 'tls: private key does not match public key',
      dockerd: 'tls: private key does not match public key',
      python: '[X509: KEY_VALUES_MISMATCH] key values mismatch',
      'python-3.13': '[X509: KEY_VALUES_MISMATCH] key values mismatch',
      node: 'key values mismatch',
      curl: 'curl: (58) unable to set private key file',
    },
    source: 'Go, crypto/tls, X509KeyPair; X509_check_private_key(3); measured',
  },
  {
    id: 'key-of-another-type',
    what: "its private key is another certificate's, and of another type",
    mends: 'leaf',
    noticedBy: 'holder',
    applies: ({ key }) => key?.matches === 'another type',
    says: {
      docker: 'tls: private key type does not match public key type',
      dockerd: 'tls: private key type does not match public key type',
      python: '[SSL: NO_CERTIFICATE_ASSIGNED] no certificate assigned',
      'python-3.13': '[SSL: NO_CERTIFICATE_ASSIGNED] no certificate assigned',
      curl: 'curl: (58) Private key does not match the certificate public key',
    },
    source: 'Go, crypto/tls, X509KeyPair; measured: Node then goes without a certificate',
  },
  {
    id: 'key-curve',
    what: 'its key is on a curve that TLS does not use: secp256k1 and the like are not P-256',
    mends: 'leaf',
    noticedBy: 'holder',
    applies: ({ certificate: { publicKey } }) => isOnOddCurve(publicKey),
    says: {
      docker: 'x509: unsupported elliptic curve',
      dockerd: 'x509: unsupported elliptic curve',
      gnutls: 'The curve is unsupported',
    },
    source: 'RFC 8446 §4.2.3; Go, crypto/x509/x509.go, namedCurveFromOID; measured',
  },
];
