import { join } from 'node:path';
import { isThere } from '../../store/is-there.js';
import { isIssuedBy } from '../../x509/issued.js';
import { readSet } from '../certificate-set.js';
import { archiveName } from '../files-below.js';
import type { FoundCertificate } from '../found.js';
import { entryFor, type IssuedEntry } from './entry.js';

/**
 * The certificates in a directory and in its archive that its CAs have signed, each once: those that a CA has signed whose certificate
 * is there. By their dates, the oldest first. Errors: those of `readSet`.
 */
export async function certificatesIssued(directory: string): Promise<IssuedEntry[]> {
  if (!(await isThere(directory))) return [];
  const archive = join(directory, archiveName);
  const current = (await readSet(directory)).certificates;
  const archived = (await isThere(archive)) ? (await readSet(archive)).certificates : [];
  const all = [...current, ...archived.map((one) => ({ ...one, path: `${archiveName}/${one.path}` }))];
  const cas = all.filter(({ certificate }) => certificate.ca);
  const seen = new Set<string>();
  const entries: IssuedEntry[] = [];
  for (const { path, certificate } of all) {
    if (seen.has(certificate.fingerprint256) || !isOfOneOf(certificate, cas)) continue;
    seen.add(certificate.fingerprint256);
    entries.push(entryFor(certificate, path));
  }
  return entries.sort((one, other) => (one.record.notBefore < other.record.notBefore ? -1 : 1));
}

function isOfOneOf(certificate: FoundCertificate['certificate'], cas: readonly FoundCertificate[]): boolean {
  return cas.some((ca) => isIssuedBy(certificate, ca.certificate));
}
