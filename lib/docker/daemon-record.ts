import { createHash } from 'node:crypto';
import { isAbsolute, join, resolve } from 'node:path';
import { ConfigurationError, DockerTlsError, fileError, systemCode } from '../errors.js';
import { readRegular } from '../store/read-regular.js';

/** What was installed and what was there before, so that it can be brought back. Lies beside the installed files. */
export interface DaemonRecord {
  readonly version: 1;
  /** The digests of the files that were put there, by their names. */
  readonly placed: Readonly<Record<string, string>>;
  /** The files that were there by the names of ours, and under which names they are kept. */
  readonly kept: Readonly<Record<string, string>>;
  readonly daemonJson: {
    /** The copy of the file that was there, by its path on the host; null where none was. */
    readonly backup: string | null;
    /** The digest of what was written; empty where it is more than the copy and our keys, as somebody else changed it, too. */
    readonly written: string;
    /** The keys that were set, and their values before; one that was not there is absent. */
    readonly settings: Readonly<Record<string, unknown>>;
    readonly previous: Readonly<Record<string, unknown>>;
  };
  /** The digest of the drop-in that was written; null where none was needed. */
  readonly dropIn: string | null;
  /** Directories that were made, by their path on the host. */
  readonly made: readonly string[];
  /** The certificate that was installed, by its absolute path in its certificate directory. Absent in older records. */
  readonly source?: string;
}

export const recordName = 'installed.json';

/** Undefined where nothing was installed. Errors: `ERR_CONFIGURATION`, `ERR_FILE`. */
export async function readRecord(directory: string): Promise<DaemonRecord | undefined> {
  const path = join(directory, recordName);
  let text: string;
  try {
    text = (await readRegular(path)).bytes.toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw error instanceof DockerTlsError ? error : fileError(path, 'read', error);
  }
  try {
    const record = JSON.parse(text) as Partial<DaemonRecord> | null;
    if (isRecord(record)) return record;
  } catch {
    // told below
  }
  throw new ConfigurationError(
    path,
    `${path} cannot be read: it says what was installed, and what was before`,
    {
      hint: 'nothing was changed; bring it back from a backup, or put the configuration in order by hand and remove it',
    },
  );
}

/** Whatever is written in it, it names only what install can have written: an image brings one of its own. */
function isRecord(record: Partial<DaemonRecord> | null): record is DaemonRecord {
  if (record?.version !== 1) return false;
  const { kept, placed, daemonJson, made } = record;
  if (!isObject(kept) || !isObject(placed) || !isObject(daemonJson) || !Array.isArray(made)) return false;
  const { backup, settings, previous } = daemonJson;
  const names = Object.values(kept);
  return (
    isObject(settings) &&
    isObject(previous) &&
    (record.source === undefined || (typeof record.source === 'string' && isAbsolute(record.source))) &&
    (backup === null || /^\/etc\/docker\/daemon\.json\.before-tls(\.\d+)?$/.test(backup)) &&
    names.every((name) => /^[a-z-]+\.pem\.before-tls(\.\d+)?$/.test(name)) &&
    made.every((path) => typeof path === 'string' && isAbsolute(path) && resolve(path) === path)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** SHA-256 in hexadecimal. */
export function digestOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
