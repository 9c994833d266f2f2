import type { X509Certificate } from 'node:crypto';
import type { CertificateSet } from '../../set/certificate-set.js';
import { leafFiles, type LeafFiles } from '../../set/layout.js';
import { isIssuedBy } from '../../x509/issued.js';
import type { LeafRole } from '../../x509/role.js';
import type { Fleet, FleetClient, FleetHost } from '../fleet.js';
import type { RollOver } from './state.js';
import { certifiedAfter, trustedAfter, type RollOverCa, type RollOverStep } from './steps.js';

/** A host or a client of the fleet, and its files in the certificate directory. */
export type RollOverMember = MemberOnDisk &
  (
    | { readonly role: 'server'; readonly host: FleetHost }
    | { readonly role: 'client'; readonly client: FleetClient }
  );

interface MemberOnDisk {
  readonly name: string;
  readonly files: LeafFiles;
  /** Undefined for one that has none yet. */
  readonly certificate: X509Certificate | undefined;
  /** The CAs beside it, which it trusts. */
  readonly trusted: readonly X509Certificate[];
}

/** The hosts and then the clients of a fleet, each with its files. */
export function membersOf(
  { hosts, clients }: Pick<Fleet, 'hosts' | 'clients'>,
  set: CertificateSet,
): RollOverMember[] {
  const found = new Map<string, X509Certificate[]>();
  for (const { path, certificate } of set.certificates) {
    const list = found.get(path);
    if (list) list.push(certificate);
    else found.set(path, [certificate]);
  }
  const filesOf = (role: LeafRole, name: string): MemberOnDisk => {
    const files = leafFiles(role, name);
    return {
      name,
      files,
      certificate: found.get(files.certificate)?.[0],
      trusted: found.get(files.ca) ?? [],
    };
  };
  return [
    ...hosts.map((host) => ({ role: 'server' as const, host, ...filesOf('server', host.name) })),
    ...clients.map((client) => ({ role: 'client' as const, client, ...filesOf('client', client.name) })),
  ];
}

type BothCas = Pick<RollOver, RollOverCa>;

/** The certificates that a side trusts when a step is done; undefined where its files stay as they were. */
export function trustFor(
  step: RollOverStep,
  role: LeafRole,
  cas: BothCas,
): readonly X509Certificate[] | undefined {
  return trustedAfter(step, role)?.map((ca) => cas[ca]);
}

/** Certificates as a file has them, in their order. */
export function certificateText(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => certificate.toString()).join('');
}

/** Whether two lists hold the same certificates, in any order. */
export function areSame(some: readonly X509Certificate[], others: readonly X509Certificate[]): boolean {
  const prints = (list: readonly X509Certificate[]): string =>
    list
      .map(({ fingerprint256 }) => fingerprint256)
      .sort()
      .join();
  return prints(some) === prints(others);
}

/** The CA that signed a certificate; undefined for another one. */
export function caThatSigned(certificate: X509Certificate | undefined, cas: BothCas): RollOverCa | undefined {
  if (certificate === undefined) return undefined;
  return (['new', 'old'] as const).find((ca) => isIssuedBy(certificate, cas[ca]));
}

/** What is still to be written in the directory for a step. */
export interface PendingFiles {
  /** Their certificates are still of the other CA. */
  readonly certificates: readonly RollOverMember[];
  /** The CAs beside their certificates are others than the step's. */
  readonly trust: readonly RollOverMember[];
}

/**
 * What a step still lacks in the directory, told from the files themselves: a run that was killed leaves less of it. One without a
 * certificate lacks nothing here: it gets one of the CA that signs, with the CAs of the step beside it.
 */
export function pendingFor(
  step: RollOverStep,
  members: readonly RollOverMember[],
  cas: BothCas,
): PendingFiles {
  const there = members.filter(({ certificate }) => certificate !== undefined);
  return {
    certificates: there.filter(({ role, certificate }) => {
      const ca = certifiedAfter(step, role);
      return ca !== undefined && caThatSigned(certificate, cas) !== ca;
    }),
    trust: there.filter(({ role, trusted }) => {
      const wanted = trustFor(step, role, cas);
      return wanted !== undefined && !areSame(trusted, wanted);
    }),
  };
}
