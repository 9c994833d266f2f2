import { lstat, readlink, realpath } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { DirectoryError, DockerTlsError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { Folder } from './folder.js';
import { enterOrLink, linkIn, MOST_LINKS, namesOn } from './links.js';
import { readPlace, type FoundFile, type Place } from './place.js';
import { readRegular } from './read-regular.js';
import { refuseOthers, refuseSwappable } from './safety.js';

/**
 * The root directory of a host or an image. Paths in it mean what they mean to a process that has it as its root
 * (openat2(2), `RESOLVE_IN_ROOT`): an absolute link starts again at this root, and `..` stops at it. Each directory is opened
 * in the one before and stays open, so that no link leads out, even one that another user puts there meanwhile.
 */
export class Rooted {
  /** Directories that are held, by their paths in the root. */
  readonly #held = new Map<string, Promise<Folder | undefined>>();
  readonly #walks = new Set<Promise<unknown>>();
  #isClosed = false;

  private constructor(
    /** The root for people, as it was asked for. */
    readonly shown: string,
    private readonly top: string,
    private readonly folder: Folder,
  ) {}

  /** Errors: `ERR_FILE`; `ERR_UNSAFE` for a root that other users can change, or swap. */
  static async open(root: string): Promise<Rooted> {
    const shown = resolve(root);
    try {
      await refuseSwappable(shown);
      const top = await realpath(shown);
      const folder = await Folder.open(top, shown);
      try {
        refuseOthers(shown, await folder.stat());
        return new Rooted(shown, top, folder);
      } catch (error) {
        await folder.close();
        throw error;
      }
    } catch (error) {
      throw error instanceof DockerTlsError ? error : fileError(shown, 'use', error);
    }
  }

  /** Waits for what is still being read: one of several reads can have failed before the others ended. */
  async close(): Promise<void> {
    this.#isClosed = true; // a read that goes on opens nothing more
    while (this.#walks.size > 0) await Promise.allSettled(this.#walks);
    const opened = [...this.#held.values()];
    this.#held.clear();
    const folders = await Promise.all(opened.map((folder) => folder.catch(() => undefined)));
    for (const folder of [...folders, this.folder]) await folder?.close();
  }

  /** A path of the host, for people. */
  show(path: string): string {
    return join(this.shown, path);
  }

  /**
   * Where an entry is, or would be; undefined where its directory is missing. The entry itself is not followed. Errors:
   * `ERR_UNSAFE` where another user can change a directory on the way, `ERR_EXISTS` for what is no directory, `ERR_FILE`.
   */
  async place(path: string): Promise<Place | undefined> {
    const at = path.lastIndexOf('/');
    const name = path.slice(at + 1);
    const folder = await this.enter(path.slice(0, at));
    return folder && { folder, name, path: folder.at(name), shown: this.show(path) };
  }

  /** Opens a directory, which stays open until this root is closed; undefined where it is missing. Errors: those of `place`. */
  async enter(path: string): Promise<Folder | undefined> {
    const held = this.#held.get(path);
    if (held) return held;
    // Set at once: several can ask for one directory at a time.
    const opened = this.#enter(path);
    this.#held.set(path, opened);
    const folder = await opened.catch((error: unknown) => {
      this.#held.delete(path);
      throw error;
    });
    if (!folder) this.#held.delete(path); // it can be made meanwhile
    return folder;
  }

  async #enter(path: string): Promise<Folder | undefined> {
    const found = await this.#walk(path, refuseOthers).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw this.#told(path, error);
    });
    return found?.folder;
  }

  /** Lets go of a directory that is about to be removed. */
  async leave(path: string): Promise<void> {
    const folder = await this.#held.get(path);
    this.#held.delete(path);
    await folder?.close();
  }

  /**
   * The path of a directory without links, below the real root. With `checked`, each directory on the way is one that no other
   * user can change. Errors: those of `place`.
   */
  async realPath(path: string, checked = true): Promise<string | undefined> {
    const found = await this.#walk(path, checked ? refuseOthers : undefined).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw this.#told(path, error);
    });
    await found?.folder.close();
    return found && join(this.top, ...found.names);
  }

  /**
   * Reads a file; undefined where none is. A link in its place is refused. Errors: those of `place`, `ERR_UNSAFE` also for a
   * link and for a file that another user can change, `ERR_FILE` for what is not a regular file, or too long.
   */
  async read(path: string): Promise<FoundFile | undefined> {
    const place = await this.place(path);
    return place && readPlace(place);
  }

  /**
   * Reads a configuration file that others made, as the host's own programs do: a link is followed inside the root, and
   * nothing is asked about owners. Undefined where none is; empty for what leads to /dev/null, as a masked unit. Errors: `ERR_FILE`.
   */
  async readText(path: string): Promise<string | undefined> {
    try {
      const found = await this.#walk(path, undefined, 'file');
      try {
        if (isNull(found.names)) return '';
        const at = found.folder.at(found.names.at(-1) ?? '');
        const { bytes } = await readRegular(at, { shown: this.show(path), followLinks: false });
        return bytes.toString('utf8');
      } finally {
        await found.folder.close();
      }
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? ''))
        return (await this.#isMasked(path)) ? '' : undefined;
      throw this.#told(path, error);
    }
  }

  /** Tells whether a link leads to /dev/null in an image that has no /dev. */
  async #isMasked(path: string): Promise<boolean> {
    try {
      const at = path.lastIndexOf('/');
      const { folder } = await this.#walk(path.slice(0, at), undefined);
      try {
        return (await readlink(folder.at(path.slice(at + 1)))) === '/dev/null';
      } finally {
        await folder.close();
      }
    } catch {
      return false; // nothing is there, or no link
    }
  }

  /** Tells whether something exists that a path leads to. Errors: `ERR_FILE`. */
  async exists(path: string): Promise<boolean> {
    try {
      const { folder, names } = await this.#walk(path, undefined, 'file');
      try {
        if (!isNull(names)) await lstat(folder.at(names.at(-1) ?? '.'));
        return true;
      } finally {
        await folder.close();
      }
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return false;
      throw this.#told(path, error);
    }
  }

  /** The names in a directory that others made; none where it is missing. Errors: `ERR_FILE`. */
  async list(path: string): Promise<string[]> {
    try {
      const { folder } = await this.#walk(path, undefined);
      try {
        return await folder.list();
      } finally {
        await folder.close();
      }
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
      throw this.#told(path, error);
    }
  }

  /** The root by a descriptor that the caller closes. */
  #own(): Promise<Folder> {
    return Folder.open(`${this.folder.path}/.`, this.shown); // with the dot, the path of a descriptor is no link
  }

  #told(path: string, error: unknown): Error {
    if (error instanceof DockerTlsError) return error;
    const shown = this.show(path);
    if (systemCode(error) !== 'ENOTDIR') return fileError(shown, 'use', error);
    return new DirectoryError('ERR_EXISTS', shown, `${shown}: a part of the path is not a directory`, {
      hint: 'nothing was changed; see what is there, and move it away',
    });
  }

  /**
   * Opens the directory that a path leads to; for a `file` the one that holds it, whose last name is then that of the file. The
   * caller closes it. Errors: those of the system, and of `check`.
   */
  async #walk(
    path: string,
    check: typeof refuseOthers | undefined,
    last?: 'directory' | 'file',
  ): Promise<{ folder: Folder; names: string[] }> {
    if (this.#isClosed) throw new Error(`${this.shown} is closed`);
    const walk = this.#follow(path, check, last);
    this.#walks.add(walk);
    return walk.finally(() => this.#walks.delete(walk));
  }

  async #follow(
    path: string,
    check: typeof refuseOthers | undefined,
    last: 'directory' | 'file' = 'directory',
  ): Promise<{ folder: Folder; names: string[] }> {
    const held: Folder[] = [];
    const names: string[] = [];
    const rest = namesOn(path);
    let links = 0;
    const top = (): Folder => held.at(-1) ?? this.folder;
    const follow = async (target: string): Promise<void> => {
      if (++links > MOST_LINKS) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
      if (isAbsolute(target)) {
        names.length = 0;
        await Promise.all(held.splice(0).map((folder) => folder.close()));
      }
      rest.unshift(...namesOn(target));
    };
    try {
      for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
        if (name === '..') {
          names.pop();
          await held.pop()?.close();
          continue;
        }
        // As of a masked unit: an image has no devices.
        if (last === 'file' && links > 0 && isNull([...names, name, ...rest]))
          return { folder: await this.#own(), names: NULL };
        if (last === 'file' && rest.length === 0) {
          const target = await linkIn(top(), name);
          if (target === undefined) names.push(name);
          else await follow(target);
          continue;
        }
        const next = await enterOrLink(top(), name);
        if (typeof next === 'string') {
          await follow(next);
          continue;
        }
        held.push(next);
        names.push(name);
        if (check) check(next.shown, await next.stat());
      }
      const folder = held.pop() ?? (await this.#own());
      return { folder, names };
    } finally {
      await Promise.all(held.map((folder) => folder.close()));
    }
  }
}

const NULL = ['dev', 'null'];

function isNull(names: readonly string[]): boolean {
  return names.join('/') === NULL.join('/');
}
