import { basename, dirname, relative } from 'node:path';
import { shellWord } from '../../shell/sh.js';
import { caFiles } from '../../set/layout.js';
import { lifetimeOf, notAfter } from '../../x509/certificate.js';
import { endsSoon } from '../../x509/life.js';
import { day } from '../../x509/validity.js';
import { command } from '../connect/remedy.js';
import type { CertificateFile } from '../connect/served.js';
import type { Finding } from './finding.js';
import type { Entry, FolderContents } from './folder.js';

/** Who can read the keys, and change what is there. */
export function keysFinding(folder: FolderContents, isOnHost: boolean): Finding {
  const { path, state, folders, keys, certificates } = folder;
  const finding = { id: 'keys', title: `Keys in ${path}` } as const;
  if (state === 'absent') return { ...finding, state: 'absent', detail: 'there is no such directory' };
  if (state === 'closed') {
    return {
      ...finding,
      state: 'warning',
      detail: 'it cannot be looked into',
      fix: 'run this as the user that it belongs to, or as root',
    };
  }
  const bad = (
    state: 'problem' | 'warning',
    what: string,
    entries: readonly Entry[],
    fix: string,
  ): Finding => ({
    ...finding,
    state,
    detail: `${what}: ${entries.map((entry) => shown(entry, path)).join(', ')}`,
    fix: `${fix} ${entries.map((entry) => shellWord(entry.path)).join(' ')}`,
  });
  const all = [...folders, ...keys, ...certificates];
  const having = (mode: number, entries: readonly Entry[]): Entry[] =>
    entries.filter(({ stats }) => !isWindows && (stats.mode & mode) !== 0);
  const strange = all.filter(({ stats: { uid } }) => !isWindows && uid !== 0 && uid !== process.geteuid?.());
  if (strange.length > 0) return bad('problem', 'another user has it', strange, 'chown "$(id -u)"');
  const writable = having(0o022, all);
  if (writable.length > 0) return bad('problem', 'others can change it', writable, 'chmod go-w');
  const readable = having(0o004, keys);
  if (readable.length > 0) return bad('problem', 'everybody can read it', readable, 'chmod 0400');
  const shared = having(0o040, keys);
  if (shared.length > 0) return bad('warning', 'its group can read it', shared, 'chmod 0400');
  const ca = keys.find((key) => basename(key.path) === caFiles.key);
  if (isOnHost && ca) {
    return {
      ...finding,
      state: 'warning',
      detail: `${caFiles.key} is there: whoever breaks into this host can make clients for all others of its CA`,
      fix: 'keep it on another machine, or on a medium that is put away: the daemon does not need it',
    };
  }
  const count = keys.length === 1 ? '1 key' : `${keys.length} keys`;
  return {
    ...finding,
    state: 'ok',
    detail: keys.length === 0 ? 'there are none' : `${count}, for nobody else to read`,
  };
}

function shown({ path, stats }: Entry, folder: string): string {
  return `${relative(folder, path) || '.'} (${(stats.mode & 0o7777).toString(8).padStart(4, '0')})`;
}

const isWindows = process.geteuid === undefined;

/** When they end. Undefined where there are none. `bring`: what renews a copy that `install daemon` made, where its set is. */
export function certificatesFinding(
  { path, certificates }: FolderContents,
  now: Date,
  bring?: string,
): Finding | undefined {
  // What ends on the same day stays in the order of the files.
  const endOf = ({ certificate }: CertificateFile): string => day(notAfter(certificate));
  const sorted = [...certificates].sort((one, other) => endOf(one).localeCompare(endOf(other)));
  const [first] = sorted;
  if (!first) return undefined;
  const finding = { id: 'certificates', title: `Certificates in ${path}` } as const;
  const ending = sorted.filter(
    ({ certificate }) => notAfter(certificate) <= now || endsSoon(lifetimeOf(certificate), now),
  );
  const until = (file: CertificateFile): string =>
    `${relative(path, file.path)} ${notAfter(file.certificate) <= now ? 'expired' : 'ends'} on ${endOf(file)}`;
  if (ending.length === 0) {
    const count = sorted.length === 1 ? '1' : `${sorted.length}; the first`;
    const detail = `${count} ends on ${endOf(first)} (${relative(path, first.path)})`;
    return { ...finding, state: 'ok', detail };
  }
  // The CA first: what it signs ends with it.
  const renewed = [true, false].flatMap((isCa) =>
    ending.filter(({ certificate }) => certificate.ca === isCa),
  );
  return {
    ...finding,
    state: ending.some(({ certificate }) => notAfter(certificate) <= now) ? 'problem' : 'warning',
    detail: ending.map(until).join(', '),
    fix:
      bring !== undefined && !renewed.some(({ certificate }) => certificate.ca)
        ? `renew its set, and bring it here: ${bring}`
        : `make anew, where the CA's key is: ${[...new Set(renewed.map(renewal))].join(', ')}`,
  };
}

function renewal({ path, certificate }: CertificateFile): string {
  const folder = dirname(path);
  const [, root = folder] = /^(.*)\/(?:server|client)s\/[^/]+$/.exec(folder) ?? [];
  return command(['renew', certificate.ca ? 'ca' : relative(root, path)], root);
}
