import { keyTypeName } from '../../x509/key-type.js';
import { namesIssuer, type LeafFacts } from '../../x509/leaf-facts.js';
import { DAY_MS, daysWithin } from '../../x509/validity.js';
import { dueFrom, isOpen, nextOpening } from '../renewal-time.js';
import { commonNameFault, csrFault } from './csr-faults.js';
import type { FleetAction, FleetReason } from './fleet-plan.js';
import type { WaitingCsr } from './inbox.js';
import type { Member, MemberState, SigningSide } from './member.js';

export interface Moment {
  readonly now: Date;
  readonly ignoreWindow: boolean;
}

/** How `applyFleet` does it. */
export type FleetTask =
  /** A new key and its certificate; `replaces`: those that are there. */
  | { readonly kind: 'make'; readonly replaces: boolean }
  /** A certificate for the key that is here. */
  | { readonly kind: 'renew' }
  /** A certificate for the key of a CSR. */
  | {
      readonly kind: 'sign';
      readonly file: string;
      /** The key of the CSR that was looked at (SPKI in DER), in base64. */
      readonly spki: string;
      readonly replaces: boolean;
    };

/** What is done about a member, and why. */
export interface Decision {
  readonly action: FleetAction;
  readonly reasons: readonly FleetReason[];
  readonly task: FleetTask | undefined;
}

/** Decides what is done about a member. Pure: the same state gives the same decision. */
export function decide(member: Member, state: MemberState, at: Moment): Decision {
  const { heldBack: stage } = state;
  const decision = decideAlone(member, state, at);
  if (stage === undefined || !decision.task) return decision;
  return { action: 'wait', reasons: [...decision.reasons, { code: 'roll-over', stage }], task: undefined };
}

/** As without a roll-over. */
function decideAlone(member: Member, state: MemberState, at: Moment): Decision {
  const { files, certificate: file } = state;
  const { certificate, why, hasKey } = files;
  if (why !== undefined) return left({ code: 'broken', why, file });
  if (member.fault !== undefined) return left({ code: 'broken', why: member.fault, file });
  if (!certificate) return hasKey ? left(halfReason(file)) : missing(member, state);
  if (state.revokedAt) return left({ code: 'revoked', at: state.revokedAt });
  if (!state.side) return left({ code: 'other-ca' });
  if (state.side.older.some((ca) => namesIssuer(certificate, ca)) && !isOfCa(certificate, state.side))
    return left({ code: 'old-ca' });
  const isHere = hasKey || (!files.hasCsr && !state.csr && member.of.keys === 'on-controller');
  const context = { member, state, at, certificate, side: state.side };
  return isHere ? withKeyHere(context) : withKeyElsewhere(context);
}

interface DecisionContext {
  readonly member: Member;
  readonly state: MemberState;
  readonly at: Moment;
  readonly certificate: LeafFacts;
  readonly side: SigningSide;
}

const nothing: Decision = { action: 'none', reasons: [], task: undefined };

function left(...reasons: readonly FleetReason[]): Decision {
  return { action: 'leave', reasons, task: undefined };
}

function halfReason(file: string): FleetReason {
  return { code: 'broken', why: 'its private key is there, and the certificate is not', file };
}

function missing(member: Member, state: MemberState): Decision {
  const { csr, place } = state;
  const { of } = member;
  if (of.keys === 'on-controller')
    return { action: 'make', reasons: [{ code: 'missing' }], task: { kind: 'make', replaces: false } };
  if (!csr)
    return {
      action: 'wait',
      reasons: [{ code: 'missing' }, { code: 'no-csr', file: place }],
      task: undefined,
    };
  return signed(csr, { code: 'missing' }, false, member, state);
}

/** Signs a CSR that came for the first time, if it is one that something is signed for. */
function signed(
  csr: WaitingCsr,
  reason: FleetReason,
  replaces: boolean,
  member: Member,
  { othersKey }: MemberState,
): Decision {
  const checked = csr.check();
  const why =
    'fault' in checked ? checked.fault : (csrFault(checked, member) ?? (csr.spki && othersKey(csr.spki)));
  if (why !== undefined) return left({ code: 'broken', why, file: csr.file });
  const reasons: FleetReason[] = [reason, { code: 'csr-waiting', file: csr.file }];
  return { action: 'sign', reasons, task: signTask(csr, replaces) };
}

function withKeyHere(context: DecisionContext): Decision {
  const { member, state, certificate } = context;
  if (!state.files.hasKey)
    return left({
      code: 'broken',
      why: 'its private key, which was made here, is missing',
      file: state.certificate,
    });
  const changed = changes(context);
  if (changed.length > 0) {
    const task = { kind: 'make', replaces: true } as const;
    return { action: 'renew', reasons: [...changed, ...due(context).reasons], task };
  }
  const soon = due(context);
  if (soon.action === 'renew') return { ...soon, task: { kind: 'renew' } };
  if (soon.action !== 'none') return { ...soon, task: undefined };
  const isOnHost = member.of.keys === 'on-host';
  const isNew = state.csr?.spki && !state.csr.spki.equals(certificate.spki);
  return isOnHost && isNew !== undefined ? left({ code: 'key-elsewhere', is: 'on-controller' }) : nothing;
}

function withKeyElsewhere(context: DecisionContext): Decision {
  const { member, state, certificate } = context;
  const { csr } = state;
  const isNew = csr && !csr.spki?.equals(certificate.spki);
  const decision = isNew ? signed(csr, { code: 'new-key', file: csr.file }, true, member, state) : undefined;
  if (decision?.task) return decision;
  const all = changes(context);
  const changed = all.filter(({ code }) => code !== 'key-type-changed');
  const typed = all.filter(({ code }) => code === 'key-type-changed');
  const soon = due(context);
  if (changed.length === 0 && soon.action !== 'renew') {
    if (soon.action === 'none' && typed.length > 0)
      return {
        action: 'wait',
        reasons: [...typed, { code: 'no-csr', file: state.place }],
        task: undefined,
      };
    if (soon.action !== 'none') return { ...soon, reasons: [...typed, ...soon.reasons], task: undefined };
    if (decision) return decision;
    return member.of.keys === 'on-controller' ? left({ code: 'key-elsewhere', is: 'on-host' }) : nothing;
  }
  const reasons = [...changed, ...typed, ...soon.reasons.filter(({ code }) => code !== 'outside-window')];
  const from = usableCsr([() => csr, state.kept], member, certificate);
  if (!from)
    return {
      action: 'wait',
      reasons: [...reasons, { code: 'no-csr', file: state.place }],
      task: undefined,
    };
  return { action: 'renew', reasons, task: signTask(from, true) };
}

/** A CSR of the certificate's own key that can be signed again under the names of the file. */
function usableCsr(
  csrs: readonly (() => WaitingCsr | undefined)[],
  member: Member,
  { spki }: LeafFacts,
): WaitingCsr | undefined {
  for (const look of csrs) {
    const csr = look();
    if (!csr?.spki?.equals(spki)) continue;
    const checked = csr.check();
    if (!('fault' in checked) && commonNameFault(checked, member) === undefined) return csr;
  }
  return undefined;
}

function signTask({ file, spki }: WaitingCsr, replaces: boolean): FleetTask {
  return { kind: 'sign', file, spki: spki?.toString('base64') ?? '', replaces };
}

function isOfCa(certificate: LeafFacts, { issuer }: SigningSide): boolean {
  return namesIssuer(certificate, issuer);
}

/** In which it is not what the file says. */
function changes({ member, certificate, side }: DecisionContext): FleetReason[] {
  const reasons: FleetReason[] = isOfCa(certificate, side) ? [] : [{ code: 'other-ca' }];
  const has = member.role === 'server' ? certificate.names : [`CN:${certificate.commonName ?? ''}`];
  const wanted = member.role === 'server' ? member.names : [`CN:${member.of.name}`];
  const added = wanted.filter((name) => !has.includes(name));
  const removed = has.filter((name) => !wanted.includes(name));
  if (added.length > 0 || removed.length > 0) reasons.push({ code: 'names-changed', added, removed });
  const to = keyTypeName(member.of.key);
  const from = certificate.keyType ?? 'another kind';
  if (from !== to) reasons.push({ code: 'key-type-changed', from, to });
  return reasons;
}

/** Whether it is renewed because of its age. */
function due({ member, certificate, side, at }: DecisionContext): Omit<Decision, 'task'> {
  const { of } = member;
  const { now } = at;
  const { notAfter: endsOn, notBefore } = certificate;
  const isExpired = endsOn <= now;
  const since = dueFrom(of.name, of.renew, { notBefore, notAfter: endsOn });
  if (!isExpired && now < since) return nothing;
  const reason: FleetReason = isExpired ? { code: 'expired', endsOn } : { code: 'due', since, endsOn };
  const days = daysWithin(of.days, now, side.endsOn);
  const gain = now.getTime() + days * DAY_MS - endsOn.getTime();
  // Less would be renewed again with every run.
  const worth = Math.min(DAY_MS, (of.days * DAY_MS) / 10);
  if (days === 0 || (gain < worth && days < of.days))
    return { action: 'leave', reasons: [reason, { code: 'ca-ends', endsOn: side.endsOn }] };
  if (gain < worth) return nothing;
  const { window } = of.renew;
  // What has expired, nobody can use: nothing is lost by a restart.
  if (isExpired || at.ignoreWindow || isOpen(window, now)) return { action: 'renew', reasons: [reason] };
  return { action: 'wait', reasons: [reason, { code: 'outside-window', until: nextOpening(window, now) }] };
}
