import { isOnOddCurve, python, withoutCa, type Rule } from './rule.js';

/** Rules about the CA's key. */
export const caKeyRules: readonly Rule[] = [
  {
    id: 'ca-key-small',
    what: "its CA's RSA key is shorter than 2048 bits",
    flawOf: 'ca',
    noticedBy: 'peer',
    applies: ({ ca: { publicKey } }) => publicKey.type === 'rsa' && (publicKey.bits ?? 2048) < 2048,
    says: {
      python: python('CA certificate key too weak'),
      'python-3.13': python('CA certificate key too weak'),
      node: 'CA certificate key too weak',
      curl: 'CA certificate key too weak',
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
    flawOf: 'ca',
    noticedBy: 'peer',
    applies: ({ ca: { publicKey } }) => (publicKey.bits ?? 0) > 8192,
    says: { rustls: 'invalid peer certificate: BadSignature' },
    source: 'ring, RSA_PKCS1_2048_8192_SHA256; measured',
  },
  {
    id: 'ca-key-ed25519',
    what: "its CA's key is Ed25519",
    flawOf: 'ca',
    noticedBy: 'peer',
    applies: ({ ca }) => ca.publicKey.type === 'ed25519',
    says: { nss: 'SEC_ERROR_ADDING_CERT' },
    only: { nss: '3.87; 3.132 accepts it' },
    source: 'measured',
  },
  {
    id: 'ca-curve',
    what: "its CA's key is on a curve that TLS does not use: secp256k1 and the like are not P-256",
    flawOf: 'ca',
    noticedBy: 'peer',
    applies: ({ ca: { publicKey } }) => isOnOddCurve(publicKey),
    says: {
      docker: 'ca.pem seems invalid',
      ...withoutCa,
      java: 'PKIX path validation failed: java.security.cert.CertPathValidatorException: signature check failed',
      gnutls: 'The certificate chain uses insecure algorithm.',
      nss: 'SEC_ERROR_',
      rustls: 'invalid peer certificate: UnsupportedSignatureAlgorithmForPublicKeyContext',
      boringssl: 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: unable to decode issuer public key',
    },
    source: 'RFC 8446 §4.2.3; Go, crypto/x509/x509.go, namedCurveFromOID; measured',
  },
];
