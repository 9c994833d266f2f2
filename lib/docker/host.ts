import { isAbsolute, join, resolve } from 'node:path';
import { rmdir, stat } from 'node:fs/promises';
import { DockerTlsError, fileError, InputError, systemCode } from '../errors.js';
import type { RunControl } from '../plan/run-control.js';
import { readRegular } from '../store/read-regular.js';
import { refuseOthers, refuseSwappable, refuseUnsafeFolders } from '../store/safety.js';
import { dropInPath, type Service } from './service.js';

/** Options of what changes a host's configuration. */
export interface HostOptions extends Pick<RunControl, 'signal' | 'lockTimeoutMs'> {
  /** Where the daemon's files lie on the host, absolute. Default: `/etc/docker/tls`. */
  readonly to?: string | undefined;
  /** The host's root directory: another one for an image. Default: `/`. */
  readonly root?: string | undefined;
  /** Does it. Default: false, and nothing is changed. */
  readonly apply?: boolean | undefined;
  /** Restarts the daemon afterwards, where something was changed. Default: false. */
  readonly restart?: boolean | undefined;
}

/** A file of the host, and what becomes of it. */
export interface HostChange {
  /** As the host has it, without `root`. */
  readonly path: string;
  readonly action: 'create' | 'replace' | 'remove';
  /** What it is, in a few words. */
  readonly what: string;
}

/** What was done on a host, or would be. */
export interface HostChanges {
  /** Empty where all is as it should be. */
  readonly changes: readonly HostChange[];
  /** Whether they were made. */
  readonly applied: boolean;
  readonly manager: Service['manager'];
  /** What lets the daemon read its configuration, as lines for a shell; empty where nothing changes, or nobody knows it. */
  readonly restart: readonly string[];
  readonly restarted: boolean;
  /** What a person should know. */
  readonly notes: readonly string[];
}

/** A host whose configuration is changed. */
export interface Host {
  readonly root: string;
  /** Where the daemon's files lie, as the host has it. */
  readonly to: string;
  /** Where a path of the host lies for us. */
  at(path: string): string;
}

export const daemonJsonPath = '/etc/docker/daemon.json';

/**
 * Reads the options. Errors: `ERR_INPUT`, `ERR_FILE` for a root that is not there, `ERR_UNSAFE` where others can change what lies
 * above the files, or a symbolic link does.
 */
export async function hostOf({ to = '/etc/docker/tls', root = '/', restart }: HostOptions): Promise<Host> {
  if (!isAbsolute(to) || resolve(to) === '/')
    throw new InputError('to', `${JSON.stringify(to)} is no absolute path of a directory`);
  const top = resolve(root);
  if (restart && top !== '/')
    throw new InputError('restart', `a daemon below ${top} cannot be restarted`, {
      hint: 'leave --restart or --root out',
    });
  const stats = await stat(top).catch((error: unknown) => {
    throw fileError(top, 'use', error);
  });
  refuseOthers(top, stats);
  await refuseSwappable(top);
  // In an image a link could lead out of it, and on the host to where another can write.
  for (const path of [daemonJsonPath, dropInPath, join(resolve(to), 'ca.pem')])
    await refuseUnsafeFolders(top, path.slice(1));
  return { root: top, to: resolve(to), at: (path) => join(top, path) };
}

/** Which of these, and of what they lie in, is not there yet: by their paths on the host. Errors: `ERR_FILE`. */
export async function directoriesMissing(host: Host, wanted: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const path of wanted) {
    for (let folder = path; folder !== '/'; folder = join(folder, '..')) {
      const there = await stat(host.at(folder)).then(
        () => true,
        (error: unknown) => {
          if (systemCode(error) === 'ENOENT') return false;
          throw fileError(host.at(folder), 'look at', error);
        },
      );
      if (there) break;
      missing.push(folder);
    }
  }
  return [...new Set(missing)].sort();
}

/** A file as it lies there. */
export interface Found {
  readonly content: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Undefined where nothing is. Errors: `ERR_FILE`. */
export async function lookAt(path: string): Promise<Found | undefined> {
  try {
    const { bytes, stats } = await readRegular(path, {
      hint: 'nothing was changed; see what it is, and take it away',
    });
    refuseOthers(path, stats); // what another can change, he can change back
    return { content: bytes, mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error instanceof DockerTlsError ? error : fileError(path, 'read', error);
  }
}

/** Removes directories that were made, by their paths on the host, as far as they are empty. Never fails. */
export async function removeEmpty(host: Host, made: readonly string[]): Promise<void> {
  for (const folder of [...made].sort().reverse()) await rmdir(host.at(folder)).catch(() => undefined);
}
