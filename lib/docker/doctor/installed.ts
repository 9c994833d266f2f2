import { X509Certificate } from 'node:crypto';
import { join, resolve } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { readCredentials } from '../client/credentials.js';
import {
  differencesOf,
  directoryInstalledFrom,
  installCommand,
  installedCopy,
  listensOn,
  servedHere,
  serverOf,
  type InstalledCopy,
} from '../install/installed-copy.js';
import type { Found } from './finding.js';
import { option, words } from '../../words.js';
import { inBackquotes } from '../connect/remedy.js';

/** Compares the daemon's own copy with the set that it came from, and with the certificate that the daemon serves. */
export async function installedFindings(
  root: string,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<Found[]> {
  const path = join(resolve(root), 'etc/docker/tls');
  const finding = { id: 'installed', title: `The daemon's copy in ${path}` } as const;
  try {
    const copy = await installedCopy({ root });
    return copy ? [await judge(copy, directory, finding, signal)] : [];
  } catch (error) {
    if (!(error instanceof DockerTlsError) || error.code === 'ERR_ABORTED') throw error;
    return [{ ...finding, state: 'warning', detail: error.message, fix: error.remedy }];
  }
}

type Begun = Pick<Found, 'id' | 'title'>;

async function judge(
  copy: InstalledCopy,
  asked: string,
  finding: Begun,
  signal: AbortSignal | undefined,
): Promise<Found> {
  const isHere = copy.root === '/';
  const served = isHere
    ? await servedHere(await listensOn(copy.root, copy.record.places), signal)
    : undefined;
  const bring = await installCommand(asked, { root: copy.root });
  const fix = bring && inBackquotes(bring);
  const stale = served && served.fingerprint256 !== copy.certificate?.fingerprint256;
  const from = (await serverOf(copy, asked)) ? asked : directoryInstalledFrom(copy);
  const server = from === undefined ? undefined : await serverOf(copy, from);
  if (!server) {
    if (stale)
      return {
        ...finding,
        state: 'warning',
        detail: `the daemon serves another certificate: it was not restarted since`,
        fix: 'systemctl restart docker',
      };
    const detail = 'it was not compared: the certificate directory that it came from is missing';
    const seen = served ? '; the daemon serves it' : '';
    return {
      ...finding,
      state: 'warning',
      detail: detail + seen,
      fix: words`name that directory with ${option('directory')}`,
    };
  }
  const differing = await differencesOf(copy, server);
  const set = (await readCredentials('server', server)).parsed.certificate;
  if (differing.length > 0) {
    const shows = served === undefined ? '' : `; the daemon serves ${which(served, set, copy.certificate)}`;
    return {
      ...finding,
      state: 'warning',
      detail: `${differing.join(', ')} ${differing.length === 1 ? 'does' : 'do'} not match ${server.directory}${shows}`,
      fix: fix && words`copy it there, and restart the daemon: ${fix}`,
    };
  }
  if (stale) {
    return {
      ...finding,
      state: 'warning',
      detail: `it matches ${server.directory}, but the daemon serves another certificate: it was not restarted since`,
      fix,
    };
  }
  const seen = served ? ', and the daemon serves it' : isHere ? '; no running daemon serves it' : '';
  return { ...finding, state: 'ok', detail: `matches ${server.directory}${seen}` };
}

function which(served: X509Certificate, set: X509Certificate, copy: X509Certificate | undefined): string {
  if (served.fingerprint256 === copy?.fingerprint256) return 'the copy';
  return served.fingerprint256 === set.fingerprint256 ? 'the one in the set' : 'neither';
}
