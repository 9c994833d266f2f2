import { formatIndex, type IndexEntry } from '../../x509/ca-index.js';
import { recordLine, type IssuedRecord } from './entry.js';
import { indexFiles } from './read.js';

/** What tells `openssl ca` that one subject may have several certificates. */
export const ATTRIBUTES = 'unique_subject = no\n';

/** The files of an index that has these lines and records. */
export function indexTexts(
  lines: readonly IndexEntry[],
  records: readonly IssuedRecord[],
): { readonly path: string; readonly content: string }[] {
  return [
    { path: indexFiles.index, content: formatIndex(lines) },
    { path: indexFiles.records, content: records.map(recordLine).join('') },
    { path: indexFiles.attributes, content: ATTRIBUTES },
  ];
}
