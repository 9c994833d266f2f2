import type { X509Certificate } from 'node:crypto';
import { certificateDetails } from './certificate-details.js';
import { isIssuedBy } from './issued.js';
import type { NameConstraints } from './name-constraints.js';

/** The name constraints of a CA, and of the CAs above it that are among `others`: all of them limit what it may sign. */
export function constraintsAbove(
  ca: X509Certificate,
  others: readonly X509Certificate[],
): readonly NameConstraints[] {
  const path = [ca];
  for (let last = ca; !isIssuedBy(last, last);) {
    const issuer = others.find((one) => !path.includes(one) && isIssuedBy(last, one));
    if (!issuer) break;
    path.push(issuer);
    last = issuer;
  }
  return path.flatMap((one) => certificateDetails(one).nameConstraints ?? []);
}
