import { isThere } from '../store/is-there.js';

/** The names of a fleet file where none is named, in the current directory. */
export const fleetFileNames = ['docker-tls.yaml', 'docker-tls.json'] as const;

/** The fleet file of the current directory: the first of its names that is there, else the first. */
export async function findFleetFile(): Promise<string> {
  for (const name of fleetFileNames) if (await isThere(name)) return name;
  return fleetFileNames[0];
}
