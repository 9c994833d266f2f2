import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import type { CaRole } from '../set/authorities.js';
import { crlFilesOf } from '../set/crl-files.js';
import { readText } from '../set/pairs.js';
import { crlBlocks, pemOf } from '../x509/pem.js';
import { isCrlOf, readCrl, type Crl } from '../x509/crl.js';
import { DerError } from '../x509/der.js';

/** Two million revoked certificates. */
const MOST_BYTES = 100_000_000;

/** A CRL in its file. */
export interface FoundCrl {
  readonly der: Buffer;
  readonly crl: Crl;
}

/** The CRLs in the file of a CA, in a roll-over that of the old one, too; none where there is no file. Errors: `ERR_FILE` for a file that is none, `ERR_UNSAFE`. */
export async function readCrls(directory: string, ofRole: CaRole): Promise<readonly FoundCrl[]> {
  const path = join(directory, crlFilesOf(ofRole).crl);
  const text = await readText(path, { mostBytes: MOST_BYTES });
  if (text === undefined) return [];
  const blocks = crlBlocks(text);
  try {
    if (blocks.length === 0) throw new DerError('it holds no CRL');
    return blocks.map((der) => {
      if (!der) throw new DerError('a block is not base64');
      return { der, crl: readCrl(der) };
    });
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new DirectoryError('ERR_FILE', path, `${path} is not a revocation list`, {
      cause,
      hint: 'nothing was changed; restore it from a backup, or remove it, and a new one is made',
    });
  }
}

/** The CRL of a CA among several. */
export function crlOf(ca: X509Certificate, crls: readonly FoundCrl[]): Crl | undefined {
  return crls.find(({ der }) => isCrlOf(ca, der))?.crl;
}

/** The CRLs of other CAs that are trusted beside one, in PEM: in a roll-over, that of the old CA. */
export function crlsBeside(
  ca: X509Certificate,
  trusted: readonly X509Certificate[],
  crls: readonly FoundCrl[],
): string[] {
  const others = crls.filter(({ der }) => !isCrlOf(ca, der) && trusted.some((other) => isCrlOf(other, der)));
  return others.map(({ der }) => pemOf('X509 CRL', der));
}
