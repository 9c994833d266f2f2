import type { FleetFile } from '../file/fleet-file.js';
import { readFleet } from '../file/read-fleet.js';
import type { FleetPlan } from '../plan/fleet-plan.js';
import { planOfMembers } from '../plan/fleet-plan-of.js';
import { lookAtFleet } from '../plan/look-at-fleet.js';
import { parseSignFleetOptions, type SignFleetOptions } from './apply-options.js';
import { refuseUnknownMembers } from './refuse-unknown-members.js';
import { refuseWithoutCa, taskedOf } from './run-fleet.js';

/** What `signFleet` would sign. Changes nothing. Errors: those of `signFleet`, as far as they can be known beforehand. */
export async function previewSignFleet(
  fleet: string | FleetFile,
  options: Pick<SignFleetOptions, 'hosts' | 'now'> = {},
): Promise<FleetPlan> {
  const { hosts, now } = options;
  const values = parseSignFleetOptions({ hosts, now });
  const read = await readFleet(fleet);
  refuseUnknownMembers(values.only ?? [], read);
  const looked = await lookAtFleet(read, { now: values.clock(), ignoreWindow: false });
  refuseWithoutCa(looked, values);
  return planOfMembers(looked, taskedOf(looked, values));
}
