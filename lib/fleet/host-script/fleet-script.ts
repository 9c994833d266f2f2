import { givenFlag, givenText } from '../../given.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import type { FleetFile } from '../file/fleet-file.js';
import { readFleet } from '../file/read-fleet.js';
import { fleetHostNamed, hostScript, type HostScript } from './host-script.js';
import { cloudConfig } from './cloud-config.js';

/** What may be in a text for a host. */
export interface FleetScriptOptions {
  /** Puts the host's private key in, which makes the text a secret. Only for hosts whose keys are on the controller. Default: false. */
  readonly withKey?: boolean | undefined;
}

const optionNames: OptionNames<FleetScriptOptions> = { withKey: true };

/**
 * Renders a POSIX shell script for one host, for those who do not use Ansible. It makes the key and a CSR on the host (`csr`), installs
 * the certificate and restarts the daemon (`install`), and restores what was there before (`rollback`). It needs sh, openssl and the
 * utilities of POSIX. A certificate that is signed already is in it.
 *
 * @throws `ERR_INPUT`: the fleet has no such host, or its private key is on the controller and is not to be in the script.
 * @throws `ERR_CONFIGURATION`: the fleet file has an error.
 * @throws `ERR_UNSAFE`, `ERR_FILE`: a file cannot be used.
 */
export async function fleetScript(
  fleet: string | FleetFile,
  host: string,
  options: FleetScriptOptions = {},
): Promise<HostScript> {
  refuseUnknown(options, optionNames);
  const parsed = await readFleet(fleet);
  return hostScript(parsed, fleetHostNamed(parsed, givenText(host, 'host')), wantsKey(options));
}

/**
 * Renders user-data for cloud-init: a new machine makes its key and CSR at its first boot, and leaves the CSR in
 * `/var/lib/docker-tls-openssl/NAME.csr` and on its console. With `withKey` it installs key and certificate right away. User-data can be read
 * on the machine by every process, and in the cloud's console.
 *
 * @throws those of `fleetScript`.
 */
export async function fleetCloudInit(
  fleet: string | FleetFile,
  host: string,
  options: FleetScriptOptions = {},
): Promise<HostScript> {
  const script = await fleetScript(fleet, host, options);
  return { ...script, text: await cloudConfig(script) };
}

function wantsKey({ withKey = false }: FleetScriptOptions): boolean {
  return givenFlag(withKey, 'withKey');
}
