import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError } from '../file-error.js';
import { readRegular } from '../store/read-regular.js';
import { refuseOthers, refuseToReplace, refuseUnsafeFolders } from '../store/safety.js';
import { archiveName } from './files-below.js';

/** Lies beside the files that one renewal replaced. */
export const recordName = 'renewal.json';

export interface ArchiveRecord {
  /** When they were replaced. */
  readonly replacedAt: string;
  /** The command: `renew`, `renew ca`, `rollback`, … */
  readonly by: string;
  readonly files: readonly ArchivedFile[];
  /** When they were brought back; undefined for what `rollback` can bring back. */
  readonly broughtBackAt?: string;
}

export interface ArchivedFile {
  readonly path: string;
  /** In octal: `0444`. */
  readonly mode: string;
  /** `key-uri`: it says which key in a token is the CA's. */
  readonly product: 'certificate' | 'private-key' | 'key-uri';
  /** Of a certificate. */
  readonly serial?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
}

/** Some 70,000 files: `renew --all` in a large directory writes one record. */
const MOST_BYTES = 20_000_000;

/**
 * Reads the record of a folder in the archive. It can have been written or changed by anyone who could write there once, so nothing in it is
 * believed that no renewal writes. Errors: `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`, each with the record's path.
 */
export async function readRecord(directory: string, folder: string): Promise<ArchiveRecord> {
  await refuseUnsafeFolders(directory, `${folder}/${recordName}`);
  const path = join(directory, folder, recordName);
  await refuseToReplace(path); // which nothing does here: but a link is not followed, and a pipe not waited for
  const hint = `nothing was changed; the files that were replaced lie beside it, and can be put back by hand. To go back to an earlier renewal, move ${join(directory, folder)} out of ${archiveName}/`;
  const { bytes, stats } = await readRegular(path, { hint, mostBytes: MOST_BYTES }).catch(
    (error: unknown) => {
      throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
    },
  );
  refuseOthers(path, stats);
  try {
    return parseRecord(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    const why = cause instanceof RecordError ? cause.message : 'it is not JSON';
    throw new DirectoryError('ERR_FILE', path, `${path} is not the record of a renewal: ${why}`, {
      cause,
      hint,
    });
  }
}

class RecordError extends Error {}

/** Takes only the fields that are known. */
function parseRecord(value: unknown): ArchiveRecord {
  const record = objectOf(value, 'it');
  const { files } = record;
  if (!Array.isArray(files) || files.length === 0) throw new RecordError("'files' is not a list of files");
  const seen = new Set<string>();
  const parsed = files.map((file, at) => parseFile(file, `files[${at}]`, seen));
  const folders = new Set(parsed.flatMap(({ path }) => foldersOf(path)));
  for (const path of seen) if (folders.has(path)) throw new RecordError(`${path} is a file and a directory`);
  return {
    replacedAt: dateOf(record['replacedAt'], 'replacedAt'),
    by: textOf(record['by'], 'by', /^[a-z][a-z -]{0,39}$/),
    files: parsed,
    ...(record['broughtBackAt'] !== undefined && {
      broughtBackAt: dateOf(record['broughtBackAt'], 'broughtBackAt'),
    }),
  };
}

function parseFile(value: unknown, where: string, seen: Set<string>): ArchivedFile {
  const file = objectOf(value, where);
  const path = textOf(file['path'], `${where}.path`, /^[^\u0000-\u001f\u007f\\]{1,1000}$/);
  if (!isBelow(path)) throw new RecordError(`${where}.path is not a file of this directory`);
  if (seen.has(path)) throw new RecordError(`${where}.path is there twice`);
  seen.add(path);
  const product = file['product'];
  if (product !== 'certificate' && product !== 'private-key' && product !== 'key-uri')
    throw new RecordError(`${where}.product is neither certificate, private-key nor key-uri`);
  return {
    path,
    mode: textOf(file['mode'], `${where}.mode`, /^0[0-7]{3}$/),
    product,
    ...(file['serial'] !== undefined && {
      serial: textOf(file['serial'], `${where}.serial`, /^-?[0-9A-F]{1,64}$/),
    }),
    ...(file['notBefore'] !== undefined && { notBefore: dateOf(file['notBefore'], `${where}.notBefore`) }),
    ...(file['notAfter'] !== undefined && { notAfter: dateOf(file['notAfter'], `${where}.notAfter`) }),
  };
}

/** Neither elsewhere, nor in the archive, nor hidden as what is ours. */
function isBelow(path: string): boolean {
  const parts = path.split('/');
  return parts[0] !== archiveName && parts.every((part) => part !== '' && !part.startsWith('.'));
}

function foldersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'));
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RecordError(`${what} is not an object`);
  return value as Readonly<Record<string, unknown>>;
}

function textOf(value: unknown, what: string, form: RegExp): string {
  if (typeof value !== 'string' || !form.test(value))
    throw new RecordError(`'${what}' is not what a renewal writes`);
  return value;
}

function dateOf(value: unknown, what: string): string {
  const text = textOf(value, what, /^[-\d:.TZ+]{10,40}$/);
  if (Number.isNaN(Date.parse(text))) throw new RecordError(`'${what}' is not a date`);
  return text;
}
