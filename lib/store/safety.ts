import type { Stats } from 'node:fs';
import { lstat, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, parse, resolve, sep } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { shellWord } from '../shell/sh.js';
import { MOST_LINKS, namesOn } from './links.js';
import { isPrivateGroup } from './private-group.js';
import { option, words, type Text } from '../words.js';

/*
 * Someone who can change a CA's certificate, or a directory in which keys are made, can make a client for himself, and a
 * client is root on the host. So what others can change is neither read nor written, and no symbolic link is followed for
 * writing. A path is looked at from the root down: in a directory that only root and the caller can change, what is there
 * stays what it was when it was looked at, and so does everything below it.
 */

/**
 * Refuses a certificate directory that is a symbolic link, that belongs to another user than root, or in which others can
 * write; and one that others could swap. One that does not exist yet is looked at from above. `name`: the option that names it.
 * Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function refuseUnsafeDirectory(directory: string, name = 'directory'): Promise<void> {
  await refuseSwappable(dirname(directory));
  const stats = await look(directory);
  if (stats?.isSymbolicLink()) {
    const target = await realpath(directory).catch(() => undefined);
    throw unsafe(
      directory,
      'it is a symbolic link',
      target === undefined
        ? 'name the directory itself'
        : words`name the directory itself: ${option(name, target)}`,
    );
  }
  if (stats?.isDirectory()) refuseOthers(directory, stats);
}

/**
 * Refuses a directory in which another user could swap what lies there: it, or one above it, belongs to neither root nor the
 * caller, or others can write in it and it has no sticky bit. In one with that bit, such as /tmp, nobody can rename what is
 * another's. As much of the path as exists is looked at. Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function refuseSwappable(directory: string): Promise<void> {
  await walk(directory);
}

/** Why another user could change a file, or swap it, in a sentence; undefined where nobody can, or nothing is. Errors: `ERR_FILE`. */
export async function whyChangeable(file: string): Promise<string | undefined> {
  try {
    const path = await realpath(file).catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw fileError(file, 'look at', error);
    });
    if (path === undefined) return undefined;
    await refuseSwappable(dirname(path));
    refuseOthers(path, await lstat(path));
    return undefined;
  } catch (error) {
    if (error instanceof DirectoryError && error.code === 'ERR_UNSAFE') return error.message;
    throw error;
  }
}

/** Looks at each directory of a path from the root down. Gives the path without symbolic links, and what of it is missing. */
export async function walk(directory: string): Promise<{ path: string; missing: string[] }> {
  const absolute = resolve(directory);
  let path = parse(absolute).root;
  const names = namesOn(absolute.slice(path.length), sep);
  const root = await stat(path).catch((error: unknown) => {
    throw fileError(path, 'look at', error);
  });
  refuseSwappableIn(path, root);
  let above = root;
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = name === '..' ? dirname(path) : join(path, name);
    const stats = await look(next);
    if (!stats) return { path, missing: [name, ...names] };
    if (stats.isSymbolicLink()) {
      refuseStrangersLink(next, stats, above);
      if (++links > MOST_LINKS) throw fileError(directory, 'look at', { code: 'ELOOP' });
      const target = await readlink(next);
      if (isAbsolute(target)) [path, above] = [parse(target).root, root];
      names.unshift(...namesOn(target.slice(isAbsolute(target) ? path.length : 0), sep));
      continue;
    }
    if (!stats.isDirectory()) throw fileError(directory, 'use', { code: 'ENOTDIR' });
    refuseSwappableIn(next, stats);
    [path, above] = [next, stats];
  }
  return { path, missing: [] };
}

/**
 * In a directory such as /tmp a link leads where its owner wants; and one that is root's or the caller's can have been moved there
 * by another user, from a directory of his.
 */
function refuseStrangersLink(path: string, { uid }: Stats, above: Stats): void {
  if (isWindows) return;
  const isOurs = uid === 0 || uid === process.geteuid?.();
  if (isOurs && isSticky(above) && (above.mode & 0o022) !== 0)
    throw unsafe(
      path,
      'it is a symbolic link in a directory in which others can put things, and who put it there cannot be seen',
      'name the directory that it leads to',
    );
  if (isOurs) return;
  throw unsafe(
    path,
    `it is a symbolic link of another user (${uid}), who could lead it elsewhere`,
    'choose another directory',
  );
}

export function refuseSwappableIn(path: string, stats: Stats): void {
  if (isWindows) return;
  const { uid, mode } = stats;
  if (uid !== 0 && uid !== process.geteuid?.()) {
    throw unsafe(
      path,
      `it belongs to another user (${uid}), who can swap what lies there`,
      'choose a directory that belongs to you, such as one below your home directory, or run as that user',
    );
  }
  if ((mode & 0o022) === 0 || isSticky(stats)) return;
  const everybody = (mode & 0o002) !== 0;
  if (!everybody && isPrivateGroup(stats)) return;
  throw unsafe(
    path,
    `${everybody ? 'everybody' : 'its group'} can write in it (mode ${octal(mode)}), and swap what lies there`,
    `chmod ${(mode & 0o020) === 0 ? 'o' : everybody ? 'go' : 'g'}-w ${shellWord(path)}, or choose another directory`,
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
export async function refuseToReplace(path: string, shown = path): Promise<void> {
  const stats = await look(path);
  if (stats?.isSymbolicLink()) throw link(shown);
  if (stats && !stats.isFile()) throw inTheWay(shown, 'file');
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
    'something else took its place meanwhile, a symbolic link or a file',
    'choose a directory in which no other user can put things',
  );
}

function inTheWay(path: string, wanted: 'file' | 'directory'): DirectoryError {
  return new DirectoryError('ERR_EXISTS', path, `${path} is there, and is not a ${wanted}`, {
    hint: 'it was left as it is; take it away, or choose another name',
  });
}

function unsafe(path: string, why: string, hint: Text): DirectoryError {
  return new DirectoryError('ERR_UNSAFE', path, `${path} is not safe: ${why}`, {
    hint: words`nothing was changed; ${hint}`,
  });
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}

/** Undefined where nothing is. */
export async function look(path: string): Promise<Stats | undefined> {
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
