import { DirectoryError } from '../errors.js';
import { isThere } from '../store/is-there.js';
import { option, words } from '../words.js';

/** The names of a fleet file where none is named, in the current directory. */
export const fleetFileNames = ['docker-tls.yaml', 'docker-tls.json'] as const;

/** The fleet file of the current directory: the first of its names that is there. Throws `ERR_FILE` where none is. */
export async function findFleetFile(): Promise<string> {
  for (const name of fleetFileNames) if (await isThere(name)) return name;
  const [usual] = fleetFileNames;
  throw new DirectoryError('ERR_FILE', usual, `there is no ${usual} here`, {
    hint: words`begin one with \`hosts: { web1: { names: [web1.example.com] } }\`, or name a fleet file with ${option('file')}`,
  });
}
