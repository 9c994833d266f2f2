import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { DirectoryError } from '../errors.js';

/** No key, certificate or template is longer. */
const MOST_BYTES = 1_000_000;

/**
 * Reads a file that is one: not a pipe, which would be waited for, and nothing that fills the memory.
 * Errors: those of the system; `ERR_FILE` for what is no file, or too long.
 */
export async function readRegular(
  path: string,
  { shown = path, hint }: { readonly shown?: string; readonly hint?: string } = {},
): Promise<{ readonly bytes: Buffer; readonly stats: Stats }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    const refuse = (why: string): never => {
      throw new DirectoryError('ERR_FILE', shown, `cannot read ${shown}: ${why}`, { hint });
    };
    if (stats.isDirectory()) refuse('it is a directory');
    if (!stats.isFile()) refuse('it is not a file');
    if (stats.size > MOST_BYTES) refuse(`it is ${stats.size} bytes long, and no key or certificate`);
    return { bytes: await file.readFile(), stats };
  } finally {
    await file.close();
  }
}
