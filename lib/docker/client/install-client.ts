import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Note } from '../../plan/step.js';
import type { OpenModes } from '../../store/place-file.js';
import { lookAtPlaces, placeFiles, type PlacedFile } from '../../store/place-files.js';
import type { LockOptions } from '../../store/lock.js';
import { readCredentialFiles } from './credential-files.js';
import { credentialsNames, readCredentials, type CredentialsOptions } from './credentials.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';

export interface InstallClientOptions extends CredentialsOptions, LockOptions, OpenModes {
  /** Where docker looks. Default: `~/.docker`. */
  readonly to?: string | undefined;
  /** Stands in the names of what is kept aside. Default: now. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<InstallClientOptions> = {
  ...credentialsNames,
  lockTimeoutMs: true,
  signal: true,
  allowOpenModes: true,
  to: true,
  now: true,
};

export interface InstalledClient {
  /** Absolute. */
  readonly to: string;
  readonly files: readonly InstalledFile[];
  /** `OPEN_MODES`. */
  readonly notes: readonly Note[];
}

export interface InstalledFile extends PlacedFile {
  /** What was copied. */
  readonly from: string;
  readonly mode: number;
}

/**
 * Says what `installClient` would do, and changes nothing: `state` is what is there now. Errors: those of `readCredentials`;
 * `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE` for where they go to.
 */
export async function planInstallClient(options: InstallClientOptions = {}): Promise<InstalledClient> {
  const { to, files } = await filesFor(options);
  const places = await lookAtPlaces(to, files);
  return installed(
    to,
    files,
    places.map((place) => ({ ...place, aside: undefined })),
  );
}

/**
 * Copies a client's ca.pem, cert.pem and key.pem, of whichever names they are, to where docker looks for them: 0444, 0444 and
 * 0400. All three, or none; what was there is kept beside them as `NAME.before-TIME`. Errors: those of `planInstallClient`;
 * `ERR_LOCKED`, `ERR_ABORTED`.
 */
export async function installClient(options: InstallClientOptions = {}): Promise<InstalledClient> {
  const { to, files } = await filesFor(options);
  const { now = new Date(), lockTimeoutMs, signal, allowOpenModes } = options;
  const aside = `before-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
  const placed = await placeFiles(to, files, { aside, lockTimeoutMs, signal, allowOpenModes });
  return { ...installed(to, files, placed.files), notes: placed.notes };
}

/** Without what the files hold. */
function installed(
  to: string,
  wanted: FilesToInstall['files'],
  placed: readonly PlacedFile[],
): InstalledClient {
  const files = wanted.flatMap(({ from, mode }, at) => {
    const place = placed[at];
    return place ? [{ ...place, from, mode }] : [];
  });
  return { to, files, notes: [] };
}

interface FilesToInstall {
  readonly to: string;
  readonly files: readonly { name: string; from: string; content: Buffer; mode: number }[];
}

async function filesFor(options: InstallClientOptions): Promise<FilesToInstall> {
  refuseUnknown(options, optionNames);
  const { directory, name, to } = options;
  const files = await readCredentialFiles(await readCredentials('client', { directory, name }));
  const place = to === undefined ? join(homedir(), '.docker') : resolve(to);
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
