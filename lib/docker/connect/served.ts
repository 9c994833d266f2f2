import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { readSet } from '../../set/certificate-set.js';
import { leavesOf } from '../../set/found.js';

/** A certificate and its file. */
export interface CertificateFile {
  /** Absolute. */
  readonly path: string;
  readonly certificate: X509Certificate;
}

/** The server certificates of a directory, whatever the names of their files; none if it cannot be read. */
export async function serverCertificates(directory: string): Promise<CertificateFile[]> {
  const set = await readSet(directory).catch(() => undefined);
  return leavesOf(set ?? { certificates: [] })
    .filter(({ role }) => role === 'server')
    .map(({ path, certificate }) => ({ path: join(directory, path), certificate }));
}

/** Tells whether docker accepts a certificate for a host; it ignores the common name. */
export function isForHost(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  return certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;
}
