import { resolve } from 'node:path';
import { DirectoryError, InputError } from '../../errors.js';
import { fileError, systemCode } from '../../file-error.js';
import { givenPath } from '../../given.js';
import { readRegular } from '../../store/read-regular.js';
import type { Fleet } from '../fleet.js';
import { buildFleet } from './build-fleet.js';
import type { FleetFile } from './fleet-file.js';
import { Problems } from './problems.js';
import { valueTree } from './value-tree.js';
import { parseText } from './yaml-tree.js';

/** 100,000 hosts with a line each are about 15 MB. */
const MOST_BYTES = 32_000_000;

/**
 * Reads a fleet: the path of a file in YAML or JSON, or its contents as a value. Defaults are filled in, ranges are expanded, and
 * relative paths are made absolute, from the directory of the file, or from the current one for a value. All problems are reported at
 * once, up to 20, with their places.
 *
 * @example
 * ```ts
 * import { readFleet } from 'docker-tls-openssl';
 *
 * const { hosts } = await readFleet({ hosts: { 'db[01:12]': { names: ['db[01:12].example.com'] } } });
 * console.log(hosts.length, hosts.at(-1)?.address);
 * ```
 *
 * @throws `ERR_CONFIGURATION`: the file has problems; `problems` has each with its key, line, column and remedy.
 * @throws `ERR_FILE`: it cannot be read, or is longer than 32 MB.
 * @throws `ERR_INPUT`: `source` is neither a path nor an object.
 */
export async function readFleet(source: string | FleetFile): Promise<Fleet> {
  if (typeof source !== 'string') {
    if (typeof (source as unknown) !== 'object' || (source as unknown) === null || Array.isArray(source))
      throw new InputError('fleet', 'the fleet is neither a path nor an object');
    const node = valueTree(source);
    if (!node) throw new InputError('fleet', 'the fleet has too many values, or contains itself');
    return buildFleet(node, undefined, new Problems('fleet'));
  }
  const file = resolve(givenPath(source, 'file'));
  const bytes = await read(file);
  const { node, problems } = parseText(await import('yaml'), bytes, file);
  return buildFleet(node, file, problems);
}

async function read(file: string): Promise<Buffer> {
  try {
    const { bytes } = await readRegular(file, { mostBytes: MOST_BYTES });
    return bytes;
  } catch (error) {
    if (error instanceof DirectoryError || systemCode(error) === undefined) throw error;
    throw fileError(file, 'read', error);
  }
}
