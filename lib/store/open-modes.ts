import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { DirectoryError } from '../errors.js';
import { systemCode } from '../file-error.js';
import type { Note } from '../plan/step.js';
import type { Folder } from './folder.js';
import { fileSystemOf } from './mounts.js';
import { ownerTag } from './owner.js';
import { giveMode } from './set-mode.js';
import type { Workspace } from './workspace.js';
import { fileSuffix, stepPrefix } from './workspace-names.js';
import { option, words } from '../words.js';

/** Of a key, as it lies in a certificate directory. */
const KEY_MODE = 0o400;

/** The error for a file system that does not, with its name. `directory` is the one that the user named. */
export async function openModes(workspace: Folder, directory: string): Promise<DirectoryError> {
  const where = await fileSystemOf(workspace);
  return new DirectoryError(
    'ERR_OPEN_MODES',
    directory,
    `${directory} is on a file system that does not keep file modes${where === undefined ? '' : ` (${where.type}, mounted at ${where.mountPoint})`}: others could read the keys`,
    {
      hint: words`nothing was changed; choose a directory on another file system, or use ${option('allowOpenModes', true)} if nobody else can access this one`,
    },
  );
}

/**
 * Whether the file system of a workspace keeps the mode of a key. FAT, a Windows share or drive and some FUSE mounts take any
 * mode and show their own, so that others can read the key. Found out with an empty file, before any key is written.
 * Errors: those of the system.
 */
export async function keepsFileModes(workspace: Folder): Promise<boolean> {
  return (await keepsKeyMode(workspace)) && (isWindows || ((await workspace.stat()).mode & 0o077) === 0);
}

const isWindows = process.platform === 'win32';

/** The same of a directory that need not be private itself. Errors: those of the system. */
export async function keepsKeyMode(folder: Folder): Promise<boolean> {
  if (isWindows) return true;
  const name = `${stepPrefix}${await ownerTag()}-${randomBytes(3).toString('hex')}${fileSuffix}`;
  try {
    return await keepsMode((await openNameless(folder)) ?? (await openNew(folder.at(name))));
  } finally {
    await folder.remove(name);
  }
}

async function keepsMode(file: FileHandle): Promise<boolean> {
  try {
    return (await giveMode(file, KEY_MODE)) && ((await file.stat()).mode & 0o7777) === KEY_MODE;
  } finally {
    await file.close();
  }
}

const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY } = constants;

/** O_TMPFILE of open(2), which Node has no name for. */
const NAMELESS = 0o20000000 | O_DIRECTORY;

/** A file that a killed run leaves no trace of; undefined where the file system has none such. */
async function openNameless(folder: Folder): Promise<FileHandle | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    return await open(folder.path, O_RDWR | NAMELESS, 0o600);
  } catch (error) {
    if (['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL', 'ENOENT'].includes(systemCode(error) ?? ''))
      return undefined;
    throw error;
  }
}

function openNew(path: string): Promise<FileHandle> {
  return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
}

/** What a caller who allows that should know of a workspace in which a key was written. */
export function openModesNotes({
  keepsModes,
  directory,
}: Pick<Workspace, 'keepsModes' | 'directory'>): Note[] {
  if (keepsModes) return [];
  const text = `the file system of ${directory} does not keep file modes: others may be able to read the keys`;
  return [{ code: 'OPEN_MODES', text }];
}
