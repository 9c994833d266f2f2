import { homedir } from 'node:os';
import { join } from 'node:path';
import { dindNames } from '../../set/layout.js';
import { daemonJsonPath } from './daemon-json.js';
import { daemonFiles } from './daemon-settings.js';
import { podmanUnitName } from './podman-unit.js';
import { unitFolders } from './unit.js';

/**
 * The daemons that `installDaemon` puts files in place for: the one of the system, the one that a user runs without root,
 * docker:dind, which takes the directory that DOCKER_TLS_CERTDIR names, and Podman, whose service needs a unit.
 */
export const daemonKinds = ['system', 'rootless', 'dind', 'podman'] as const;
export type DaemonKind = (typeof daemonKinds)[number];

/** What systemctl and journalctl need to find a daemon. */
export type UnitPlace = Pick<DaemonPlaces, 'unit' | 'unitFlags'>;

/** Where a daemon and its starter have their files. Paths are those of the host. */
export interface DaemonPlaces {
  readonly kind: DaemonKind;
  /** The home directory of the user whose daemon it is; undefined for one that is no user's. */
  readonly home: string | undefined;
  /** The directory of the daemon's own files, unless another is named. */
  readonly to: string;
  /** Docker's name of each file, and its path in that directory, in the order in which they may appear. */
  readonly files: readonly (readonly [name: string, path: string])[];
  /** Undefined for a daemon that is configured by the names of its files alone. */
  readonly daemonJson: string | undefined;
  /** The drop-in for its unit; of Podman the unit itself. */
  readonly dropIn: string | undefined;
  /** The unit that starts it. */
  readonly unit: string;
  /** The program, as people call it. */
  readonly program: 'dockerd' | 'podman';
  /** Where systemd looks for its unit, below the root: the first has precedence. */
  readonly units: readonly string[];
  /** What systemctl and journalctl need for that unit. */
  readonly unitFlags: readonly string[];
  /** Where the daemon's flags can be, besides its unit. */
  readonly flagFiles: readonly string[];
  /** Where journals are. It is there on each such host, and is never made or removed. */
  readonly journal: string;
}

export const UNIT = 'docker.service';

/** Named so that it comes after those that others have made. */
export const DROP_IN_NAME = 'zz-docker-tls-openssl.conf';

const system: DaemonPlaces = {
  kind: 'system',
  home: undefined,
  to: '/etc/docker/tls',
  files: Object.values(daemonFiles).map((name) => [name, name]),
  daemonJson: daemonJsonPath,
  dropIn: `/etc/systemd/system/${UNIT}.d/${DROP_IN_NAME}`,
  unit: UNIT,
  program: 'dockerd',
  units: unitFolders,
  unitFlags: [],
  flagFiles: ['/etc/default/docker', '/etc/sysconfig/docker', '/etc/conf.d/docker'],
  journal: '/etc',
};

const dind: DaemonPlaces = {
  kind: 'dind',
  home: undefined,
  to: '/certs',
  files: dindNames.server,
  daemonJson: undefined,
  dropIn: undefined,
  unit: UNIT,
  program: 'dockerd',
  units: [],
  unitFlags: [],
  flagFiles: [],
  journal: '/etc',
};

const podman: DaemonPlaces = {
  ...system,
  kind: 'podman',
  to: '/etc/podman/tls',
  daemonJson: undefined,
  dropIn: `/etc/systemd/system/${podmanUnitName}`,
  unit: podmanUnitName,
  program: 'podman',
  flagFiles: [],
};

/** A user's own, as dockerd-rootless-setuptool.sh installs it (systemd.unit(5), "USER UNIT SEARCH PATH"). */
function rootless(home: string): DaemonPlaces {
  const config = join(home, '.config');
  const own = join(config, 'systemd/user');
  const shared = ['/etc/systemd/user', '/run/systemd/user', join(home, '.local/share/systemd/user')];
  const packaged = ['/usr/local/lib/systemd/user', '/usr/lib/systemd/user', '/lib/systemd/user'];
  return {
    ...system,
    kind: 'rootless',
    home,
    to: join(config, 'docker/tls'),
    daemonJson: join(config, 'docker/daemon.json'),
    dropIn: join(own, `${UNIT}.d`, DROP_IN_NAME),
    units: [`${own}.control`, own, ...shared, ...packaged].map((path) => path.slice(1)),
    unitFlags: ['--user'],
    flagFiles: [],
    journal: config,
  };
}

/** The path of a file with one of Docker's names, in the directory of the daemon's files. */
export function placedAt({ files }: DaemonPlaces, name: string): string {
  return files.find(([from]) => from === name)?.[1] ?? name;
}

/** The places of a kind of daemon; of a rootless one in `home`. */
export function daemonPlaces(kind: DaemonKind, home = homedir()): DaemonPlaces {
  return kind === 'rootless' ? rootless(home) : { system, dind, podman }[kind];
}
