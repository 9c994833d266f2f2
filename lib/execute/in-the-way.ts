import { dirname, join, resolve } from 'node:path';
import { DirectoryError } from '../errors.js';
import { artifactsOf, inputsOf } from '../plan/schedule.js';
import type { Plan } from '../plan/step.js';
import { isThere } from '../store/is-there.js';
import { refuseToReplace, refuseUnsafeFolders } from '../store/safety.js';
import { option, words } from '../words.js';
import { checkInput } from './inputs.js';

/**
 * Before anything runs: all that is read is there, and nothing is in the way of what is written. Errors: `ERR_UNSAFE`,
 * `ERR_EXISTS`, `ERR_FILE`.
 */
export async function refuseInTheWay(plan: Plan, directory: string): Promise<void> {
  for (const input of inputsOf(plan)) await checkInput(resolve(directory, input));
  const replaces = new Set(plan.replaces);
  const isInFolder = new Map<string, boolean>();
  for (const { path } of artifactsOf(plan)) {
    const folder = dirname(path);
    const isFolder = isInFolder.get(folder) ?? (await isSafeFolder(directory, path));
    isInFolder.set(folder, isFolder);
    if (!isFolder) continue; // then nothing is in the way
    const full = join(directory, path);
    if (replaces.has(path)) {
      await refuseToReplace(full);
      continue;
    }
    if (!(await isThere(full))) continue;
    throw new DirectoryError('ERR_EXISTS', full, `${full} already exists`, {
      hint: words`it was left unchanged; remove it, or choose another name${plan.recipe === 'step' ? words`, or replace it with ${option('overwrite', true)}` : ''}`,
    });
  }
}

/** Tells whether the folder exists in which a file is to lie. Errors: those of `refuseUnsafeFolders`. */
async function isSafeFolder(directory: string, path: string): Promise<boolean> {
  await refuseUnsafeFolders(directory, path);
  return isThere(join(directory, dirname(path)));
}
