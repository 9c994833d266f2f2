import { describe, expect, test } from '@jest/globals';
import { explainMessage } from '../../lib/internal.js';
import { messages } from '../../lib/judge/messages.js';
import { rules } from '../../lib/judge/rules.js';

/** What clients and daemons print, and which row of the table is meant. */
const said: readonly (readonly [string, string])[] = [
  [
    'error during connect: Get "https://h:2376/v1.24/version": x509: certificate relies on legacy Common Name field, use SANs instead',
    'common-name',
  ],
  ["x509: cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs", 'no-ip-sans'],
  ['tls: failed to verify certificate: x509: certificate is valid for a, b, not c', 'other-name'],
  ['x509: certificate is not valid for any names, but wanted to match h', 'other-name'],
  [
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for 'h'. (_ssl.c:1000)",
    'other-name',
  ],
  [
    "Error [ERR_TLS_CERT_ALTNAME_INVALID]: Hostname/IP does not match certificate's altnames: Host: h. is not in the cert's altnames: DNS:a",
    'other-name',
  ],
  ["curl: (60) SSL: no alternative certificate subject name matches target host name 'h'", 'other-name'],
  [
    'javax.net.ssl.SSLHandshakeException: No subject alternative names matching IP address 10.0.0.5 found',
    'other-name',
  ],
  ['SSL_ERROR_BAD_CERT_DOMAIN', 'other-name'],
  ['tls: failed to parse certificate from server: x509: SAN dNSName is malformed', 'malformed-name'],
  ['tls: failed to parse certificate from server: x509: negative serial number', 'negative-serial'],
  [
    'x509: cannot verify signature: insecure algorithm SHA1-RSA (temporarily override with GODEBUG=x509sha1=1)',
    'weak-digest',
  ],
  ['curl: (60) SSL certificate problem: CA signature digest algorithm too weak', 'weak-digest'],
  ['curl: (60) SSL certificate problem: EE certificate key too weak', 'weak-key'],
  ['tls: server sent certificate containing RSA key larger than 8192 bits', 'large-key'],
  ['certificate verify failed: invalid CA certificate (_ssl.c:1006)', 'ca-cannot-sign'],
  [
    '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: CA cert does not include key usage extension (_ssl.c:1020)',
    'ca-without-key-usage',
  ],
  [
    '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Missing Authority Key Identifier (_ssl.c:1020)',
    'no-authority-key-identifier',
  ],
  [
    'x509: certificate has expired or is not yet valid: current time 2026-11-22T13:06:28Z is after 2020-01-31T00:00:00Z',
    'expired',
  ],
  ['Error: certificate has expired\n    code: CERT_HAS_EXPIRED', 'expired'],
  ['remote error: tls: expired certificate', 'expired'],
  [
    'x509: certificate has expired or is not yet valid: current time 2026-11-22T13:06:28Z is before 2046-01-01T00:00:00Z',
    'not-yet-valid',
  ],
  ['curl: (60) SSL certificate problem: certificate is not yet valid', 'not-yet-valid'],
  ['java.security.cert.CertPathValidatorException: validity check failed', 'time'],
  [
    'tls: failed to verify client certificate: x509: certificate specifies an incompatible key usage',
    'key-usage',
  ],
  ['SEC_ERROR_INADEQUATE_CERT_TYPE: Certificate type not approved for application.', 'key-usage'],
  ['javax.net.ssl.SSLHandshakeException: KeyUsage does not allow digital signatures', 'digital-signature'],
  [
    "http: TLS handshake error from 127.0.0.1:46080: tls: client didn't provide a certificate",
    'no-client-certificate',
  ],
  ['remote error: tls: certificate required', 'no-client-certificate'],
  ['remote error: tls: bad certificate', 'bad-certificate'],
  ['remote error: tls: unknown certificate authority', 'bad-certificate'],
  [
    'ssl.SSLError: [SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate (_ssl.c:2559)',
    'bad-certificate',
  ],
  [
    'x509: certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "CA")',
    'signature',
  ],
  ['certificate verify failed: self-signed certificate in certificate chain (_ssl.c:1006)', 'self-signed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT: self-signed certificate', 'self-signed-leaf'],
  ['x509: certificate signed by unknown authority', 'unknown-authority'],
  [
    'Error: unable to verify the first certificate\n  code: UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'unknown-authority',
  ],
  [
    'PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target',
    'unknown-authority',
  ],
  ["SEC_ERROR_UNKNOWN_ISSUER: Peer's Certificate issuer is not recognized.", 'unknown-authority'],
  ['invalid peer certificate: Other(OtherError(UnsupportedCertVersion))', 'malformed'],
  ['x509: unhandled critical extension', 'unknown-critical-extension'],
  ['failed to retrieve context tls info: x509: unsupported elliptic curve', 'curve'],
  ['failed to retrieve context tls info: tls: failed to parse private key', 'key-encrypted'],
  [
    'private key is encrypted - support for encrypted private keys has been removed, see https://docs.docker.com/go/deprecated/',
    'key-encrypted',
  ],
  ['ERR_OSSL_BAD_DECRYPT: error:1C800064:Provider routines::bad decrypt', 'key-encrypted'],
  ['tls: private key does not match public key', 'key-mismatch'],
  ['ssl.SSLError: [X509: KEY_VALUES_MISMATCH] key values mismatch (_ssl.c:3926)', 'key-mismatch'],
  ["curl: (58) unable to set private key file: 'key.pem' type PEM", 'curl-58'],
  ['error:1E08010C:DECODER routines::unsupported', 'key-not-pem'],
  ['java.security.InvalidKeyException: IOException : algid parse error, not a sequence', 'algid'],
  [
    'could not read CA certificate "/root/.docker/ca.pem": open /root/.docker/ca.pem: no such file or directory',
    'ca-file',
  ],
  [
    'unable to configure the Docker daemon with file /etc/docker/daemon.json: the following directives are specified both as a flag and in the configuration file: hosts: (from flag: [fd://], from file: [tcp://0.0.0.0:2376])',
    'flag-and-file',
  ],
  ['Error response from daemon: Client sent an HTTP request to an HTTPS server.', 'http-to-https'],
  ['http: server gave HTTP response to HTTPS client', 'https-to-http'],
  ['tls: first record does not look like a TLS handshake', 'https-to-http'],
  ['Cannot connect to the Docker daemon at tcp://h:2376. Is the docker daemon running?', 'no-answer'],
  ['context deadline exceeded', 'no-answer'],
  ['read tcp 127.0.0.1:1->127.0.0.1:2376: read: connection reset by peer', 'reset'],
  ['remote error: tls: handshake failure', 'handshake-failure'],
  ['The size of the handshake message (94350) exceeds the maximum allowed size (32768)', 'too-long'],
  ['curl: (60) SSL certificate problem: some new reason', 'curl-60'],
];

test.each(said)('%s: %s', (text, id) => {
  expect(explainMessage(text)?.id).toBe(id);
});

test.each(['', 'hello', 'x509', 'certificate'])('%j is not known', (text) => {
  expect(explainMessage(text)).toBeUndefined();
});

describe('the table', () => {
  test('has each row once, and a message for each', () => {
    const ids = messages.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(said.map(([, id]) => id))).toEqual(new Set(ids));
  });

  const words = rules.flatMap(({ id, says }) =>
    Object.entries(says).flatMap(([client, text]) =>
      typeof text === 'string' ? [{ id, client, text }] : [],
    ),
  );
  // What has no reason in it: NSS's family of errors, curl's exit code, an alert without a reason.
  const bare =
    /^(SEC_ERROR_(ADDING_CERT)?|curl: \(35\) |.*Failed to parse server certificates|The curve is unsupported|No PIN given\.|DECODE_ERROR|.*BAD_SIGNATURE\] bad signature)$/;

  test.each(words.filter(({ text }) => !bare.test(text)))(
    'knows what $client says for the rule $id',
    ({ text }) => {
      expect(explainMessage(text)).toBeDefined();
    },
  );
});
