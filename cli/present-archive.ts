/** The words for what a command replaced. */
import { join } from 'node:path';
import { ownLine } from './own-command.js';

/** Says where it is kept, and how it comes back. */
export function describeArchive(directory: string, archive: string): string {
  return `The replaced files are in ${join(directory, archive)}; restore them with \`${ownLine('rollback', '--dir', directory)}\`.`;
}
