import { isAbsolute, join } from 'node:path';
import { ConfigurationError } from '../../errors.js';
import { foldersFor, isCopyOf, isFolderPath, daemonRecordName } from './installed-paths.js';
import { tooDeepAt } from '../daemon/json-depth.js';
import { daemonKinds, daemonPlaces, type DaemonPlaces } from '../daemon/places.js';

/** What was installed and what was there before, so that it can be put back. It is beside the installed files. */
export interface DaemonRecord {
  readonly version: 2;
  /** Where its daemon has its files. */
  readonly places: DaemonPlaces;
  /** The daemon's files, by their paths in their directory. */
  readonly placed: ReadonlyMap<string, Written>;
  /** The drop-in; undefined where none was needed. */
  readonly dropIn: Written | undefined;
  /** Undefined for a daemon that has none. */
  readonly daemonJson: RecordedJson | undefined;
  /** Directories that were made, by their path on the host. */
  readonly made: readonly string[];
  /** The certificate that was installed, by its absolute path in its certificate directory; undefined in older records. */
  readonly source: string | undefined;
}

/** What was done to daemon.json. */
export interface RecordedJson {
  /** The copy of the file that was there; undefined where none was, or where it said all that it had to. */
  readonly backup: BackupCopy | undefined;
  /** The digest of what was written; empty where it is more than the copy and our keys, as somebody else changed it, too. */
  readonly written: string;
  /** The keys that were set, and their values before; one that was missing is absent. */
  readonly settings: ReadonlyMap<string, unknown>;
  readonly previous: ReadonlyMap<string, unknown>;
}

/** A file that `install` wrote, or found as it was to be. */
export interface Written {
  readonly digest: string;
  /** What was there by that name: nothing, the very same, or another file, of which there is a copy. */
  readonly before: 'nothing' | 'the same' | BackupCopy;
}

/** A copy of a file that was there. */
export interface BackupCopy {
  /** On the host. */
  readonly path: string;
  /** SHA-256; undefined in records of version 1, which have none. */
  readonly digest: string | undefined;
}

/** The record as the text of its file. */
export function recordText({ places, placed, daemonJson, ...rest }: DaemonRecord): string {
  const { settings, previous, ...others } = daemonJson ?? {};
  const record = {
    ...rest,
    for: places.kind === 'system' ? undefined : places.kind,
    home: places.home,
    placed: Object.fromEntries(placed),
    daemonJson: daemonJson && {
      ...others,
      settings: Object.fromEntries(settings ?? []),
      previous: Object.fromEntries(previous ?? []),
    },
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

/**
 * Reads the text of a record. An image can bring one of its own, so only what `install` can have written for files in `to` is
 * taken, and every key is data. Errors: `ERR_CONFIGURATION` naming `shown`.
 */
export function parseRecord(text: string, to: string, shown: string): DaemonRecord {
  try {
    if (tooDeepAt(text) === undefined) return new Reader(to).record(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof NotARecord) && !(error instanceof SyntaxError)) throw error;
  }
  throw new ConfigurationError(shown, `${shown} is not a record that \`install daemon\` wrote`, {
    hint: 'nothing was changed; restore it from a backup; or, without one, put daemon.json and the unit in order by hand, and remove it',
  });
}

class NotARecord extends Error {}

function need(condition: boolean): asserts condition {
  if (!condition) throw new NotARecord();
}

/** Its own keys, whatever their names. */
function entriesOf(value: unknown): Map<string, unknown> {
  need(typeof value === 'object' && value !== null && !Array.isArray(value));
  return new Map(Object.entries(value));
}

const settingNames: readonly string[] = ['hosts', 'tlsverify', 'tlscacert', 'tlscert', 'tlskey'];

class Reader {
  places = daemonPlaces('system');
  names: readonly string[] = [];

  constructor(readonly to: string) {}

  record(value: unknown): DaemonRecord {
    const all = entriesOf(value);
    const version = all.get('version');
    need(version === 1 || version === 2);
    const [made, source] = [all.get('made'), all.get('source')];
    need(source === undefined || (typeof source === 'string' && isAbsolute(source)));
    const kind = daemonKinds.find((each) => each === (all.get('for') ?? 'system'));
    need(kind !== undefined);
    const home = all.get('home');
    need(kind === 'rootless' ? isFolderPath(home) : home === undefined);
    this.places = daemonPlaces(kind, home as string | undefined);
    this.names = this.places.files.map(([, path]) => path);
    const folders = foldersFor(this.to, this.places);
    need(Array.isArray(made) && made.every((path) => typeof path === 'string' && folders.includes(path)));
    return {
      version: 2,
      places: this.places,
      made: made as string[],
      source,
      daemonJson: this.daemonJson(all.get('daemonJson')),
      ...(version === 1 ? this.first(all) : this.second(all)),
    };
  }

  /** As it was written until digests of copies were kept, too. */
  private first(all: ReadonlyMap<string, unknown>): Pick<DaemonRecord, 'placed' | 'dropIn'> {
    const kept = entriesOf(all.get('kept'));
    for (const [name, copy] of kept) {
      need(this.names.includes(name) && typeof copy === 'string');
      need(isCopyOf(join(this.to, copy), join(this.to, name)));
    }
    const placed = [...entriesOf(all.get('placed'))].map(([name, digest]): [string, Written] => {
      const copy = kept.get(name);
      if (copy === undefined) return [name, this.written({ digest, before: 'nothing' }, join(this.to, name))];
      need(typeof copy === 'string');
      const before = { path: join(this.to, copy) };
      return [name, this.written({ digest, before }, join(this.to, name))];
    });
    need(placed.every(([name]) => this.names.includes(name)));
    const dropIn = all.get('dropIn');
    return {
      placed: new Map(placed),
      dropIn:
        dropIn === null ? undefined : this.written({ digest: dropIn, before: 'nothing' }, this.places.dropIn),
    };
  }

  private second(all: ReadonlyMap<string, unknown>): Pick<DaemonRecord, 'placed' | 'dropIn'> {
    const placed = [...entriesOf(all.get('placed'))].map(([name, value]): [string, Written] => {
      need(this.names.includes(name));
      return [name, this.written(value, join(this.to, name))];
    });
    const dropIn = all.get('dropIn');
    return {
      placed: new Map(placed),
      dropIn: dropIn === undefined ? undefined : this.written(dropIn, this.places.dropIn),
    };
  }

  private daemonJson(recorded: unknown): RecordedJson | undefined {
    const { daemonJson } = this.places;
    need((daemonJson === undefined) === (recorded === undefined));
    if (daemonJson === undefined) return undefined;
    const value = entriesOf(recorded);
    const [written, backup] = [value.get('written'), value.get('backup') ?? undefined];
    const [settings, previous] = [entriesOf(value.get('settings')), entriesOf(value.get('previous'))];
    need(typeof written === 'string');
    need([...settings.keys(), ...previous.keys()].every((key) => settingNames.includes(key)));
    const path = typeof backup === 'string' ? { path: backup } : backup; // a path alone, in version 1
    return {
      ...{ written, settings, previous },
      backup: path === undefined ? undefined : this.copy(path, daemonJson),
    };
  }

  private written(value: unknown, path: string | undefined): Written {
    need(path !== undefined);
    const all = entriesOf(value);
    const [digest, before] = [all.get('digest'), all.get('before')];
    need(isDigest(digest));
    if (before === 'nothing' || before === 'the same') return { digest, before };
    return { digest, before: this.copy(before, path) };
  }

  private copy(value: unknown, of: string): BackupCopy {
    const all = entriesOf(value);
    const [path, digest] = [all.get('path'), all.get('digest')];
    need(typeof path === 'string' && isCopyOf(path, of));
    need(digest === undefined || isDigest(digest));
    return { path, digest };
  }
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** Where the record is, on the host. */
export function daemonRecordPath(to: string): string {
  return join(to, daemonRecordName);
}
