import { nameWords } from '../called-by.js';
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

/** How a server is called, and what its certificate calls it. */
export const nameRules: readonly Rule[] = [
  {
    id: 'no-names',
    what: 'it has no subjectAltName, and its common name is no longer looked at',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => isServer(view) && isUnnamed(view),
    says: nameWords,
    source:
      'Go 1.15 release notes, "X.509 CommonName deprecation"; urllib3 2, hostname_checks_common_name; RFC 9525 §6.3; measured',
  },
  {
    id: 'address-as-dns-name',
    what: 'the address stands in it as a DNS name, where no client looks for one',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => isServer(view) && isAddressAsName(view),
    says: nameWords,
    source: 'RFC 5280 §4.2.1.6, iPAddress; measured',
  },
  {
    id: 'other-names',
    what: 'it names others than the one by which the server is called',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => isServer(view) && !isUnnamed(view) && !isAddressAsName(view),
    says: nameWords,
    source: 'RFC 9525 §6; measured',
  },
  {
    id: 'name-not-ascii',
    what: 'a DNS name in it has characters that are not ASCII; an international name has to be written as xn--…',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => dnsNames(view).some((name) => /[^\x00-\x7f]/.test(name)),
    says: go('x509: SAN dNSName is malformed'),
    source: 'RFC 5280 §4.2.1.6, IA5String; Go, crypto/x509/parser.go; measured',
  },
  {
    id: 'name-with-dot',
    what: 'a DNS name in it ends with a dot',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => dnsNames(view).some((name) => name.endsWith('.')),
    says: go('x509: SAN dNSName is malformed'),
    only: { docker: 'built with Go 1.24.8 or 1.25.2', dockerd: 'built with Go 1.24.8 or 1.25.2' },
    source: 'golang/go#75828, moby/moby#51367',
  },
  {
    id: 'names-empty',
    what: 'its subjectAltName is there, and empty',
    mends: 'leaf',
    noticedBy: 'peer',
    applies: ({ certificate }) => certificate.subjectAltName?.names.length === 0,
    says: strict('Empty Subject Alternative Name extension', 87, 0),
    source: 'RFC 5280 §4.2.1.6; measured',
  },
  {
    id: 'subject-empty',
    what: 'its subject is empty, and its subjectAltName is not critical',
    mends: 'leaf',
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
    mends: 'leaf',
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
    mends: 'leaf',
    noticedBy: 'peer',
    applies: (view) => messageOctets(view) > 65_536,
    says: {
      ...go(
        (view) =>
          `tls: handshake message of length ${messageOctets(view)} bytes exceeds maximum of 65536 bytes`,
      ),
      rustls: 'received corrupt message of type HandshakePayloadTooLarge',
    },
    only: {
      docker: 'built with an older Go: 20.10 refuses it, 28.5 takes it',
      dockerd: 'built with an older Go',
    },
    source: 'golang/go#50773; rustls, MAX_HANDSHAKE_SIZE; measured',
  },
];

/** The certificate message of TLS 1.3 with that certificate alone (RFC 8446 §4.4.2). */
function messageOctets({ certificate }: CertificateView): number {
  return certificate.octets + 9;
}
