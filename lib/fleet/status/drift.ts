import type { X509Certificate } from 'node:crypto';
import { leadsTo } from '../../docker/connect/served.js';
import { notBefore } from '../../x509/certificate.js';
import type { LeafFacts } from '../../x509/leaf-facts.js';
import type { SideAuthorities } from './authorities-on-disk.js';

/**
 * How the certificate that a host serves compares with the one on disk. `older`: the host has not got the new one, or its daemon
 * was not restarted. `newer`: what is on disk is not the last one. `other`: another one of this CA, neither older nor newer.
 * `other-ca`: one that this CA did not sign. `unknown`: there is nothing to compare it with.
 */
export const drifts = ['same', 'older', 'newer', 'other', 'other-ca', 'unknown'] as const;

export type Drift = (typeof drifts)[number];

/** Compares what is served with what is on disk. */
export function driftOf(
  served: X509Certificate,
  leaf: Pick<LeafFacts, 'der' | 'notBefore'> | undefined,
  { certificates }: SideAuthorities,
): Drift {
  if (leaf?.der.equals(served.raw)) return 'same';
  if (certificates.length === 0) return 'unknown';
  if (!leadsTo(served, certificates)) return 'other-ca';
  if (!leaf) return 'unknown';
  const apart = notBefore(served).getTime() - leaf.notBefore.getTime();
  return apart === 0 ? 'other' : apart < 0 ? 'older' : 'newer';
}
