import { randomBytes } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { link, lstat, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemCode } from '../file-error.js';
import { ownerTag, tagPattern } from './owner.js';

/** Lies beside the certificates while a run works there. */
export const lockName = '.docker-tls-openssl.lock';

/** One line: the process that made the lock, a random identity, and for people the name of its host. */
const HEAD = 'docker-tls-openssl lock ';
const FORM = new RegExp(`^${HEAD}(${tagPattern}) ([0-9a-f]{16}) ([\\w.-]{1,64})\\n$`);
const MOST_BYTES = 512;

/** Something at the name of a lock that can become stale. */
export interface FoundLock {
  /** `cut off`: not written to its end, now or ever. `former`: the empty directory of an earlier version. */
  readonly kind: 'lock' | 'cut off' | 'unreadable' | 'former';
  /** Random for a lock; of the others it is their inode. */
  readonly identity: string;
  /** Changes while the owner is at work. */
  readonly pulse: bigint;
  /** Of a lock. */
  readonly owner?: string;
  readonly host?: string;
}

/** `foreign` can be anything but a lock, and stays where it is. */
export type LockEntry =
  FoundLock | { readonly kind: 'nothing' } | { readonly kind: 'foreign'; readonly is: string };

/** Reads what is at the name of a lock. Nothing is followed or waited for. Errors: those of the system. */
export async function lookAt(path: string): Promise<LockEntry> {
  try {
    const stats = await lstat(path, { bigint: true });
    if (stats.isFile()) return await readLock(path);
    if (!stats.isDirectory()) return foreign(stats.isSymbolicLink() ? 'a symbolic link' : 'not a file');
    const names = await readdir(path).catch(() => []);
    return names.length > 0 ? foreign('a directory that is not empty') : inode('former', stats);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { kind: 'nothing' };
    throw error;
  }
}

async function readLock(path: string): Promise<LockEntry> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ELOOP') return foreign('a symbolic link');
    if (systemCode(error) === 'EACCES') return inode('unreadable', await lstat(path, { bigint: true }));
    throw error;
  }
  try {
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile() || stats.size > MOST_BYTES) return foreign('not a lock');
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MOST_BYTES), 0, MOST_BYTES, 0);
    const text = buffer.toString('latin1', 0, bytesRead);
    const [, owner, identity, host] = FORM.exec(text) ?? [];
    if (owner !== undefined && identity !== undefined && host !== undefined)
      return { kind: 'lock', identity, pulse: stats.mtimeNs, owner, host };
    // A machine that lost power can leave zeros where the text was.
    const isCutOff = HEAD.startsWith(text) || text.startsWith(HEAD) || /^\0+$/.test(text);
    return isCutOff ? inode('cut off', stats) : foreign('not a lock');
  } finally {
    await file.close();
  }
}

function foreign(is: string): LockEntry {
  return { kind: 'foreign', is };
}

function inode(kind: FoundLock['kind'], { dev, ino, mtimeNs }: BigIntStats): FoundLock {
  return { kind, identity: `${dev.toString(16)}-${ino.toString(16)}`, pulse: mtimeNs };
}

/** Tells whether two looks found the same lock, without a sign of life between them. */
export function isSame(one: LockEntry, other: LockEntry): boolean {
  if (one.kind === 'nothing' || one.kind === 'foreign') return false;
  return one.kind === other.kind && one.identity === other.identity && one.pulse === other.pulse;
}

/** A lock that is complete, and has not appeared under its name yet. */
export interface PreparedLock {
  readonly identity: string;
  readonly text: string;
  /** The file that holds it. */
  readonly path: string;
  readonly file: FileHandle;
}

/** The name of a prepared lock, and of one that was moved away; it tells whose it is. */
const ASIDE = new RegExp(`^${lockName.replaceAll('.', '\\.')}-(${tagPattern})-[0-9a-f]{16}(?:\\.old)?$`);

/** The process that made a prepared lock, or moved one away; undefined for another name. */
export function preparedBy(name: string): string | undefined {
  return ASIDE.exec(name)?.[1];
}

/** Writes a lock to its end, under a name of its own. Errors: those of the system. */
export async function prepareLock(directory: string): Promise<PreparedLock> {
  const owner = await ownerTag();
  const identity = randomBytes(8).toString('hex');
  const host =
    hostname()
      .replace(/[^\w.-]/g, '_')
      .slice(0, 64) || '-';
  const text = `${HEAD}${owner} ${identity} ${host}\n`;
  const path = join(directory, `${lockName}-${owner}-${identity}`);
  return { identity, text, path, file: await create(path, text) };
}

async function create(path: string, text: string): Promise<FileHandle> {
  const file = await open(
    path,
    constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
    0o600,
  );
  try {
    await file.chmod(0o600).catch(() => undefined); // whatever the umask; some file systems have no modes
    await file.writeFile(text);
    return file;
  } catch (error) {
    await file.close();
    await unlink(path).catch(() => undefined);
    throw error;
  }
}

/** What links fail with where the file system has none. */
const LINKLESS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EMLINK'];

/**
 * Lets a prepared lock appear under a name, complete, unless something is there. Where the file system has no links it is
 * created there instead, and incomplete for a moment. Gives a handle of the file at that name. Errors: those of the system.
 */
export async function appear(lock: PreparedLock, path: string): Promise<FileHandle | undefined> {
  try {
    await link(lock.path, path);
    return lock.file;
  } catch (error) {
    // On a network the answer can be lost, and the call be sent twice.
    if (systemCode(error) === 'EEXIST') return (await isAt(path, lock.identity)) ? lock.file : undefined;
    if (!LINKLESS.includes(systemCode(error) ?? '')) throw error;
  }
  try {
    const file = await create(path, lock.text);
    // Stopped while it wrote, this process can have lost the name before the text was complete.
    if (await isAt(path, lock.identity)) return file;
    await file.close();
    return undefined;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return undefined;
    throw error;
  }
}

/** Tells whether the lock of that identity is at a name. */
export async function isAt(path: string, identity: string): Promise<boolean> {
  const found = await lookAt(path);
  return found.kind === 'lock' && found.identity === identity;
}
