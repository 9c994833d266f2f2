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
  /** The socket for the host itself, where there is none. */
  readonly local?: string | undefined;
  /** The socket to add: `tcp://0.0.0.0:2376`. */
  readonly listen: string;
}

/**
 * What daemon.json is to say: clients have to authenticate on every TCP socket. All sockets that there were stay, one that is
 * on the same port as `listen` excepted; there is always a local one. Throws `ERR_CONFIGURATION` naming `path`.
 */
export function settingsFor(
  { to, flagged, local: own = LOCAL_SOCKET, listen }: WantedSettings,
  existing: DaemonJson | undefined,
  path: string,
): DaemonSettings {
  const before = [...hostsOf(existing, path), ...flagged];
  const others = before.filter((host) => !isTcp(host) || portOf(host) !== portOf(listen));
  const local = others.some((host) => !isTcp(host)) ? [] : [own];
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
      hint: 'nothing was changed; fix it: dockerd cannot read it either',
    });
  }
  return hosts;
}

const isText = [(value: unknown) => typeof value === 'string', 'a string'] as const;
const isTruth = [(value: unknown) => typeof value === 'boolean', 'true or false, without quotes'] as const;
const isTexts = [
  (value: unknown) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  'a list of strings',
] as const;

/** The settings for sockets and TLS, by their names in daemon.json, with their types. */
const types = {
  hosts: isTexts,
  tls: isTruth,
  tlsverify: isTruth,
  tlscacert: isText,
  tlscert: isText,
  tlskey: isText,
};
export type SettingName = keyof typeof types;
export const settingNames = Object.keys(types) as readonly SettingName[];

/**
 * Why dockerd refuses the settings of a daemon.json: the type of one for sockets or TLS, or a key that is nearly one. Measured
 * with dockerd 20.10 and 28.5, which also compare case.
 */
export function faultsIn(value: DaemonJson['value']): string[] {
  const bare = (key: string): string => key.toLowerCase().replace(/[^a-z]/g, '');
  return Object.entries(value).flatMap(([key, set]) => {
    const setting = settingNames.find((name) => name === key);
    if (setting) return types[setting][0](set) ? [] : [`"${key}" must be ${types[setting][1]}`];
    const meant = settingNames.find((name) => [name, name.replace(/s$/, '')].includes(bare(key)));
    return meant === undefined ? [] : [`dockerd knows no setting ${JSON.stringify(key)}: write "${meant}"`];
  });
}

/** Whether a daemon with that file takes everybody over TCP. */
export function isOpenOverTcp(file: DaemonJson | undefined, path: string): boolean {
  return hostsOf(file, path).some(isTcp) && file?.value['tlsverify'] !== true;
}

/** docker takes a socket without a scheme for TCP. */
export function isTcp(host: string): boolean {
  return host.startsWith('tcp://') || !host.includes('://');
}

function portOf(host: string): string {
  return /:(\d+)\/?$/.exec(host)?.[1] ?? '2376';
}
