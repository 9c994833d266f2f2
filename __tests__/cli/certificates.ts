import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { altNamesOf, formatAltName } from '../../lib/internal.js';

/** A certificate in `./docker-tls` below `root`. */
export async function certificate(root: string, file: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(root, 'docker-tls', file)));
}

/** Its subjectAltNames: `DNS:host`, `IP:10.0.0.5`. */
export function names(of: X509Certificate): string[] {
  return altNamesOf(of).names.map(formatAltName);
}
