import { DirectoryError } from './errors.js';
import { option, words, type Text } from './words.js';

/** The `code` of a Node system error (`ENOENT`, …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  // Not `instanceof Error`: Node's own errors are not instances of the Error of another realm (node:vm, Jest).
  const code: unknown =
    typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Turns a file system failure into an error of this tree: which file, what was tried, what the system said. */
export function fileError(path: string, tried: string, cause: unknown): DirectoryError {
  const reasons: Record<string, string> = {
    ENOENT: 'it does not exist',
    EACCES: 'permission denied',
    EPERM: 'operation not permitted',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    ENOTDIR: 'a part of the path is not a directory',
    EISDIR: 'it is a directory',
    ELOOP: 'a symbolic link is in the way',
    ENAMETOOLONG: 'the name is too long',
    EEXIST: 'it already exists',
    ENOTEMPTY: 'it is not empty',
    EMFILE: 'too many files are open',
  };
  const code = systemCode(cause);
  const why = (code && reasons[code]) ?? (cause instanceof Error ? cause.message : String(cause));
  const hints: Record<string, Text> = {
    EACCES: words`run as a user with that permission, or choose another directory with ${option('directory')}`,
    EPERM: words`run as a user with that permission, or choose another directory with ${option('directory')}`,
    EROFS: words`choose a directory on a writable file system with ${option('directory')}`,
    ENOSPC: 'nothing was changed; free some space and try again',
    EDQUOT: 'nothing was changed; free some space and try again',
  };
  return new DirectoryError(
    code === 'EEXIST' ? 'ERR_EXISTS' : 'ERR_FILE',
    path,
    `cannot ${tried} ${path}: ${why}`,
    {
      cause,
      hint: (code && hints[code]) ?? 'nothing was changed',
    },
  );
}
