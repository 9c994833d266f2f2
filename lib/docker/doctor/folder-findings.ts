import { basename, dirname, relative } from 'node:path';
import { caRoleOf } from '../../set/authorities.js';
import { caFiles, clientCaFiles } from '../../set/layout.js';
import { lifetimeOf, notAfter } from '../../x509/certificate.js';
import { endsSoon } from '../../x509/life.js';
import { day } from '../../x509/validity.js';
import { call, words, type CallPart, type Words } from '../../words.js';
import { inBackquotes } from '../connect/remedy.js';
import type { CertificateFile } from '../connect/served.js';
import { accessFault } from './access.js';
import type { Found } from './finding.js';
import type { FolderContents } from './folder.js';

/** Checks who can read the keys, and change the files. */
export function keysFinding(folder: FolderContents, isOnHost: boolean): Found {
  const { path, state, folders, keys, certificates } = folder;
  const finding = { id: 'keys', title: `Keys in ${path}` } as const;
  if (state === 'absent') return { ...finding, state: 'absent', detail: 'there is no such directory' };
  if (state === 'closed') {
    return {
      ...finding,
      state: 'unknown',
      detail: 'it cannot be read',
      fix: 'run this as its owner, or as root',
    };
  }
  const fault = accessFault(
    [...folders, ...keys, ...certificates],
    keys,
    (file) => relative(path, file) || '.',
  );
  if (fault) return { ...finding, ...fault };
  const named = (file: string): boolean => keys.some((key) => basename(key.path) === file);
  const ca = [clientCaFiles.key, caFiles.key].find(named);
  if (isOnHost && ca !== undefined) {
    const isServers =
      ca === caFiles.key &&
      certificates.some((certificate) => basename(certificate.path) === clientCaFiles.certificate);
    return {
      ...finding,
      state: 'warning',
      detail: `it contains ${ca}: anyone who breaks into this host can create ${isServers ? 'servers for all clients' : 'clients for all hosts'} of its CA`,
      fix: 'keep it on another machine, or offline: the daemon does not need it',
    };
  }
  const count = keys.length === 1 ? '1 key' : `${keys.length} keys`;
  return {
    ...finding,
    state: 'ok',
    detail:
      keys.length === 0
        ? 'there are none'
        : `${count}, readable only by ${keys.length === 1 ? 'its' : 'their'} owner`,
  };
}

/** Checks expiry dates; undefined without certificates. `bring`: the call that renews a copy that `installDaemon` made. */
export function certificatesFinding(
  { path, certificates }: FolderContents,
  now: Date,
  bring?: CallPart,
): Found | undefined {
  // Certificates that expire on the same day stay in the order of their files.
  const endOf = ({ certificate }: CertificateFile): string => day(notAfter(certificate));
  const sorted = [...certificates].sort((one, other) => endOf(one).localeCompare(endOf(other)));
  const [first] = sorted;
  if (!first) return undefined;
  const finding = { id: 'certificates', title: `Certificates in ${path}` } as const;
  const ending = sorted.filter(
    ({ certificate }) => notAfter(certificate) <= now || endsSoon(lifetimeOf(certificate), now),
  );
  const until = (file: CertificateFile): string =>
    `${relative(path, file.path)} ${notAfter(file.certificate) <= now ? 'expired' : 'expires'} on ${endOf(file)}`;
  if (ending.length === 0) {
    const count = sorted.length === 1 ? '1' : `${sorted.length}; the first`;
    const detail = `${count} expires on ${endOf(first)} (${relative(path, first.path)})`;
    return { ...finding, state: 'ok', detail };
  }
  // The CA first: certificates become invalid with their CA.
  const renewed = [true, false].flatMap((isCa) =>
    ending.filter(({ certificate }) => certificate.ca === isCa),
  );
  return {
    ...finding,
    state: ending.some(({ certificate }) => notAfter(certificate) <= now) ? 'problem' : 'warning',
    detail: ending.map(until).join(', '),
    fix:
      bring !== undefined && !renewed.some(({ certificate }) => certificate.ca)
        ? words`renew its set, and copy it here: ${inBackquotes(bring)}`
        : words`renew, where the CA's key is: ${renewals(renewed, certificates)}`,
  };
}

/** The calls, each once. */
function renewals(files: readonly CertificateFile[], all: readonly CertificateFile[]): Words {
  const areSeparate = all.some(({ path }) => basename(path) === clientCaFiles.certificate);
  const renewed = files.map((file) => renewal(file, areSeparate));
  const calls = new Map(renewed.map((one) => [JSON.stringify(one), inBackquotes(one)]));
  return [...calls.values()].reduce((text, one): Words => words`${text}, ${one}`);
}

function renewal({ path, certificate }: CertificateFile, areSeparate: boolean): CallPart {
  const folder = dirname(path);
  const [, root = folder] = /^(.*)\/(?:server|client)s\/[^/]+$/.exec(folder) ?? [];
  if (certificate.ca) return call('renewCa', { role: caRoleOf(relative(root, path), areSeparate) }, root);
  return call('renew', { names: [relative(root, path)] }, root);
}
