import type { KeyUsageName } from '../../x509/certificate-details.js';
import type { CertificateView } from '../certificate-view.js';
import { opensslFamily, type Rule } from './rule.js';

/** Tells whether the keyUsage of a server's certificate, where it has one, has none of these. */
function lacks(view: CertificateView, ...wanted: readonly KeyUsageName[]): boolean {
  const { keyUsage } = view.certificate;
  return (
    view.role === 'server' &&
    keyUsage !== undefined &&
    !wanted.some((usage) => keyUsage.usages.includes(usage))
  );
}

/** Rules about the keyUsage of a server's certificate; the daemon does not look at that of a client's. */
export const keyUsageRules: readonly Rule[] = [
  {
    id: 'key-usage',
    what: 'its keyUsage lacks digitalSignature, which every suite of TLS 1.3 and ECDHE needs',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => lacks(view, 'digitalSignature'),
    says: {
      java: 'KeyUsage does not allow digital signatures',
      gnutls: 'Key usage violation in certificate has been detected.',
      nss: (view) =>
        view.certificate.publicKey.type === 'ec' && lacks(view, 'digitalSignature', 'keyAgreement')
          ? 'SEC_ERROR_INADEQUATE_KEY_USAGE'
          : undefined,
      boringssl: 'KEY_USAGE_BIT_INCORRECT',
      'docker-sdk-urllib3-1': ({ certificate }) =>
        certificate.publicKey.type === 'ec' ? 'handshake failure' : undefined,
    },
    only: { 'docker-sdk-urllib3-1': 'the SDK before 7.0, which speaks TLS 1.2' },
    source: 'RFC 8446 §4.4.2.2; BoringSSL, ssl/ssl_cert.cc; measured',
  },
  {
    id: 'key-usage-not-tls',
    what: 'its keyUsage has none of digitalSignature, keyEncipherment and keyAgreement, and so is not for TLS at all',
    flawOf: 'leaf',
    noticedBy: 'peer',
    // OpenSSL does not read a certificate whose keyUsage is empty.
    applies: (view) =>
      lacks(view, 'digitalSignature', 'keyEncipherment', 'keyAgreement') &&
      view.certificate.keyUsage?.usages.length !== 0,
    says: opensslFamily('unsuitable certificate purpose', 26, 0),
    source: 'OpenSSL, crypto/x509/v3_purp.c, check_purpose_ssl_server; measured',
  },
  {
    id: 'key-usage-rsa',
    what: 'its keyUsage lacks keyEncipherment, which NSS wants of an RSA key',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => view.certificate.publicKey.type === 'rsa' && lacks(view, 'keyEncipherment'),
    says: { nss: 'SEC_ERROR_INADEQUATE_KEY_USAGE' },
    source: 'RFC 5246 §7.4.2; measured',
  },
];
