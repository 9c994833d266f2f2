import { X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemCode } from '../../errors.js';
import { namedLeaves } from '../../store/directory.js';
import { readRegular } from '../../store/read-regular.js';
import type { CertificateFile } from '../served.js';

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
    const files = await Promise.all(folders.map(readFiles));
    const read = files.flat();
    return {
      path,
      state: 'open',
      folders,
      keys: read.filter(({ isKey }) => isKey),
      certificates: read.flatMap(({ certificate, ...rest }) =>
        certificate ? [{ ...rest, certificate }] : [],
      ),
    };
  } catch (error) {
    const code = systemCode(error);
    return { ...none, state: ['ENOENT', 'ENOTDIR'].includes(code ?? '') ? 'absent' : 'closed' };
  }
}

interface ReadFile extends Entry {
  readonly isKey: boolean;
  readonly certificate: X509Certificate | undefined;
}

async function readFiles({ path: folder }: Entry): Promise<ReadFile[]> {
  const names = (await readdir(folder)).filter((name) => /\.(pem|crt|cer|cert|key)$/.test(name)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  return files.filter((file) => file !== undefined);
}

/** A key that we may not read is told by its name. */
async function readFile(path: string): Promise<ReadFile | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return undefined;
  try {
    const text = (await readRegular(path)).bytes.toString('latin1');
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
