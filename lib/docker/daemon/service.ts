import { join } from 'node:path';
import { readCommand, type DaemonCommand } from './dockerd-command.js';
import { overruled, type DropIn } from './drop-in.js';
import type { InitScript } from './init-script.js';
import { otherDaemons } from './other-daemons.js';
import { LOCAL_SOCKET } from './daemon-settings.js';
import { daemonPlaces, type DaemonPlaces } from './places.js';
import { readPodmanService } from './podman-daemon.js';
import type { Refusal } from './refusal.js';
import { readRootlessService } from './rootless.js';
import { missingRequirements, readSocketUnits, withoutDescriptors, type SocketUnit } from './socket-units.js';
import { readStarters, unitRestart } from './starters.js';
import type { Unit } from './unit.js';

/** How the daemon of a host is started. */
export interface Service {
  readonly manager: 'systemd' | InitScript['manager'] | 'none';
  /** The sockets that its command line names with `-H`: dockerd refuses to start where daemon.json names some, too. */
  readonly hosts: readonly string[];
  /** Its command line has flags for TLS. */
  readonly flagsTls: boolean;
  /** Takes those flags out of the command line; undefined where there are none. */
  readonly dropIn: DropIn | undefined;
  /** Makes a new configuration hold. Empty where nobody knows who starts the daemon. */
  readonly restart: readonly (readonly string[])[];
  /** Ends a service whose unit was removed, as that of Podman can be. */
  readonly withdraw: readonly (readonly string[])[];
  /** Why the daemon would not start, or would not read its daemon.json, whatever that says. */
  readonly refusals: readonly Refusal[];
  /** Why it would not start with `fd://` in daemon.json. */
  readonly withoutDescriptors: readonly Refusal[];
  /** The socket that the host itself uses, where no other is named. */
  readonly local: string;
  readonly places: DaemonPlaces;
  /** All socket units of the host. */
  readonly sockets: readonly SocketUnit[];
}

/** What a daemon is to be. */
export interface WantedService {
  /** Where clients are to call it: `tcp://0.0.0.0:2376`. */
  readonly listen: string;
  /** Where its files are to lie. */
  readonly to: string;
  /** The program of Podman, absolute. Default: that of the host. */
  readonly podman?: string | undefined;
}

/**
 * Finds out how the daemon below `root` is started, or is to be. What stands in the way of configuring it is in the result, for
 * `refuseUnstartable`. Errors: `ERR_FILE`.
 */
export async function readService(
  root: string,
  places: DaemonPlaces = daemonPlaces('system'),
  wanted?: WantedService,
): Promise<Service> {
  const { dropIn: own } = places;
  if (own === undefined) return unmanaged(places);
  if (places.kind === 'rootless') return readRootlessService(root, places, wanted);
  if (places.kind === 'podman') return readPodmanService(root, places, wanted);
  const { unit, script, booted, on } = await readStarters(root, { path: own.slice(1), content: undefined });
  // An init script beside a unit, masked or not, is nothing that systemd starts.
  const known =
    unit && booted ? !unit.masked && isOn(unit, on) : script !== undefined || (unit && isOn(unit, on));
  const others = known ? [] : (await otherDaemons(root)).map(({ refusal }) => refusal);
  if (unit && booted) {
    const service = await systemd(root, places, unit, on);
    return { ...service, refusals: [...others, ...service.refusals] };
  }
  // systemd may be booted there some day, and its command line must not contradict daemon.json then.
  const later = unit && (await systemd(root, places, unit, on));
  const dropIn = later?.refusals.length === 0 ? later : undefined;
  return {
    manager: script?.manager ?? 'none',
    hosts: (dropIn?.hosts ?? []).filter((host) => !host.startsWith('fd://')),
    flagsTls: dropIn?.flagsTls ?? false,
    dropIn: dropIn?.dropIn,
    restart: script?.restart ?? [],
    withdraw: [],
    ...{ places, local: LOCAL_SOCKET },
    refusals: [...others, ...(script?.refusals ?? [])],
    withoutDescriptors: [notBooted(root)],
    sockets: later?.sockets ?? [],
  };
}

/** The service of a daemon that no starter of the host knows, such as a container's. */
function unmanaged(places: DaemonPlaces): Service {
  return {
    ...{ manager: 'none', hosts: [], flagsTls: false, dropIn: undefined, restart: [], refusals: [] },
    ...{ withdraw: [], withoutDescriptors: [], sockets: [], places, local: LOCAL_SOCKET },
  };
}

function notBooted(root: string): Refusal {
  const file = join(root, 'etc/docker/daemon.json');
  const why = `${file} names fd://, the sockets of systemd, which does not run here: dockerd would not start`;
  const hint = 'replace fd:// by unix:///var/run/docker.sock there, and run the same command again';
  return { why, hint, file };
}

function isOn({ name }: Unit, on: ReadonlySet<string>): boolean {
  return on.has(name) || on.has('docker.socket');
}

async function systemd(
  root: string,
  places: DaemonPlaces,
  unit: Unit,
  on: ReadonlySet<string>,
): Promise<Service> {
  const sockets = await readSocketUnits(root, unit, on);
  const service: Service = {
    ...{ manager: 'systemd', hosts: [], flagsTls: false, dropIn: undefined, sockets },
    ...{ places, local: LOCAL_SOCKET, restart: unitRestart(places), withdraw: [] },
    refusals: [],
    withoutDescriptors: withoutDescriptors(unit, sockets),
  };
  if (unit.masked) {
    const why = `${unit.path} has no command line (ExecStart): ${unit.name} is masked, and systemd does not start it`;
    const hint = `run \`systemctl unmask ${unit.name}\`, and run the same command again`;
    return { ...service, refusals: [{ why, hint, file: unit.path }] };
  }
  const command = await readCommand(root, unit);
  if ('why' in command) return { ...service, refusals: [command] };
  const { hosts, removed, flags } = command;
  const content = removed.length === 0 ? undefined : dropInText(command);
  return {
    ...service,
    hosts,
    flagsTls: flags.some(({ name }) => name !== 'host'),
    dropIn:
      content === undefined
        ? undefined
        : { what: `the unit's command line without ${removed.join(' ')}`, content },
    refusals: [
      ...command.refusals,
      ...missingRequirements(unit, sockets),
      ...(content === undefined ? [] : await overruled(root, places, command, content)),
    ],
  };
}

function dropInText({ rest, hosts }: DaemonCommand): string {
  return [
    `# Made by docker-tls-openssl. ${hosts.length > 0 ? 'The sockets are' : 'TLS is'} configured in /etc/docker/daemon.json, and dockerd`,
    '# refuses to start where its command line names them, too. This is the command line of the unit without those flags.',
    '[Service]',
    'ExecStart=',
    `ExecStart=${rest}`,
    '',
  ].join('\n');
}
