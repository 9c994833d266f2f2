import { join } from 'node:path';
import { previewIssue } from '../../issue/plan-issue.js';
import { readCas, type CasByRole } from '../../issue/separate-cas.js';
import type { CaPair } from '../../issue/ca-pair.js';
import { filesOfCa, readAreSeparate } from '../../set/authorities.js';
import { evenHex, keyNameOf } from '../../set/issued/entry.js';
import { readRevoked, type RevokedCertificates } from '../../set/issued/read.js';
import { leafFiles } from '../../set/layout.js';
import { isThere } from '../../store/is-there.js';
import { refuseUnsafeDirectory } from '../../store/safety.js';
import { breathe } from '../../store/breathe.js';
import { chainOf } from '../../x509/ca-chain.js';
import { notAfter } from '../../x509/certificate.js';
import { constraintsAbove } from '../../x509/constraints-above.js';
import { issuerFacts } from '../../x509/leaf-facts.js';
import type { NameConstraints } from '../../x509/name-constraints.js';
import type { LeafRole } from '../../x509/role.js';
import { day } from '../../x509/validity.js';
import type { Fleet, FleetClient, FleetHost } from '../fleet.js';
import { isUnderWay, PROBE_NAME, readRollOver } from '../roll-over/state.js';
import { maySign } from '../roll-over/steps.js';
import { caRequest } from './ca-request.js';
import { decide, type Decision, type Moment } from './decide.js';
import { readInbox, readWaiting, type Inbox } from './inbox.js';
import type { Member, SigningSide } from './member.js';
import { membersOfFleet, type ConstraintsByRole } from './members-of.js';
import { memberFolders, readMember, type MemberFiles, type MemberFolders } from './member-files.js';

/** A member with what is done about it. */
export interface LookedAtMember extends Decision {
  readonly member: Member;
  readonly files: MemberFiles;
  readonly certificate: string;
}

/** A certificate that the fleet file does not name. */
export interface Stranger {
  readonly role: LeafRole;
  readonly name: string;
  readonly files: MemberFiles;
}

/** A fleet beside what there is. */
export interface LookedAtFleet {
  readonly fleet: Fleet;
  readonly cas: CasByRole;
  readonly areSeparate: boolean;
  /** There is no CA yet. */
  readonly makesCa: boolean;
  readonly members: readonly LookedAtMember[];
  readonly strangers: readonly Stranger[];
  readonly inbox: Inbox;
  readonly revoked: RevokedCertificates;
}

/**
 * Looks at the certificate directory of a fleet and at the CSRs that wait: each certificate is read once. Changes nothing. Errors:
 * `ERR_UNSAFE`, `ERR_FILE`; those of `readCas`; those of `previewIssue` where a CA is to be made.
 */
export async function lookAtFleet(fleet: Fleet, at: Moment): Promise<LookedAtFleet> {
  const { directory } = fleet.ca;
  await refuseUnsafeDirectory(directory);
  const areSeparate = (await isThere(directory)) && (await readAreSeparate(directory));
  const cas = await readCas({ directory, caKey: undefined, force: [] }, ['server', 'client'], {
    areSeparate,
    fresh: false,
  });
  const makesCa = !cas.server.certificate;
  if (makesCa) await previewIssue(['ca'], caRequest(fleet, at.now));
  const revoked = await readRevoked(directory);
  const rollOver = await readRollOver(directory);
  const stage = isUnderWay(rollOver) ? rollOver.stage : undefined;
  const inbox = await readInbox(fleet.csrs);
  const folders = memberFolders(directory);
  const sides = { server: sideOfCa(cas.server), client: sideOfCa(cas.client) };
  const wanted = membersOfFleet(fleet, constraintsOfCas(cas));
  const found: { member: Member; files: MemberFiles }[] = [];
  for (const [count, member] of wanted.entries()) {
    await breathe(count);
    const { role, of } = member;
    found.push({ member, files: readMember(directory, role, of.name, folders[role].has(of.name)) });
  }
  const owners = keyOwners(found, cas, revoked);
  const members: LookedAtMember[] = [];
  for (const [count, { member, files }] of found.entries()) {
    await breathe(count);
    const { role, of } = member;
    const { certificate, csr } = leafFiles(role, of.name);
    const state = {
      files,
      csr: inbox.of(role, of.name),
      kept: () => (files.hasCsr ? readWaiting(join(directory, csr)) : undefined),
      place: inbox.placeOf(role, of.name),
      certificate,
      revokedAt: files.certificate && revoked.serials.get(evenHex(files.certificate.serial)),
      othersKey: (spki: Buffer) => owners(spki, certificate),
      side: sides[role],
      heldBack: stage !== undefined && !maySign(stage, role) ? stage : undefined,
    };
    members.push({ member, files, certificate, ...decide(member, state, at) });
  }
  const strangers = strangersOf(fleet, folders, directory, stage === undefined ? [] : [PROBE_NAME]);
  return { fleet, cas, areSeparate, makesCa, members, strangers, inbox, revoked };
}

/** What each CA may sign for alone. */
function constraintsOfCas({ server, client }: CasByRole): ConstraintsByRole {
  const of = ({ certificate, certificates }: CaPair): readonly NameConstraints[] =>
    certificate ? constraintsAbove(certificate, certificates) : [];
  return { server: of(server), client: of(client) };
}

function sideOfCa({ certificate, certificates }: CaPair): SigningSide | undefined {
  if (!certificate) return undefined;
  // The others of an issuing CA are those above it, and not those before it.
  const others = chainOf(certificates) ? [] : certificates.slice(1);
  return {
    issuer: issuerFacts(certificate),
    older: others.map(issuerFacts),
    endsOn: notAfter(certificate),
  };
}

/** Tells whose a key is already. */
function keyOwners(
  found: readonly { readonly member: Member; readonly files: MemberFiles }[],
  cas: CasByRole,
  { keys }: RevokedCertificates,
): (spki: Buffer, path: string) => string | undefined {
  let paths: Map<string, string> | undefined;
  const known = (): Map<string, string> => {
    const all = new Map<string, string>();
    for (const { member, files } of found)
      if (files.certificate)
        all.set(
          files.certificate.spki.toString('base64'),
          leafFiles(member.role, member.of.name).certificate,
        );
    for (const { certificate, ofRole } of new Set(Object.values(cas)))
      if (certificate)
        all.set(
          certificate.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
          filesOfCa(ofRole).certificate,
        );
    return all;
  };
  return (spki, path) => {
    paths ??= known();
    const text = spki.toString('base64');
    const at = keys.get(keyNameOf(text));
    if (at) return `its key is that of a certificate that was revoked on ${day(at)}`;
    const owner = paths.get(text);
    if (owner === undefined || owner === path) {
      paths.set(text, path); // nobody else's from now on
      return undefined;
    }
    return `its key is that of ${owner}: each host and each client needs a key of its own`;
  };
}

function strangersOf(
  { hosts, clients }: Fleet,
  folders: MemberFolders,
  directory: string,
  /** Clients that nobody is to miss in the file. */
  ours: readonly string[],
): Stranger[] {
  const named = (members: readonly (FleetHost | FleetClient)[]): Set<string> =>
    new Set(members.map(({ name }) => name));
  const wanted = { server: named(hosts), client: new Set([...named(clients), ...ours]) };
  return (['server', 'client'] as const).flatMap((role) =>
    [...folders[role]]
      .filter((name) => !wanted[role].has(name))
      .sort()
      .map((name) => ({ role, name, files: readMember(directory, role, name, true) }))
      .filter(({ files }) => files.certificate !== undefined || files.why !== undefined),
  );
}
