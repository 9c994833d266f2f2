/** A message that a client or the daemon prints, and what is behind it. */
export interface KnownMessage {
  readonly id: string;
  /** What stands in it, in every version that is known. */
  readonly pattern: RegExp;
  /** Who prints it. */
  readonly who: string;
  /** What it means. */
  readonly cause: string;
  /** What to do. */
  readonly fix: string;
  /** How it is known. */
  readonly source: string;
}

const server = 'docker-tls-openssl server --host HOST --force server';
const client = 'docker-tls-openssl client --force client';
const set = 'docker-tls-openssl all --host HOST --force ca';
const trust =
  'give the client the ca.pem of the CA that signed the server, and the daemon (--tlscacert) that of the CA that signed the client; if it is lost, make the set anew';

/** The well-known messages. What is more particular stands before what is less: the first that fits is meant. */
export const messages: readonly KnownMessage[] = [
  // Go: docker, dockerd and what else is written in it.
  {
    id: 'common-name',
    pattern: /legacy Common Name/i,
    who: 'docker and other clients in Go',
    cause: "the server's certificate has no subjectAltName, and its common name is no longer looked at",
    fix: `make it anew with the names by which the daemon is called: ${server}`,
    source: 'Go 1.15 release notes, "X.509 CommonName deprecation"',
  },
  {
    id: 'no-ip-sans',
    pattern: /doesn't contain any IP SANs/i,
    who: 'docker and other clients in Go',
    cause:
      'the daemon is called by an address, and its certificate names none; an address as a DNS name does not count',
    fix: `make it anew with the address: docker-tls-openssl server --host HOST --ip ADDRESS --force server`,
    source: 'Go, crypto/x509/verify.go, HostnameError',
  },
  {
    id: 'other-name',
    pattern:
      /certificate is (not )?valid for .*(, not |but wanted to match|but none matched)|not valid for any names|not valid for name|Hostname mismatch|IP address mismatch|hostname '.*' doesn't match|ERR_TLS_CERT_ALTNAME_INVALID|does not match certificate's altnames|(no alternative certificate subject name matches|certificate subject name .* does not match) target|SSL_ERROR_BAD_CERT_DOMAIN|No subject alternative (names? |DNS name )|No name matching .* found|name in the certificate does not match|hostname mismatch/i,
    who: 'every client',
    cause: "the daemon is called by a name or an address that is not in its certificate's subjectAltName",
    fix: `call it by a name that is in it, or make it anew with that name: ${server}`,
    source: 'RFC 9525 §6',
  },
  {
    id: 'malformed-name',
    pattern: /SAN dNSName is malformed/i,
    who: 'docker and dockerd',
    cause: 'a DNS name in the certificate ends with a dot (Go 1.24.8, 1.25.2), or is not ASCII',
    fix: `make it anew without: ${server}`,
    source: 'golang/go#75828, moby/moby#51367',
  },
  {
    id: 'negative-serial',
    pattern: /x509: negative serial number/i,
    who: 'clients and servers in Go, from 1.23 on',
    cause: 'the serial number of a certificate is negative',
    fix: `make the certificate anew: ${server}, or ${client}`,
    source: 'Go 1.23 release notes, crypto/x509',
  },
  {
    id: 'weak-digest',
    pattern:
      /insecure algorithm|UnsupportedSignatureAlgorithmContext|digest algorithm too weak|ca md too weak|CERT_SIGNATURE_ALGORITHM_DISABLED/i,
    who: 'every client of today',
    cause: 'a signature is over SHA-1 or MD5',
    fix: `make the set anew: ${set}`,
    source: 'Go 1.18 release notes, "Rejecting SHA-1 certificates"; SSL_CTX_set_security_level(3)',
  },
  {
    id: 'weak-key',
    pattern: /(EE|CA) certificate key too weak|ee key too small|ca key too small|key too small/i,
    who: 'Python, curl, newer Node: OpenSSL at security level 2',
    cause: 'an RSA key is shorter than 2048 bits',
    fix: `make the set anew: ${set}`,
    source: 'SSL_CTX_set_security_level(3)',
  },
  {
    id: 'large-key',
    pattern: /RSA key larger than 8192 bits|modulus too large/i,
    who: 'docker and dockerd; OpenSSL above 16384 bits',
    cause: 'an RSA key is longer than 8192 bits',
    fix: `make the certificate anew with a shorter key: ${server} --key rsa:4096`,
    source: 'CVE-2023-29409; OPENSSL_RSA_MAX_MODULUS_BITS',
  },
  {
    id: 'ca-cannot-sign',
    pattern:
      /parent certificate cannot sign this kind of certificate|invalid CA certificate|does not include certificate signing|does not have keyCertSign bit|is not a CA certificate|certificate issuer is not a CA|violates the signer's constraints|SEC_ERROR_CA_CERT_INVALID/i,
    who: 'every client',
    cause: 'ca.pem is no CA certificate: basicConstraints or keyUsage do not let it sign',
    fix: `look whether ca.pem is another certificate by mistake; if not, make the set anew: ${set}`,
    source: 'RFC 5280 §4.2.1.3 and §4.2.1.9',
  },
  {
    id: 'ca-without-key-usage',
    pattern:
      /CA cert does not include key usage extension|Basic Constraints of CA cert not marked critical|Missing Subject Key Identifier/i,
    who: 'Python from 3.13 on, openssl verify -x509_strict',
    cause:
      'the CA was made without keyUsage, critical basicConstraints or subjectKeyIdentifier, as older instructions have it',
    fix: `make the set anew: ${set}`,
    source: 'python/cpython#107361; RFC 5280 §4.2.1',
  },
  {
    id: 'no-authority-key-identifier',
    pattern: /Missing Authority Key Identifier/i,
    who: 'Python from 3.13 on, openssl verify -x509_strict',
    cause: 'the certificate has no authorityKeyIdentifier',
    fix: `make it anew: ${server}`,
    source: 'python/cpython#107361; RFC 5280 §4.2.1.1',
  },
  {
    id: 'expired',
    pattern:
      /certificate has expired or is not yet valid: current time .* is after|certificate (has )?expired(?! or)|expired certificate|CERT_HAS_EXPIRED|SEC_ERROR_EXPIRED|NotAfter:/i,
    who: 'every client, and the daemon for a client',
    cause: "the server's, the client's or the CA's certificate has expired",
    fix: `see which it is with docker-tls-openssl explain; then docker-tls-openssl renew, or for the CA docker-tls-openssl renew ca; and restart the daemon`,
    source: 'RFC 5280 §4.1.2.5',
  },
  {
    id: 'not-yet-valid',
    pattern:
      /has expired or is not yet valid: current time .* is before|not (yet valid|valid yet)|CERT_NOT_YET_VALID|NotBefore:/i,
    who: 'every client, and the daemon for a client',
    cause:
      'the clock of whoever says so is behind, or that of the machine was ahead on which the certificate was made',
    fix: 'set the clocks of both machines; a certificate that was made in the future is made anew',
    source: 'RFC 5280 §4.1.2.5',
  },
  {
    id: 'time',
    pattern: /expired or is not yet valid|validity check failed/i,
    who: 'docker, Java',
    cause: 'a certificate has expired or is not valid yet, or a clock is wrong',
    fix: 'compare the clock with the certificate: docker-tls-openssl explain says which',
    source: 'RFC 5280 §4.1.2.5',
  },
  {
    id: 'key-usage',
    pattern:
      /incompatible key usage|unsuitable certificate purpose|unsupported certificate purpose|INVALID_PURPOSE|INADEQUATE_CERT_TYPE|Extended key usage does not permit|does not allow extended key usage|does not match the intended purpose/i,
    who: 'every client, and the daemon for a client',
    cause:
      "a server's certificate is used as a client's, or a client's as a server's: extendedKeyUsage says what it is for",
    fix: `look whether the two are mixed up; if not, ${server}, or ${client}`,
    source: 'RFC 5280 §4.2.1.12',
  },
  {
    id: 'digital-signature',
    pattern:
      /does not allow digital signatures|Key usage violation|KEY_USAGE_BIT_INCORRECT|INADEQUATE_KEY_USAGE/i,
    who: 'GnuTLS, Java, BoringSSL, NSS',
    cause: "the server's keyUsage is without digitalSignature",
    fix: `make it anew: ${server}`,
    source: 'RFC 8446 §4.4.2.2',
  },
  {
    id: 'no-client-certificate',
    pattern: /client didn't provide a certificate|certificate required|peer did not return a certificate/i,
    who: "dockerd's log, and clients of TLS 1.3",
    cause: 'the client showed no certificate, or has one of another CA and keeps it to itself',
    fix: 'point the client to its files: DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or --tlscert and --tlskey; docker-tls-openssl explain DIRECTORY tells whether they are of the right CA',
    source: 'Go, crypto/tls; measured',
  },
  {
    id: 'bad-certificate',
    pattern:
      /(alert |tls: )?bad certificate|alert certificate unknown|unknown certificate( authority)?|tls: expired certificate|alert unknown ca/i,
    who: 'clients, told so by the daemon',
    cause:
      "the daemon refuses the client's certificate: it is of another CA, has expired, or is for servers; the daemon's log says which",
    fix: `look at the daemon's log, or let docker-tls-openssl explain DIRECTORY tell; then ${client}`,
    source: 'RFC 8446 §6.2; measured',
  },
  {
    id: 'signature',
    pattern:
      /verification failure" while trying to verify candidate|certificate signature failure|CERT_SIGNATURE_FAILURE|SEC_ERROR_BAD_SIGNATURE|signature in the certificate is invalid|signature check failed|does not chain with any of the trust anchors|BadSignature/i,
    who: 'every client, and the daemon for a client',
    cause:
      'another CA of the same name signed the certificate: one of the two sides still has the old ca.pem',
    fix: trust,
    source: 'RFC 5280 §6.1.3; measured',
  },
  {
    id: 'self-signed',
    pattern: /self[- ]signed certificate in certificate chain|SELF_SIGNED_CERT_IN_CHAIN/i,
    who: 'Python, Node, curl',
    cause: 'the server sends its CA, and the client does not trust it',
    fix: trust,
    source: 'X509_STORE_CTX_get_error(3), error 19',
  },
  {
    id: 'self-signed-leaf',
    pattern: /self[- ]signed certificate|DEPTH_ZERO_SELF_SIGNED_CERT/i,
    who: 'Python, Node, curl',
    cause:
      "the server's certificate is signed by itself, or has the same subject as its CA and does not name the CA's key",
    fix: `make it anew under a CA: ${server}`,
    source: 'X509_STORE_CTX_get_error(3), error 18',
  },
  {
    id: 'unknown-authority',
    pattern:
      /signed by unknown authority|unable to get (local )?issuer certificate|unable to verify the first certificate|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT|PKIX path building failed|unable to find valid certification path|SEC_ERROR_UNKNOWN_ISSUER|SEC_ERROR_UNTRUSTED_ISSUER|certificate issuer is unknown|UnknownIssuer/i,
    who: 'every client, and the daemon for a client',
    cause: 'the certificate is of a CA that the other side does not have',
    fix: trust,
    source: 'RFC 5280 §6.1',
  },
  {
    id: 'malformed',
    pattern:
      /CaUsedAsEndEntity|UnsupportedCertVersion|keyCertSign invalid for non-CA|Empty Subject Alternative Name|Subject empty and Subject Alt Name/i,
    who: 'rustls, Python from 3.13 on, openssl verify -x509_strict',
    cause:
      'the certificate is not what RFC 5280 wants of a leaf: it is of version 1, a CA itself, or its names are empty',
    fix: `make it anew: ${server}, or ${client}`,
    source: 'RFC 5280 §4.1 and §4.2.1; measured',
  },
  {
    id: 'unknown-critical-extension',
    pattern:
      /unhandled critical extension|UNKNOWN_CRITICAL_EXTENSION|unrecognized critical extension|unknown critical extension|UnsupportedCriticalExtension/i,
    who: 'every client, and the daemon for a client',
    cause: 'the certificate has a critical extension that nobody knows',
    fix: `make it anew: ${server}, or ${client}`,
    source: 'RFC 5280 §4.2',
  },
  {
    id: 'curve',
    pattern:
      /unsupported elliptic curve|ca\.pem seems invalid|UnsupportedSignatureAlgorithmForPublicKey|UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY/i,
    who: 'docker and dockerd',
    cause: 'a key is on a curve that TLS does not use, such as secp256k1; or ca.pem is no certificate at all',
    fix: `make the set anew: ${set} --key ec:p256`,
    source: 'Go, crypto/x509, namedCurveFromOID; measured',
  },
  {
    id: 'key-encrypted',
    pattern:
      /private key is encrypted|failed to parse private key|Make sure the key is not encrypted|Enter (PEM pass ?phrase|passphrase for encrypted TLS private key)|bad decrypt|ERR_OSSL_BAD_DECRYPT|ERR_OSSL_EVP_BAD_DECRYPT|interrupted or cancelled|ERR_OSSL_CRYPTO_INTERRUPTED|PEM lib/i,
    who: 'docker, dockerd, Python, Node',
    cause:
      'the private key is encrypted (or no private key in PEM at all), and neither the daemon nor its clients take a passphrase',
    fix: `make the pair anew, with an open key: ${server}, or ${client}; only the CA's key is to be encrypted`,
    source: 'docker/cli#3220; docker/go-connections, tlsconfig; measured',
  },
  {
    id: 'key-mismatch',
    pattern:
      /private key (type )?does not match public key|key values mismatch|KEY_VALUES_MISMATCH|Private key does not match the certificate|no certificate assigned/i,
    who: 'docker, dockerd, Python, Node, curl',
    cause: 'key and certificate are of two different pairs',
    fix: `bring the matching file back, or make the pair anew: ${server}, or ${client}`,
    source: 'X509_check_private_key(3); Go, crypto/tls, X509KeyPair',
  },
  {
    id: 'curl-58',
    pattern: /curl: \(58\)|unable to set private key file|could not load PEM client certificate/i,
    who: 'curl',
    cause: "the client's key or certificate cannot be used: it is encrypted, of another pair, or not there",
    fix: `let docker-tls-openssl explain DIRECTORY tell which; then ${client}`,
    source: 'curl(1), exit code 58; measured',
  },
  {
    id: 'key-not-pem',
    pattern:
      /DECODER routines::unsupported|ERR_OSSL_UNSUPPORTED|no valid private key found|failed to find any PEM data|no start line|ERR_OSSL_PEM_NO_START_LINE/i,
    who: 'Node, docker, dockerd, OpenSSL',
    cause: 'a file that should hold a key or a certificate in PEM holds something else, or nothing',
    fix: `look whether two files are mixed up; or make the pair anew: ${server}, or ${client}`,
    source: 'measured',
  },
  {
    id: 'algid',
    pattern: /algid parse error|Algid parse error/i,
    who: 'Java',
    cause:
      'the private key is in PKCS#1 (BEGIN RSA PRIVATE KEY), and this Java reads PKCS#8 alone; or the other way round',
    fix: 'convert it: openssl pkey -in key.pem -out key-pkcs8.pem; for an old docker-java that wants PKCS#1, openssl rsa -traditional',
    source: 'docker-java/docker-java#441; jenkinsci/docker-plugin#371',
  },
  {
    id: 'ca-file',
    pattern:
      /could not read CA certificate|error setting certificate (verify locations|file)|curl: \(77\)|no such file or directory.*\.pem|\.pem: no such file or directory/i,
    who: 'docker, dockerd, curl',
    cause: 'ca.pem, cert.pem or key.pem is not where it is looked for',
    fix: 'set DOCKER_CERT_PATH to the directory that holds ca.pem, cert.pem and key.pem',
    source: 'docker/go-connections, tlsconfig; curl(1), exit code 77',
  },
  // The wiring of the daemon and its clients.
  {
    id: 'flag-and-file',
    pattern: /directives are specified both as a flag and in the configuration file/i,
    who: 'dockerd',
    cause: "daemon.json and the command line, mostly systemd's -H fd://, both say what it listens on",
    fix: 'say it in one place: take hosts out of daemon.json, or -H out of the unit with a drop-in (systemctl edit docker: an empty ExecStart=, then ExecStart=/usr/bin/dockerd)',
    source: 'moby/moby#25471',
  },
  {
    id: 'http-to-https',
    pattern: /Client sent an HTTP request to an HTTPS server|HTTP request to an HTTPS server/i,
    who: 'the daemon',
    cause: 'the client speaks without TLS to a daemon that wants it',
    fix: 'set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or say --tlsverify',
    source: 'Go, net/http; measured',
  },
  {
    id: 'https-to-http',
    pattern:
      /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake|wrong version number|WRONG_VERSION_NUMBER|SSL_ERROR_RX_RECORD_TOO_LONG|Unsupported or unrecognized SSL message|record overflow|packet length too long/i,
    who: 'docker, curl, Node, Java',
    cause:
      'the client speaks TLS to a port that does not: the daemon listens without --tlsverify, or it is another port',
    fix: 'start the daemon with --tlsverify on port 2376 (port 2375 is without TLS), and call that port',
    source: 'Go, crypto/tls; docs.docker.com, "Protect the Docker daemon socket"',
  },
  {
    id: 'no-answer',
    pattern:
      /context deadline exceeded|connection refused|ECONNREFUSED|i\/o timeout|ETIMEDOUT|no route to host|Cannot connect to the Docker daemon|Is the docker daemon running/i,
    who: 'every client',
    cause:
      'nobody answers there: the daemon is not running, does not listen on TCP, or a firewall is in between; no certificate was looked at',
    fix: 'look at the daemon (journalctl -u docker) and whether it listens: ss -ltn sport = :2376',
    source: 'connect(2)',
  },
  {
    id: 'reset',
    pattern: /connection reset by peer|ECONNRESET|broken pipe|EPIPE|unexpected EOF|socket hang up/i,
    who: 'every client',
    cause:
      "the daemon ended the connection, mostly because it refused the client's certificate: with TLS 1.3 its reason can get lost",
    fix: `look at the daemon's log, or let docker-tls-openssl explain DIRECTORY tell; then ${client}`,
    source: 'RFC 8446 §6.2; measured',
  },
  {
    id: 'handshake-failure',
    pattern:
      /handshake failure|handshake_failure|HANDSHAKE_FAILURE|NO_CYPHER_OVERLAP|no cipher suites? in common|no shared cipher|protocol version|UNSUPPORTED_PROTOCOL/i,
    who: 'every client',
    cause:
      'the two have no cipher suite, signature or version of TLS in common: an old client, or a key that it cannot use',
    fix: `bring the client up to date (TLS 1.2 is the least), or make the server's pair with another key: ${server} --key rsa:2048`,
    source: 'RFC 8446 §6.2',
  },
  {
    id: 'too-long',
    pattern: /handshake message .* exceeds|HandshakePayloadTooLarge|excessive message size/i,
    who: 'Java, rustls, an older docker',
    cause: 'the certificate is too long: it has thousands of names',
    fix: `make it anew with fewer, or with a wildcard: ${server}`,
    source: 'golang/go#50773; measured',
  },
  {
    id: 'curl-60',
    pattern: /curl: \(60\)|SSL certificate problem|CERTIFICATE_VERIFY_FAILED|certificate verify failed/i,
    who: 'curl, Python',
    cause: "the server's certificate is refused; the reason stands after these words",
    fix: 'give the message with its reason, or let docker-tls-openssl explain DIRECTORY tell',
    source: 'curl(1), exit code 60',
  },
];

/** What a message means; undefined for one that is not in the table. It may be a whole log: the first row that fits counts. */
export function explainMessage(text: string): KnownMessage | undefined {
  return messages.find(({ pattern }) => pattern.test(text));
}
