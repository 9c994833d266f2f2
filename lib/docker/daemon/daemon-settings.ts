import { join } from 'node:path';
import { ConfigurationError } from '../../errors.js';
import type { DaemonJson, DaemonSettings } from './daemon-json.js';

/** The names that a daemon's files get, wherever they come from. */
export const daemonFiles = { ca: 'ca.pem', certificate: 'server-cert.pem', key: 'server-key.pem' } as const;

export const LOCAL_SOCKET = 'unix:///var/run/docker.sock';

/** What a daemon listens on, and with what it meets its clients. */
export interface WantedSettings {
  /** Where the three files lie, as the host has it. */
  readonly to: string;
  /** The sockets that its command line names. */
  readonly flagged: readonly string[];
  /** The socket to add: `tcp://0.0.0.0:2376`. */
  readonly listen: string;
}

/**
 * What daemon.json is to say: clients have to authenticate on every TCP socket. All sockets that there were stay, one that is
 * on the same port as `listen` excepted; there is always a local one. Throws `ERR_CONFIGURATION` naming `path`.
 */
export function settingsFor(
  { to, flagged, listen }: WantedSettings,
  existing: DaemonJson | undefined,
  path: string,
): DaemonSettings {
  const before = [...hostsOf(existing, path), ...flagged];
  const others = before.filter((host) => !isTcp(host) || portOf(host) !== portOf(listen));
  const local = others.some((host) => !isTcp(host)) ? [] : [LOCAL_SOCKET];
  return {
    hosts: [...new Set([...local, ...others, listen])],
    tlsverify: true,
    tlscacert: join(to, daemonFiles.ca),
    tlscert: join(to, daemonFiles.certificate),
    tlskey: join(to, daemonFiles.key),
  };
}

/** The sockets that a daemon.json names. */
export function hostsOf(existing: DaemonJson | undefined, path: string): string[] {
  const hosts = existing?.value['hosts'] ?? [];
  if (!Array.isArray(hosts) || !hosts.every((host) => typeof host === 'string')) {
    throw new ConfigurationError(path, `${path}: "hosts" is not a list of sockets`, {
      hint: 'nothing was changed; mend it, for dockerd cannot read it either',
    });
  }
  return hosts;
}

/** Whether a daemon with that file takes everybody over TCP. */
export function isOpen(file: DaemonJson | undefined, path: string): boolean {
  return hostsOf(file, path).some(isTcp) && file?.value['tlsverify'] !== true;
}

/** docker takes a socket without a scheme for TCP. */
export function isTcp(host: string): boolean {
  return host.startsWith('tcp://') || !host.includes('://');
}

function portOf(host: string): string {
  return /:(\d+)\/?$/.exec(host)?.[1] ?? '2376';
}
