import type { X509Certificate } from 'node:crypto';
import { isForHost } from '../../docker/connect/served.js';
import { evenHex } from '../../set/issued/entry.js';
import { formatAltName } from '../../x509/alt-names.js';
import { altNamesOf, lifetimeOf, notAfter, notBefore } from '../../x509/certificate.js';
import { namesIssuer, type LeafFacts } from '../../x509/leaf-facts.js';
import { daysLeft, lifeState, type Within } from '../../x509/life.js';
import type { LeafRole } from '../../x509/role.js';
import type { FleetClient, FleetHost } from '../fleet.js';
import { signedNames } from '../plan/members-of.js';
import type { SideAuthorities } from './authorities-on-disk.js';
import { driftOf } from './drift.js';
import { diskFindings, servedFindings, sortedFindings, type FleetFinding } from './findings.js';
import type {
  DiskStatus,
  FleetClientStatus,
  FleetHostStatus,
  FleetMemberState,
  SeenCertificate,
  ServedStatus,
} from './host-status.js';
import { namesDifference, pathOfMember, type FoundMember } from './member-on-disk.js';
import { renewalOf } from './renewal-of.js';
import type { SeenHost } from './served-by-host.js';

/** What all members are judged by. */
export interface MemberView {
  /** The certificate directory. */
  readonly directory: string;
  readonly now: Date;
  /** Instead of the rule of each member. */
  readonly within: Within | undefined;
  /** When certificates were revoked, by serial number. */
  readonly revoked: ReadonlyMap<string, Date>;
  readonly side: SideAuthorities;
}

/** The status of a client: all of it is on disk. */
export function clientStatus(client: FleetClient, there: FoundMember, view: MemberView): FleetClientStatus {
  const disk = diskStatus('client', client, there, view);
  const findings = diskFindings(disk, { ...judged(there, view), now: view.now });
  return { name: client.name, state: stateOf(findings, false), disk, findings: sortedFindings(findings) };
}

/** The status of a host. `of`: finds the host whose certificate is served, where it is not its own. */
export function hostStatus(
  host: FleetHost,
  there: FoundMember,
  seen: SeenHost,
  of: (served: X509Certificate) => string | undefined,
  view: MemberView,
): FleetHostStatus {
  const { name, groups, address, port } = host;
  const leaf = there.is === 'there' ? there.leaf : undefined;
  const disk = diskStatus('server', host, there, view);
  const names = leaf && namesDifference(signedNames(host, view.directory, view.side.constraints).names, leaf);
  const compared = servedStatus(host, leaf, seen, view);
  const another = seen.is === 'served' && compared.state !== 'same' ? of(seen.certificate) : undefined;
  const isOpen = seen.is === 'served' && seen.isOpen;
  const served: ServedStatus = another === undefined ? compared : { ...compared, state: 'other' };
  const findings = [
    ...diskFindings(disk, { ...judged(there, view), names, now: view.now }),
    ...servedFindings(served, { address, isOpen, of: another, onDisk: leaf, now: view.now }),
  ];
  return {
    name,
    groups,
    endpoint: { host: address, port },
    state: stateOf(findings, served.state === 'not-checked'),
    disk,
    names,
    served,
    findings: sortedFindings(findings),
  };
}

function judged(
  there: FoundMember,
  { side }: MemberView,
): { why: string | undefined; isOfCa: boolean | undefined } {
  return {
    why: there.is === 'broken' ? there.why : undefined,
    isOfCa: there.is === 'there' ? side.issuers.some((ca) => namesIssuer(there.leaf, ca)) : undefined,
  };
}

function stateOf(findings: readonly FleetFinding[], isUnseen: boolean): FleetMemberState {
  if (findings.some(({ severity }) => severity === 'invalid')) return 'invalid';
  if (findings.length > 0) return 'due';
  return isUnseen ? 'not-checked' : 'ok';
}

function diskStatus(
  role: LeafRole,
  member: FleetHost | FleetClient,
  there: FoundMember,
  { now, within, revoked }: MemberView,
): DiskStatus {
  const path = pathOfMember(role, member.name);
  if (there.is !== 'there')
    return { state: there.is, path, certificate: undefined, dueAt: undefined, renewsAt: undefined };
  const { leaf } = there;
  const { dueAt, renewsAt } = renewalOf(member, leaf, now, within);
  const life = lifeState(leaf, now, { days: 0 });
  return {
    state: life === 'ok' && now >= dueAt ? 'due' : life,
    path,
    certificate: seenCertificate(leaf, now, revoked),
    dueAt,
    renewsAt,
  };
}

function servedStatus(
  { address, renew }: FleetHost,
  leaf: LeafFacts | undefined,
  seen: SeenHost,
  { now, within = renew.within, revoked, side }: MemberView,
): ServedStatus {
  if (seen.is !== 'served') {
    const why = seen.is === 'not-checked' ? undefined : seen.why;
    return { state: seen.is, why, certificate: undefined, life: undefined, coversAddress: undefined };
  }
  const { certificate } = seen;
  const facts = {
    serial: certificate.serialNumber,
    notBefore: notBefore(certificate),
    notAfter: notAfter(certificate),
    names: altNamesOf(certificate).names.map(formatAltName),
  };
  return {
    state: driftOf(certificate, leaf, side),
    why: undefined,
    certificate: seenCertificate(facts, now, revoked),
    life: lifeState(lifetimeOf(certificate), now, within),
    coversAddress: isForHost(certificate, address),
  };
}

function seenCertificate(
  { serial: written, notBefore, notAfter, names }: Omit<SeenCertificate, 'daysLeft' | 'revokedAt'>,
  now: Date,
  revoked: ReadonlyMap<string, Date>,
): SeenCertificate {
  const serial = evenHex(written);
  return {
    serial,
    notBefore,
    notAfter,
    daysLeft: daysLeft(notAfter, now),
    names,
    revokedAt: revoked.get(serial),
  };
}
