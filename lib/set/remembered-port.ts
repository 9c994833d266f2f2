import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { refuseUnsafeFolders } from '../store/safety.js';
import { isPort } from '../x509/endpoint.js';
import { endpointFile, type PairFiles } from './layout.js';
import { readText } from './pairs.js';
import { call, words } from '../words.js';

const hint = words`remove it, and give the port again: ${call('all', { hosts: ['HOST:PORT'] })}`;

/** Why such a file cannot be used. */
export const noPort = `it holds no port from 1 to 65535, as in ${portText(2377).trim()}`;

export const MOST_PORT_BYTES = 1000;

/** The text of the file that remembers a port. */
export function portText(port: number): string {
  return `{ "port": ${port} }\n`;
}

/**
 * The port that is remembered beside a server's certificate; undefined where none is. Errors: `ERR_UNSAFE`; `ERR_FILE` for a
 * file that holds no port.
 */
export async function readPort(
  directory: string,
  server: Pick<PairFiles, 'certificate'>,
): Promise<number | undefined> {
  const file = endpointFile(server);
  const path = join(directory, file);
  await refuseUnsafeFolders(directory, file);
  const text = await readText(path, { hint, mostBytes: MOST_PORT_BYTES });
  if (text === undefined) return undefined;
  const port = portIn(text);
  if (port === undefined)
    throw new DirectoryError('ERR_FILE', path, `cannot use ${path}: ${noPort}`, { hint });
  return port;
}

/** The port in that file's text; undefined where there is none. */
export function portIn(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const port = typeof value === 'object' && value !== null && 'port' in value ? value.port : undefined;
    return isPort(port) ? port : undefined;
  } catch {
    return undefined; // it is not JSON
  }
}
