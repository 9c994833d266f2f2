import type { X509Certificate } from 'node:crypto';
import { isRoot } from '../x509/ca-chain.js';
import type { CaRole } from '../set/authorities.js';
import { call, type CallPart } from '../words.js';

/** The call that renews a CA: an intermediate one needs its parent, wherever that is. */
export function renewCaCall(ca: X509Certificate, directory: string, role: CaRole): CallPart {
  return call('renewCa', isRoot(ca) ? { role } : { role, parent: 'PARENT' }, directory);
}
