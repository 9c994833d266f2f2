import { rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunControl } from '../../execute/run-control.js';
import { fileError, systemCode } from '../../file-error.js';
import { leafFiles } from '../../set/layout.js';
import { repair } from '../../store/leftovers.js';
import { withLock } from '../../store/lock.js';
import { refuseUnsafeFolders } from '../../store/safety.js';
import { PROBE_NAME } from './state.js';

/**
 * Removes the probe's certificate and key, which nobody else has: its work is done. What else lies beside them stays. Errors: `ERR_UNSAFE`,
 * `ERR_FILE`; those of `withLock`.
 */
export async function removeProbe(directory: string, control: RunControl): Promise<void> {
  const files = leafFiles('client', PROBE_NAME);
  const folder = join(directory, files.directory ?? '');
  await withLock(directory, control, async () => {
    await repair(directory);
    await refuseUnsafeFolders(directory, files.key);
    for (const file of [files.key, files.certificate, files.ca])
      await unlink(join(directory, file)).catch((error: unknown) =>
        ignoreMissing(join(directory, file), error),
      );
    await rmdir(folder).catch((error: unknown) => ignoreMissing(folder, error));
  });
}

function ignoreMissing(path: string, error: unknown): void {
  if (['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) return;
  throw fileError(path, 'remove', error);
}
