import { isAbsolute, resolve } from 'node:path';
import { InputError } from '../../errors.js';
import type { RunControl } from '../../execute/run-control.js';
import type { FoundFile } from '../../store/place.js';
import { Rooted } from '../../store/rooted.js';
import { readChangesJournal } from '../install/changes-journal.js';
import { foldersFor, isFolderPath } from '../install/installed-paths.js';
import { daemonKinds, daemonPlaces, type DaemonKind, type DaemonPlaces } from './places.js';
import type { Service } from './service.js';
import { readAsRecovered, recover, recovery } from '../install/take-back.js';
import type { OptionNames } from '../../known-options.js';
import { libraryText, option, words, wordsOf, type Text, type Words } from '../../words.js';

/** Options of what changes a host's configuration. */
export interface HostOptions extends Pick<RunControl, 'signal' | 'lockTimeoutMs'> {
  /**
   * The kind of daemon: `system`; `rootless`, one that a user runs; `dind` for docker:dind, which takes a directory of files; or
   * `podman` for the service of Podman's API.
   * Default: `system`.
   */
  readonly for?: DaemonKind | undefined;
  /** Where the daemon's files lie on the host, absolute. Default: `/etc/docker/tls`; `.config/docker/tls` in the user's home; for dind `/certs`, for podman `/etc/podman/tls`. */
  readonly to?: string | undefined;
  /** The home directory of a rootless daemon's user, on the host, absolute. Default: that of the caller. */
  readonly home?: string | undefined;
  /** The host's root directory: another one for an image. Default: `/`. */
  readonly root?: string | undefined;
  /** Applies the changes. Default: false, a preview only. */
  readonly apply?: boolean | undefined;
  /** Restarts the daemon after a change. Default: false. */
  readonly restart?: boolean | undefined;
}

export const hostNames: OptionNames<HostOptions> = {
  signal: true,
  lockTimeoutMs: true,
  for: true,
  to: true,
  home: true,
  root: true,
  apply: true,
  restart: true,
};

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
  /** The kind of daemon. */
  readonly for: DaemonKind;
  /** Whether they were made. */
  readonly applied: boolean;
  readonly manager: Service['manager'];
  /** What lets the daemon read its configuration, as lines for a shell; empty where nothing changes, or nobody knows it. */
  readonly restart: readonly string[];
  readonly restarted: boolean;
  /** Notes for the user, in the library's words. */
  readonly notes: readonly string[];
  /** The parts of each note: text, options and calls. */
  readonly noteParts: readonly Words[];
}

/** Notes on changes, in words and in parts. */
export function notesOf(notes: readonly Text[]): Pick<HostChanges, 'notes' | 'noteParts'> {
  return { notes: notes.map(libraryText), noteParts: notes.map(wordsOf) };
}

/** A host whose configuration is changed. */
export interface Host {
  /** Its files: paths are those of the host, and no link leads out of its root. */
  readonly files: Rooted;
  readonly places: DaemonPlaces;
  /** Where the daemon's files are, on the host. */
  readonly to: string;
  /** The directory that is locked while the host is changed, without links. */
  readonly locked: string;
  /** What a killed run left to do, in a sentence; undefined where there is nothing, or no more. */
  pending(): string | undefined;
  /** Does it, and says so. The caller has the lock. Errors: those of `recover`. */
  recover(): Promise<string | undefined>;
  /** A file as it is, or will be once a killed run is recovered from. Errors: those of `Rooted.read`. */
  read(path: string): Promise<FoundFile | undefined>;
}

/**
 * Opens a host for `work`. Errors: `ERR_INPUT`; `ERR_FILE` for a root that is missing, or is none; `ERR_UNSAFE` where others
 * can change a directory on the way to a file that is changed; `ERR_CONFIGURATION` for a journal that is none.
 */
export async function withHost<Result>(
  { for: kind = 'system', to, home, root = '/', restart }: HostOptions,
  work: (host: Host) => Promise<Result>,
): Promise<Result> {
  if (!daemonKinds.includes(kind))
    throw new InputError('for', `${JSON.stringify(kind)} is not one of ${daemonKinds.join(', ')}`);
  if (home !== undefined && (kind !== 'rootless' || !isFolderPath(home)))
    throw new InputError(
      'home',
      kind === 'rootless'
        ? `${JSON.stringify(home)} is not the absolute path of a directory`
        : 'only a rootless daemon is in the home directory of its user',
      kind === 'rootless' ? {} : { hint: words`leave it out, or use ${option('for', 'rootless')}` },
    );
  const places = daemonPlaces(kind, home);
  const place = resolve(to ?? places.to);
  if ((to !== undefined && !isAbsolute(to)) || !isFolderPath(place))
    throw new InputError('to', `${JSON.stringify(to)} is not the absolute path of a directory`);
  if (restart && resolve(root) !== '/')
    throw new InputError('restart', `a daemon below ${resolve(root)} cannot be restarted`, {
      hint: words`leave out ${option('restart')} or ${option('root')}`,
    });
  const files = await Rooted.open(root);
  try {
    const locked = await files.realPath(places.journal);
    if (locked === undefined && places.home !== undefined)
      throw new InputError(
        'home',
        `there is no rootless Docker here: ${files.show(places.journal)} is missing`,
        {
          hint: words`run this as the user whose daemon it is, without sudo, or name the directory with ${option('home')}`,
        },
      );
    if (locked === undefined) {
      throw new InputError(
        'root',
        `${files.shown} is not the root directory of a host: it has no ${places.journal}`,
        {
          hint: 'name the directory in which the image has its etc',
        },
      );
    }
    for (const folder of foldersFor(place, places)) await files.enter(folder);
    let found = await readChangesJournal(files, places);
    let recovered: string | undefined;
    const host: Host = {
      ...{ files, places, to: place, locked },
      pending: () => found && recovery(found, 'would be'),
      recover: async () => {
        recovered = await recover(files, places);
        found = undefined;
        return recovered;
      },
      read: (path) => readAsRecovered(files, found, path),
    };
    return await work(host).catch((error: unknown) => {
      // "Nothing was changed" is then said of this run alone.
      if (recovered !== undefined && error instanceof Error) error.message += ` (${recovered})`;
      throw error;
    });
  } finally {
    await files.close();
  }
}

/** The directories that are missing, outer ones first. Errors: those of `Rooted.enter`. */
export async function foldersMissing({ files }: Host, folders: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  for (const path of folders) if (!(await files.enter(path))) missing.push(path);
  return missing;
}
