import type { CertificateView } from '../certificate-view.js';
import { hasUnknownCritical, isFor } from '../certificate-view.js';
import type { Rule } from './rule.js';

/** The daemon's alert for Java, which presents no certificate where it takes its own for unsuitable. */
const presentsNone = 'Received fatal alert: ';

/** Printed by NSS's tstclnt for a pair that NSS does not present. */
const notSuitable = 'Failed to load a suitable client certificate';

/** rustls's words for a key that it cannot sign with. */
export const rustlsKey = 'failed to parse private key as RSA, ECDSA, or EdDSA';

function isClient({ role }: CertificateView): boolean {
  return role === 'client';
}

/**
 * Rules about a client's certificate, for the program that loads it with its key and presents it. Java reads it as docker-java does,
 * over TLS 1.2; NSS from a PKCS#12 file that openssl made.
 */
export const pairRules: readonly Rule[] = [
  {
    id: 'pair-key-small',
    what: 'its RSA key is shorter than 2048 bits, and some clients do not load such a one as their own',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: (view) => {
      const { type, bits = 2048 } = view.certificate.publicKey;
      return isClient(view) && type === 'rsa' && bits < 2048;
    },
    says: {
      python: '[SSL: EE_KEY_TOO_SMALL] ee key too small',
      'python-3.13': '[SSL: EE_KEY_TOO_SMALL] ee key too small',
      curl: 'ee key too small',
      rustls: rustlsKey,
    },
    only: { python: '3.10 or newer', curl: 'of Debian and Ubuntu, or with OpenSSL 3.2 or newer' },
    source: 'SSL_CTX_set_security_level(3), level 2; measured',
  },
  {
    id: 'pair-key-ed25519',
    what: 'its key is Ed25519, which some clients do not present',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: (view) => isClient(view) && view.certificate.publicKey.type === 'ed25519',
    says: { java: presentsNone, nss: 'SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY' },
    only: { nss: '3.87' },
    source: 'docker-java, LocalDirectorySSLConfig, which takes TLS 1.2; measured',
  },
  {
    id: 'pair-weak-digest',
    what: 'its signature uses SHA-1 or MD5, and some clients do not load such a one as their own',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: (view) => isClient(view) && ['sha1', 'md5'].includes(view.certificate.digest ?? ''),
    says: {
      python: '[SSL: CA_MD_TOO_WEAK] ca md too weak',
      'python-3.13': '[SSL: CA_MD_TOO_WEAK] ca md too weak',
      node: 'ca md too weak',
      curl: 'ca md too weak',
    },
    only: { python: '3.10 or newer', node: '18 or newer' },
    source: 'SSL_CTX_set_security_level(3); measured',
  },
  {
    id: 'pair-key-usage',
    what: 'its keyUsage lacks digitalSignature, with which a client proves that the key is its own',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: (view) =>
      isClient(view) && view.certificate.keyUsage?.usages.includes('digitalSignature') === false,
    says: {
      nss: notSuitable,
      boringssl: ({ certificate }) =>
        certificate.publicKey.type === 'ec' ? 'KEY_USAGE_BIT_INCORRECT' : undefined,
    },
    source: 'RFC 5280 §4.2.1.3; measured',
  },
  {
    id: 'pair-extended-key-usage',
    what: 'its extendedKeyUsage lacks clientAuth, and some clients do not present such a one',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: (view) => isClient(view) && !isFor(view.certificate, 'client'),
    says: { nss: notSuitable },
    source: 'RFC 5280 §4.2.1.12; measured',
  },
  {
    id: 'pair-is-ca',
    what: 'it is a CA itself, and some clients do not present such a one',
    flawOf: 'leaf',
    noticedBy: 'holder',
    // Of one without extendedKeyUsage NSS does not mind.
    applies: (view) =>
      isClient(view) &&
      view.certificate.basicConstraints?.ca === true &&
      view.certificate.extendedKeyUsage !== undefined,
    says: { nss: notSuitable },
    source: 'measured',
  },
  {
    id: 'pair-version-1',
    what: 'it is a version 1 certificate, which some clients do not load',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: (view) => isClient(view) && view.certificate.version === 1,
    says: { rustls: 'UnsupportedCertVersion' },
    source: 'webpki, UnsupportedCertVersion; measured',
  },
  {
    id: 'pair-unknown-critical-extension',
    what: 'it has an unknown critical extension, and some clients do not load such a one',
    flawOf: 'leaf',
    noticedBy: 'holder',
    applies: (view) => isClient(view) && hasUnknownCritical(view.certificate),
    says: { rustls: 'UnsupportedCriticalExtension' },
    source: 'webpki, UnsupportedCriticalExtension; measured',
  },
];
