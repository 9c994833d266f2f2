import { basename, dirname } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import type { Step } from '../plan/step.js';
import { enterSafely } from '../store/enter-safely.js';
import { isThere } from '../store/is-there.js';
import { placeFile } from '../store/place-file.js';
import { readRegular } from '../store/read-regular.js';
import { refuseToReplace } from '../store/safety.js';
import { option, words } from '../words.js';

/** The mode of a new file of serials, which is no secret. */
const OPEN = 0o644;

/** A CA's file of serials as it was before a step. */
export interface SerialFile {
  readonly path: string;
  /** Its content; undefined where it does not exist, and is to be created. */
  readonly before: { readonly text: string; readonly mode: number } | undefined;
}

/** Tells whether something is where a CA's file of serials would be. Errors: `ERR_FILE` where that cannot be known. */
export async function isSerialFile(path: string): Promise<boolean> {
  return isThere(path);
}

/**
 * Reads a CA's file of serials. Errors: `ERR_FILE` where it does not exist and is not to be created, and for what is no serial
 * number that a next one follows; `ERR_UNSAFE`, `ERR_EXISTS` for a link and a directory.
 */
export async function readSerialFile(path: string, creates: boolean): Promise<SerialFile> {
  await refuseToReplace(path);
  if (creates && !(await isThere(path))) return { path, before: undefined };
  const { bytes, stats } = await readRegular(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT')
      throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
    throw new DirectoryError('ERR_FILE', path, `cannot read ${path}: it does not exist`, {
      cause: error,
      hint: words`name the CA's file of serials, or create it with ${option('caCreateSerial', true)}`,
    });
  });
  const text = bytes.toString('latin1');
  const why = whyNoSerial(text.trim());
  if (why === undefined) return { path, before: { text, mode: stats.mode & 0o777 } };
  throw new DirectoryError('ERR_FILE', path, `${path} is not a file of serials: ${why}`, {
    hint: words`it holds the last serial number in hexadecimal, such as 1A2B; name the right file, or give the number with ${option('setSerial')}`,
  });
}

/** The next one has at most 20 octets and no sign (RFC 5280 section 4.1.2.2). */
function whyNoSerial(digits: string): string | undefined {
  if (digits === '') return 'it is empty';
  if (!/^[0-9A-F]+$/i.test(digits)) return 'it is not one number in hexadecimal';
  if (digits.length % 2 === 1) return 'its number of digits is odd';
  return BigInt(`0x${digits}`) + 1n < 1n << 159n ? undefined : 'the number is longer than 20 octets';
}

/** Steps that put the file into the workspace before openssl updates it there. */
export function copied({ before }: SerialFile, name: string): Step[] {
  return before === undefined ? [] : [{ kind: 'write-file', path: name, content: `${before.text.trim()}\n` }];
}

/** Steps after which the file has the mode that it had. */
export function keepsMode({ before }: SerialFile, name: string): Step[] {
  return before === undefined ? [] : [{ kind: 'set-mode', mode: before.mode, paths: [name] }];
}

/** Writes the last serial number into a file that is outside the directory of the certificate. Gives what takes that back. */
export async function writeSerial(
  { path, before }: SerialFile,
  serial: string,
): Promise<() => Promise<void>> {
  const write = async (text: string, overwrite: boolean): Promise<void> => {
    await placeFile(path, text, before?.mode ?? OPEN, { overwrite });
  };
  await write(`${serial}\n`, before !== undefined);
  return async () => {
    if (before) return write(before.text, true);
    const folder = await enterSafely(dirname(path));
    await folder.remove(basename(path)).finally(() => folder.close());
  };
}
