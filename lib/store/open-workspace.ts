import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { Folder } from './folder.js';
import { isThere } from './is-there.js';
import { removeLeftovers } from './leftovers.js';
import { keepsFileModes, openModes } from './open-modes.js';
import { ownerTag } from './owner.js';
import { enterSafely, makeSafely } from './enter-safely.js';
import { swapped } from './safety.js';
import type { Workspace } from './workspace.js';
import { stepPrefix, workspacePrefix } from './workspace-names.js';

export interface WorkspaceOptions {
  /** Whether this run holds the directory's lock. */
  readonly locked: boolean;
  /** Whether a private key, or what else is nobody else's business, is written: then the file system has to keep modes. */
  readonly secret: boolean;
  /** Goes on where the file system does not keep modes. Default: false. */
  readonly allowOpenModes?: boolean | undefined;
}

/**
 * Makes a workspace of mode 0700 for a certificate directory: beside it where it does not exist yet, else inside it. What
 * killed runs left there is removed. Errors: `ERR_UNSAFE` where another user could swap the directory, `ERR_OPEN_MODES`,
 * `ERR_FILE`.
 */
export async function openWorkspace(directory: string, options: WorkspaceOptions): Promise<Workspace> {
  const fresh = !(await isThere(directory));
  const made = fresh ? await makeSafely(dirname(directory), 0o755) : undefined;
  const home = made?.folder ?? (await enterSafely(directory));
  let folder: Folder | undefined;
  let name = '';
  let kept = false;
  const remove = async (): Promise<void> => {
    if (!kept && name !== '') await home.remove(name).catch(() => undefined);
    if (!kept) await made?.takeBack();
    await folder?.close();
    await (made ?? home).close();
  };
  try {
    if (!options.locked || fresh) await removeLeftovers(home);
    ({ folder, name } = await makeIn(home, options.locked ? workspacePrefix : stepPrefix));
    const keepsModes = await keepsFileModes(folder);
    if (!keepsModes && options.secret && options.allowOpenModes !== true)
      throw await openModes(folder, directory);
    const { path } = folder;
    const keep = (): void => {
      kept = true;
    };
    const { locked } = options;
    return { folder, path, name, home, directory, fresh, locked, keepsModes, remove, keep };
  } catch (error) {
    await remove();
    throw error instanceof DirectoryError ? error : fileError(home.shown, 'make a workspace in', error);
  }
}

function withoutTmpdir(cause: unknown): DirectoryError {
  const path = tmpdir();
  return new DirectoryError('ERR_FILE', path, `TMPDIR names ${path}, which cannot be used`, {
    cause,
    hint: 'nothing was changed; create that directory, or unset TMPDIR',
  });
}

async function makeIn(home: Folder, prefix: string): Promise<{ folder: Folder; name: string }> {
  const template = `${prefix}${await ownerTag()}-XXXXXX`;
  // Late: only what writes files needs it. It looks at TMPDIR, though nothing is written there.
  const { default: tmp } = await import('tmp-promise').catch((error: unknown) => {
    throw withoutTmpdir(error);
  });
  const name = basename((await tmp.dir({ tmpdir: home.path, template, mode: 0o700 })).path);
  try {
    const folder = await home.enter(name);
    const { uid } = await folder.stat();
    if (uid !== (process.geteuid?.() ?? uid)) throw swapped(home.show(name));
    await folder.chmod(0o700); // whatever the umask took away
    return { folder, name };
  } catch (error) {
    // It was made by the path; if that has led elsewhere meanwhile, nothing is there.
    throw ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '') ? swapped(home.shown) : error;
  }
}
