import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Note } from '../../plan/step.js';
import type { OpenModes } from '../../store/place-file.js';
import { lookAtPlaces, placeFiles, type PlacedFile } from '../../store/place-files.js';
import type { LockOptions } from '../../store/lock.js';
import { leafFiles } from '../../set/layout.js';
import { readCredentialFiles } from './credential-files.js';
import { credentialsNames, readCredentialsFor, type CredentialsOptions } from './credentials.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';

export interface InstallClientOptions extends CredentialsOptions, LockOptions, OpenModes {
  /** Where docker looks. Default: `~/.docker`. */
  readonly to?: string | undefined;
  /** Copies the files. Default: false, a preview only. */
  readonly apply?: boolean | undefined;
  /** Stands in the names of what is kept aside. Default: now. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<InstallClientOptions> = {
  ...credentialsNames,
  lockTimeoutMs: true,
  signal: true,
  allowOpenModes: true,
  to: true,
  apply: true,
  now: true,
};

export interface InstalledClient {
  /** Absolute. */
  readonly to: string;
  readonly files: readonly InstalledFile[];
  /** False for a preview. */
  readonly applied: boolean;
  /** `OPEN_MODES`. */
  readonly notes: readonly Note[];
}

export interface InstalledFile extends PlacedFile {
  /** What was copied. */
  readonly from: string;
  readonly mode: number;
}

/**
 * Copies a client's CA, certificate and key to where docker looks for them, as ca.pem, cert.pem (0444) and key.pem (0400): all
 * three, or none. What was there is kept beside them as `NAME.before-TIME`. Without `apply` it changes nothing: `state` is what
 * is there now.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_INCOMPLETE`, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`: the client's files are missing, or cannot work.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`, `ERR_EXISTS`, `ERR_FILE`: a file, or the directory they go to, cannot be used safely.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in that directory.
 * @throws `ERR_ABORTED`: `signal` aborted.
 */
export async function installClient(options: InstallClientOptions = {}): Promise<InstalledClient> {
  const { to, files } = await filesFor(options);
  const { apply = false, now = new Date(), lockTimeoutMs, signal, allowOpenModes } = options;
  if (!apply) {
    const places = await lookAtPlaces(to, files);
    const previewed = places.map((place) => ({ ...place, aside: undefined }));
    return { to, files: installed(files, previewed), applied: false, notes: [] };
  }
  const aside = `before-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  const placed = await placeFiles(to, files, { aside, lockTimeoutMs, signal, allowOpenModes });
  return { to, files: installed(files, placed.files), applied: true, notes: placed.notes };
}

/** Without what the files hold. */
function installed(wanted: FilesToInstall['files'], placed: readonly PlacedFile[]): readonly InstalledFile[] {
  return wanted.flatMap(({ from, mode }, at) => {
    const place = placed[at];
    return place ? [{ ...place, from, mode }] : [];
  });
}

interface FilesToInstall {
  readonly to: string;
  readonly files: readonly { name: string; from: string; content: Buffer; mode: number }[];
}

async function filesFor(options: InstallClientOptions): Promise<FilesToInstall> {
  refuseUnknown(options, optionNames);
  const { directory, name, to } = options;
  const place = to === undefined ? join(homedir(), '.docker') : resolve(to);
  const credentials = await readCredentialsFor(
    'client',
    { directory, name },
    join(place, leafFiles('client').key),
  );
  const files = await readCredentialFiles(credentials);
  return {
    to: place,
    files: files.map(({ name, from, content }) => ({
      name,
      from,
      content,
      mode: name === 'key.pem' ? 0o400 : 0o444,
    })),
  };
}
