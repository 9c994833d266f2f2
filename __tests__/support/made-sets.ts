import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { all, type IssueOptions } from '../../lib/index.js';
import { useSharedDirectory } from './temporary-directory.js';

/**
 * Gives what makes a set as `all` does, for tests about what comes after that. A file makes one set for the same options, and
 * copies it from then on: what has to be of another CA is made with `all`.
 */
export function useMadeSets(): (options: IssueOptions & { directory: string }) => Promise<void> {
  const shared = useSharedDirectory();
  const made = new Map<string, Promise<string>>();
  return async ({ directory, ...options }) => {
    const name = JSON.stringify(options);
    const making = made.get(name) ?? make(join(shared(), `set-${made.size}`), options);
    made.set(name, making);
    await cp(await making, directory, { recursive: true, preserveTimestamps: true });
  };
}

async function make(directory: string, options: IssueOptions): Promise<string> {
  await all({ ...options, directory });
  return directory;
}
