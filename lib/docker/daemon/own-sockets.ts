import { parseEndpoint, type Endpoint } from '../../x509/endpoint.js';
import type { DaemonPlaces } from './places.js';
import { podmanSockets } from './podman-daemon.js';
import { publishedSockets } from './rootless.js';

/**
 * Lists where a daemon can be called over TCP whose own starter says that; undefined for one that reads daemon.json or its command
 * line. Errors: `ERR_FILE`.
 */
export async function socketsOfStarter(root: string, places: DaemonPlaces): Promise<string[] | undefined> {
  if (places.kind === 'rootless') return publishedSockets(root, places);
  return places.kind === 'podman' ? podmanSockets(root, places) : undefined;
}

/** Where this host itself reaches one of its sockets: what listens on all addresses listens on the local one, too. Undefined for what is no endpoint. */
export function localEndpoint(socket: string): Endpoint | undefined {
  try {
    const { host, port } = parseEndpoint(socket);
    const own: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
    return { host: own[host] ?? host, port };
  } catch {
    return undefined; // dockerd says what is wrong with it
  }
}
