import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Stats } from 'node:fs';
import { DirectoryError, fileError, systemCode } from '../errors.js';
import { shellWord } from '../plan/command-line.js';

/*
 * Whoever can change a CA's certificate, or a directory in which keys are made, can make himself a client, and a client is
 * root on the host. So what others can change is neither read nor written, and no symbolic link is followed for writing.
 */

/**
 * Refuses a certificate directory that is a symbolic link, that belongs to another user than root, or in which others can
 * write; and one that everybody could swap for another. One that does not exist yet is looked at from above. `flag` names it
 * in a hint. Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function refuseUnsafeDirectory(directory: string, flag = '--dir'): Promise<void> {
  const stats = await look(directory);
  if (stats?.isSymbolicLink()) {
    const target = await realpath(directory).catch(() => undefined);
    throw unsafe(
      directory,
      'it is a symbolic link',
      `name the directory itself${target === undefined ? '' : `: ${flag} ${shellWord(target)}`}`,
    );
  }
  if (stats?.isDirectory()) refuseOthers(directory, stats);
  await refuseSwappable(dirname(directory));
}

/**
 * Refuses a directory that stands open to everybody, or stands in one that does: except with the sticky bit, as /tmp, where
 * nobody can rename what is another's, but can put a symbolic link of his own. Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function refuseSwappable(directory: string): Promise<void> {
  await stat(directory).catch((error: unknown) => {
    if (!isMissing(error)) throw fileError(directory, 'look at', error); // links that lead to themselves
  });
  for (let path = directory; ; path = dirname(path)) {
    const stats = await look(path);
    if (stats?.isSymbolicLink()) {
      await refuseStrangersLink(path, stats);
      await refuseSwappable(resolve(dirname(path), await readlink(path)));
    } else if (stats && !isWindows && (stats.mode & 0o002) !== 0 && !isSticky(stats)) {
      throw unsafe(
        path,
        `everybody can write in it (mode ${octal(stats.mode)}), and swap what lies there`,
        `chmod o-w ${shellWord(path)}, or choose another directory`,
      );
    }
    if (path === dirname(path)) return;
  }
}

/** In a directory as /tmp a link leads where its owner wants. */
async function refuseStrangersLink(path: string, { uid }: Stats): Promise<void> {
  if (isWindows || uid === 0 || uid === process.geteuid?.()) return;
  const above = await look(dirname(path));
  if (above && isSticky(above) && above.uid !== uid)
    throw unsafe(
      path,
      `it is a symbolic link of another user (${uid}), who could lead it elsewhere`,
      'choose another directory',
    );
}

function isSticky({ mode }: Stats): boolean {
  return (mode & 0o1000) !== 0;
}

/**
 * Refuses the folders between the certificate directory and a file in it where they are symbolic links, or no folders, or
 * others can change them. `path` is relative to the directory. Errors: `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`.
 */
export async function refuseUnsafeFolders(directory: string, path: string): Promise<void> {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const folder = join(directory, ...parts.slice(0, depth));
    const stats = await look(folder);
    if (!stats) return;
    if (stats.isSymbolicLink()) throw link(folder);
    if (!stats.isDirectory()) throw inTheWay(folder, 'directory');
    refuseOthers(folder, stats);
  }
}

/**
 * Refuses to replace a symbolic link, behind which a key may be kept elsewhere, or what is no file. Errors: `ERR_UNSAFE`,
 * `ERR_EXISTS`, `ERR_FILE`.
 */
export async function refuseToReplace(path: string): Promise<void> {
  const stats = await look(path);
  if (stats?.isSymbolicLink()) throw link(path);
  if (stats && !stats.isFile()) throw inTheWay(path, 'file');
}

/** Refuses what belongs to another user than root, or can be written by others. Errors: `ERR_UNSAFE`. */
export function refuseOthers(path: string, { uid, mode }: Pick<Stats, 'uid' | 'mode'>): void {
  if (isWindows) return;
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw unsafe(
      path,
      `it belongs to another user (${uid}), who could change it`,
      `run as that user, or make it yours: chown -R "$(id -u)" ${shellWord(path)}`,
    );
  }
  if ((mode & 0o022) !== 0)
    throw unsafe(path, `others can change it (mode ${octal(mode)})`, `chmod go-w ${shellWord(path)}`);
}

const isWindows = process.geteuid === undefined;

function link(path: string): DirectoryError {
  return unsafe(
    path,
    'it is a symbolic link, and none is followed for writing',
    'put the file or directory itself there',
  );
}

/** For a directory that was one when it was looked at, and none when it was entered. */
export function swapped(directory: string): DirectoryError {
  return unsafe(
    directory,
    'another took its place meanwhile, a symbolic link or a file',
    'choose a directory in which no other user can put things',
  );
}

function inTheWay(path: string, wanted: 'file' | 'directory'): DirectoryError {
  return new DirectoryError('ERR_EXISTS', path, `${path} is there, and is not a ${wanted}`, {
    hint: 'it was left as it is; take it away, or choose another name',
  });
}

function unsafe(path: string, why: string, hint: string): DirectoryError {
  return new DirectoryError('ERR_UNSAFE', path, `${path} is not safe: ${why}`, {
    hint: `nothing was changed; ${hint}`,
  });
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** Undefined where nothing is. */
async function look(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fileError(path, 'look at', error);
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
}
