import { join } from 'node:path';
import { shellWord } from '../shell/sh.js';
import { authoritiesOf } from '../set/authorities.js';
import { leafFiles, type PairFiles } from '../set/layout.js';
import type { AltName } from '../x509/alt-names.js';
import { endpointUrl, formatEndpoint, TLS_PORT, type Endpoint } from '../x509/endpoint.js';

/** What to do next, as lines for a POSIX shell: on the daemon's host, and as a client. */
export interface Advice {
  readonly daemon: readonly string[];
  readonly client: readonly string[];
}

/**
 * The command line of a daemon that takes mutual TLS on all its addresses, and keeps its local socket. `port`: default 2376.
 * `areSeparate`: servers and clients have separate CAs.
 */
export function dockerdLine(directory: string, name?: string, port = TLS_PORT, areSeparate = false): string {
  const files = leafFiles('server', name);
  const { trusted } = authoritiesOf('server', areSeparate);
  const flags = flagsLine(directory, files, files.directory === undefined ? trusted.certificate : files.ca);
  return `dockerd ${flags} -H unix:///var/run/docker.sock -H tcp://0.0.0.0:${port}`;
}

/** The client's environment as one line for a POSIX shell. `port`: the daemon's, default 2376. */
export function clientEnvironmentLine(
  host: Pick<AltName, 'value'>,
  directory: string,
  name?: string,
  port = TLS_PORT,
): string {
  const certPath = join(directory, leafFiles('client', name).directory ?? '');
  return `export DOCKER_HOST=${hostUrl({ host: host.value, port })} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${shellWord(certPath)}`;
}

/** The flags that dockerd and docker share, with the files where they lie. */
export function tlsFlags(directory: string, { key, certificate }: PairFiles, ca = 'ca.pem'): string[] {
  const path = (flag: string, file: string): string => `--${flag}=${join(directory, file)}`;
  return ['--tlsverify', path('tlscacert', ca), path('tlscert', certificate), path('tlskey', key)];
}

/** As `tlsFlags`, for a shell. */
export function flagsLine(directory: string, pair: PairFiles, ca?: string): string {
  return tlsFlags(directory, pair, ca).map(shellWord).join(' ');
}

/** How a client calls the daemon: by the first name that is one host's. */
export function hostCalled(names: readonly AltName[]): string | undefined {
  return names.find(({ value }) => !value.startsWith('*'))?.value;
}

/** `-H=host:2376` for a shell. */
export function hostFlag(endpoint: Endpoint): string {
  return shellWord(`-H=${formatEndpoint(endpoint)}`);
}

/** `tcp://host:2376` for a shell. */
export function hostUrl(endpoint: Endpoint, scheme = 'tcp', path = ''): string {
  return shellWord(`${endpointUrl(endpoint, scheme)}${path}`);
}

/** A file of the certificate directory as a shell takes it. */
export function shellPath(directory: string, file: string): string {
  return shellWord(join(directory, file));
}
