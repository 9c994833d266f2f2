import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { systemCode } from '../file-error.js';
import type { Folder } from './folder.js';
import { setMode } from './set-mode.js';

/**
 * Makes the directories of a relative path in a workspace, where nobody else is: as `mkdir -p`, but each new one has that
 * very mode, whatever the umask. Errors: those of the system.
 */
export async function makeDirectories(workspace: Folder, path: string, mode: number): Promise<void> {
  const parts = path.split('/');
  for (const [at] of parts.entries()) {
    const folder = workspace.at(join(...parts.slice(0, at + 1)));
    try {
      await mkdir(folder, { mode });
    } catch (error) {
      if (systemCode(error) === 'EEXIST') continue; // a file in its place is told by who uses it
      throw error;
    }
    await setMode(folder, mode);
  }
}
