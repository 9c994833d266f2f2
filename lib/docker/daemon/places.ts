import { dindNames } from '../../set/layout.js';
import { daemonJsonPath } from './daemon-json.js';
import { daemonFiles } from './daemon-settings.js';

/**
 * The daemons that `installDaemon` puts files in place for: the one of the system, and docker:dind, which takes the directory that
 * DOCKER_TLS_CERTDIR names.
 */
export const daemonKinds = ['system', 'dind'] as const;
export type DaemonKind = (typeof daemonKinds)[number];

/** Where a daemon and its starter have their files. Paths are those of the host. */
export interface DaemonPlaces {
  readonly kind: DaemonKind;
  /** The directory of the daemon's own files, unless another is named. */
  readonly to: string;
  /** Docker's name of each file, and its path in that directory, in the order in which they may appear. */
  readonly files: readonly (readonly [name: string, path: string])[];
  /** Undefined for a daemon that is configured by the names of its files alone. */
  readonly daemonJson: string | undefined;
  readonly dropIn: string | undefined;
  /** Where journals are. It is there on each such host, and is never made or removed. */
  readonly journal: string;
}

/** Named so that it comes after those that others have made. */
export const DROP_IN_NAME = 'zz-docker-tls-openssl.conf';

const system: DaemonPlaces = {
  kind: 'system',
  to: '/etc/docker/tls',
  files: Object.values(daemonFiles).map((name) => [name, name]),
  daemonJson: daemonJsonPath,
  dropIn: `/etc/systemd/system/docker.service.d/${DROP_IN_NAME}`,
  journal: '/etc',
};

const dind: DaemonPlaces = {
  kind: 'dind',
  to: '/certs',
  files: dindNames.server,
  daemonJson: undefined,
  dropIn: undefined,
  journal: '/etc',
};

/** The path of a file with one of Docker's names, in the directory of the daemon's files. */
export function placedAt({ files }: DaemonPlaces, name: string): string {
  return files.find(([from]) => from === name)?.[1] ?? name;
}

/** The places of a kind of daemon. */
export function daemonPlaces(kind: DaemonKind): DaemonPlaces {
  return { system, dind }[kind];
}
