import type { X509Certificate } from 'node:crypto';
import { isIssuedBy } from './issued.js';

/** An intermediate CA with the CAs above it. */
export interface CaChain {
  /** The CA itself, and the intermediates above it: what the holder of a leaf sends with it (RFC 8446 §4.4.2). */
  readonly between: readonly X509Certificate[];
  readonly root: X509Certificate;
}

/**
 * The chain of the first CA of a file, told from names and signatures. Undefined for a root, also where a roll-over has added
 * another CA, and where the root is not among them.
 */
export function chainOf(certificates: readonly X509Certificate[]): CaChain | undefined {
  const [ca] = certificates;
  if (!ca || isRoot(ca)) return undefined;
  const between = [ca];
  for (let last = ca; ;) {
    const issuer = certificates.find((one) => !between.includes(one) && isIssuedBy(last, one));
    if (!issuer) return undefined;
    if (isRoot(issuer)) return { between, root: issuer };
    between.push(issuer);
    last = issuer;
  }
}

/** Tells whether a CA has signed its own certificate. */
export function isRoot(ca: X509Certificate): boolean {
  return isIssuedBy(ca, ca);
}
