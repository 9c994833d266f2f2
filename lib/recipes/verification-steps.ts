import type { Step } from '../plan/step.js';
import { verifyStep, type VerifyOptions } from '../steps/verify.js';
import type { LeafRole } from '../x509/role.js';

/** As many certificates are verified by one openssl: the words of a command line are limited. */
const MOST_AT_ONCE = 500;

/** The certificates of CAs with which a leaf is verified. */
export type Anchors = Pick<VerifyOptions, 'caFile' | 'untrusted'>;

/** The steps that verify certificates as those do who trust these CAs. */
export function verificationSteps(role: LeafRole, certificates: readonly string[], by: Anchors): Step[] {
  const groups: string[][] = [];
  for (let at = 0; at < certificates.length; at += MOST_AT_ONCE)
    groups.push(certificates.slice(at, at + MOST_AT_ONCE));
  return groups.map((group) =>
    verifyStep({
      in: group,
      ...by,
      purpose: role === 'server' ? 'sslserver' : 'sslclient',
      title:
        group.length === 1 ? `verification of ${group.join('')}` : `verification of ${group.length} ${role}s`,
    }),
  );
}
