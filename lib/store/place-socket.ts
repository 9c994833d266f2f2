import { chmod, link, lstat, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { openWorkspace } from './open-workspace.js';

/**
 * Makes a local socket of mode 0600: `listen` makes it in a private directory, so that nobody else can connect before it has that mode.
 * Gives what removes it. Errors: `ERR_EXISTS`, `ERR_UNSAFE`, `ERR_OPEN_MODES`, `ERR_FILE`.
 */
export async function placeSocket(
  path: string,
  listen: (path: string) => Promise<void>,
): Promise<() => Promise<void>> {
  const workspace = await openWorkspace(join(dirname(path), randomUUID()), { locked: false, secret: true });
  try {
    // A name of its own: the system removes by its path what a server has made, once that is closed.
    const made = join(workspace.path, randomUUID());
    await listen(made);
    await chmod(made, 0o600);
    const { dev, ino } = await lstat(made);
    await link(made, path);
    return () => removeOwn(path, { dev, ino });
  } catch (error) {
    if (systemCode(error) === 'EEXIST')
      throw new DirectoryError('ERR_EXISTS', path, `${path} has come into being meanwhile`, {
        hint: 'it was left as it is; choose another path',
      });
    throw error instanceof DirectoryError ? error : fileError(path, 'listen on', error);
  } finally {
    await workspace.remove();
  }
}

/** Leaves what another one has put in its place. */
async function removeOwn(path: string, own: { readonly dev: number; readonly ino: number }): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats?.dev === own.dev && stats.ino === own.ino) await unlink(path).catch(() => undefined);
}
