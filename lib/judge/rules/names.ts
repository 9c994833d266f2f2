import { isNoHostForJava, isOnlyForOldJava, javaWords, nameWords } from '../called-by.js';
import { namesOf, type CertificateView } from '../certificate-view.js';
import { go, strict, type Rule } from './rule.js';

const isServer = ({ role }: CertificateView): boolean => role === 'server';

function dnsNames(view: CertificateView): string[] {
  return namesOf(view, 'DNS');
}

function isUnnamed(view: CertificateView): boolean {
  return (view.certificate.subjectAltName?.names ?? []).length === 0;
}

function isAddressAsName(view: CertificateView): boolean {
  return view.host.type === 'IP' && dnsNames(view).includes(view.host.value);
}

/** Rules about the names in a server's certificate, and the name that clients use. */
export const nameRules: readonly Rule[] = [
  {
    id: 'no-names',
    what: 'it has no subjectAltName, and many clients ignore its common name',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => isServer(view) && isUnnamed(view),
    says: nameWords,
    source:
      'Go 1.15 release notes, "X.509 CommonName deprecation"; urllib3 2, hostname_checks_common_name; RFC 9525 §6.3; measured',
  },
  {
    id: 'address-as-dns-name',
    what: 'it has the address as a DNS name, where no client looks for it',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => isServer(view) && isAddressAsName(view),
    says: nameWords,
    source: 'RFC 5280 §4.2.1.6, iPAddress; measured',
  },
  {
    id: 'other-names',
    what: 'it does not have the name that clients use for the server',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => isServer(view) && !isUnnamed(view) && !isAddressAsName(view),
    says: nameWords,
    source: 'RFC 9525 §6; measured',
  },
  {
    id: 'wildcard-behind',
    what: 'the name that clients use for the server needs a wildcard behind the first label',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => isServer(view) && isOnlyForOldJava(view),
    says: { java: javaWords },
    only: { java: '25; 17 accepts it' },
    source: 'RFC 9525 §6.3; measured',
  },
  {
    id: 'host-with-underscore',
    what: 'the name that clients use for the server has an underscore, and Java allows none in a host name',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => isServer(view) && isNoHostForJava(view),
    fix: 'use a name without an underscore, or the address',
    says: { java: ({ host }) => `Illegal given domain name: ${host.value}` },
    source: 'OpenJDK, sun.security.util.HostnameChecker and SNIHostName; RFC 1123 §2.1; measured',
  },
  {
    id: 'name-not-ascii',
    what: 'it has a DNS name with non-ASCII characters; international names must be written as xn--…',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => dnsNames(view).some((name) => /[^\x00-\x7f]/.test(name)),
    says: go('x509: SAN dNSName is malformed'),
    source: 'RFC 5280 §4.2.1.6, IA5String; Go, crypto/x509/parser.go; measured',
  },
  {
    id: 'name-with-dot',
    what: 'it has a DNS name that ends with a dot',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => dnsNames(view).some((name) => name.endsWith('.')),
    says: go('x509: SAN dNSName is malformed'),
    only: { docker: 'built with Go 1.24.8 or 1.25.2', dockerd: 'built with Go 1.24.8 or 1.25.2' },
    source: 'golang/go#75828, moby/moby#51367',
  },
  {
    id: 'names-empty',
    what: 'its subjectAltName is empty',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate }) => certificate.subjectAltName?.names.length === 0,
    says: {
      ...strict('Empty Subject Alternative Name extension', 87, 0),
      node: ({ host }) => `Host: ${host.value}. is not in the cert's altnames: `.trimEnd(),
      java: 'No data available in passed DER encoded value',
    },
    only: { node: '22 or newer', java: '25; 17 accepts it' },
    source: 'RFC 5280 §4.2.1.6; measured',
  },
  {
    id: 'subject-empty',
    what: 'its subject is empty, and its subjectAltName is not critical',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate: { subject, subjectAltName } }) =>
      subject.length === 0 && subjectAltName?.critical === false,
    says: {
      ...strict('Subject empty and Subject Alt Name extension not critical', 88, 0),
      java: 'Failed to parse server certificates',
    },
    source: 'RFC 5280 §4.1.2.6; measured',
  },
  {
    id: 'too-long-for-java',
    what: 'it has so many names that it is longer than 32 KiB',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => messageOctets(view) > 32_768,
    says: {
      java: (view) =>
        `javax.net.ssl.SSLProtocolException: The size of the handshake message (${messageOctets(view)}) exceeds the maximum allowed size (32768)`,
    },
    source: 'OpenJDK, jdk.tls.maxHandshakeMessageSize; measured',
  },
  {
    id: 'too-long',
    what: 'it has so many names that it is longer than 64 KiB',
    flawOf: 'leaf',
    noticedBy: 'peer',
    applies: (view) => messageOctets(view) > 65_536,
    says: {
      ...go(
        (view) =>
          `tls: handshake message of length ${messageOctets(view)} bytes exceeds maximum of 65536 bytes`,
      ),
      go: null,
      podman: null,
      rustls: 'received corrupt message of type HandshakePayloadTooLarge',
    },
    only: {
      docker: 'built with an older Go: 20.10 refuses it, 28.5 takes it',
      dockerd: 'built with an older Go',
    },
    source: 'golang/go#50773; rustls, MAX_HANDSHAKE_SIZE; measured',
  },
];

/** The length of a TLS 1.3 certificate message with only that certificate (RFC 8446 §4.4.2). */
function messageOctets({ certificate }: CertificateView): number {
  return certificate.octets + 9;
}
