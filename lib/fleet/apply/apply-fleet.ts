import { running, type Run } from '../../execute/run.js';
import { aborted, InterruptedError } from '../../errors.js';
import { repairNotes } from '../../execute/change.js';
import { issue } from '../../issue/issue.js';
import type { Note } from '../../plan/step.js';
import { needsRepair, repair } from '../../store/leftovers.js';
import { removeStaleLock, withLock, type Lock } from '../../store/lock.js';
import type { Words } from '../../words.js';
import type { FleetFile } from '../file/fleet-file.js';
import { readFleet } from '../file/read-fleet.js';
import { deliverMembers } from '../deliver/deliver-members.js';
import type { Fleet } from '../fleet.js';
import { caRequest } from '../plan/ca-request.js';
import type { FleetItem } from '../plan/fleet-plan.js';
import { fleetPlanOf, isBroken } from '../plan/fleet-plan-of.js';
import { lookAtFleet, type LookedAtFleet } from '../plan/look-at-fleet.js';
import {
  parseApplyOptions,
  parseSignFleetOptions,
  type ApplyFleetOptions,
  type FleetRunValues,
  type SignFleetOptions,
} from './apply-options.js';
import { FleetCounter, type FleetDeed, type FleetMemberEvent, type FleetEvent } from './fleet-events.js';
import { pruneStrangers } from './prune.js';
import { refuseUnknownMembers } from './refuse-unknown-members.js';
import { refuseWithoutCa, refuseWithoutKey, runTasks, taskedOf } from './run-fleet.js';

/** A host or a client for which something could not be done. */
export interface FleetFailure {
  readonly kind: FleetItem['kind'];
  readonly name: string;
  /** `deliver`: its bundle was written; `install`: its docker contexts were set up. */
  readonly action: FleetDeed;
  /** In the library's words. */
  readonly why: string;
  /** The parts of `why`. */
  readonly words: Words;
}

/** The CA, a host or a client for which something was done. */
export type FleetDone = Omit<FleetFailure, 'why' | 'words'>;

/** What was done for a fleet. */
export interface AppliedFleet {
  /** The fleet file, absolute; undefined for a value. */
  readonly file: string | undefined;
  /** The certificate directory, absolute. */
  readonly directory: string;
  readonly done: readonly FleetDone[];
  /** The others went on. */
  readonly failed: readonly FleetFailure[];
  /** What is left to be done, and why: hosts whose CSRs are needed, and what a person has to decide. */
  readonly left: readonly FleetItem[];
  /** The directories that keep what was replaced, relative to `directory`. */
  readonly archived: readonly string[];
  readonly notes: readonly Note[];
}

/**
 * Does what `planFleet` shows, as far as it is the controller's: makes the CA where there is none, and keys and certificates that
 * belong here; signs CSRs that have come; renews what is due, within the maintenance windows. Members are committed in groups, under
 * one lock: after an interruption the next run goes on. One that fails does not stop the others. What is replaced goes to `archive/`.
 * Where there is nothing to do, nothing is written.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used; nothing has run.
 * @throws `ERR_CONFIGURATION`: the fleet file has errors.
 * @throws `ERR_PASSPHRASE_NEEDED`, `ERR_PASSPHRASE_WRONG`: the CA's key needs a passphrase, or another one.
 * @throws `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`, `ERR_INCOMPLETE`: there are certificates or half of a CA and no CA, or one that cannot sign.
 * @throws `ERR_TEMPLATE`: a template cannot be read or rendered.
 * @throws `ERR_CLOCK`: the machine's clock is certainly wrong.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: others could change the certificate directory or the one in which CSRs wait, or read keys.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_FILE`: the file system refused.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`: openssl is missing, too old, or failed for every member.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted: what was committed before stays.
 * @example
 * ```ts
 * import { applyFleet } from 'docker-tls-openssl';
 *
 * const { done, failed } = await applyFleet(
 *   { clients: { alice: {} }, hosts: { web1: { names: ['web1.example.com'], keys: 'on-controller' } } },
 *   { passphrase: 'correct horse battery staple' },
 * );
 * for (const { kind, name, action } of done) console.log(action, kind, name);
 * for (const { kind, name, why } of failed) console.log('failed', kind, name, why);
 * ```
 */
export function applyFleet(
  fleet: string | FleetFile,
  options: ApplyFleetOptions = {},
): Run<AppliedFleet, FleetEvent> {
  return running(options, (observed) => applyNow(fleet, observed));
}

async function applyNow(fleet: string | FleetFile, options: ApplyFleetOptions): Promise<AppliedFleet> {
  const values = parseApplyOptions(options);
  const read = await readFleet(fleet);
  const applied = await runFleet(read, values);
  return delivered(applied, read, values);
}

/** Then bundles are written, and docker contexts set up. */
async function delivered(applied: AppliedFleet, fleet: Fleet, values: FleetRunValues): Promise<AppliedFleet> {
  const { bundle, observer } = values;
  const { signal, allowOpenModes } = values.control;
  const isWanted = fleet.clients.some(({ deliver, install }) => deliver.length > 0 || install.length > 0);
  if (bundle === undefined && !isWanted) return applied;
  const looked = await lookAtFleet(fleet, { now: values.clock(), ignoreWindow: values.ignoreWindow });
  const events = await deliverMembers(looked, { bundle, observer, signal, allowOpenModes });
  const [done, failed] = [[...applied.done], [...applied.failed]];
  for (const event of events) collect(event, done, failed);
  return { ...applied, done, failed };
}

/**
 * Signs the CSRs that have come from the hosts and clients of a fleet, each for the names of the fleet file and no others: those whose
 * key is new, and those whose certificate is due or has other names. It works as `applyFleet` does, and does nothing else.
 *
 * @throws The errors of {@link applyFleet}; `ERR_INPUT` also for a name that the fleet file does not have.
 */
export function signFleet(
  fleet: string | FleetFile,
  options: SignFleetOptions = {},
): Run<AppliedFleet, FleetEvent> {
  return running(options, (observed) => signNow(fleet, observed));
}

async function signNow(fleet: string | FleetFile, options: SignFleetOptions): Promise<AppliedFleet> {
  const values = parseSignFleetOptions(options);
  const read = await readFleet(fleet);
  refuseUnknownMembers(values.only ?? [], read);
  return runFleet(read, values);
}

async function runFleet(fleet: Fleet, values: FleetRunValues): Promise<AppliedFleet> {
  const { ignoreWindow } = values;
  const look = (): Promise<LookedAtFleet> => lookAtFleet(fleet, { now: values.clock(), ignoreWindow });
  const { directory } = fleet.ca;
  const done: FleetDone[] = [];
  const idle = await beforeLock(look, values, done);
  if (idle) return idle;
  return withLock(directory, values.control, async (lock) => {
    const notes = repairNotes(await repair(directory), directory);
    const results = await underLock(look, values, lock, done);
    // What was seen of thousands before is forgotten by now.
    return resultOf(await look(), values, results, notes);
  });
}

/** Makes the CA where there is none. Gives the result where nothing is to be done, and no lock is needed. */
async function beforeLock(
  look: () => Promise<LookedAtFleet>,
  values: FleetRunValues,
  done: FleetDone[],
): Promise<AppliedFleet | undefined> {
  const looked = await look();
  refuseWithoutCa(looked, values);
  const { fleet, makesCa } = looked;
  const { directory } = fleet.ca;
  if (!makesCa && countOf(looked, values) === 0 && !(await needsRepair(directory))) {
    await removeStaleLock(directory);
    return resultOf(looked, values, { done, failed: [], archived: [] }, []);
  }
  refuseWithoutKey(looked);
  if (makesCa) {
    await issue(['ca'], { ...caRequest(fleet, values.clock(), values.passphrase), ...values.control });
    done.push({ kind: 'ca', name: 'ca', action: 'make' });
  }
  return undefined;
}

/** Does what is to be done for members. `done`: what was done before. */
async function underLock(
  look: () => Promise<LookedAtFleet>,
  values: FleetRunValues,
  lock: Lock,
  done: FleetDone[],
): Promise<Pick<AppliedFleet, 'done' | 'failed' | 'archived'>> {
  const looked = await look();
  const failed: FleetFailure[] = [];
  const archived: string[] = [];
  const counter = new FleetCounter(countOf(looked, values), (event) => {
    if (event.type !== 'progress') collect(event, done, failed);
    values.observer?.(event);
  });
  try {
    await runTasks(looked, values, lock, counter, archived);
    if (values.prune) await pruneStrangers(looked, values, lock, counter, archived);
  } catch (error) {
    throw stopped(error, counter, values);
  }
  return { done, failed, archived };
}

/** For how many something is done. */
function countOf(looked: LookedAtFleet, values: FleetRunValues): number {
  return taskedOf(looked, values).length + (values.prune ? looked.strangers.length : 0);
}

function collect(event: FleetMemberEvent, done: FleetDone[], failed: FleetFailure[]): void {
  const { kind, name, action, why = '', words = [] } = event;
  if (event.type === 'done') done.push({ kind, name, action });
  else failed.push({ kind, name, action, why, words });
}

/** After an abort: how far it has come. */
function stopped(error: unknown, { done, total }: FleetCounter, { control }: FleetRunValues): unknown {
  if (!(error instanceof InterruptedError && error.code === 'ERR_ABORTED')) return error;
  return aborted(control.signal, `stopped: ${done} of ${total} are done, and the next run goes on`);
}

/** What is left; what could not be done, or not even be tried, has failed. */
function resultOf(
  looked: LookedAtFleet,
  { clock, prune, only }: FleetRunValues,
  results: Pick<AppliedFleet, 'done' | 'failed' | 'archived'>,
  notes: readonly Note[],
): AppliedFleet {
  const plan = fleetPlanOf(looked, clock(), prune);
  const isOf = ({ name }: FleetItem): boolean => !only?.length || only.includes(name);
  const known = new Set(results.failed.map(({ kind, name }) => `${kind}/${name}`));
  const open = plan.items.filter(
    ({ kind, name, action }) => action !== 'none' && !known.has(`${kind}/${name}`),
  );
  const broken = open.filter((item) => isBroken(item) && isOf(item));
  const failed = [
    ...results.failed,
    ...broken.map(({ kind, name, action, why, words }) => ({ kind, name, action, why, words })),
  ];
  const left = open.filter((item) => !broken.includes(item) && isOf(item));
  const { file } = looked.fleet;
  return { file, directory: plan.directory, ...results, failed, left, notes: [...notes, ...plan.notes] };
}
