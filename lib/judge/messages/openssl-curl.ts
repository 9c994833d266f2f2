import { call, words } from '../../words.js';
import { asPkcs12, clientAgain, runExplain, row, trust, type KnownMessage } from './message.js';

const who = 'OpenSSL: openssl, curl, Python, Node';
const errors = 'X509_STORE_CTX_get_error(3)';
const renewed = words`renew it with ${call('renew')}, or a CA with ${call('renewCa')}; then restart the daemon`;

/** Messages of OpenSSL and curl in their own words. */
export const opensslCurlMessages: readonly KnownMessage[] = [
  row(
    'crl-missing',
    /unable to get certificate CRL|CRL has expired|CRL is not yet valid|UNABLE_TO_GET_CRL|SEC_ERROR_(CRL_EXPIRED|OLD_CRL)/i,
    who,
    'the client is told to check a revocation list, and has none for this CA, or an old one',
    'give it a current list of the CA; without -crl_check or --crlfile, a revoked certificate is accepted',
    `${errors}, errors 3, 11 and 12`,
    'error 3 at 0 depth lookup: unable to get certificate CRL',
    'error 12 at 0 depth lookup: CRL has expired',
  ),
  row(
    's-client-untrusted',
    /verify error:num=(18|19|20|21)\b|Verify return code: (18|19|20|21)\b/i,
    'openssl s_client',
    'openssl was not told the CA, or has another one: s_client goes on all the same',
    words`add -CAfile ca.pem; if that is the right one: ${trust}`,
    'openssl-s_client(1)',
    'verify error:num=20:unable to get local issuer certificate',
    'Verify return code: 21 (unable to verify the first certificate)',
  ),
  row(
    's-client-expired',
    /verify error:num=10\b|Verify return code: 10\b/i,
    'openssl s_client',
    'a certificate has expired by this clock: s_client goes on all the same',
    renewed,
    'openssl-s_client(1)',
    'verify error:num=10:certificate has expired',
    'Verify return code: 10 (certificate has expired)',
  ),
  row(
    'curl-client-not-found',
    /NSS: (client certificate( from file)? not found|private key (from file )?not found)|unable to load client cert: -\d+/i,
    'curl with NSS, of older Red Hat systems',
    'curl looks for a certificate of that name in its database: a file needs a path with a slash',
    words`write --cert ./cert.pem --key ./key.pem; check the pair with ${runExplain}`,
    'curl/curl, lib/vtls/nss.c (to 8.2)',
    'curl: (58) NSS: client certificate not found (nickname not specified)',
    'curl: (58) unable to load client cert: -8018 (SEC_ERROR_UNKNOWN_PKCS11_ERROR)',
  ),
  row(
    'curl-client-pair',
    /curl: \(58\)(?!.*(does not match|schannel|Can.t load))|unable to (set private key file|use client certificate)|could not load (PEM|ASN1|PKCS12) client certificate/i,
    'curl',
    "the client's key or certificate cannot be used: it is encrypted, from another pair, missing, or not PEM",
    words`find out which with ${runExplain}; then ${clientAgain}`,
    'curl(1), exit code 58; curl/curl, lib/vtls/openssl.c; measured',
    "curl: (58) unable to set private key file: 'key.pem' type PEM",
    'curl: (58) could not load PEM client certificate from cert.pem, OpenSSL error error:80000002:system library::No such file or directory, (no key found, wrong passphrase, or wrong file format?)',
  ),
  row(
    'curl-wants-pkcs12',
    /SSL: Can't load the certificate "[^"]*" and its private key/i,
    'curl with Secure Transport, as macOS had it',
    "this curl uses Apple's TLS, which takes the client's pair as PKCS#12 only",
    `make one file, and give it with --cert client.p12:PASSPHRASE: ${asPkcs12}; or use a curl with OpenSSL`,
    'curl/curl, lib/vtls/sectransp.c, in older versions',
    'curl: (58) SSL: Can\'t load the certificate "cert.pem" and its private key: OSStatus -25299',
  ),
  row(
    'ca-not-pem',
    /error adding trust anchors|no certificate or crl found|cadata does not contain a certificate|NO_CERTIFICATE_OR_CRL_FOUND|CA file '[^']*' is not correctly formatted|could not add RootCA pem/i,
    'curl, Python, Terraform',
    'ca.pem contains no certificate in PEM: it is empty, DER, or another file',
    words`check it with ${runExplain}; from DER: openssl x509 -inform DER -in FILE -out ca.pem`,
    'X509_load_cert_crl_file(3); curl/curl, lib/vtls/openssl.c',
    'curl: (77) error adding trust anchors from file: ca.pem',
    'ssl.SSLError: [X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate or crl found (_ssl.c:4149)',
    'Error: could not add RootCA pem',
  ),
];
