import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { DirectoryError } from '../errors.js';
import { systemCode } from '../file-error.js';
import type { Text } from '../words.js';

/** No key, certificate or template is longer. */
export const MOST_BYTES = 1_000_000;

/** A pipe or a socket is not waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

function whyNot(stats: Stats, mostBytes = MOST_BYTES): string | undefined {
  if (stats.isDirectory()) return 'it is a directory';
  if (!stats.isFile()) return 'it is not a file';
  return stats.size > mostBytes
    ? `it is ${stats.size} bytes long, and at most ${mostBytes} are read`
    : undefined;
}

export interface ReadOptions {
  /** The path as errors name it. Default: the path itself. */
  readonly shown?: string;
  /** What to do about a file that is not read. */
  readonly hint?: Text;
  /** Default: 1,000,000. */
  readonly mostBytes?: number;
  /** Whether a symbolic link leads to what is read. Default: true. */
  readonly followLinks?: boolean;
}

/**
 * Reads a file that is one: not a pipe, which would be waited for, and nothing that fills the memory.
 * Errors: those of the system; `ERR_FILE` for what is no file, or too long (its `cause` has the code `EFBIG`).
 */
export async function readRegular(
  path: string,
  { shown = path, hint, mostBytes = MOST_BYTES, followLinks = true }: ReadOptions = {},
): Promise<{ readonly bytes: Buffer; readonly stats: Stats }> {
  const refuse = (why: string, code?: 'EFBIG'): never => {
    const cause = code && Object.assign(new Error(why), { code });
    throw new DirectoryError('ERR_FILE', shown, `cannot read ${shown}: ${why}`, { hint, cause });
  };
  const file = await open(path, followLinks ? FLAGS : FLAGS | constants.O_NOFOLLOW).catch(
    (error: unknown) => {
      if (systemCode(error) === 'ENXIO') return refuse('it is not a file'); // a socket
      throw error;
    },
  );
  try {
    const stats = await file.stat();
    const why = whyNot(stats, mostBytes);
    if (why !== undefined) refuse(why, stats.size > mostBytes ? 'EFBIG' : undefined);
    const bytes = await readAtMost(file, mostBytes, stats.size);
    return bytes ? { bytes, stats } : refuse('it grows while it is read');
  } finally {
    await file.close();
  }
}

/** Undefined for what turns out to be longer. */
async function readAtMost(file: FileHandle, mostBytes: number, size: number): Promise<Buffer | undefined> {
  const chunk = Math.min(Math.max(65_536, size + 1), mostBytes + 1); // a large file in one piece
  const parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunk), 0, chunk, null);
    if (bytesRead === 0) return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts, length);
    parts.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > mostBytes) return undefined;
  }
}

/**
 * The same in synchronous calls: for thousands of small files, with which the asynchronous ones take up to ten times as long.
 * Undefined for a directory.
 */
export function readRegularNow(
  path: string,
  { shown = path, hint, mostBytes = MOST_BYTES, followLinks = true }: ReadOptions = {},
): Buffer | undefined {
  const refuse = (why: string): never => {
    throw new DirectoryError('ERR_FILE', shown, `cannot read ${shown}: ${why}`, { hint });
  };
  let file: number;
  try {
    file = openSync(path, followLinks ? FLAGS : FLAGS | constants.O_NOFOLLOW);
  } catch (error) {
    if (systemCode(error) === 'ENXIO') return refuse('it is not a file'); // a socket
    throw error;
  }
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) return undefined;
    const why = whyNot(stats, mostBytes);
    return why === undefined ? readFileSync(file) : refuse(why);
  } finally {
    closeSync(file);
  }
}
