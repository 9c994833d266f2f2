import { X509Certificate } from 'node:crypto';
import { formatIndex } from '../x509/ca-index.js';
import type { RecordStep } from '../plan/step.js';
import { entryFor, recordLine } from '../set/issued/entry.js';
import { damagedIndex, readIndexFile } from '../set/issued/read.js';
import { readRegular } from '../store/read-regular.js';
import { writeNew } from '../store/write-new.js';

/** Records new certificates at the end of the index and of its records. Errors: `ERR_UNSAFE`, `ERR_FILE`. */
export async function recordIssued(
  { certificates, directory, index, records, start }: RecordStep,
  locate: (path: string) => string,
): Promise<void> {
  const entries = await Promise.all(
    certificates.map(async (path) =>
      entryFor(new X509Certificate((await readRegular(locate(path))).bytes), path),
    ),
  );
  const write = async (path: string, first: string, lines: string): Promise<void> => {
    const before = (await readIndexFile(directory, path)) ?? first;
    if (before !== '' && !before.endsWith('\n'))
      throw damagedIndex(directory, path, before.split('\n').length, 'it is cut off');
    await writeNew(locate(path), `${before}${lines}`, 0o600);
  };
  await write(index, start.index, formatIndex(entries.map(({ line }) => line)));
  await write(records, start.records, entries.map(({ record }) => recordLine(record)).join(''));
}
