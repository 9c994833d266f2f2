import type { CertificateSet } from '../../set/certificate-set.js';
import { entryFor, type IssuedEntry } from '../../set/issued/entry.js';
import { indexTexts } from '../../set/issued/texts.js';
import { caFiles } from '../../set/layout.js';
import { isIssuedBy } from '../../x509/issued.js';
import type { Parts } from './imported-files.js';
import type { KeptRecords } from './revocations.js';

/** The index of a set that is imported. */
export interface ImportedIndex {
  readonly files: readonly { readonly path: string; readonly content: string }[];
  /** How many certificates are in it. */
  readonly count: number;
}

/**
 * Records everything that the CA is known to have issued: the lines of its own index, which keep their revocations, and every
 * certificate in the imported directory, also one that is left out.
 */
export function importedIndex(
  { adopted, placed }: Parts,
  set: CertificateSet,
  { lines }: KeptRecords,
): ImportedIndex {
  const known = new Set(lines.map(({ serial }) => serial));
  const places = new Map(
    placed.map(({ leaf, files }) => [leaf.certificate.fingerprint256, files.certificate]),
  );
  places.set(adopted.ca.certificate.fingerprint256, caFiles.certificate);
  const found = new Map<string, IssuedEntry & { readonly isHere: boolean }>();
  // Those that are imported come first: of two with one serial number, theirs is the record.
  const sorted = [...set.certificates].sort(
    (one, other) =>
      Number(places.has(other.certificate.fingerprint256)) -
      Number(places.has(one.certificate.fingerprint256)),
  );
  for (const { certificate } of sorted) {
    if (!adopted.own.some((ca) => isIssuedBy(certificate, ca.certificate))) continue;
    const place = places.get(certificate.fingerprint256);
    const entry = entryFor(certificate, place ?? '');
    if (!found.has(entry.line.serial))
      found.set(entry.line.serial, { ...entry, isHere: place !== undefined });
  }
  const entries = [...found.values()].sort((one, other) =>
    one.record.notBefore < other.record.notBefore ? -1 : 1,
  );
  const added = entries.filter(({ line }) => !known.has(line.serial));
  const records = entries.filter(({ isHere }) => isHere).map(({ record }) => record);
  return {
    files: indexTexts([...lines, ...added.map(({ line }) => line)], records),
    count: lines.length + added.length,
  };
}
