import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { DirectoryError, systemCode } from '../errors.js';

/** No key, certificate or template is longer. */
export const MOST_BYTES = 1_000_000;

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
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (systemCode(error) === 'ENXIO') return refuse('it is not a file'); // a socket
    throw error;
  });
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) refuse('it is a directory');
    if (!stats.isFile()) refuse('it is not a file');
    if (stats.size > MOST_BYTES) refuse(`it is ${stats.size} bytes long, and no key or certificate`);
    return { bytes: await file.readFile(), stats };
  } finally {
    await file.close();
  }
}
