import { relative } from 'node:path';
import { call, words, type CallPart, type Text, type Words } from '../../words.js';
import { credentialsOf, type Evidence } from './evidence.js';

const RESTART = 'systemctl restart docker';

/**
 * How to bring the daemon its files and restart it. A daemon that `installDaemon` configured on this host has a copy of them,
 * which a restart alone would read again.
 */
export function restartWith({ bring }: Pick<Evidence, 'bring'>): Text {
  return bring ? inBackquotes(bring) : RESTART;
}
export const LOG = 'journalctl -u docker';

export function inBackquotes(part: CallPart): Words {
  return words`\`${part}\``;
}

/** How to give the daemon a certificate for `hosts`. */
export function newServer(evidence: Evidence, names: readonly string[]): Words {
  // These are added by default.
  const given = names.filter((host) => !['localhost', '127.0.0.1', '::1'].includes(host));
  const hosts = given.length > 0 ? given : ['localhost'];
  const [, name] = /^servers\/([^/]+)\//.exec(pathOf(evidence) ?? '') ?? [];
  const line = inBackquotes(call('server', { name, hosts, force: ['server'] }, evidence.directory));
  return words`recreate it where the CA's key is: ${line}, and restart the daemon with it: ${restartWith(evidence)}`;
}

/** For the daemon's certificate, if it has only expired. */
export function renewedServer(evidence: Evidence): Words {
  const path = pathOf(evidence) ?? 'server';
  return words`${renewed(path, evidence)}, and restart the daemon with it: ${restartWith(evidence)}`;
}

/** The path of the served certificate in the directory. */
function pathOf({ client: { served }, onDisk, directory }: Evidence): string | undefined {
  const same = onDisk.find(({ certificate }) => certificate.fingerprint256 === served?.fingerprint256);
  return same && relative(directory, same.path);
}

export function newClient({ name, directory }: Evidence): Words {
  const line = inBackquotes(call('client', { name, force: ['client'] }, directory));
  return words`recreate it where the CA's key is: ${line}`;
}

export function renewedClient(evidence: Evidence): Words {
  const credentials = credentialsOf(evidence);
  return renewed(credentials ? relative(evidence.directory, credentials.certificate) : 'client', evidence);
}

export function renewedCa({ directory }: Evidence): Words {
  const line = inBackquotes(call('renewCa', {}, directory));
  return words`renew it where the CA's key is: ${line}, and copy ca.pem to every host and client`;
}

function renewed(name: string, { directory }: Evidence): Words {
  return words`renew it where the CA's key is: ${inBackquotes(call('renew', { names: [name] }, directory))}`;
}

/** For a daemon that is open to everyone. */
export function protect({ endpoint: { host }, directory }: Evidence): Words {
  const line = inBackquotes(call('all', { hosts: [host] }, directory));
  return words`close the port; then ${line} creates certificates, and shows how to start the daemon with them`;
}
