import type { LeafRole } from '../../x509/role.js';

/** The steps of a roll-over, in their order. After each, every certificate that is in use is trusted by the other side. */
export const rollOverSteps = [
  /** Every daemon trusts the clients of both CAs. */
  'trust-daemons',
  /** Every client trusts the daemons of both CAs. */
  'trust-clients',
  /** Every daemon has a certificate of the new CA. */
  'servers',
  /** Every client has a certificate of the new CA. */
  'clients',
  /** Only the new CA is trusted. */
  'drop-old',
] as const;

/** The way back, in its order: no certificate loses its trust before it is replaced. */
export const abortSteps = [
  /** Every daemon and client has a certificate of the old CA again; both are trusted. */
  'restore-certificates',
  /** Only the old CA is trusted. */
  'drop-new',
] as const;

/** A step of a roll-over that is under way, forward or back. */
export type RollOverStep = (typeof rollOverSteps)[number] | (typeof abortSteps)[number];

/** Where a roll-over is, or how it ended. */
export type RollOverStage = RollOverStep | 'finished' | 'aborted';

export const rollOverStages: readonly RollOverStage[] = [
  ...rollOverSteps,
  ...abortSteps,
  'finished',
  'aborted',
];

/** One of the two CAs of a roll-over. */
export type RollOverCa = 'old' | 'new';

export function isStep(stage: RollOverStage): stage is RollOverStep {
  return stage !== 'finished' && stage !== 'aborted';
}

/** The stage after a step. */
export function stageAfter(step: RollOverStep): RollOverStage {
  const way: readonly RollOverStage[] = isBack(step)
    ? [...abortSteps, 'aborted']
    : [...rollOverSteps, 'finished'];
  return way[way.indexOf(step) + 1] ?? 'finished';
}

export function isBack(step: RollOverStep): boolean {
  return (abortSteps as readonly string[]).includes(step);
}

/**
 * The CA that signs: its certificate is the first in `ca.pem`, and its key is the CA's key of the directory. From the start it is the
 * new one, and after an abort the old one again.
 */
export function signingCa(stage: RollOverStage): RollOverCa {
  return stage === 'aborted' || (isStep(stage) && isBack(stage)) ? 'old' : 'new';
}

/**
 * Whether a certificate of that role may be signed. Before every client trusts the new CA, no server may have its certificate, and
 * before every daemon trusts it, no client.
 */
export function maySign(stage: RollOverStage, role: LeafRole): boolean {
  if (stage === 'trust-daemons') return false;
  return stage !== 'trust-clients' || role === 'client';
}

/** The CAs that a side trusts when a step is done, the one that signs first; undefined where its files stay as they were. */
export function trustedAfter(step: RollOverStep, role: LeafRole): readonly RollOverCa[] | undefined {
  switch (step) {
    case 'trust-daemons':
      return role === 'server' ? ['new', 'old'] : undefined;
    case 'drop-old':
      return ['new'];
    case 'drop-new':
      return ['old'];
    default:
      return ['new', 'old'];
  }
}

/** The CA whose certificate a side has when a step is done; undefined where that of either may be in use. */
export function certifiedAfter(step: RollOverStep, role: LeafRole): RollOverCa | undefined {
  switch (step) {
    case 'trust-daemons':
    case 'trust-clients':
      return undefined;
    case 'servers':
      return role === 'server' ? 'new' : undefined;
    case 'clients':
    case 'drop-old':
      return 'new';
    case 'restore-certificates':
    case 'drop-new':
      return 'old';
  }
}

/** Whether a daemon has to accept the clients of a CA when a step is done, or to refuse them. */
export function acceptedAfter(step: RollOverStep, ca: RollOverCa): boolean {
  return trustedAfter(step, 'server')?.includes(ca) ?? false;
}
