import type { X509Certificate } from 'node:crypto';
import { certificatesIssued } from '../set/issued/issued-in.js';
import { caNameOf, evenHex } from '../set/issued/entry.js';
import { walkIndex, type IndexedCertificate } from '../set/issued/read.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { leafFiles } from '../set/layout.js';
import type { LeafRole } from '../x509/role.js';

/** What a CA has issued. */
export interface Issues {
  readonly entries: readonly IndexedCertificate[];
  /** There is an index; otherwise the entries are of the certificates in the directory. */
  readonly isRecorded: boolean;
}

/** Reads the index, or where there is none, the certificates in the directory and its archive. Errors: those of `readIndex` and `readSet`. */
export async function readIssues(directory: string): Promise<Issues> {
  const { entries, isRecorded } = await walkIssues(directory);
  return { entries: [...entries], isRecorded };
}

/** The same one after the other, once. */
export async function walkIssues(
  directory: string,
): Promise<Omit<Issues, 'entries'> & { readonly entries: Iterable<IndexedCertificate> }> {
  const entries = await walkIndex(directory);
  if (entries) return { entries, isRecorded: true };
  return { entries: await certificatesIssued(directory), isRecorded: false };
}

/** Tells whether a CA issued what an entry is about; one without a record is taken for its own. */
export function isOfCa(ca: X509Certificate): (entry: IndexedCertificate) => boolean {
  const name = caNameOf(ca);
  const { subjectKeyIdentifier } = certificateDetails(ca);
  return ({ record }) => {
    if (!record) return true;
    const { issuer, issuerKey } = record;
    const isItsKey =
      issuerKey === null || subjectKeyIdentifier === undefined || issuerKey === subjectKeyIdentifier;
    return issuer === name && isItsKey;
  };
}

/** Whether an entry is the one of a serial number, however that is written. */
export function hasSerial({ line }: IndexedCertificate, given: string): boolean {
  const digits = given.replace(/^0x/i, '').replaceAll(':', '');
  return /^[0-9a-f]+$/i.test(digits) && evenHex(digits) === line.serial;
}

/** NAME of `servers/NAME` and `clients/NAME` in the path of a certificate, also in the archive; undefined for the default pair. */
export function nameOfPath(role: LeafRole, path: string): string | undefined {
  const [, name] = new RegExp(`(?:^|/)${role}s/([^/]+)/`).exec(path) ?? [];
  return name !== undefined && path.endsWith(leafFiles(role, name).certificate) ? name : undefined;
}
