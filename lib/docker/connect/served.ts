import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { readSet } from '../../set/certificate-set.js';
import { leavesOf } from '../../set/found.js';
import { pathTo } from '../../x509/path.js';

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

/** Tells whether one of these CAs signed a certificate that was served, or an intermediate sent with it; dates are not judged. */
export function leadsTo(served: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  const sent: X509Certificate[] = [];
  for (let at = served.issuerCertificate; at && !sent.includes(at); at = at.issuerCertificate) sent.push(at);
  return pathTo(served, sent, authorities) !== undefined;
}
