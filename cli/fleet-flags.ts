import type { Options } from 'yargs';
import { findFleetFile } from '../lib/internal.js';
import { UsageError } from './environment.js';
import { fleetWords } from './present-fleet.js';

/** Flags that every command of fleets has. */
export const fleetFlags = {
  file: {
    type: 'string',
    alias: 'f',
    requiresArg: true,
    describe: 'Fleet file [default: docker-tls.yaml, else docker-tls.json]',
  },
} as const satisfies Record<string, Options>;

/** The fleet file that was named, or that of the current directory. */
export async function fleetFileOf({ file }: { readonly file?: string | undefined }): Promise<string> {
  if (file === '') throw new UsageError(fleetWords.fileEmpty);
  return file ?? findFleetFile();
}
