import { clientEnvironmentLine, dockerdLine, hostCalled, type Advice } from '../recipes/advice.js';
import type { AltName } from '../x509/alt-names.js';
import type { Part } from '../x509/role.js';
import type { Values } from './request.js';

/** The tutorials' last steps with the real paths, for a daemon on a port. */
export function advice(
  parts: readonly Part[],
  names: readonly AltName[],
  { directory, name }: Values,
  areSeparate = false,
): (port: number) => Advice {
  const host = hostCalled(names) ?? 'HOST';
  return (port) => ({
    daemon: parts.includes('server') ? [dockerdLine(directory, name, port, areSeparate)] : [],
    client: parts.includes('client')
      ? [clientEnvironmentLine({ value: host }, directory, name, port), 'docker version']
      : [],
  });
}
