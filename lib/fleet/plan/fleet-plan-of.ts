import { caFlaw } from '../../x509/ca-extensions.js';
import { notAfter, lifetimeOf } from '../../x509/certificate.js';
import { lifeState, USUAL_WITHIN } from '../../x509/life.js';
import { filesOfCa } from '../../set/authorities.js';
import { leafFiles } from '../../set/layout.js';
import { libraryText, wordsOf } from '../../words.js';
import type { Note } from '../../plan/step.js';
import type { CaPair } from '../../issue/ca-pair.js';
import type { FleetAction, FleetItem, FleetPlan, FleetReason } from './fleet-plan.js';
import type { LookedAtFleet, LookedAtMember, Stranger } from './look-at-fleet.js';
import { reasonWords, type ReasonOf } from './reason-words.js';

/** What `applyFleet` would do, as a person reads it. `prune`: it revokes what the file does not name. */
export function fleetPlanOf(looked: LookedAtFleet, now: Date, prune: boolean): FleetPlan {
  const { fleet, cas, makesCa, members, strangers } = looked;
  const { directory } = fleet.ca;
  return planWith(looked, [
    ...[...new Set(Object.values(cas))].map((ca) => caItem(ca, makesCa, directory, now)),
    ...members.map((one) => memberItem(one, directory)),
    ...strangers.map((one) => strangerItem(one, directory, prune)),
  ]);
}

/** The same of these members alone. */
export function planOfMembers(looked: LookedAtFleet, members: readonly LookedAtMember[]): FleetPlan {
  return planWith(
    looked,
    members.map((one) => memberItem(one, looked.fleet.ca.directory)),
  );
}

function planWith(looked: LookedAtFleet, items: readonly FleetItem[]): FleetPlan {
  const { file, ca } = looked.fleet;
  const counts = { make: 0, sign: 0, renew: 0, revoke: 0, wait: 0, leave: 0, none: 0 };
  for (const { action } of items) counts[action]++;
  return {
    ...{ file, directory: ca.directory, items, counts },
    ...{ changes: items.some(isOpen), notes: notesOf(looked) },
  };
}

/** Whether something is to be done about it: not by time alone. */
function isOpen({ action, reasons }: FleetItem): boolean {
  if (action === 'wait') return !reasons.some(({ code }) => code === 'outside-window');
  return action === 'leave' ? isBroken({ reasons }) : action !== 'none';
}

/** Whether something is wrong with its files, or with its CSR, that keeps it from being done. */
export function isBroken({ reasons }: Pick<FleetItem, 'reasons'>): boolean {
  return reasons.some(({ code }) => code === 'broken');
}

function itemOf(
  of: Omit<ReasonOf, 'folder' | 'directory'>,
  reasons: readonly FleetReason[],
  place: { readonly certificate: string; readonly directory: string; readonly endsOn: Date | undefined },
): FleetItem {
  const { certificate, directory, endsOn } = place;
  if (reasons.length === 0) return { ...of, reasons, why: '', words: [], certificate, endsOn };
  const text = reasonWords(reasons, { ...of, directory, folder: certificate.replace(/\/[^/]*$/, '') });
  return { ...of, reasons, why: libraryText(text), words: wordsOf(text), certificate, endsOn };
}

/** The CA: another one is never made, and renewing it is `renewCa`'s. */
function caItem(
  { certificate: ca, ofRole }: CaPair,
  makesCa: boolean,
  directory: string,
  now: Date,
): FleetItem {
  const { certificate } = filesOfCa(ofRole);
  const of = { kind: 'ca', name: certificate.replace(/\.pem$/, '') } as const;
  if (!ca || makesCa)
    return itemOf({ ...of, action: 'make' }, [{ code: 'missing' }], {
      certificate,
      directory,
      endsOn: undefined,
    });
  const endsOn = notAfter(ca);
  const place = { certificate, directory, endsOn };
  const flaw = caFlaw(ca);
  if (flaw)
    return itemOf({ ...of, action: 'leave' }, [{ code: 'broken', why: flaw.why, file: certificate }], place);
  const state = lifeState(lifetimeOf(ca), now, USUAL_WITHIN);
  if (state === 'expired') return itemOf({ ...of, action: 'leave' }, [{ code: 'expired', endsOn }], place);
  if (state === 'due')
    return itemOf({ ...of, action: 'leave' }, [{ code: 'due', since: now, endsOn }], place);
  return itemOf({ ...of, action: 'none' }, [], place);
}

function memberItem(
  { member, action, reasons, certificate, files }: LookedAtMember,
  directory: string,
): FleetItem {
  const endsOn = files.certificate?.notAfter;
  return itemOf({ kind: member.kind, name: member.of.name, action }, reasons, {
    certificate,
    directory,
    endsOn,
  });
}

function strangerItem({ role, name, files }: Stranger, directory: string, prune: boolean): FleetItem {
  const kind = role === 'server' ? 'host' : 'client';
  const { certificate } = leafFiles(role, name);
  const action: FleetAction = prune ? 'revoke' : 'leave';
  const endsOn = files.certificate?.notAfter;
  return itemOf({ kind, name, action }, [{ code: 'not-in-file' }], { certificate, directory, endsOn });
}

/** A note on CSRs whose names the fleet file does not have: nothing is signed for them. */
function notesOf({ inbox, fleet: { hosts, clients, csrs } }: LookedAtFleet): Note[] {
  const named = {
    server: new Set(hosts.map(({ name }) => name)),
    client: new Set(clients.map(({ name }) => name)),
  };
  const strange = (['server', 'client'] as const).flatMap((role) =>
    [...inbox.names[role]].filter((name) => !named[role].has(name)).map((name) => `${role}s/${name}.csr`),
  );
  if (strange.length === 0) return [];
  const shown = strange.sort().slice(0, 5).join(', ');
  const more = strange.length > 5 ? ` and ${strange.length - 5} more` : '';
  return [
    {
      code: 'CSR_UNKNOWN',
      text: `nothing is signed for ${shown}${more} in ${csrs}: the fleet file has no such name`,
    },
  ];
}
