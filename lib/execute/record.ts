import { X509Certificate } from 'node:crypto';
import { formatIndex } from '../x509/ca-index.js';
import type { RecordStep } from '../plan/step.js';
import { entryFor, recordLine, type IssuedEntry } from '../set/issued/entry.js';
import { damagedIndex, readIndexFile } from '../set/issued/read.js';
import { writeNew } from '../store/write-new.js';
import { readMade } from './read-back/files.js';
import { unexpected } from './read-back/refusal.js';

/** Records new certificates at the end of the index and of its records. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
export async function recordIssued(
  { certificates, directory, index, records, start }: RecordStep,
  locate: (path: string) => string,
): Promise<void> {
  const entries = certificates.map((path) =>
    entryFor(new X509Certificate(readMade(locate(path), path)), path),
  );
  refuseTwice(entries);
  const write = async (path: string, first: string, lines: string): Promise<void> => {
    const before = (await readIndexFile(directory, path)) ?? first;
    if (before !== '' && !before.endsWith('\n'))
      throw damagedIndex(directory, path, before.split('\n').length, 'it is cut off');
    await writeNew(locate(path), `${before}${lines}`, 0o600);
  };
  await write(index, start.index, formatIndex(entries.map(({ line }) => line)));
  await write(records, start.records, entries.map(({ record }) => recordLine(record)).join(''));
}

/** Each openssl draws numbers of its own: an index has none twice. Throws `ERR_READ_BACK`. */
function refuseTwice(entries: readonly IssuedEntry[]): void {
  const serials = new Map<string, string>();
  for (const { record } of entries) {
    const other = serials.get(record.serial);
    if (other !== undefined)
      throw unexpected(record.path, `its serial ${record.serial} is that of ${other}, too`);
    serials.set(record.serial, record.path);
  }
}
