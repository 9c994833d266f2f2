import { controlNames } from '../../execute/run-control.js';
import { givenMs, givenTexts } from '../../given.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import type { FleetFile } from '../file/fleet-file.js';
import { readFleet } from '../file/read-fleet.js';
import { abort, type AbortRollOverRequest } from './abort.js';
import { next, type NextRollOverRequest } from './next.js';
import type { ObserveOptions } from './observe.js';
import type { PrepareOptions } from './prepare.js';
import { start, type RollOverChange, type StartRollOverRequest } from './start.js';
import { lookAtRollOver, type RollOverStatus, type RollOverStatusRequest } from './status.js';

const prepareNames: OptionNames<PrepareOptions> = {
  ...controlNames,
  passphrase: true,
  now: true,
  random: true,
};

const observeNames: OptionNames<ObserveOptions> = {
  connectTimeoutMs: true,
  configDirectory: true,
  onHost: true,
  signal: true,
};

const startNames: OptionNames<StartRollOverRequest> = {
  ...prepareNames,
  key: true,
  days: true,
  caKey: true,
  dryRun: true,
};

const nextNames: OptionNames<NextRollOverRequest> = {
  ...prepareNames,
  ...observeNames,
  confirmed: true,
  dryRun: true,
};

const abortNames: OptionNames<AbortRollOverRequest> = { ...prepareNames, dryRun: true };

const statusNames: OptionNames<RollOverStatusRequest> = { ...observeNames, now: true };

/**
 * Starts the roll-over of a fleet's CA to a new one, in named steps with a check between each, so that no client ever loses a daemon for
 * longer than its restart:
 *
 * - `trust-daemons`: every daemon trusts the clients of both CAs;
 * - `trust-clients`: every client trusts the daemons of both;
 * - `servers`, `clients`: they get certificates of the new CA, for the keys that they have;
 * - `drop-old`: only the new CA is trusted.
 *
 * Each step writes files into the certificate directory. You bring them to the hosts and clients, and restart the daemons; then
 * {@link nextRollOver} looks whether all of them have taken the step. The state is in `roll-over.json` in that directory: any machine that has it
 * can go on. A client named `roll-over-probe` of the new CA is made, with which the daemons are asked; it is removed at the end.
 * `passphrase` encrypts the new CA's key.
 *
 * @throws `ERR_ROLL_OVER`: one is under way; or no client of the fleet has its key in the directory, with which daemons could be asked.
 * @throws `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`: the directory has no CA with its key, or separate ones.
 * @throws `ERR_CONFIGURATION`, `ERR_FILE`: the fleet file has problems, or a file cannot be read.
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used; nothing has run.
 * @throws The errors of {@link renewCa}.
 * @example
 * ```ts
 * import { startRollOver } from 'docker-tls-openssl';
 *
 * const { stage, prepared } = await startRollOver('fleet/docker-tls.yaml', {
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(stage, prepared.map(({ name }) => name));
 * ```
 */
export async function startRollOver(
  fleet: string | FleetFile,
  options: StartRollOverRequest = {},
): Promise<RollOverChange> {
  refuseUnknown(options, startNames);
  return start(await readFleet(fleet), options);
}

/**
 * Tells how far a roll-over has come: connects to every host with a client of each CA, and looks at every client whose files can be seen.
 * Needs no passphrase, and changes nothing, but for what a run that was killed had begun to move into the directory: that is finished.
 *
 * @throws `ERR_FILE`: `roll-over.json` is damaged, or a file cannot be read.
 * @throws `ERR_CA_UNUSABLE`: the CA in the directory is not that of the roll-over.
 * @throws `ERR_CONFIGURATION`: the fleet file has problems.
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_ABORTED`: `signal` aborted.
 */
export async function rollOverStatus(
  fleet: string | FleetFile,
  options: RollOverStatusRequest = {},
): Promise<RollOverStatus> {
  refuseUnknown(options, statusNames);
  refuseOdd(options);
  return lookAtRollOver(await readFleet(fleet), options);
}

/**
 * Takes the next step of a roll-over, or of its way back after `abortRollOver`, once every host and client has taken the last one. Hosts
 * confirm on the wire; clients whose files are used elsewhere by `confirmed`, which is remembered. Where files of the last step are
 * missing in the directory, as after a run that was killed, it writes those instead, and `advanced` is false.
 *
 * @throws `ERR_UNCONFIRMED`: some have not taken the last step, or cannot be seen; `unconfirmed` names them. Nothing was changed.
 * @throws `ERR_ROLL_OVER`: none is under way.
 * @throws `ERR_LEAF_UNUSABLE`: certificates of the old CA are left that the fleet file does not name, before the last step.
 * @throws The errors of {@link rollOverStatus}, and of {@link renew}.
 */
export async function nextRollOver(
  fleet: string | FleetFile,
  options: NextRollOverRequest = {},
): Promise<RollOverChange> {
  refuseUnknown(options, nextNames);
  refuseOdd(options);
  if (options.confirmed !== undefined) givenTexts(options.confirmed, 'confirmed');
  return next(await readFleet(fleet), options);
}

/**
 * Turns a roll-over back, until its last step: the old CA signs again. Certificates of the new CA are replaced first, by those that the archive
 * has, while both CAs stay trusted (`restore-certificates`); then only the old one is trusted (`drop-new`). Between the two, and at the
 * end, {@link nextRollOver} looks whether everyone has taken the step.
 *
 * @throws `ERR_ROLL_OVER`: none is under way, it has come to its last step, or it is being aborted already.
 * @throws `ERR_FILE`: the key of the old CA is not in the archive any more; or as for {@link rollOverStatus}.
 * @throws The errors of {@link renew}.
 */
export async function abortRollOver(
  fleet: string | FleetFile,
  options: AbortRollOverRequest = {},
): Promise<RollOverChange> {
  refuseUnknown(options, abortNames);
  return abort(await readFleet(fleet), options);
}

/** A timer that is to wait longer does not wait at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Throws `ERR_INPUT`. */
function refuseOdd({ connectTimeoutMs }: ObserveOptions): void {
  if (connectTimeoutMs !== undefined) givenMs(connectTimeoutMs, 'connectTimeoutMs', 1, LONGEST_TIMER_MS);
}
