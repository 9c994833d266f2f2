import { call, withOptions, words } from '../../words.js';
import { row, serverAgain, type KnownMessage } from './message.js';

const who = 'dockerd, at its start';
const tls = 'docker/go-connections, tlsconfig/config.go; measured';
const check = words`see what the daemon is told to read with ${call('doctor')}`;

/** The daemon names both files; a client does not. The rest of its sentence, about encryption, is always there. */
const PAIR = String.raw`(?:could not load|error reading) X509 key pair[^(]*\(cert: "[^"]*", key: "[^"]*"\): `;
const pair = (text: string): RegExp => new RegExp(`${PAIR}(?:${text})`, 'i');
const CA = '(?:ServeAPI error|API server|invalid TLS configuration|FATA).*could not read CA certificate';

/** Messages about certificates and keys with which dockerd does not start. */
export const daemonStartTlsMessages: readonly KnownMessage[] = [
  row(
    'start-key-of-another',
    pair('.*private key (?:type )?does not match public key'),
    who,
    'tlskey is not the key of tlscert; the rest of the message, about encryption, is always there',
    words`restore the matching file, or recreate the pair: ${serverAgain}`,
    tls,
    'invalid TLS configuration: Error reading X509 key pair (cert: "/etc/docker/server-cert.pem", key: "/etc/docker/server-key.pem"): tls: private key does not match public key. Make sure the key is not encrypted.',
    'failed to create API server: Error reading X509 key pair (cert: "c.pem", key: "k.pem"): tls: private key type does not match public key type. Make sure the key is not encrypted.',
    'invalid TLS configuration: error reading X509 key pair - make sure the key is not encrypted (cert: "c.pem", key: "k.pem"): tls: private key does not match public key',
  ),
  row(
    'start-no-certificate-set',
    pair('open : '),
    who,
    'TLS is on, and nothing names tlscert and tlskey; tlsverify in daemon.json turns TLS on even if it is false',
    words`set tlscert, tlskey and tlscacert; ${call('installDaemon', { apply: true })} does; ${check}`,
    tls,
    'failed to create API server: Could not load X509 key pair (cert: "", key: ""): open : no such file or directory',
    'fatal: Could not load X509 key pair (cert: "", key: ""): open : The system cannot find the file specified.',
  ),
  row(
    'start-key-file-missing',
    pair('open .*(?:no such file or directory|cannot find the (?:file|path) specified)'),
    who,
    'tlscert or tlskey names a file that does not exist',
    words`set both to existing files; ${check}`,
    tls,
    'invalid TLS configuration: Could not load X509 key pair (cert: "/etc/docker/server-cert.pem", key: "/etc/docker/server-key.pem"): open /etc/docker/server-cert.pem: no such file or directory',
    String.raw`Could not load X509 key pair (cert: "C:\\certs\\cert.pem", key: "C:\\certs\\key.pem"): open C:\certs\cert.pem: The system cannot find the path specified.`,
  ),
  row(
    'start-key-file-closed',
    pair('.*(?:permission denied|Access is denied)'),
    who,
    'dockerd may not read tlscert or tlskey: their owner or mode, SELinux or AppArmor forbids it',
    'make root their owner (chown root), and check the labels (ls -Z); a rootless daemon needs its own user',
    'open(2), EACCES; docker/go-connections, tlsconfig/config.go',
    'invalid TLS configuration: Error reading X509 key pair (cert: "/c.pem", key: "/k.pem"): open /k.pem: permission denied. Make sure the key is not encrypted.',
  ),
  row(
    'start-file-is-directory',
    /(?:X509 key pair|could not read CA certificate|unable to configure the Docker daemon with file).*is a directory/i,
    who,
    'a setting names a directory instead of a file; a container run with -v creates such a directory where the file is missing',
    words`bring the file to this path, and remove the empty directory (rmdir); ${check}`,
    'measured',
    'invalid TLS configuration: Error reading X509 key pair (cert: "c.pem", key: "/certs/key.pem"): read /certs/key.pem: is a directory. Make sure the key is not encrypted.',
    'invalid TLS configuration: could not read CA certificate "/certs/ca.pem": read /certs/ca.pem: is a directory',
    'unable to configure the Docker daemon with file /etc/docker/daemon.json: read /etc/docker/daemon.json: is a directory',
  ),
  row(
    'start-key-file-swapped',
    pair(
      '.*(?:failed to find certificate PEM data|failed to find any PEM data|failed to find PEM block|found a certificate rather than a key)',
    ),
    who,
    'tlscert and tlskey are mixed up, or one of them is not PEM',
    'check which file is which: one begins with BEGIN CERTIFICATE, the other with PRIVATE KEY',
    'golang/go, src/crypto/tls/tls.go, X509KeyPair; measured',
    'invalid TLS configuration: Error reading X509 key pair (cert: "k.pem", key: "c.pem"): tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched. Make sure the key is not encrypted.',
    'failed to create API server: Error reading X509 key pair (cert: "c.pem", key: "k.pem"): tls: failed to find any PEM data in key input. Make sure the key is not encrypted.',
    'failed to create API server: Error reading X509 key pair (cert: "c.pem", key: "c.pem"): tls: found a certificate rather than a key in the PEM for the private key. Make sure the key is not encrypted.',
  ),
  row(
    'start-key-kind',
    pair(
      '.*(?:unsupported elliptic curve|invalid ECDSA parameters|private key with unknown algorithm|unknown private key type|unknown public key algorithm)',
    ),
    who,
    'Go does not support the key of the server: secp256k1, explicit curve parameters, Ed448, RSA-PSS or X25519',
    words`recreate the pair with a common key: ${withOptions(serverAgain, { key: 'ec:p256' })}`,
    'golang/go, src/crypto/x509/pkcs8.go; measured',
    'invalid TLS configuration: Error reading X509 key pair (cert: "c.pem", key: "k.pem"): x509: unsupported elliptic curve. Make sure the key is not encrypted.',
    'failed to create API server: Error reading X509 key pair (cert: "c.pem", key: "k.pem"): x509: invalid ECDSA parameters. Make sure the key is not encrypted.',
    'invalid TLS configuration: Error reading X509 key pair (cert: "c.pem", key: "k.pem"): tls: failed to parse private key: x509: PKCS#8 wrapping contained private key with unknown algorithm: 1.3.101.113. Make sure the key is not encrypted.',
  ),
  row(
    'start-key-encrypted',
    pair('.*(?:failed to parse private key|private key is encrypted)'),
    who,
    'tlskey is encrypted, or no private key that dockerd can read; it takes no passphrase',
    words`write a copy without a passphrase, and name that: openssl pkey -in KEY -out NEW; or recreate the pair: ${serverAgain}`,
    tls,
    'failed to create API server: Error reading X509 key pair (cert: "c.pem", key: "k.pem"): tls: failed to parse private key. Make sure the key is not encrypted.',
    'invalid TLS configuration: Error reading X509 key pair (cert: "c.pem", key: "k.pem"): tls: failed to parse private key: asn1: structure error: tags don\'t match (16 vs {class:2 tag:7 length:79 isCompound:true}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} pkcs8 @2. Make sure the key is not encrypted.',
  ),
  row(
    'start-certificate-unreadable',
    pair('(?:tls: |x509: ).*'),
    who,
    'dockerd cannot parse its own certificate, tlscert: it is damaged, or does not conform to DER or RFC 5280',
    words`look at it: openssl x509 -in FILE -noout -text; ${call('explain')} says why; recreate it: ${serverAgain}`,
    'golang/go, src/crypto/x509/parser.go; measured',
    'invalid TLS configuration: Error reading X509 key pair (cert: "c.pem", key: "k.pem"): x509: malformed certificate. Make sure the key is not encrypted.',
  ),
  row(
    'start-ca-closed',
    /could not read CA certificate.*(permission denied|Access is denied)/i,
    'docker, dockerd, minikube',
    'the program may not read ca.pem: its owner, its mode or that of a directory above forbids it',
    'check them: ls -ld on the file and the directories above; run as the user that the files belong to',
    'kubernetes/minikube#3083; open(2), EACCES',
    'could not read CA certificate "/home/user/.minikube/certs/ca.pem": open /home/user/.minikube/certs/ca.pem: permission denied.',
  ),
  row(
    'start-ca-missing',
    new RegExp(CA, 'i'),
    who,
    "the daemon's tlscacert does not exist; where nothing names one and --tlsverify is a flag, it is ~/.docker/ca.pem of the daemon's user",
    words`set tlscacert to the CA of the clients; ${check}`,
    tls,
    'Shutting down due to ServeAPI error: Could not read CA certificate: open /root/.docker/ca.pem: no such file or directory',
    'invalid TLS configuration: could not read CA certificate "/root/.docker/ca.pem": open /root/.docker/ca.pem: no such file or directory',
    'failed to create API server: could not read CA certificate "/etc/docker/ca.pem": open /etc/docker/ca.pem: no such file or directory',
  ),
  row(
    'start-ca-not-pem',
    /failed to append certificates from PEM file/i,
    'docker, dockerd',
    'ca.pem contains no certificate that Go can read: it is empty, DER or another file, or its key is of a kind that Go does not know, such as secp256k1',
    words`check it with ${call('explain')}; from DER: openssl x509 -inform DER -in FILE -out ca.pem`,
    tls,
    'invalid TLS configuration: failed to append certificates from PEM file: "/etc/docker/ca.pem"',
  ),
];
