import { appendFileSync } from 'node:fs';
import { formatIndex } from '../x509/ca-index.js';
import type { RecordStep } from '../plan/step.js';
import { recordLine, type IssuedEntry } from '../set/issued/entry.js';
import { damagedIndex, readIndexFile } from '../set/issued/read.js';
import { breathe } from '../store/breathe.js';
import { isThere } from '../store/is-there.js';
import { writeNew } from '../store/write-new.js';

/**
 * Records new certificates at the end of the index and of its records, behind those that a step before recorded.
 * Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function recordIssued(
  { certificates, directory, index, records, start }: RecordStep,
  locate: (path: string) => string,
  entryAt: (path: string) => IssuedEntry,
): Promise<void> {
  const entries: IssuedEntry[] = [];
  for (const [at, path] of certificates.entries()) {
    await breathe(at);
    entries.push(entryAt(path));
  }
  const write = async (path: string, first: string, lines: string): Promise<void> => {
    if (await isThere(locate(path))) {
      appendFileSync(locate(path), lines);
      return;
    }
    const before = (await readIndexFile(directory, path)) ?? first;
    if (before !== '' && !before.endsWith('\n'))
      throw damagedIndex(directory, path, before.split('\n').length, 'it is cut off');
    await writeNew(locate(path), `${before}${lines}`, 0o600);
  };
  await write(index, start.index, formatIndex(entries.map(({ line }) => line)));
  await write(records, start.records, entries.map(({ record }) => recordLine(record)).join(''));
}
