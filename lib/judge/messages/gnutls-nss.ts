import { words, call } from '../../words.js';
import { clientAgain, runExplain, row, serverAgain, set, trust, type KnownMessage } from './message.js';

const gnutls = 'GnuTLS: gnutls-cli, curl of some systems, wget';
const nss = 'NSS: Firefox, curl of older Red Hat systems';
const strings = 'gnutls/gnutls, lib/errors.c';
const sslErrors = 'nss-dev/nss, lib/ssl/SSLerrs.h';

/** Messages of GnuTLS and NSS in their own words. */
export const gnutlsNssMessages: readonly KnownMessage[] = [
  row(
    'gnutls-untrusted',
    /The certificate is NOT trusted\. (The certificate issuer is unknown|$)|GNUTLS_E_CERTIFICATE_ERROR|Error in the certificate verification|The certificate of \S+ (is not trusted|doesn't have a known issuer)/i,
    gnutls,
    'GnuTLS does not trust the certificate, most often because it does not have the CA',
    words`${trust}; gnutls-cli: --x509cafile, wget: --ca-certificate`,
    'gnutls/gnutls, lib/cert-session.c; gnutls-cli(1)',
    'Status: The certificate is NOT trusted. The certificate issuer is unknown. ',
    'GnuTLS: Error in the certificate verification.',
    "ERROR: The certificate of ‘h’ doesn't have a known issuer.",
  ),
  row(
    'gnutls-refused',
    /A TLS fatal alert has been received|GNUTLS_E_FATAL_ALERT_RECEIVED/i,
    gnutls,
    'the daemon ended the handshake with an alert, most often because it refused or missed the client certificate',
    words`give --x509certfile and --x509keyfile; see the daemon's log, or run ${runExplain}`,
    `${strings}; RFC 8446 §6.2`,
    '*** Fatal error: A TLS fatal alert has been received.',
  ),
  row(
    'gnutls-no-certificate-found',
    /Base64 (unexpected header|decoding) error|GNUTLS_E_BASE64_(UNEXPECTED_HEADER|DECODING)_ERROR/i,
    gnutls,
    'a file that should contain a key or a certificate in PEM contains something else',
    'check which file is which: cert.pem begins with BEGIN CERTIFICATE, key.pem with PRIVATE KEY',
    strings,
    '*** Error loading cert file: Base64 unexpected header error.',
  ),
  row(
    'nss-refused',
    /SSL_ERROR_(BAD_CERT_ALERT|CERTIFICATE_UNKNOWN_ALERT|UNKNOWN_CA_ALERT|EXPIRED_CERT_ALERT|UNSUPPORTED_CERT_ALERT|RX_CERTIFICATE_REQUIRED_ALERT|BAD_CERTIFICATE)|NSS error -12271/i,
    nss,
    'the daemon refused the client certificate, or got none',
    words`import the client's pair (PKCS#12) into NSS; check it with ${runExplain}`,
    sslErrors,
    'SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT',
    'curl: (35) NSS error -12271 (SSL_ERROR_BAD_CERT_ALERT)',
  ),
  row(
    'nss-no-client-key',
    /SSL_ERROR_NO_CERTIFICATE|SEC_ERROR_NO_KEY/i,
    nss,
    "NSS does not find the client's certificate or its key in its database",
    'import both as one file: openssl pkcs12 -export -in cert.pem -inkey key.pem -out client.p12; pk12util -i client.p12 -d DATABASE',
    `${sslErrors}; pk12util(1)`,
    'SSL_ERROR_NO_CERTIFICATE: Unable to find the certificate or key necessary for authentication.',
  ),
  row(
    'nss-reused-serial',
    /SEC_ERROR_REUSED_ISSUER_AND_SERIAL/i,
    nss,
    'two certificates of one CA have the same serial number',
    words`recreate one of them: ${serverAgain}, or ${clientAgain}`,
    'RFC 5280 §4.1.2.2; nss-dev/nss, lib/util/SECerrs.h',
    'SEC_ERROR_REUSED_ISSUER_AND_SERIAL',
  ),
  row(
    'nss-ca-not-stored',
    /SEC_ERROR_(ADDING_CERT|BAD_DATABASE|BAD_DER)/i,
    nss,
    'NSS cannot store ca.pem: it is damaged, or its key is of a kind that this NSS does not know (Ed25519 in 3.87)',
    words`check ca.pem with ${call('explain')}; create a new set with another key type: ${set}`,
    'nss-dev/nss, lib/util/SECerrs.h; measured',
    'SEC_ERROR_ADDING_CERT: Error adding certificate to database.',
  ),
];
