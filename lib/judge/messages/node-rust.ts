import { words } from '../../words.js';
import { clientAgain, clientFiles, runExplain, row, type KnownMessage } from './message.js';

const rust = 'Rust: bollard';
const errors = 'fussybeaver/bollard, src/errors.rs';

/** Messages of Node's docker-modem and of Rust's bollard and rustls. */
export const nodeRustMessages: readonly KnownMessage[] = [
  row(
    'node-docker-host',
    /DOCKER_HOST env variable should be something like/i,
    'Node: dockerode, docker-modem',
    'DOCKER_HOST is no URL: it is tcp://HOST:PORT',
    'write tcp://HOST:2376: at this port docker-modem uses TLS by itself',
    'apocas/docker-modem, lib/modem.js',
    'Error: DOCKER_HOST env variable should be something like tcp://localhost:1234',
  ),
  row(
    'node-file-missing',
    /ENOENT: no such file or directory, open '[^']*(ca|cert|key)\.pem'/i,
    'Node: dockerode, docker-modem',
    'DOCKER_CERT_PATH is not the directory that contains ca.pem, cert.pem and key.pem',
    words`set it to that directory; or ${clientFiles}`,
    'apocas/docker-modem, lib/modem.js',
    "Error: ENOENT: no such file or directory, open '/root/.docker/ca.pem'",
    String.raw`Error: ENOENT: no such file or directory, open 'C:\Users\me\.docker\key.pem'`,
  ),
  row(
    'rust-file-missing',
    /Cannot open\/read certificate with path/i,
    rust,
    'DOCKER_CERT_PATH is not the directory that contains ca.pem, cert.pem and key.pem, or a file is not readable',
    words`set it to that directory; or ${clientFiles}`,
    errors,
    'Cannot open/read certificate with path: /root/.docker/ca.pem',
  ),
  row(
    'rust-key',
    /Found multiple keys \(\d+\), expected one|Could not parse key: /i,
    rust,
    'key.pem contains several keys, or none that rustls can read: an encrypted one, or explicit curve parameters',
    words`put one unencrypted key into it; or create another pair: ${clientAgain}`,
    errors,
    'Found multiple keys (2), expected one: /root/.docker/key.pem',
    'Could not parse key: /root/.docker/key.pem',
  ),
  row(
    'rust-no-native-certificates',
    /Could not load native certs|Could not parse a pki native cert/i,
    rust,
    'bollard reads the CAs of the machine first, and this machine or container has none, or a damaged one',
    'install ca-certificates in the image, or set SSL_CERT_FILE to ca.pem',
    errors,
    'Could not load native certs',
  ),
  row(
    'rust-refused',
    /received fatal alert: (BadCertificate|CertificateRequired|CertificateUnknown|CertificateExpired|UnknownCA|UnsupportedCertificate|AccessDenied)|received fatal alert: the peer (required a client certificate|rejected the certificate|found the certificate|did not support the certificate)/i,
    'Rust: rustls',
    "the daemon refused the client's certificate: it is missing, from another CA, expired, or for servers",
    words`check DOCKER_CERT_PATH and the daemon's log, or run ${runExplain}`,
    'rustls/rustls, rustls/src/error/mod.rs; RFC 8446 §6.2',
    'received fatal alert: CertificateRequired',
    'received fatal alert: UnknownCA',
    'received fatal alert: the peer required a client certificate',
    'received fatal alert: the peer found the certificate was not issued by a trusted CA',
  ),
];
