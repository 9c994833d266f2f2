import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { systemCode } from '../file-error.js';
import type { Folder } from './folder.js';
import { setModeNow } from './set-mode.js';

/**
 * Makes the directories of a relative path in a workspace, where nobody else is: as `mkdir -p`, but each new one has that
 * very mode, whatever the umask. Errors: those of the system.
 */
export function makeDirectories(workspace: Folder, path: string, mode: number): void {
  const parts = path.split('/');
  for (const [at] of parts.entries()) makeDirectory(workspace, join(...parts.slice(0, at + 1)), mode);
}

/** The last directory of such a path alone. */
export function makeDirectory(workspace: Folder, path: string, mode: number): void {
  try {
    mkdirSync(workspace.at(path), { mode });
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return; // a file in its place is told by who uses it
    throw error;
  }
  setModeNow(workspace.at(path), mode);
}
