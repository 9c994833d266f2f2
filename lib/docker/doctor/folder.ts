import type { Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { DockerTlsError } from '../../errors.js';
import { systemCode } from '../../file-error.js';
import { readSet, type CertificateSet } from '../../set/certificate-set.js';
import { Rooted } from '../../store/rooted.js';
import type { CertificateFile } from '../connect/served.js';

/** A file or folder and who may what with it. */
export interface Entry {
  readonly path: string;
  readonly stats: Stats;
}

/** What lies in a directory of certificates. */
export interface FolderContents {
  readonly path: string;
  /** `closed`: we may not look. */
  readonly state: 'absent' | 'closed' | 'open';
  /** Itself, and the folders in it that are ours. */
  readonly folders: readonly Entry[];
  readonly keys: readonly Entry[];
  readonly certificates: readonly (CertificateFile & Entry)[];
}

/** Looks at a directory, and at the servers and clients in it. Tells keys and certificates by what they hold. */
export function readFolder(path: string): Promise<FolderContents> {
  return orClosed(path, async () => folderOf(path, await readSet(path, { folders: isOurs })));
}

/** Looks at a directory of a host. In an image, links are followed inside it, and no file that is one is read. */
export function readHostFolder(root: string, path: string): Promise<FolderContents> {
  const shown = join(resolve(root), path);
  if (resolve(root) === '/') return readFolder(shown);
  return orClosed(shown, async () => {
    const image = await Rooted.open(root);
    try {
      const at = await image.realPath(path, false);
      if (at === undefined) return { ...nothing, path: shown, state: 'absent' };
      return folderOf(shown, await readSet(at, { folders: () => false, followLinks: false }));
    } finally {
      await image.close();
    }
  });
}

/** The directories of a set: those of the layouts, and one for each further server and client. */
function isOurs(folder: string): boolean {
  return /^(?:server|client|(?:servers|clients)(?:\/[^/]+)?)$/.test(folder);
}

const nothing = { folders: [], keys: [], certificates: [] };

async function orClosed(path: string, read: () => Promise<FolderContents>): Promise<FolderContents> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof DockerTlsError) && systemCode(error) === undefined) throw error;
    const code = systemCode(error instanceof DockerTlsError ? error.cause : error);
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR';
    return { ...nothing, path, state: isAbsent ? 'absent' : 'closed' };
  }
}

function folderOf(path: string, set: CertificateSet): FolderContents {
  const entry = (file: string): Entry[] => {
    const stats = set.entries.get(file);
    return stats ? [{ path: join(path, file), stats }] : [];
  };
  const files = (found: readonly string[]): Entry[] =>
    found.flatMap(entry).filter(({ stats }) => stats.isFile());
  const folders = [...set.entries].filter(([, stats]) => stats.isDirectory()).map(([name]) => name);
  return {
    path,
    state: set.named === undefined ? 'open' : 'absent',
    folders: folders.flatMap(entry),
    keys: files(set.keyFiles),
    certificates: set.certificates
      .filter(({ index }) => index === 0)
      .flatMap(({ path: file, certificate }) => entry(file).map((one) => ({ ...one, certificate }))),
  };
}
