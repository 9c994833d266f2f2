import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** This program, to be started again by the very same Node: both by their absolute paths. */
export interface OwnProgram {
  readonly node: string;
  readonly program: string;
}

/** Also where the library is used by another program. */
export function ownProgram(): OwnProgram {
  const root = dirname(createRequire(import.meta.url).resolve('#package.json'));
  return { node: process.execPath, program: join(root, 'dist/cli/main.cjs') };
}
