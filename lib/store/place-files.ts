import { link, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { cameIntoBeing, commit } from './commit.js';
import { isThere } from './is-there.js';
import type { Folder } from './folder.js';
import { repair } from './leftovers.js';
import { withLock, type LockOptions } from './lock.js';
import type { Note } from '../plan/step.js';
import { openModesNotes } from './open-modes.js';
import { isSecret, type OpenModes } from './place-file.js';
import { readRegular } from './read-regular.js';
import { refuseToReplace, refuseUnsafeDirectory } from './safety.js';
import { openWorkspace } from './open-workspace.js';
import { writeNew } from './write-new.js';

/** A file that is to lie in a directory. */
export interface FileToPlace {
  /** Its name there. */
  readonly name: string;
  readonly content: Uint8Array;
  readonly mode: number;
}

/** What is there where a file is to lie: nothing, the very file, it with another mode, or another one. */
export type PlaceState = 'absent' | 'same' | 'other-mode' | 'differs';

export interface TargetFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly state: PlaceState;
}

export interface PlacedFile extends TargetFile {
  /** The name under which what was there is kept; undefined where nothing was, or its like lies beside it already. */
  readonly aside: string | undefined;
}

/** What `placeFiles` did. */
export interface Placed {
  readonly files: readonly PlacedFile[];
  /** `OPEN_MODES`. */
  readonly notes: readonly Note[];
}

export interface PlaceOptions extends LockOptions, OpenModes {
  /** Follows the name of a file that is kept aside: `before-2026-11-22T13-20-01Z` makes `ca.pem.before-…` of `ca.pem`. */
  readonly aside: string;
}

/**
 * Looks at what is there, and changes nothing. Errors: `ERR_UNSAFE`; `ERR_EXISTS` where something that is no file is in the
 * way; `ERR_FILE`.
 */
export async function lookAtPlaces(directory: string, files: readonly FileToPlace[]): Promise<TargetFile[]> {
  await refuseUnsafeDirectory(directory, 'to');
  const places: TargetFile[] = [];
  for (const file of files) {
    const path = join(directory, file.name);
    await refuseToReplace(path);
    places.push({ name: file.name, path, state: await stateOf(path, file) });
  }
  return places;
}

/**
 * Puts files into a directory: all of them, or none, each by a rename, so that every reader finds each of them whole. What was
 * there under their names is kept aside, and never overwritten. A directory that is made has mode 0700. The next call puts
 * in order what a killed one has left. Errors: those of `lookAtPlaces`; `ERR_LOCKED`, `ERR_ABORTED`. After any of them the
 * directory holds what it held before.
 */
export async function placeFiles(
  directory: string,
  files: readonly FileToPlace[],
  { aside, allowOpenModes, ...options }: PlaceOptions,
): Promise<Placed> {
  await lookAtPlaces(directory, files);
  return withLock(directory, options, async (lock) => {
    await repair(directory);
    const places = await lookAtPlaces(directory, files);
    const changed = places.filter(({ state }) => state !== 'same');
    if (changed.length === 0)
      return { files: places.map((place) => ({ ...place, aside: undefined })), notes: [] };

    const secret = changed.some(({ name }) => files.some((file) => file.name === name && isSecret(file)));
    const workspace = await openWorkspace(directory, { locked: lock.locked, secret, allowOpenModes });
    const { folder, home } = workspace;
    const kept = new Map<string, string>();
    try {
      if (!workspace.fresh && !lock.locked) throw cameIntoBeing(directory);
      const chosen = files.filter(({ name }) => changed.some((place) => place.name === name));
      for (const { name, content } of chosen) await write(folder, name, content);
      for (const { name, state } of changed) {
        if (state !== 'differs') continue;
        const other = await keepAside(home, name, aside);
        if (other !== undefined) kept.set(name, other);
      }
      const artifacts = chosen.map(({ name, mode }) => ({ path: name, product: 'file' as const, mode }));
      const replaces = changed.filter(({ state }) => state !== 'absent').map(({ name }) => name);
      await commit(workspace, artifacts, replaces, lock.held);
    } catch (error) {
      for (const [name, other] of kept) await takeAway(home, name, other);
      throw error;
    } finally {
      await workspace.remove();
    }
    return {
      files: places.map((place) => ({ ...place, aside: kept.get(place.name) })),
      notes: secret ? openModesNotes(workspace) : [],
    };
  });
}

async function stateOf(path: string, { content, mode }: FileToPlace): Promise<PlaceState> {
  if (!(await isThere(path))) return 'absent';
  const { bytes, stats } = await read(path);
  if (!bytes.equals(content)) return 'differs';
  return (stats.mode & 0o7777) === mode || process.platform === 'win32' ? 'same' : 'other-mode';
}

async function read(path: string): ReturnType<typeof readRegular> {
  try {
    return await readRegular(path, {
      hint: 'nothing was changed; take it away, or choose another directory',
    });
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
}

/** For us alone until it is committed, which gives it its mode. */
async function write(workspace: Folder, name: string, content: Uint8Array): Promise<void> {
  try {
    await writeNew(workspace.at(name), content, 0o600);
  } catch (error) {
    throw fileError(workspace.show(name), 'write', error);
  }
}

/** Gives what is there a second name. Undefined where its like has one already, such as from a run that was killed. */
async function keepAside(home: Folder, name: string, suffix: string): Promise<string | undefined> {
  if (await hasLike(home, name)) return undefined;
  for (let number = 0; ; number++) {
    const other = `${name}.${suffix}${number === 0 ? '' : `.${number}`}`;
    try {
      await secondName(home.at(name), home.at(other));
      return other;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw fileError(home.show(other), 'write', error);
    }
  }
}

async function hasLike(home: Folder, name: string): Promise<boolean> {
  const { bytes } = await readRegular(home.at(name), { shown: home.show(name), followLinks: false });
  for (const other of await readdir(home.path)) {
    if (!other.startsWith(`${name}.`)) continue;
    const found = await readRegular(home.at(other), { followLinks: false }).catch(() => undefined);
    if (found?.bytes.equals(bytes)) return true;
  }
  return false;
}

/** Never over another file. */
async function secondName(path: string, other: string): Promise<void> {
  try {
    await link(path, other);
  } catch (error) {
    if (systemCode(error) === 'EEXIST') throw error;
    // A file system without hard links, or one that keeps them from us.
    const { bytes, stats } = await readRegular(path, { followLinks: false });
    await writeNew(other, bytes, stats.mode & 0o7777, (file) => file.sync());
  }
}

/** Takes a second name back, where the first has come back to what it was. */
async function takeAway(home: Folder, name: string, other: string): Promise<void> {
  const [first, second] = await Promise.all(
    [name, other].map((file) => readRegular(home.at(file), { followLinks: false }).catch(() => undefined)),
  );
  if (first && second?.bytes.equals(first.bytes)) await unlink(home.at(other)).catch(() => undefined);
}
