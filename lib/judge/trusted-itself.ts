import type { CertificateView } from './certificate-view.js';
import { isOneOf, type ClientId } from './clients.js';
import { leafRules } from './rules/leaf.js';
import type { Rule } from './rules/rule.js';

/** Who accepts in a certificate that is trusted itself what it refuses in one that a CA signed. */
const accepted: Readonly<Record<string, readonly ClientId[]>> = {
  expired: ['java'],
  'not-yet-valid': ['java'],
  'extended-key-usage': ['java'],
  'unknown-critical-extension': ['java', 'gnutls'],
  'leaf-signs': ['python-3.13', 'openssl-strict'],
  'subject-empty': ['python-3.13', 'openssl-strict', 'java'],
  'ca-subject-empty': ['python-3.13', 'openssl-strict'],
};

/** The rules about leaves with which every client was measured where the certificate is trusted itself. */
const measured: ReadonlySet<string> = new Set([...Object.keys(accepted), 'leaf-is-ca', 'weak-digest']);

/**
 * Tells whether a rule does not count for a client because the certificate is in ca.pem itself: nobody looks for a CA then, nor at
 * a signature that the certificate made itself.
 */
export function acceptsTrusted(
  { isTrusted, certificate, trustUnknown, issuedByName }: CertificateView,
  { id, flawOf, ofFile }: Rule,
  client: ClientId,
): boolean {
  if (ofFile) return false;
  // A CA that has nothing to do with it is no matter either.
  if (!isTrusted) return trustUnknown !== undefined && !issuedByName && flawOf === 'ca';
  if (id === 'weak-digest') return certificate.subject.equals(certificate.issuer);
  const those = accepted[id];
  return those === undefined ? flawOf === 'ca' : isOneOf(those, client);
}

/** A flaw with which no client was measured in a certificate that is trusted itself; undefined where there is none. */
export function unmeasuredTrusted(view: CertificateView): string | undefined {
  if (!view.isTrusted) return undefined;
  return leafRules.find(({ id, applies }) => !measured.has(id) && applies(view))?.what;
}
