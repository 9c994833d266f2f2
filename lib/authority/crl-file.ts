import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { crlName } from '../docker/proxy/crl-file.js';
import { readText } from '../set/pairs.js';
import { crlBlocks } from '../x509/pem.js';
import { readCrl, type Crl } from '../x509/crl.js';
import { DerError } from '../x509/der.js';

/** The number of the last one, in openssl's form, so that a lost list does not begin at 1 again. */
export const crlNumberFile = 'authority/crlnumber';

/** Two million revoked certificates. */
const MOST_BYTES = 100_000_000;

/** The CRL in a directory; undefined where there is none. Errors: `ERR_FILE` for a file that is none, `ERR_UNSAFE`. */
export async function readOwnCrl(directory: string): Promise<Crl | undefined> {
  const path = join(directory, crlName);
  const text = await readText(path, { mostBytes: MOST_BYTES });
  if (text === undefined) return undefined;
  const [der] = crlBlocks(text);
  try {
    if (!der) throw new DerError('it holds no CRL');
    return readCrl(der);
  } catch (cause) {
    if (!(cause instanceof DerError)) throw cause;
    throw new DirectoryError('ERR_FILE', path, `${path} is not a revocation list`, {
      cause,
      hint: 'nothing was changed; restore it from a backup, or remove it, and a new one is made',
    });
  }
}
