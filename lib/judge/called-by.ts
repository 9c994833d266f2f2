import { namesOf, type CertificateView } from './certificate-view.js';
import type { Words } from './rules/rule.js';

/**
 * Whether each client finds the name by which a server is called in its certificate, and what it says where it does not.
 * Where the subjectAltName ends and the common name begins is where they differ. Measured with docker 20.10.24 and 28.5.2, Python
 * 3.11 to 3.13, Node 20, curl 7.88, OpenJDK 17, GnuTLS 3.7, NSS 3.87, Deno 2.9 (rustls), Bun 1.4 (BoringSSL) and OpenSSL 3.0.
 */
export const nameWords: Words = {
  docker: refusal(bySubjectAltName, goWords),
  python: refusal(bySubjectAltName, pythonWords),
  'python-3.13': refusal(bySubjectAltName, pythonWords),
  node: refusal(byNodesWay, nodeWords),
  curl: refusal(byCurlsWay, curlWords),
  java: refusal(withCommonName, javaWords),
  gnutls: refusal(byGnutlsWay, () => 'The name in the certificate does not match the expected.'),
  nss: refusal(
    (view) => withCommonName(view) || (!view.certificate.subjectAltName && isCommonName(view)),
    () => 'SSL_ERROR_BAD_CERT_DOMAIN',
  ),
  rustls: refusal(bySubjectAltName, ({ host }) => `certificate not valid for name "${host.value}"`),
  boringssl: refusal(byNodesWay, () => 'ERR_TLS_CERT_ALTNAME_INVALID'),
  openssl: refusal(withCommonName, opensslWords),
  'openssl-strict': refusal(withCommonName, opensslWords),
};

type Judgement<Result = boolean> = (view: CertificateView) => Result;

function refusal(
  accepts: Judgement,
  words: (view: CertificateView) => string,
): Judgement<string | undefined> {
  return (view) => (accepts(view) ? undefined : words(view));
}

/** Nothing but the names counts. */
function bySubjectAltName(view: CertificateView): boolean {
  return namesOf(view, view.host.type).some((name) => matches(name, view));
}

/** The common name counts for a host where no host is named (RFC 6125 §6.4.4), never for an address. */
function withCommonName(view: CertificateView): boolean {
  if (bySubjectAltName(view)) return true;
  return view.host.type === 'DNS' && namesOf(view, 'DNS').length === 0 && isCommonName(view);
}

/** The same, but a dot at a name's end means nothing. */
function byNodesWay(view: CertificateView): boolean {
  return withCommonName(view) || withoutDot(view);
}

/** The common name counts where nothing at all is named, for an address too. */
function byCurlsWay(view: CertificateView): boolean {
  return bySubjectAltName(view) || withoutDot(view) || (isUnnamed(view) && isCommonName(view));
}

/** The same, but for hosts alone. */
function byGnutlsWay(view: CertificateView): boolean {
  return bySubjectAltName(view) || (view.host.type === 'DNS' && isUnnamed(view) && isCommonName(view));
}

function withoutDot(view: CertificateView): boolean {
  return namesOf(view, view.host.type).some((name) => matches(name.replace(/\.$/, ''), view));
}

function isUnnamed(view: CertificateView): boolean {
  return namesOf(view, 'DNS').length === 0 && namesOf(view, 'IP').length === 0;
}

function isCommonName({ commonName, host }: CertificateView): boolean {
  return commonName?.toLowerCase() === host.value;
}

/** A wildcard stands for one label (RFC 6125 §6.4.3). */
function matches(name: string, { host }: CertificateView): boolean {
  const [pattern, called] = [name.toLowerCase(), host.value];
  if (pattern === called) return true;
  return pattern.startsWith('*.') && pattern.slice(1) === called.slice(called.indexOf('.'));
}

/** Go, crypto/x509/verify.go, HostnameError. */
function goWords(view: CertificateView): string {
  const { host, certificate } = view;
  if (!certificate.subjectAltName && isCommonName(view))
    return 'x509: certificate relies on legacy Common Name field, use SANs instead';
  const names = namesOf(view, host.type);
  if (names.length > 0) return `x509: certificate is valid for ${names.join(', ')}, not ${host.value}`;
  return host.type === 'IP'
    ? `x509: cannot validate certificate for ${host.value} because it doesn't contain any IP SANs`
    : `x509: certificate is not valid for any names, but wanted to match ${host.value}`;
}

function pythonWords({ host }: CertificateView): string {
  const kind = host.type === 'IP' ? 'IP address' : 'Hostname';
  return `[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ${kind} mismatch, certificate is not valid for '${host.value}'.`;
}

/** Node, lib/tls.js, checkServerIdentity. */
function nodeWords(view: CertificateView): string {
  const { host, commonName } = view;
  const reason =
    host.type === 'IP'
      ? `IP: ${host.value} is not in the cert's list: ${namesOf(view, 'IP').join(', ')}`
      : namesOf(view, 'DNS').length > 0
        ? `Host: ${host.value}. is not in the cert's altnames: `
        : commonName === undefined
          ? 'Cert does not contain a DNS name'
          : `Host: ${host.value}. is not cert's CN: ${commonName}`;
  return `Hostname/IP does not match certificate's altnames: ${reason}`.trimEnd();
}

function curlWords(view: CertificateView): string {
  const { host, commonName } = view;
  return isUnnamed(view)
    ? `curl: (60) SSL: certificate subject name '${commonName ?? ''}' does not match target host name '${host.value}'`
    : `curl: (60) SSL: no alternative certificate subject name matches target host name '${host.value}'`;
}

/** OpenJDK, sun.security.util.HostnameChecker. */
function javaWords(view: CertificateView): string {
  const { host } = view;
  if (host.type === 'IP')
    return isUnnamed(view)
      ? 'No subject alternative names present'
      : `No subject alternative names matching IP address ${host.value} found`;
  return namesOf(view, 'DNS').length > 0
    ? `No subject alternative DNS name matching ${host.value} found.`
    : `No name matching ${host.value} found`;
}

function opensslWords({ host }: CertificateView): string {
  return host.type === 'IP'
    ? 'error 64 at 0 depth lookup: IP address mismatch'
    : 'error 62 at 0 depth lookup: hostname mismatch';
}
