import { join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { isThere } from '../../store/is-there.js';
import { readRegularNow } from '../../store/read-regular.js';
import { heldBy } from '../../set/held.js';
import { leafFiles } from '../../set/layout.js';
import { evenHex } from '../../set/issued/entry.js';
import { formatAltName } from '../../x509/alt-names.js';
import { altNamesIn, authorityKeyIn } from '../../x509/certificate-details.js';
import { certificateFields, type CertificateFields } from '../../x509/certificate-fields.js';
import { certificateSummary } from '../../x509/certificate-summary.js';
import { content, DerError, TAG } from '../../x509/der.js';
import type { LeafRole } from '../../x509/role.js';
import type { FleetClient, FleetHost } from '../fleet.js';
import type { SideAuthorities } from './authorities-on-disk.js';

/** The certificate of a host or a client, as it lies in the certificate directory. */
export interface LeafOnDisk {
  readonly der: Buffer;
  /** Upper-case hexadecimal. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** `DNS:host`, `IP:address`. */
  readonly names: readonly string[];
  /** Whether it names a CA of the directory as its issuer. Signatures are for `verify`. */
  readonly isOfCa: boolean;
}

/** What lies there for a member: its certificate, or why there is none. */
export type FoundMember =
  | { readonly is: 'there'; readonly leaf: LeafOnDisk }
  /** `csr`: a CSR lies there to be signed. `no-csr`: the host has to send one. `missing`: `apply` makes key and certificate. */
  | { readonly is: 'missing' | 'csr' | 'no-csr' }
  | { readonly is: 'broken'; readonly why: string };

/** Where the certificate of a member lies, relative to the certificate directory. */
export function pathOfMember(role: LeafRole, name: string): string {
  return leafFiles(role, name).certificate;
}

/** Reads what lies there for one member. Throws nothing. Its calls are synchronous: for thousands of small files that is faster. */
export async function findMember(
  role: LeafRole,
  { name, keys }: FleetHost | FleetClient,
  { directory, csrs, side }: { directory: string; csrs: string; side: SideAuthorities },
): Promise<FoundMember> {
  const path = join(directory, pathOfMember(role, name));
  let bytes: Buffer | undefined;
  try {
    bytes = readRegularNow(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? ''))
      return {
        is: 'broken',
        why: error instanceof DirectoryError ? error.message : fileError(path, 'read', error).message,
      };
    if (keys === 'on-controller') return { is: 'missing' };
    return { is: (await isThere(join(csrs, `${role}s`, `${name}.csr`))) ? 'csr' : 'no-csr' };
  }
  if (!bytes) return { is: 'broken', why: `${path} is a directory` };
  const held = heldBy(bytes);
  const [der, ...more] = held.blocks;
  if (held.why !== undefined || !der)
    return { is: 'broken', why: `${path}: ${held.why ?? 'it holds a block that is not base64'}` };
  try {
    return {
      is: 'there',
      leaf: leafOf(
        der,
        more.filter((one) => one !== undefined),
        side,
      ),
    };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { is: 'broken', why: `${path}: it holds a certificate that cannot be parsed` };
  }
}

function leafOf(der: Buffer, sent: readonly Buffer[], { names: cas }: SideAuthorities): LeafOnDisk {
  const { serial, notBefore, notAfter } = certificateSummary(der);
  const fields = certificateFields(der);
  const isOfOneOf = ({ issuer, extensions }: CertificateFields): boolean => {
    const name = content(issuer, TAG.sequence);
    const key = authorityKeyIn(extensions);
    return cas.some(
      (ca) => name.equals(ca.subject) && (key === undefined || ca.key === undefined || key === ca.key),
    );
  };
  return {
    der,
    serial: evenHex(serial),
    notBefore,
    notAfter,
    names: (altNamesIn(fields.extensions) ?? []).map(({ type, value }) => `${type}:${value}`),
    isOfCa: isOfOneOf(fields) || sent.some((one) => isOfOneOf(certificateFields(one))),
  };
}

/** How the names of a certificate differ from those that the file gives a host. */
export interface NameDifference {
  /** The file has them, and the certificate does not. */
  readonly added: readonly string[];
  /** The certificate has them, and the file does not. */
  readonly removed: readonly string[];
}

/** Compares a host's names with those of its certificate; undefined where they are the same. */
export function namesDifference(
  { names, localhost }: Pick<FleetHost, 'names' | 'localhost'>,
  leaf: LeafOnDisk,
  side: SideAuthorities,
): NameDifference | undefined {
  const wanted = new Set([...names.map(formatAltName), ...(localhost ? side.localNames : [])]);
  const found = new Set(leaf.names);
  const added = [...wanted].filter((name) => !found.has(name));
  const removed = [...found].filter((name) => !wanted.has(name));
  return added.length + removed.length === 0 ? undefined : { added, removed };
}
