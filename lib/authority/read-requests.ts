import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError } from '../file-error.js';
import { mistaken } from '../x509/contents.js';
import { heldIn } from '../x509/pem.js';
import { readable } from '../set/files-below.js';
import { breathe } from '../store/breathe.js';
import { readRegularNow } from '../store/read-regular.js';
import { readSigningRequest, RequestFault, type SigningRequest } from '../x509/signing-request.js';

/** A CSR with the file that it was read from. */
export interface FoundRequest {
  readonly file: string;
  readonly request: SigningRequest;
}

/**
 * Reads CSRs from files, and from directories all that lie in them; directories below are not looked into. Errors: `ERR_FILE` for
 * a path that cannot be read, a directory without a CSR, and a CSR that nothing is signed for.
 */
export async function readRequests(paths: readonly string[]): Promise<FoundRequest[]> {
  const found: FoundRequest[] = [];
  for (const path of paths) {
    const files = await filesAt(path);
    for (const [at, file] of (files ?? [path]).entries()) {
      await breathe(at);
      const bytes = bytesOf(file);
      const text = bytes.toString('latin1');
      if (files && heldIn(text) !== 'csr') continue;
      found.push({ file, request: parsed(file, bytes, text) });
    }
    if (files && !found.some(({ file }) => files.includes(file)))
      throw new DirectoryError('ERR_FILE', path, `there is no CSR in ${path}`, {
        hint: 'nothing was signed; name files with CSRs in PEM, or a directory that holds some',
      });
  }
  return found;
}

/** In a synchronous call: there may be thousands. */
function bytesOf(file: string): Buffer {
  try {
    const bytes = readRegularNow(file);
    if (bytes) return bytes;
    throw new DirectoryError('ERR_FILE', file, `cannot read ${file}: it is a directory`);
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(file, 'read', error);
  }
}

/** The files of a directory that can be CSRs, by name; undefined for a file. */
async function filesAt(path: string): Promise<string[] | undefined> {
  try {
    if (!(await stat(path)).isDirectory()) return undefined;
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && readable.test(entry.name))
      .map(({ name }) => join(path, name))
      .sort();
  } catch (error) {
    throw fileError(path, 'read', error);
  }
}

function parsed(file: string, bytes: Buffer, text: string): SigningRequest {
  try {
    return readSigningRequest(text);
  } catch (error) {
    if (!(error instanceof RequestFault)) throw error;
    const isCsr = heldIn(text) === 'csr';
    const { why, hint } = isCsr
      ? { why: error.message, hint: 'ask for another CSR' }
      : mistaken(bytes, 'a certificate signing request');
    throw new DirectoryError('ERR_FILE', file, `cannot sign ${file}: ${why}`, {
      cause: error,
      hint: `nothing was signed; ${hint}`,
    });
  }
}
