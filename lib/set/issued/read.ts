import { isAscii } from 'node:buffer';
import { join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { readRegular } from '../../store/read-regular.js';
import { refuseOthers, refuseToReplace, refuseUnsafeFolders } from '../../store/safety.js';
import { IndexFault, indexEntries, type IndexEntry } from '../../x509/ca-index.js';
import { call, words } from '../../words.js';
import type { IssuedRecord } from './entry.js';
import { recordAt, recordIn } from './record-in.js';

/** The index of what a CA has issued, relative to the certificate directory. */
export const indexFiles = {
  folder: 'authority',
  /** In the form of `openssl ca`. */
  index: 'authority/index.txt',
  /** Tells `openssl ca` that a subject may have several certificates. */
  attributes: 'authority/index.txt.attr',
  /** What that has no field for: an object of JSON a line. */
  records: 'authority/issued.jsonl',
} as const;

/** When certificates were revoked: by serial number, and by the digest of the key. */
export interface RevokedCertificates {
  readonly serials: ReadonlyMap<string, Date>;
  readonly keys: ReadonlyMap<string, Date>;
}

/** One certificate of the index. */
export interface IndexedCertificate {
  readonly line: IndexEntry;
  /** Undefined for one that something else has put into the index. */
  readonly record: IssuedRecord | undefined;
}

/** Half a million certificates. */
const MOST_BYTES = 400_000_000;

/** Reads one of the files; undefined where it does not exist. Errors: `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`. */
export async function readIndexFile(directory: string, file: string): Promise<string | undefined> {
  const path = join(directory, file);
  await refuseUnsafeFolders(directory, file);
  try {
    await refuseToReplace(path); // a link is not followed
    const { bytes, stats } = await readRegular(path, { mostBytes: MOST_BYTES });
    refuseOthers(path, stats);
    // An index can be long, and most are ASCII: that is copied, and not decoded.
    return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
  } catch (error) {
    if (error instanceof DirectoryError) throw error;
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw fileError(path, 'read', error);
  }
}

/** Every certificate of the index, in its order; undefined without an index. Errors: `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`. */
export async function readIndex(directory: string): Promise<IndexedCertificate[] | undefined> {
  const entries = await walkIndex(directory);
  return entries && [...entries];
}

/**
 * The same one after the other, once: of a long index, no more is in memory than is looked at. What is wrong with a line is thrown
 * when that is reached.
 */
export async function walkIndex(directory: string): Promise<Iterable<IndexedCertificate> | undefined> {
  const text = await readIndexFile(directory, indexFiles.index);
  if (text === undefined) return undefined;
  return entriesOf(directory, text, (await readIndexFile(directory, indexFiles.records)) ?? '');
}

function* entriesOf(directory: string, index: string, records: string): Generator<IndexedCertificate> {
  const isSameLength = linesIn(index) === linesIn(records);
  let bySerial: ReadonlyMap<string, IssuedRecord> | undefined;
  let start = 0;
  for (const line of linesOf(directory, index)) {
    // Both files have been written together: a record stands where its line does, unless someone has changed one of them.
    if (isSameLength && !bySerial) {
      const found = recordAt(records, start);
      if (found?.record.serial === line.serial) {
        start = found.end;
        yield { line, record: found.record };
        continue;
      }
    }
    bySerial ??= recordsOf(directory, records);
    yield { line, record: bySerial.get(line.serial) };
  }
}

function linesIn(text: string): number {
  let lines = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) lines++;
  return lines;
}

function refuseRecord(directory: string, line: number): never {
  throw damagedIndex(directory, indexFiles.records, line, 'it is not a record of a certificate');
}

/** The certificates that the index says are revoked; none without an index. Errors: those of `readIndex`. */
export async function readRevoked(directory: string): Promise<RevokedCertificates> {
  const serials = new Map<string, Date>();
  const keys = new Map<string, Date>();
  for (const { line, record } of (await walkIndex(directory)) ?? []) {
    if (!line.revocation) continue;
    serials.set(copyOf(line.serial), line.revocation.at);
    if (record) keys.set(copyOf(record.key), line.revocation.at);
  }
  return { serials, keys };
}

/** A part of a text keeps all of it in memory; a copy of it does not. */
function copyOf(part: string): string {
  return Buffer.from(part).toString();
}

/** When certificates were revoked, by serial number, from the index alone; none without one. Errors: those of `readIndex`. */
export async function revokedSerials(directory: string): Promise<ReadonlyMap<string, Date>> {
  const serials = new Map<string, Date>();
  const text = (await readIndexFile(directory, indexFiles.index)) ?? '';
  for (const { serial, revocation } of linesOf(directory, text))
    if (revocation) serials.set(copyOf(serial), revocation.at);
  return serials;
}

function* linesOf(directory: string, text: string): Generator<IndexEntry> {
  try {
    yield* indexEntries(text);
  } catch (error) {
    if (!(error instanceof IndexFault)) throw error;
    throw damagedIndex(directory, indexFiles.index, error.line, error.message);
  }
}

function recordsOf(directory: string, text: string): ReadonlyMap<string, IssuedRecord> {
  const records = new Map<string, IssuedRecord>();
  for (const [at, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const record = recordIn(line) ?? refuseRecord(directory, at + 1);
    records.set(record.serial, record);
  }
  return records;
}

/** The error for a line that is none of an index. */
export function damagedIndex(directory: string, file: string, line: number, why: string): DirectoryError {
  const path = join(directory, file);
  return new DirectoryError('ERR_FILE', path, `${path}, line ${line}: ${why}`, {
    hint: words`nothing was changed; restore it from a backup, or make it from the certificates with \`${call('rebuildIndex', {}, directory)}\``,
  });
}
