import { namesOf, type CertificateView } from './certificate-view.js';
import type { RefusalWords } from './rules/rule.js';
import { isNameOf, wildcards, type WildcardRules } from './wildcards.js';

/**
 * Tells whether each client finds the server's name in the certificate, and its message if not. Clients differ in when they
 * use the common name instead of the subjectAltName.
 */
export const nameWords: RefusalWords = {
  docker: refusal(bySubjectAltName(wildcards.go), goWords),
  python: refusal(withCommonName(wildcards.python), pythonWords),
  'python-3.13': refusal(withCommonName(wildcards.python), pythonWords),
  'docker-sdk-urllib3-1': refusal(byUrllib3sWay, urllib3Words),
  'docker-sdk': refusal(bySubjectAltName(wildcards.python), pythonWords),
  'docker-sdk-3.13': refusal(bySubjectAltName(wildcards.python), pythonWords),
  node: refusal(byNodesWay, nodeWords),
  curl: refusal(byCurlsWay, curlWords),
  java: refusal(byJavasWay, javaWords),
  gnutls: refusal(byGnutlsWay, () => 'The name in the certificate does not match the expected.'),
  nss: refusal(byNssWay, () => 'SSL_ERROR_BAD_CERT_DOMAIN'),
  rustls: refusal(
    bySubjectAltName(wildcards.rustls),
    ({ host }) => `certificate not valid for name "${host.value}"`,
  ),
  boringssl: refusal(byNodesWay, () => 'ERR_TLS_CERT_ALTNAME_INVALID'),
  openssl: refusal(withCommonName(wildcards.openssl), opensslWords),
  'openssl-strict': refusal(withCommonName(wildcards.openssl), opensslWords),
};

/** Java looks at no certificate for a host whose name it takes for none (RFC 1123 §2.1). */
export function isNoHostForJava({ host }: Pick<CertificateView, 'host'>): boolean {
  return host.type === 'DNS' && host.value.includes('_');
}

type Judgement<Result = boolean> = (view: CertificateView) => Result;

function refusal(
  accepts: Judgement,
  words: (view: CertificateView) => string,
): Judgement<string | undefined> {
  return (view) => (accepts(view) ? undefined : words(view));
}

/** Only the names count. */
function bySubjectAltName(rules: WildcardRules): Judgement {
  return (view) => namesOf(view, view.host.type).some((name) => matches(name, view, rules));
}

/** The common name counts for a host if there is no DNS name (RFC 6125 §6.4.4), never for an address. */
function withCommonName(rules: WildcardRules): Judgement {
  const named = bySubjectAltName(rules);
  return (view) =>
    named(view) || (view.host.type === 'DNS' && namesOf(view, 'DNS').length === 0 && isCommonName(view));
}

/** The same, but a trailing dot in a name is ignored. */
function byNodesWay(view: CertificateView): boolean {
  return withCommonName(wildcards.node)(view) || withoutDot(view, wildcards.node);
}

/** The common name counts if there are no names at all, for an address too. */
function byCurlsWay(view: CertificateView): boolean {
  const rules = wildcards.curl;
  return bySubjectAltName(rules)(view) || withoutDot(view, rules) || (isUnnamed(view) && isCommonName(view));
}

/** The common name counts if there are no names at all, as what it is written as: `docker.example.com`, `10.0.0.5`. */
function byUrllib3sWay(view: CertificateView): boolean {
  return bySubjectAltName(wildcards.urllib3)(view) || (isUnnamed(view) && isCommonName(view));
}

/** The common name counts for a host if there are no names at all. */
function byGnutlsWay(view: CertificateView): boolean {
  return (
    bySubjectAltName(wildcards.gnutls)(view) ||
    (view.host.type === 'DNS' && isUnnamed(view) && isCommonName(view))
  );
}

/** As Java 17 does it. */
function byJavasWay(view: CertificateView): boolean {
  return isNoHostForJava(view) || withCommonName(wildcards.java)(view);
}

/** Tells whether a newer Java does not find the host, because the star stands in another label than the first. */
export function isOnlyForOldJava(view: CertificateView): boolean {
  return (
    byJavasWay(view) &&
    !isNoHostForJava(view) &&
    !withCommonName({ ...wildcards.java, anywhere: false })(view)
  );
}

/** The common name counts for an address too if there is no subjectAltName. */
function byNssWay(view: CertificateView): boolean {
  return withCommonName(wildcards.nss)(view) || (!view.certificate.subjectAltName && isCommonName(view));
}

function withoutDot(view: CertificateView, rules: WildcardRules): boolean {
  return namesOf(view, view.host.type).some((name) => matches(name.replace(/\.$/, ''), view, rules));
}

function isUnnamed(view: Pick<CertificateView, 'certificate'>): boolean {
  return namesOf(view, 'DNS').length === 0 && namesOf(view, 'IP').length === 0;
}

function isCommonName({ commonName, host }: CertificateView): boolean {
  return commonName?.toLowerCase() === host.value;
}

function matches(name: string, { host }: CertificateView, rules: WildcardRules): boolean {
  return host.type === 'IP'
    ? name.toLowerCase() === host.value
    : isNameOf(host.value, name.toLowerCase(), rules);
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

/** urllib3 1.26, packages/ssl_match_hostname. */
function urllib3Words({ host, commonName, ...view }: CertificateView): string {
  return isUnnamed(view) && commonName === undefined
    ? 'no appropriate commonName or subjectAltName fields were found'
    : `hostname '${host.value}' doesn't match`;
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
  const { commonName } = view;
  return isUnnamed(view)
    ? `curl: (60) SSL: certificate subject name '${commonName ?? ''}' does not match target`
    : `curl: (60) SSL: no alternative certificate subject name matches target`;
}

/** OpenJDK, sun.security.util.HostnameChecker. */
export function javaWords(view: CertificateView): string {
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
