import { readSet } from '../../set/certificate-set.js';
import { parseNow } from '../../x509/validity.js';
import type { Fleet } from '../fleet.js';
import { membersOf, pendingFor } from './members.js';
import { unconfirmedOf } from './next.js';
import { observe, type ClientProgress, type HostProgress, type ObserveOptions } from './observe.js';
import type { MemberName } from './prepare.js';
import { settle } from './settle.js';
import { readRollOver, type RollOver } from './state.js';
import { isStep, stageAfter, type RollOverStage } from './steps.js';
import type { Unconfirmed } from '../../errors.js';

/** How to look at a roll-over. */
export interface RollOverStatusRequest extends ObserveOptions {
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

/** A roll-over, and how far hosts and clients have come. */
export interface RollOverStatus {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Undefined where none was ever started. */
  readonly rollOver: RollOver | undefined;
  /** Where it comes to when everyone has taken its step; undefined where none is under way. */
  readonly next: RollOverStage | undefined;
  /** Whose files in the directory are not those of the step yet: the next call prepares them. */
  readonly pending: readonly MemberName[];
  readonly hosts: readonly HostProgress[];
  readonly clients: readonly ClientProgress[];
  /** Those who keep it from going on. */
  readonly unconfirmed: readonly Unconfirmed[];
  /** Whether the next step can be taken. */
  readonly ready: boolean;
}

/** Looks at a roll-over. Errors: those of `rollOverStatus`. */
export async function lookAtRollOver(fleet: Fleet, options: RollOverStatusRequest): Promise<RollOverStatus> {
  const { directory } = fleet.ca;
  const now = parseNow(options.now ?? new Date());
  await settle(directory, { signal: options.signal });
  const rollOver = await readRollOver(directory);
  const nothing = {
    ...{ directory, rollOver, next: undefined, pending: [], hosts: [], clients: [], unconfirmed: [] },
    ready: false,
  };
  if (!rollOver || !isStep(rollOver.stage)) return nothing;
  const step = rollOver.stage;
  const members = membersOf(fleet, await readSet(directory));
  const lacking = pendingFor(step, members, rollOver);
  const pending = [...new Set([...lacking.certificates, ...lacking.trust])];
  const { hosts, clients } = await observe(directory, members, rollOver, step, now, options);
  const unconfirmed = unconfirmedOf(hosts, clients);
  return {
    ...{ directory, rollOver, next: stageAfter(step), hosts, clients, unconfirmed },
    pending: pending.map(({ role, name }) => ({ role, name })),
    ready: unconfirmed.length === 0 && pending.length === 0,
  };
}
