import { resolve } from 'node:path';
import { refuseUnknown } from '../../known-options.js';
import { leafFilesIn } from '../../set/find-leaf.js';
import { parseName } from '../../set/layout.js';
import { readPort } from '../../set/remembered-port.js';
import { refuseUnsafeDirectory } from '../../store/safety.js';
import { TLS_PORT } from '../../x509/endpoint.js';
import { credentialsNames, type CredentialsOptions } from '../client/credentials.js';

/**
 * The port of the daemon: the one that `all --host HOST:PORT` has remembered, else 2376. `name`: a further server's. Errors:
 * `ERR_INPUT`, `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function daemonPort(options: CredentialsOptions = {}): Promise<number> {
  refuseUnknown(options, credentialsNames);
  const { directory = 'docker-tls', name } = options;
  const root = resolve(directory);
  await refuseUnsafeDirectory(root);
  return portRemembered(root, name);
}

/** As `daemonPort`, for a directory that was looked at. */
export async function portRemembered(root: string, name?: string): Promise<number> {
  const server = await leafFilesIn(root, 'server', name === undefined ? undefined : parseName(name));
  return (await readPort(root, server)) ?? TLS_PORT;
}
