import { join } from 'node:path';
import { shellWord } from '../plan/command-line.js';
import { leafFiles } from '../store/layout.js';
import type { AltName } from '../x509/alt-names.js';

/** Docker's port for TLS. */
export const TLS_PORT = 2376;

/** The command line of a daemon that takes mutual TLS on all its addresses, and keeps its local socket. */
export function dockerdLine(directory: string, name?: string): string {
  const files = leafFiles('server', name);
  const path = (flag: string, file: string): string => shellWord(`${flag}=${join(directory, file)}`);
  return [
    'dockerd',
    '--tlsverify',
    path('--tlscacert', files.ca),
    path('--tlscert', files.certificate),
    path('--tlskey', files.key),
    '-H unix:///var/run/docker.sock',
    `-H tcp://0.0.0.0:${TLS_PORT}`,
  ].join(' ');
}

/** The client's environment as one line for a POSIX shell. */
export function clientEnvironmentLine(host: AltName, directory: string, name?: string): string {
  const address = host.value.includes(':') ? `[${host.value}]` : host.value;
  const certPath = join(directory, leafFiles('client', name).directory ?? '');
  return `export DOCKER_HOST=${shellWord(`tcp://${address}:${TLS_PORT}`)} DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${shellWord(certPath)}`;
}
