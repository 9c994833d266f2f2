import { access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { removeAfterDeath } from '../process/remove-after-death.js';
import { openWorkspace } from './open-workspace.js';

/** A directory of mode 0700 that lasts as long as it is needed. */
export interface PrivateDirectory {
  /** Absolute. */
  readonly path: string;
  /** Removes it with all it holds. */
  remove(): Promise<void>;
}

/** Linux keeps this one in memory (tmpfs): what lies there never reaches a disk, unless memory is swapped. */
const IN_MEMORY = '/dev/shm';

/**
 * Makes a private directory among the temporary ones, in memory where the system has such a place. A process that stands by removes it
 * also where this one is killed. Errors: `ERR_UNSAFE`, `ERR_OPEN_MODES`, `ERR_FILE`.
 */
export async function openPrivateDirectory(): Promise<PrivateDirectory> {
  const home = await access(IN_MEMORY, constants.W_OK | constants.X_OK).then(
    () => IN_MEMORY,
    () => tmpdir(),
  );
  const workspace = await openWorkspace(join(home, randomUUID()), { locked: false, secret: true });
  const path = join(home, workspace.name);
  const dismiss = await removeAfterDeath(path);
  const remove = async (): Promise<void> => {
    await workspace.remove();
    dismiss();
  };
  return { path, remove };
}
