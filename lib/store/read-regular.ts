import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { DirectoryError, systemCode } from '../errors.js';

/** No key, certificate or template is longer. */
export const MOST_BYTES = 1_000_000;

/** A pipe or a socket is not waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

function whyNot(stats: Stats): string | undefined {
  if (stats.isDirectory()) return 'it is a directory';
  if (!stats.isFile()) return 'it is not a file';
  return stats.size > MOST_BYTES ? `it is ${stats.size} bytes long, and no key or certificate` : undefined;
}

/**
 * Reads a file that is one: not a pipe, which would be waited for, and nothing that fills the memory.
 * Errors: those of the system; `ERR_FILE` for what is no file, or too long.
 */
export async function readRegular(
  path: string,
  { shown = path, hint }: { readonly shown?: string; readonly hint?: string } = {},
): Promise<{ readonly bytes: Buffer; readonly stats: Stats }> {
  const refuse = (why: string): never => {
    throw new DirectoryError('ERR_FILE', shown, `cannot read ${shown}: ${why}`, { hint });
  };
  const file = await open(path, FLAGS).catch((error: unknown) => {
    if (systemCode(error) === 'ENXIO') return refuse('it is not a file'); // a socket
    throw error;
  });
  try {
    const stats = await file.stat();
    const why = whyNot(stats);
    if (why !== undefined) refuse(why);
    return { bytes: await file.readFile(), stats };
  } finally {
    await file.close();
  }
}

/**
 * The same in synchronous calls: for thousands of small files, with which the asynchronous ones take up to ten times as long.
 * Undefined for a directory.
 */
export function readRegularNow(path: string): Buffer | undefined {
  const refuse = (why: string): never => {
    throw new DirectoryError('ERR_FILE', path, `cannot read ${path}: ${why}`);
  };
  let file: number;
  try {
    file = openSync(path, FLAGS);
  } catch (error) {
    if (systemCode(error) === 'ENXIO') return refuse('it is not a file'); // a socket
    throw error;
  }
  try {
    const stats = fstatSync(file);
    if (stats.isDirectory()) return undefined;
    const why = whyNot(stats);
    return why === undefined ? readFileSync(file) : refuse(why);
  } finally {
    closeSync(file);
  }
}
