import { resolve } from 'node:path';
import { shellWord } from '../../plan/command-line.js';
import { altNamesOf } from '../../x509/certificate.js';
import type { Evidence } from './evidence.js';

export const RESTART = 'systemctl restart docker';
export const LOG = 'journalctl -u docker';

/** A command of ours, in backquotes. */
export function command(words: readonly string[], directory: string): string {
  const dir = directory === resolve('docker-tls') ? [] : ['--dir', directory];
  return `\`${['docker-tls-openssl', ...words, ...dir].map(shellWord).join(' ')}\``;
}

/** How the daemon gets a certificate for `hosts`, or for those of the one that it has. */
export function newServer(evidence: Evidence, hosts?: readonly string[]): string {
  const { client, endpoint, directory } = evidence;
  const names = client.served ? altNamesOf(client.served).names.map(({ value }) => value) : [endpoint.host];
  // These it gets by itself.
  const given = (hosts ?? names).filter((host) => !['localhost', '127.0.0.1', '::1'].includes(host));
  const host = given.length > 0 ? given.join(',') : 'localhost';
  const line = command(['server', ...nameOf(evidence), '--host', host, '--force', 'server'], directory);
  return `make it anew where the CA's key is: ${line}, and restart the daemon with it: ${RESTART}`;
}

/** Of a further server, which lies in `servers/NAME`. */
function nameOf({ client: { served }, onDisk }: Evidence): string[] {
  const same = onDisk.find(({ certificate }) => certificate.fingerprint256 === served?.fingerprint256);
  const [, name] = /\/servers\/([^/]+)\/[^/]+$/.exec(same?.path ?? '') ?? [];
  return name === undefined ? [] : ['--name', name];
}

export function newClient({ name, directory }: Evidence): string {
  const named = name === undefined ? [] : ['--name', name];
  return `make it anew where the CA's key is: ${command(['client', ...named, '--force', 'client'], directory)}`;
}

export function newCa({ directory }: Evidence): string {
  return `make a new one, and every certificate anew: ${command(['all', '--force', 'ca'], directory)}`;
}

/** For a daemon that stands open. */
export function protect({ endpoint: { host }, directory }: Evidence): string {
  const line = command(['all', '--host', host], directory);
  return `close the port; ${line} then makes certificates, and prints the line that starts the daemon with them`;
}
