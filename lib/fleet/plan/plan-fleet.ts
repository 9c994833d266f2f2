import { givenFlag } from '../../given.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { parseNow } from '../../x509/validity.js';
import type { FleetFile } from '../file/fleet-file.js';
import { readFleet } from '../file/read-fleet.js';
import type { FleetPlan } from './fleet-plan.js';
import { fleetPlanOf } from './fleet-plan-of.js';
import { lookAtFleet } from './look-at-fleet.js';

export interface PlanFleetOptions {
  /** Plans as for `applyFleet` with `prune`: what the fleet file does not name is revoked. Default: false. */
  readonly prune?: boolean | undefined;
  /** Plans renewals also outside the maintenance windows. Default: false. */
  readonly ignoreWindow?: boolean | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<PlanFleetOptions> = { prune: true, ignoreWindow: true, now: true };

/**
 * Compares what a fleet file describes with the certificate directory and with the CSRs that have come: what would be made, signed,
 * renewed, revoked and left, and why. It reads each certificate once, opens no private key, runs no openssl and changes nothing.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_CONFIGURATION`: the fleet file has errors.
 * @throws `ERR_FILE`: a directory or the fleet file cannot be read.
 * @throws `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`, `ERR_INCOMPLETE`: there are certificates or half of a CA, and no CA.
 * @throws `ERR_UNSAFE`: others could change the certificate directory, or the one in which CSRs wait.
 * @example
 * ```ts
 * import { planFleet } from 'docker-tls-openssl';
 *
 * const { items, changes } = await planFleet({
 *   hosts: { web1: { names: ['web1.example.com'] } },
 *   clients: { alice: {} },
 * });
 * for (const { kind, name, action, why } of items) console.log(action, kind, name, why);
 * console.log(changes ? 'there is something to do' : 'nothing to do');
 * ```
 */
export async function planFleet(
  fleet: string | FleetFile,
  options: PlanFleetOptions = {},
): Promise<FleetPlan> {
  refuseUnknown(options, optionNames);
  const { prune = false, ignoreWindow = false, now = new Date() } = options;
  const at = { now: parseNow(now), ignoreWindow: givenFlag(ignoreWindow, 'ignoreWindow') };
  const isPruned = givenFlag(prune, 'prune');
  return fleetPlanOf(await lookAtFleet(await readFleet(fleet), at), at.now, isPruned);
}
