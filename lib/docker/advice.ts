import { join } from 'node:path';
import { shellWord } from '../plan/command-line.js';
import { leafFiles } from '../store/layout.js';
import type { AltName } from '../x509/alt-names.js';

/** Docker's port for TLS. */
export const TLS_PORT = 2376;

/** What to do next, as lines for a POSIX shell: on the daemon's host, and as a client. */
export interface Advice {
  readonly daemon: readonly string[];
  readonly client: readonly string[];
}

/** The command line of a daemon that takes mutual TLS on all its addresses, and keeps its local socket. */
export function dockerdLine(directory: string, name?: string): string {
  const { certificate, key } = leafFiles('server', name);
  const flags = flagsLine(directory, certificate, key, leafFiles('server', name).ca);
  return `dockerd ${flags} -H unix:///var/run/docker.sock -H tcp://0.0.0.0:${TLS_PORT}`;
}

/** The client's environment as one line for a POSIX shell. */
export function clientEnvironmentLine(host: AltName, directory: string, name?: string): string {
  const certPath = join(directory, leafFiles('client', name).directory ?? '');
  return `export DOCKER_HOST=${shellWord(`tcp://${hostInUrl(host)}:${TLS_PORT}`)} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${shellWord(certPath)}`;
}

/** The flags that dockerd and docker share, with the files where they lie. */
export function flagsLine(directory: string, certificate: string, key: string, ca = 'ca.pem'): string {
  const path = (flag: string, file: string): string => shellWord(`${flag}=${join(directory, file)}`);
  return `--tlsverify ${path('--tlscacert', ca)} ${path('--tlscert', certificate)} ${path('--tlskey', key)}`;
}

/** A file of the certificate directory as a shell takes it. */
export function shellPath(directory: string, file: string): string {
  return shellWord(join(directory, file));
}

/** An IPv6 address stands in brackets. */
export function hostInUrl({ value }: Pick<AltName, 'value'>): string {
  return value.includes(':') ? `[${value}]` : value;
}
