import { X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DockerTlsError, systemCode } from '../../errors.js';
import { namedLeaves } from '../../set/pairs.js';
import { readRegular } from '../../store/read-regular.js';
import { Rooted } from '../../store/rooted.js';
import type { CertificateFile } from '../connect/served.js';

/** A file or folder and who may what with it. */
export interface Entry {
  readonly path: string;
  readonly stats: Stats;
}

/** What lies in a directory of certificates. */
export interface Folder {
  readonly path: string;
  /** `closed`: we may not look. */
  readonly state: 'absent' | 'closed' | 'open';
  /** Itself, and the folders in it that are ours. */
  readonly folders: readonly Entry[];
  readonly keys: readonly Entry[];
  readonly certificates: readonly (CertificateFile & Entry)[];
}

/** Looks at a directory, and at the further servers and clients in it. Tells keys and certificates by what they hold. */
export async function readFolder(path: string): Promise<Folder> {
  const none = { path, folders: [], keys: [], certificates: [] };
  try {
    const folders = [{ path, stats: await stat(path) }];
    for (const leaf of await namedLeaves(path)) {
      const stats = await stat(join(path, leaf));
      if (stats.isDirectory()) folders.push({ path: join(path, leaf), stats });
    }
    const files = await Promise.all(folders.map((folder) => readFiles(folder)));
    return opened(path, folders, files.flat());
  } catch (error) {
    const code = systemCode(error);
    return { ...none, state: ['ENOENT', 'ENOTDIR'].includes(code ?? '') ? 'absent' : 'closed' };
  }
}

/** Looks at a directory of a host. In an image, links are followed inside it, and no file that is one is read. */
export async function readHostFolder(root: string, path: string): Promise<Folder> {
  const shown = join(resolve(root), path);
  if (resolve(root) === '/') return readFolder(shown);
  const none = { path: shown, folders: [], keys: [], certificates: [] };
  try {
    const image = await Rooted.open(root);
    try {
      const at = await image.realPath(path, false);
      if (at === undefined) return { ...none, state: 'absent' };
      const folder = { path: at, stats: await lstat(at) };
      const files = await readFiles(folder, 'no links');
      const named = files.map((file) => ({ ...file, path: join(shown, basename(file.path)) }));
      return opened(shown, [{ ...folder, path: shown }], named);
    } finally {
      await image.close();
    }
  } catch (error) {
    if (!(error instanceof DockerTlsError) && systemCode(error) === undefined) throw error;
    return { ...none, state: 'closed' };
  }
}

function opened(path: string, folders: readonly Entry[], files: readonly ReadFile[]): Folder {
  return {
    path,
    state: 'open',
    folders,
    keys: files.filter(({ isKey }) => isKey),
    certificates: files.flatMap(({ certificate, ...rest }) =>
      certificate ? [{ ...rest, certificate }] : [],
    ),
  };
}

interface ReadFile extends Entry {
  readonly isKey: boolean;
  readonly certificate: X509Certificate | undefined;
}

async function readFiles({ path: folder }: Entry, links?: 'no links'): Promise<ReadFile[]> {
  const names = (await readdir(folder)).filter((name) => /\.(pem|crt|cer|cert|key)$/.test(name)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name), links)));
  return files.filter((file) => file !== undefined);
}

/** A key that we may not read is told by its name. */
async function readFile(path: string, links?: 'no links'): Promise<ReadFile | undefined> {
  const stats = await (links ? lstat : stat)(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  try {
    const text = (await readRegular(path, { followLinks: !links })).bytes.toString('latin1');
    const isKey = /^-----BEGIN (\w+ )*PRIVATE KEY-----/m.test(text);
    return { path, stats, isKey, certificate: isKey ? undefined : parse(text) };
  } catch {
    return { path, stats, isKey: basename(path).includes('key'), certificate: undefined };
  }
}

function parse(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}
