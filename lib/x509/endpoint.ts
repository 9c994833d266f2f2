import { InputError } from '../errors.js';
import { parseAltName } from './alt-names.js';

/** Docker's port for TLS. */
export const TLS_PORT = 2376;

/** Where a daemon is reached over TCP. */
export interface Endpoint {
  /** A host name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `HOST`, `HOST:PORT`, `[::1]:PORT` or what DOCKER_HOST holds: `tcp://HOST:PORT`. Without a port 2376; without a host,
 * as in `tcp://:2376`, this machine, as docker reads it. Throws `ERR_INPUT` naming `option`.
 */
export function parseEndpoint(text: string, option = 'host'): Endpoint {
  const { host, port = TLS_PORT } = parseHostAndPort(text, option);
  return { host, port };
}

/** As `parseEndpoint`; without a port undefined. */
export function parseHostAndPort(text: string, option = 'host'): { host: string; port: number | undefined } {
  const [, scheme, rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(text) ?? [];
  if (scheme !== undefined && !['tcp', 'http', 'https'].includes(scheme.toLowerCase())) {
    throw new InputError(option, `${JSON.stringify(text)} is not reached over TCP`, {
      hint: 'give HOST, HOST:PORT or tcp://HOST:PORT',
    });
  }
  const { host, port } = split(rest.replace(/\/$/, ''));
  const number = port === undefined ? undefined : Number(port);
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && isPort(number))) {
    throw new InputError(option, `${JSON.stringify(text)} has no port from 1 to 65535`);
  }
  if (host === '') {
    if (scheme === undefined && port === undefined)
      throw new InputError(option, `${JSON.stringify(text)} names no host`);
    return { host: 'localhost', port: number };
  }
  const { value } = parseAltName(host);
  if (value.startsWith('*')) throw new InputError(option, `${JSON.stringify(text)} is not one host`);
  return { host: value, port: number };
}

function split(text: string): { host: string; port: string | undefined } {
  const [, bracketed, after] = /^\[([^\]]*)\](?::(.*))?$/.exec(text) ?? [];
  if (bracketed !== undefined) return { host: bracketed, port: after };
  // An address of IPv6 has two colons at least.
  const [, host, port] = /^([^:]*):([^:]*)$/.exec(text) ?? [];
  return { host: host ?? text, port };
}

/** Whether a value is the number of a port. */
export function isPort(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

/** `host:2376`; an IPv6 address stands in brackets. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** As DOCKER_HOST has it: `tcp://host:2376`. */
export function endpointUrl(endpoint: Endpoint, scheme = 'tcp'): string {
  return `${scheme}://${formatEndpoint(endpoint)}`;
}

/** A variable of docker's, which takes an empty one for none. */
export function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}
