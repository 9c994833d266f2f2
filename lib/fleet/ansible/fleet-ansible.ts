import { change, type Done } from '../../execute/change.js';
import { controlNames, type RunControl } from '../../execute/run-control.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { parseDirectory } from '../../set/layout.js';
import type { FleetFile } from '../file/fleet-file.js';
import { readFleet } from '../file/read-fleet.js';
import { planPlaybooks, type FleetAnsibleOptions, type PlannedPlaybooks } from './plan-playbooks.js';

const optionNames: OptionNames<FleetAnsibleOptions & RunControl> = {
  ...{ out: true, program: true, overwrite: true },
  ...controlNames,
};

export type WrittenPlaybooks = Omit<PlannedPlaybooks, 'plan'> & Pick<Done, 'made'>;

/**
 * Writes an inventory, a role and playbooks for ansible-core 2.14 to 2.22 into a directory: all of them, or none. `site.yml` makes keys
 * and CSRs on the hosts, signs them here in one run, installs the certificates and restarts the daemons in batches; `rollback.yml`
 * restores every host. A second run replaces what it wrote before, and refuses where somebody changed it. No secret is in the files.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used; `ERR_CONFIGURATION`: the fleet file has an error.
 * @throws `ERR_EXISTS`: a file was changed since it was written, or belongs to somebody else.
 * @throws `ERR_UNSAFE`, `ERR_LOCKED`, `ERR_LOCK_LOST`, `ERR_FILE`: the directory cannot be used.
 * @throws `ERR_ABORTED`: `signal` aborted.
 * @example
 * ```ts
 * import { fleetAnsible } from 'docker-tls-openssl';
 *
 * const hosts = { web1: { names: ['web1.example.com'], ssh: 'root@web1' } };
 * const { out, written } = await fleetAnsible({ hosts }, { out: 'playbooks' });
 * console.log(`cd ${out} && ansible-playbook -i inventory.yml site.yml`, written.length);
 * ```
 */
export async function fleetAnsible(
  fleet: string | FleetFile,
  options: FleetAnsibleOptions & RunControl,
): Promise<WrittenPlaybooks> {
  refuseUnknown(options, optionNames);
  const parsed = await readFleet(fleet);
  const plan = (): Promise<PlannedPlaybooks> => planPlaybooks(parsed, options);
  const { out, written, unchanged, notes, needsPassphrase, made } = await change(
    parseDirectory(options.out),
    options,
    { preview: plan, plan },
  );
  return { out, written, unchanged, notes, needsPassphrase, made };
}

/** What `fleetAnsible` would write. Errors: its own, as far as they can be known beforehand. */
export async function previewFleetAnsible(
  fleet: string | FleetFile,
  options: FleetAnsibleOptions,
): Promise<PlannedPlaybooks> {
  refuseUnknown(options, optionNames);
  return planPlaybooks(await readFleet(fleet), options);
}
