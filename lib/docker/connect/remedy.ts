import { relative } from 'node:path';
import { ownCommand } from '../../plan/own-command.js';
import { credentialsOf, type Evidence } from './evidence.js';

const RESTART = 'systemctl restart docker';

/**
 * What brings the daemon its files and restarts it: where `install daemon` has set it up on this host it has a copy of them, and a
 * restart alone would read that again.
 */
export function restartWith({ bring }: Pick<Evidence, 'bring'>): string {
  return bring ?? RESTART;
}
export const LOG = 'journalctl -u docker';

/** A command of ours, in backquotes. */
export function command(words: readonly string[], directory: string): string {
  return `\`${ownCommand(words, directory)}\``;
}

/** How the daemon gets a certificate for `hosts`. */
export function newServer(evidence: Evidence, hosts: readonly string[]): string {
  // These it gets by itself.
  const given = hosts.filter((host) => !['localhost', '127.0.0.1', '::1'].includes(host));
  const host = given.length > 0 ? given.join(',') : 'localhost';
  const [, name] = /^servers\/([^/]+)\//.exec(pathOf(evidence) ?? '') ?? [];
  const named = name === undefined ? [] : ['--name', name];
  const line = command(['server', ...named, '--host', host, '--force', 'server'], evidence.directory);
  return `make it anew where the CA's key is: ${line}, and restart the daemon with it: ${restartWith(evidence)}`;
}

/** For the daemon's certificate, where it has only come to its end. */
export function renewedServer(evidence: Evidence): string {
  return `${renewed(pathOf(evidence) ?? 'server', evidence)}, and restart the daemon with it: ${restartWith(evidence)}`;
}

/** Where the served certificate lies in the directory. */
function pathOf({ client: { served }, onDisk, directory }: Evidence): string | undefined {
  const same = onDisk.find(({ certificate }) => certificate.fingerprint256 === served?.fingerprint256);
  return same && relative(directory, same.path);
}

export function newClient({ name, directory }: Evidence): string {
  const named = name === undefined ? [] : ['--name', name];
  return `make it anew where the CA's key is: ${command(['client', ...named, '--force', 'client'], directory)}`;
}

export function renewedClient(evidence: Evidence): string {
  const credentials = credentialsOf(evidence);
  return renewed(credentials ? relative(evidence.directory, credentials.certificate) : 'client', evidence);
}

export function renewedCa(evidence: Evidence): string {
  return `${renewed('ca', evidence)}, and bring ca.pem to every host and client`;
}

function renewed(what: string, { directory }: Evidence): string {
  return `renew it where the CA's key is: ${command(['renew', what], directory)}`;
}

/** For a daemon that stands open. */
export function protect({ endpoint: { host }, directory }: Evidence): string {
  const line = command(['all', '--host', host], directory);
  return `close the port; ${line} then makes certificates, and prints the line that starts the daemon with them`;
}
