import { X509Certificate } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import type { Product, Step } from '../plan/step.js';
import { isThere } from '../store/is-there.js';
import { readRegular } from '../store/read-regular.js';
import { refuseOthers, refuseToReplace, refuseUnsafeFolders } from '../store/safety.js';
import { notAfter, notBefore } from '../x509/certificate.js';
import { mistaken } from '../x509/contents.js';
import { readRecord, recordName, type ArchivedFile, type ArchiveRecord } from './archive-record.js';
import { archiveName } from './files-below.js';

/** A file that is to be replaced. */
export interface Replaced {
  /** Relative to the certificate directory. */
  readonly path: string;
  readonly product: ArchivedFile['product'];
  /** The mode that it has. */
  readonly mode: number;
  /** What it holds, where that is a certificate. */
  readonly certificate?: X509Certificate | undefined;
}

/** What one renewal replaced, as it stands in the archive. */
export interface ArchivedRenewal {
  /** Its folder, relative to the certificate directory: `archive/2027-10-20T03-12-44Z`. */
  readonly folder: string;
  readonly record: ArchiveRecord;
}

/** A folder of its own for each renewal. Errors: `ERR_FILE`. */
export async function newArchiveFolder(directory: string, now: Date): Promise<string> {
  const name = `${archiveName}/${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  for (let count = 1; ; count++) {
    const folder = count === 1 ? name : `${name}-${count}`;
    if (!(await isThere(join(directory, folder)))) return folder;
  }
}

/** The folders that files lie in, for the place where they are made: each after the one that it lies in. */
export function folderSteps(...paths: readonly string[]): Step[] {
  const folders = paths.flatMap((path) => {
    const parts = dirname(path).split('/');
    return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
  });
  return [...new Set(folders)]
    .filter((folder) => folder !== '.')
    .sort()
    .map((path) => ({ kind: 'make-directory', path }));
}

/** The steps that keep what a plan replaces, each under its own name, with a record of its dates. */
export function archiveSteps(
  directory: string,
  folder: string,
  files: readonly Replaced[],
  by: string,
  now: Date,
): Step[] {
  const record: ArchiveRecord = {
    replacedAt: now.toISOString(),
    by,
    files: files.map(({ path, product, mode, certificate }) => ({
      path,
      mode: mode.toString(8).padStart(4, '0'),
      product,
      ...(certificate && {
        serial: certificate.serialNumber,
        notBefore: notBefore(certificate).toISOString(),
        notAfter: notAfter(certificate).toISOString(),
      }),
    })),
  };
  return [
    ...folderSteps(join(folder, recordName), ...files.map(({ path }) => join(folder, path))),
    // By its full name it is what is there now, and not what the plan makes under that name.
    ...files.map(({ path, product }): Step => ({
      kind: 'copy-file',
      from: join(directory, path),
      to: join(folder, path),
      product: copiedAs(product),
    })),
    ...files.map(({ path, mode }): Step => ({ kind: 'set-mode', mode, paths: [join(folder, path)] })),
    ...recordSteps(folder, record),
  ];
}

/** As what a plan copies a file of the archive. */
export function copiedAs(product: ArchivedFile['product']): Product | 'file' {
  return product === 'key-uri' ? 'file' : product;
}

export function recordSteps(folder: string, record: ArchiveRecord): Step[] {
  const path = join(folder, recordName);
  return [
    { kind: 'write-file', path, content: `${JSON.stringify(record, undefined, 2)}\n` },
    { kind: 'set-mode', mode: 0o444, paths: [path] },
  ];
}

export function recordPath({ folder }: Pick<ArchivedRenewal, 'folder'>): string {
  return join(folder, recordName);
}

/**
 * The last renewal that was not taken back yet; undefined without any. Errors: `ERR_UNSAFE`, `ERR_FILE` for a record that cannot be
 * read.
 */
export async function lastArchived(directory: string): Promise<ArchivedRenewal | undefined> {
  return (await archivedRenewals(directory))[0];
}

/**
 * The certificate that the last renewal of that kind, if it was not taken back, replaced under a name; undefined without one.
 * Errors: as `lastArchived`; `ERR_FILE` for a file that is not a certificate.
 */
export async function archivedCertificate(
  directory: string,
  by: string,
  path: string,
): Promise<X509Certificate | undefined> {
  const found = (await archivedRenewals(directory)).find(
    ({ record }) => record.by === by && record.files.some((file) => file.path === path),
  );
  if (!found || !(await isThere(join(directory, found.folder, path)))) return undefined;
  const { bytes } = await readArchived(directory, join(found.folder, path));
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    const { why, hint } = mistaken(bytes, 'a certificate');
    const full = join(directory, found.folder, path);
    throw new DirectoryError('ERR_FILE', full, `${full} is not a certificate: ${why}`, {
      cause,
      hint: `nothing was changed; ${hint}, or move ${join(directory, found.folder)} out of ${archiveName}/`,
    });
  }
}

/** A file that is to come back, or to be believed: no link, and nobody else's. Errors: `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`. */
export async function readArchived(directory: string, path: string): ReturnType<typeof readRegular> {
  await refuseUnsafeFolders(directory, path);
  const full = join(directory, path);
  await refuseToReplace(full); // nothing is: but a link is none
  try {
    const read = await readRegular(full);
    refuseOthers(full, read.stats);
    return read;
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    if (systemCode(error) !== 'ENOENT') throw fileError(full, 'read', error);
    throw new DirectoryError('ERR_FILE', full, `cannot read ${full}: it does not exist`, {
      cause: error,
      hint: `nothing was changed; bring it back from a backup, or move the directory that it belongs to out of ${archiveName}/`,
    });
  }
}

/** Every renewal that was not taken back yet, the last one first. Errors: as `lastArchived`. */
export async function archivedRenewals(directory: string): Promise<ArchivedRenewal[]> {
  await refuseUnsafeFolders(directory, `${archiveName}/${recordName}`); // a link is not followed
  const names = await readdir(join(directory, archiveName)).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw fileError(join(directory, archiveName), 'read', error);
  });
  const renewals: ArchivedRenewal[] = [];
  for (const name of names) {
    const folder = `${archiveName}/${name}`;
    if (!(await isThere(join(directory, folder, recordName)))) continue; // the user's own
    const record = await readRecord(directory, folder);
    if (record.broughtBackAt === undefined && record.by !== 'rollback') renewals.push({ folder, record });
  }
  const later = (one: ArchivedRenewal, other: ArchivedRenewal): number =>
    one.record.replacedAt < other.record.replacedAt ||
    (one.record.replacedAt === other.record.replacedAt && one.folder.length < other.folder.length)
      ? 1
      : -1;
  return renewals.sort(later);
}
