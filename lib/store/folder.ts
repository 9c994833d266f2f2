import { constants, type Stats } from 'node:fs';
import {
  access,
  chmod,
  lstat,
  mkdir,
  open,
  readdir,
  rmdir,
  stat,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DirectoryError } from '../errors.js';
import { systemCode } from '../file-error.js';
import { giveMode } from './set-mode.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** Linux opens a directory by it that may be searched and not read (open(2)); Node has no name for it. */
const O_PATH = 0o10000000;

/** How often a directory is emptied that something is written to meanwhile. */
const MOST_TRIES = 6;

/**
 * A directory that is held open. Its path can come to mean another directory while we work, when someone renames it or puts
 * a symbolic link in its place; what is done through a folder reaches the one that was opened. On Linux that holds by
 * `/proc/PID/fd/N` (proc(5)), elsewhere by a comparison of device and inode before each act.
 */
export class Folder {
  private constructor(
    /** The path for people: in errors, and in results. */
    readonly shown: string,
    /** The path for the system: also a child process can use it. */
    readonly path: string,
    private readonly handle: FileHandle,
    private readonly identity: Pick<Stats, 'dev' | 'ino'>,
  ) {}

  /**
   * Opens a directory; a symbolic link in its place is refused. Errors: those of the system (`ENOENT`, `ENOTDIR` also for a
   * link, `EACCES`).
   */
  static async open(path: string, shown = path): Promise<Folder> {
    const handle = await openDirectory(path);
    try {
      const stats = await handle.stat();
      const held = (await hasProc()) ? `/proc/${process.pid}/fd/${handle.fd}` : path;
      return new Folder(shown, held, handle, stats);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The path of an entry, for the system. `name` may lead through directories that nobody else can change. */
  at(name: string): string {
    return join(this.path, name);
  }

  /**
   * The path of the directory for a program that is started in it. Linux keeps `/proc/PID/fd` of a process that has changed
   * its user from its children (proc(5), PR_SET_DUMPABLE): they get the real path, once it is verified. Errors: `ERR_UNSAFE`.
   */
  async forChild(): Promise<string> {
    if (this.path === this.shown) return this.path;
    if ((await stat(`/proc/${process.pid}/fd`)).uid === process.geteuid?.()) return this.path;
    await this.#verify(this.shown);
    return this.shown;
  }

  /** The path of an entry, for people. */
  show(name: string): string {
    return join(this.shown, name);
  }

  stat(): Promise<Stats> {
    return this.handle.stat();
  }

  /** Opens a directory in this one; never through a symbolic link. Errors: those of the system. */
  async enter(name: string): Promise<Folder> {
    await this.verify();
    return Folder.open(this.at(name), this.show(name));
  }

  /** Makes a directory in this one with that very mode, whatever the umask. Errors: those of the system, `EEXIST` among them. */
  async make(name: string, mode: number): Promise<Folder> {
    await this.verify();
    await mkdir(this.at(name), { mode });
    const made = await this.enter(name);
    try {
      const { uid } = await made.stat();
      if (uid !== (process.geteuid?.() ?? uid)) throw Object.assign(new Error('swapped'), { code: 'EEXIST' });
      await made.chmod(mode);
      return made;
    } catch (error) {
      await made.close();
      throw error;
    }
  }

  list(): Promise<string[]> {
    return readdir(this.path);
  }

  /** Sets the mode of the directory that is held. */
  async chmod(mode: number): Promise<void> {
    try {
      await giveMode(this.handle, mode);
    } catch (error) {
      if (systemCode(error) !== 'EBADF') throw error;
      await chmod(this.path, mode); // opened by O_PATH, which its descriptor's path leads to
    }
  }

  /**
   * Removes an entry with all that it holds, entry by entry: a link is removed and not followed, and each directory is
   * entered before it is emptied. Does nothing where nothing is. Errors: those of the system; `EPERM` for a directory that
   * belongs to another user.
   */
  async remove(name: string): Promise<void> {
    await this.verify();
    const path = this.at(name);
    try {
      await unlink(path);
      return;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return;
      // Which of them a directory gives differs between systems.
      if (!['EISDIR', 'EPERM'].includes(systemCode(error) ?? '')) throw error;
      if (!(await lstat(path)).isDirectory()) throw error;
    }
    for (let tried = 1; ; tried++) {
      await this.#empty(name);
      try {
        await rmdir(path);
        return;
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return;
        if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '') || tried === MOST_TRIES) throw error;
        await sleep(100 * tried); // an openssl that outlives its run writes there for a moment
      }
    }
  }

  async #empty(name: string): Promise<void> {
    const folder = await this.enter(name);
    try {
      const { uid } = await folder.stat();
      if (uid !== (process.geteuid?.() ?? uid))
        throw Object.assign(new Error('it belongs to another user'), { code: 'EPERM' });
      await folder.chmod(0o700); // whatever mode it was given
      for (const entry of await folder.list()) await folder.remove(entry);
    } finally {
      await folder.close();
    }
  }

  /** Waits until what was made, renamed or removed in it is on the disk. */
  async sync(): Promise<void> {
    await this.handle.sync().catch(ifCannotSync);
  }

  /** Where no descriptor has a path: refuses to act when the path leads to another directory by now. Errors: `ERR_UNSAFE`. */
  async verify(): Promise<void> {
    if (this.path === this.shown) await this.#verify(this.path);
  }

  async #verify(path: string): Promise<void> {
    const { dev, ino } = await lstat(path);
    if (dev === this.identity.dev && ino === this.identity.ino) return;
    throw new DirectoryError(
      'ERR_UNSAFE',
      this.shown,
      `${this.shown} is not safe: another directory took its place`,
      {
        hint: 'choose a directory in which no other user can put things',
      },
    );
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** Some file systems cannot sync a directory; all that is lost there is the guarantee after a power cut. Throws any other error. */
export function ifCannotSync(error: unknown): void {
  if (!['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM', 'EACCES', 'EBADF'].includes(systemCode(error) ?? ''))
    throw error;
}

async function openDirectory(path: string): Promise<FileHandle> {
  try {
    return await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (systemCode(error) !== 'EACCES' || process.platform !== 'linux') throw error;
    return open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  }
}

let proc: Promise<boolean> | undefined;

/** Asked once: a container can lack /proc. */
function hasProc(): Promise<boolean> {
  proc ??=
    process.platform === 'linux'
      ? access('/proc/self/fd').then(
          () => true,
          () => false,
        )
      : Promise.resolve(false);
  return proc;
}
