import { chmod, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dir } from 'tmp-promise';
import { fileError, systemCode } from '../errors.js';
import { makeDirectories } from './make-directories.js';
import { ownerTag } from './owner.js';

/** A private directory in which openssl works, on the file system of the certificate directory. */
export interface Workspace {
  readonly path: string;
  /** Whether the certificate directory did not exist: then the workspace itself becomes it, by one rename. */
  readonly fresh: boolean;
  /**
   * Removes it with all it holds, and what was made to hold it. Does nothing where a commit has taken it, or it is kept.
   * Never fails: what cannot be removed now is left to the next run.
   */
  remove(): Promise<void>;
  /** Leaves it where it is: it holds what exists nowhere else. */
  keep(): void;
}

/**
 * Makes a workspace of mode 0700 for a certificate directory: beside it where it does not exist yet, else inside it.
 * `locked`: whether this run holds the directory's lock, so that whoever has it later knows this workspace to be left behind.
 * Errors: `ERR_FILE`.
 */
export async function openWorkspace(directory: string, locked: boolean): Promise<Workspace> {
  const fresh = !(await isDirectory(directory));
  const home = fresh ? dirname(directory) : directory;
  const firstMade = fresh ? await makeParents(home) : undefined;
  try {
    const template = `${locked ? workspacePrefix : stepPrefix}${await ownerTag()}-XXXXXX`;
    const { path } = await dir({ tmpdir: home, template, mode: 0o700 });
    await chmod(path, 0o700); // whatever the umask took away
    let kept = false;
    return {
      path,
      fresh,
      keep: () => {
        kept = true;
      },
      remove: async () => {
        if (kept) return;
        await makeRemovable(path);
        await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
        await removeEmpty(home, firstMade);
      },
    };
  } catch (error) {
    await removeEmpty(home, firstMade);
    throw fileError(home, 'make a workspace in', error);
  }
}

/** How the name of a workspace begins; the tag of its owner follows, and what makes it unique. */
const workspacePrefix = '.docker-tls-openssl-';

/** The same for a step by itself, which takes no lock. */
const stepPrefix = '.docker-tls-openssl_';

/** Reads the name of a workspace. */
export function parseWorkspace(
  name: string,
): { readonly owner: string; readonly locked: boolean } | undefined {
  const [, mark, owner] = /^\.docker-tls-openssl([-_])(.+)-\w{6}$/.exec(name) ?? [];
  return owner === undefined ? undefined : { owner, locked: mark === '-' };
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw fileError(path, 'use', error);
  }
  throw fileError(path, 'use', Object.assign(new Error('not a directory'), { code: 'ENOTDIR' }));
}

/** Whatever modes were given to directories in it. */
async function makeRemovable(path: string): Promise<void> {
  try {
    await chmod(path, 0o700);
    for (const entry of await readdir(path, { withFileTypes: true }))
      if (entry.isDirectory()) await makeRemovable(join(path, entry.name));
  } catch {
    return; // it is gone, or the removal tells
  }
}

async function makeParents(path: string): Promise<string | undefined> {
  try {
    return await makeDirectories(path, 0o755);
  } catch (error) {
    throw fileError(path, 'make', error);
  }
}

/** Takes back the directories from `path` up to `first`, as far as they are empty. */
async function removeEmpty(path: string, first: string | undefined): Promise<void> {
  if (first === undefined) return;
  for (let folder = path; folder.startsWith(first); folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      return;
    }
  }
}
