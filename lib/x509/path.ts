import type { X509Certificate } from 'node:crypto';
import { hasIssuerName, hasReadableKey, isIssuedBy } from './issued.js';

/** OpenSSL follows 100, and mbedTLS 8; nobody has more than three. */
const MOST_BETWEEN = 8;

/** From a certificate to one that is trusted. */
export interface Path {
  readonly between: readonly X509Certificate[];
  readonly anchor: X509Certificate;
  /** The first CA on it whose key this Node cannot read. */
  readonly unread: X509Certificate | undefined;
}

/**
 * The path from a certificate to one of the trusted ones (RFC 5280 §6.1): the certificates between, from its issuer on, and the
 * trusted one. `sent`: the further certificates of its own file, which its holder sends with it (RFC 8446 §4.4.2). Undefined
 * where there is no path. Where an intermediate CA is trusted together with the CAs above it, the path goes on to the last of
 * them, as OpenSSL follows it. Dates and extensions are not judged. A CA whose key this Node cannot read counts by its name, and
 * is in `unread`: its signature was not checked.
 */
export function pathTo(
  certificate: X509Certificate,
  sent: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
): Path | undefined {
  const found: X509Certificate[] = [];
  let last = certificate;
  const issued = (one: X509Certificate): boolean =>
    isIssuedBy(last, one) || (!hasReadableKey(one) && hasIssuerName(last, one));
  for (;;) {
    const nearest = trusted.find(issued);
    if (nearest) {
      const path = upwards(nearest, trusted);
      const anchor = path.pop() ?? nearest;
      found.push(...path);
      return { between: found, anchor, unread: [...found, anchor].find((one) => !hasReadableKey(one)) };
    }
    const next = sent.find((one) => one !== last && !found.includes(one) && issued(one));
    if (!next || found.length === MOST_BETWEEN) return undefined;
    found.push(next);
    last = next;
  }
}

/** A trusted CA, and those above it that are trusted as well. */
function upwards(ca: X509Certificate, trusted: readonly X509Certificate[]): X509Certificate[] {
  const path = [ca];
  for (let last = ca; !isIssuedBy(last, last) && path.length <= MOST_BETWEEN;) {
    const issuer = trusted.find((one) => !path.includes(one) && isIssuedBy(last, one));
    if (!issuer) break;
    path.push(issuer);
    last = issuer;
  }
  return path;
}
