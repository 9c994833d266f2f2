import { InputError } from '../../errors.js';
import { shellWord } from '../../shell/sh.js';
import { systemdCommand } from '../../shell/systemd.js';
import type { Credentials } from '../client/credentials.js';
import { TLS_PORT } from '../../x509/endpoint.js';
import { option, words } from '../../words.js';

/** How a daemon treats its clients: `tlsverify` takes only those with a certificate of the CA, `tls` takes everybody. */
export const daemonModes = ['tlsverify', 'tls'] as const;
export type DaemonMode = (typeof daemonModes)[number];

export interface DaemonOptions extends Pick<Credentials, 'ca' | 'certificate' | 'key'> {
  /** Default: `tlsverify`. */
  readonly mode?: DaemonMode | undefined;
  /** Where it listens, on all addresses. Default: 2376. */
  readonly port?: number | undefined;
  /** Where dockerd lies on the host; a systemd unit wants its path. Default: `/usr/bin/dockerd`. */
  readonly dockerd?: string | undefined;
}

/** What a daemon is told, in each of the places where it can be said. */
export interface DaemonConfiguration {
  readonly mode: DaemonMode;
  /** The words after `dockerd`. */
  readonly arguments: readonly string[];
  /** What belongs into `/etc/docker/daemon.json`. */
  readonly json: Readonly<Record<string, boolean | string | readonly string[]>>;
  readonly dockerd: string;
  /** Where it leaves the host open: to whom. */
  readonly warning: string | undefined;
}

/** The local socket is always among them: it is how the host itself goes on using docker. */
const socketsAt = (port: number) => ['unix:///var/run/docker.sock', `tcp://0.0.0.0:${port}`] as const;

const openAt = (port: number): string =>
  `clients are not authenticated: anyone who can reach port ${port} is root on the host. dockerd warns of it, and says that future versions will not start so`;

/**
 * A daemon that takes TLS on all its addresses, and keeps its local socket. In the mode `tls`, `tlsverify` is turned off in
 * so many words: with `--tls` alone, what the tutorials have, dockerd 20.10 and 28.5 authenticate clients all the same.
 * In OPTIONS, paths stay as they are, unquoted: docker 29 takes quotes for a part of them.
 */
export function daemonConfiguration(options: DaemonOptions): DaemonConfiguration {
  const { mode = 'tlsverify', port = TLS_PORT, dockerd = '/usr/bin/dockerd', ca, certificate, key } = options;
  const sockets = socketsAt(port);
  const pair = { tlscert: certificate, tlskey: key };
  const settings =
    mode === 'tlsverify'
      ? { tlsverify: true, tlscacert: ca, ...pair }
      : { tls: true, tlsverify: false, ...pair };
  return {
    mode,
    arguments: [
      ...Object.entries(settings).map(([flag, value]) =>
        value === true ? `--${flag}` : `--${flag}=${value}`,
      ),
      ...sockets.flatMap((socket) => ['-H', socket]),
    ],
    json: { ...settings, hosts: sockets },
    dockerd,
    warning: mode === 'tls' ? openAt(port) : undefined,
  };
}

export const daemonFormats = ['command', 'json', 'systemd', 'sysconfig'] as const;
export type DaemonFormat = (typeof daemonFormats)[number];

/**
 * The configuration as one text: the command line for a shell, the fragment of daemon.json, a drop-in for systemd's unit, or
 * the line of /etc/sysconfig/docker. Ends with a line end. Errors: `ERR_INPUT` for a path that cannot stand there.
 */
export function daemonText(configuration: DaemonConfiguration, format: DaemonFormat): string {
  const { arguments: words, json, dockerd } = configuration;
  switch (format) {
    case 'command':
      return `${['dockerd', ...words].map(shellWord).join(' ')}\n`;
    case 'json':
      return `${JSON.stringify(json, null, 2)}\n`;
    case 'systemd':
      return `[Service]\nExecStart=\nExecStart=${systemdCommand([program(dockerd), ...words], 'dockerd')}\n`;
    case 'sysconfig':
      return `OPTIONS="${words.map(optionsWord).join(' ')}"\n`;
  }
}

/** Errors: `ERR_INPUT` for a relative path. */
function program(dockerd: string): string {
  if (dockerd.startsWith('/')) return dockerd;
  throw new InputError('dockerd', `${JSON.stringify(dockerd)} is no absolute path, as a unit wants it`);
}

/** A word of a line that init scripts split again without looking at quotes. Errors: `ERR_INPUT`. */
function optionsWord(word: string): string {
  const [odd] = /[\s\p{Cc}"'\\$`*?[\]]/u.exec(word) ?? [];
  if (odd === undefined) return word;
  const path = JSON.stringify(word.replace(/^--\w+=/, ''));
  throw new InputError(
    'directory',
    `${path} cannot be written in OPTIONS: it contains ${JSON.stringify(odd)}`,
    {
      hint: words`put the certificates in a path without this character, such as /etc/docker/tls, or use ${option('format', 'json')}`,
    },
  );
}
