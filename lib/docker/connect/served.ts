import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { namedLeaves } from '../../set/pairs.js';
import { leafFiles, allLayouts } from '../../set/layout.js';
import { readRegular } from '../../store/read-regular.js';

/** A certificate and where it lies. */
export interface CertificateFile {
  /** Absolute. */
  readonly path: string;
  readonly certificate: X509Certificate;
}

/** The servers' certificates of a directory, whichever recipe made it; what cannot be read is left out. */
export async function serverCertificates(directory: string): Promise<CertificateFile[]> {
  const flat = allLayouts.map(({ server }) => server.certificate);
  const leaves = await namedLeaves(directory).catch(() => []);
  const named = leaves
    .filter((leaf) => leaf.startsWith('servers/'))
    .map((leaf) => leafFiles('server', leaf.slice('servers/'.length)).certificate);
  const paths = [...new Set([...flat, ...named])].map((path) => join(directory, path));
  const read = await Promise.all(paths.map(readCertificate));
  return read.filter((file) => file !== undefined);
}

async function readCertificate(path: string): Promise<CertificateFile | undefined> {
  try {
    return { path, certificate: new X509Certificate((await readRegular(path)).bytes) };
  } catch {
    return undefined;
  }
}

/** Whether docker takes a certificate for that host: its common name is not looked at. */
export function isFor(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  return certificate.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined;
}
