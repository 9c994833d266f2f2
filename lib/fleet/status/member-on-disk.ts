import { join } from 'node:path';
import { leafFiles } from '../../set/layout.js';
import { isThereNow } from '../../store/is-there.js';
import type { LeafFacts } from '../../x509/leaf-facts.js';
import type { LeafRole } from '../../x509/role.js';
import type { Fleet, FleetClient, FleetHost } from '../fleet.js';
import { CSR_ENDING, inboxFolder } from '../plan/inbox.js';
import { readMember, type MemberFolders } from '../plan/member-files.js';

/** What lies there for a member: its certificate, or why there is none. */
export type FoundMember =
  | { readonly is: 'there'; readonly leaf: LeafFacts }
  /** `csr`: a CSR lies there to be signed. `no-csr`: the host has to send one. `missing`: `apply` makes key and certificate. */
  | { readonly is: 'missing' | 'csr' | 'no-csr' }
  | { readonly is: 'broken'; readonly why: string };

/** Where the certificate of a member lies, relative to the certificate directory. */
export function pathOfMember(role: LeafRole, name: string): string {
  return leafFiles(role, name).certificate;
}

/** Reads what lies there for one member, as a plan does. Its calls are synchronous. Errors: `ERR_FILE` for a directory of CSRs. */
export function findMember(
  role: LeafRole,
  { name, keys }: FleetHost | FleetClient,
  { ca: { directory }, csrs }: Pick<Fleet, 'ca' | 'csrs'>,
  folders: MemberFolders,
): FoundMember {
  const { certificate: leaf, why } = readMember(directory, role, name, folders[role].has(name));
  if (leaf) return { is: 'there', leaf };
  if (why !== undefined) return { is: 'broken', why: `${pathOfMember(role, name)}: ${why}` };
  if (keys === 'on-controller') return { is: 'missing' };
  return { is: isThereNow(join(csrs, inboxFolder(role), `${name}${CSR_ENDING}`)) ? 'csr' : 'no-csr' };
}

/** How the names of a certificate differ from those that the file gives a host. */
export interface NameDifference {
  /** The file has them, and the certificate does not. */
  readonly added: readonly string[];
  /** The certificate has them, and the file does not. */
  readonly removed: readonly string[];
}

/** Compares the names that a certificate is to have with those that it has; undefined where they are the same. */
export function namesDifference(
  wanted: readonly string[],
  { names }: Pick<LeafFacts, 'names'>,
): NameDifference | undefined {
  const added = wanted.filter((name) => !names.includes(name));
  const removed = names.filter((name) => !wanted.includes(name));
  return added.length + removed.length === 0 ? undefined : { added, removed };
}
