import type { CertificateView } from '../certificate-view.js';
import { rustlsKey } from './pair.js';
import { isOnOddCurve, type Rule } from './rule.js';

function encrypted(form: 'pkcs8' | 'traditional'): (view: CertificateView) => boolean {
  return ({ key }) => key?.encrypted === form;
}

/** docker-java finds no key, and reads on. */
const noKey = 'java.lang.NullPointerException';

/** Of openssl, with which a pair gets into the PKCS#12 file that NSS imports. */
const noKeyForPkcs12 = 'Could not read private key';
const notOfCertificate = 'matches private key';

/** The daemon's alert for a client that has a pair, and does not present it. */
const noCertificate = 'tlsv13 alert certificate required';

/** Rules about the private key beside the certificate, for programs that load both. */
export const keyRules: readonly Rule[] = [
  {
    id: 'key-encrypted',
    what: 'its private key is encrypted',
    flawOf: 'leaf',
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
      java: noKey,
      nss: noKeyForPkcs12,
      rustls: 'No keys found in key data',
      boringssl: 'BAD_DECRYPT',
    },
    source:
      'docker/go-connections, tlsconfig; measured away from a terminal: there Python, curl and GnuTLS ask for the passphrase',
  },
  {
    id: 'key-encrypted-traditionally',
    what: 'its private key is encrypted in the older form (DEK-Info)',
    flawOf: 'leaf',
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
      java: noKey,
      nss: noKeyForPkcs12,
      rustls: 'Unable to decode key',
      boringssl: 'BAD_DECRYPT',
    },
    only: { docker: '23.0 or newer; 20.10 asks for the passphrase' },
    source: 'docker/cli#3220; measured away from a terminal',
  },
  {
    id: 'key-of-another',
    what: 'its private key belongs to another certificate',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: ({ key }) => key?.matches === 'another key',
    says: {
      docker: 'tls: private key does not match public key',
      dockerd: 'tls: private key does not match public key',
      python: '[X509: KEY_VALUES_MISMATCH] key values mismatch',
      'python-3.13': '[X509: KEY_VALUES_MISMATCH] key values mismatch',
      node: 'key values mismatch',
      curl: 'curl: (58) unable to set private key file',
      java: 'Received fatal alert: decrypt_error',
      nss: notOfCertificate,
      rustls: 'InconsistentKeys(KeyMismatch)',
      boringssl: 'KEY_VALUES_MISMATCH',
    },
    source: 'Go, crypto/tls, X509KeyPair; X509_check_private_key(3); measured',
  },
  {
    id: 'key-of-another-type',
    what: 'its private key belongs to another certificate, and is of another type',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: ({ key }) => key?.matches === 'another type',
    says: {
      docker: 'tls: private key type does not match public key type',
      dockerd: 'tls: private key type does not match public key type',
      python: '[SSL: NO_CERTIFICATE_ASSIGNED] no certificate assigned',
      'python-3.13': '[SSL: NO_CERTIFICATE_ASSIGNED] no certificate assigned',
      curl: 'curl: (58) Private key does not match the certificate public key',
      java: 'Received fatal alert: ',
      nss: notOfCertificate,
      rustls: 'InconsistentKeys(KeyMismatch)',
      boringssl: 'KEY_TYPE_MISMATCH',
    },
    source: 'Go, crypto/tls, X509KeyPair; measured: Node and Java then go without a certificate',
  },
  {
    id: 'key-curve',
    what: 'its key is on a curve that TLS does not use: secp256k1 and the like are not P-256',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: ({ certificate: { publicKey } }) => isOnOddCurve(publicKey),
    says: {
      docker: 'x509: unsupported elliptic curve',
      dockerd: 'x509: unsupported elliptic curve',
      gnutls: 'The curve is unsupported',
      python: noCertificate,
      'python-3.13': noCertificate,
      node: noCertificate,
      curl: noCertificate,
      java: 'No supported CertificateVerify signature algorithm for EC  key',
      nss: 'Failed to load a suitable client certificate',
      rustls: rustlsKey,
      boringssl: 'UNSUPPORTED_ALGORITHM',
    },
    source: 'RFC 8446 §4.2.3; Go, crypto/x509/x509.go, namedCurveFromOID; measured',
  },
];
