import { resolve } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { givenPath, givenTexts } from '../given.js';
import { placeFile } from '../store/place-file.js';
import { readRegular } from '../store/read-regular.js';
import {
  daysLeft,
  lifeGone,
  lifeState,
  parseWithin,
  USUAL_WITHIN,
  type LifeState,
  type Within,
} from '../x509/life.js';
import { heldIn } from '../x509/pem.js';
import { parseNow } from '../x509/validity.js';
import { nothingIn, readSet, type DatedCertificate } from '../set/certificate-set.js';
import type { Part } from '../x509/role.js';
import { defaultDirectory } from '../issue/request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';

export interface StatusOptions {
  /** Certificate directories, or single files. Default: `docker-tls`. */
  readonly directories?: readonly string[] | undefined;
  /** What has less left is due: `30d`, or `33%` of its whole life. Default: whichever of these is less. */
  readonly within?: Within | number | string | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<StatusOptions> = {
  directories: true,
  within: true,
  now: true,
};

/** From good to bad. A file is broken where it should hold a certificate, and cannot be read. */
export const certificateStates = ['ok', 'due', 'not-yet-valid', 'expired', 'broken'] as const;

export type CertificateState = (typeof certificateStates)[number];

/** How long each certificate still lives. */
export interface Status {
  readonly now: Date;
  readonly within: Within;
  /** The worst of all. */
  readonly state: CertificateState;
  readonly counts: Readonly<Record<CertificateState, number>>;
  /** That which ends first comes first. */
  readonly certificates: readonly CertificateStatus[];
  readonly broken: readonly UnreadFile[];
}

export interface CertificateStatus {
  /** Absolute. */
  readonly directory: string;
  /** Relative to the directory; the first of its files. */
  readonly path: string;
  /** Which of that file's certificates it is, from 0. */
  readonly index: number;
  /** The other files in that directory that hold the very same. */
  readonly alsoIn: readonly string[];
  readonly state: LifeState;
  readonly role: Part;
  readonly commonName: string | undefined;
  /** Upper-case hexadecimal. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whole days, negative after the end. */
  readonly daysLeft: number;
  /** How much of its life is gone, from 0 to 1. */
  readonly lifeGone: number;
}

export interface UnreadFile {
  readonly directory: string;
  readonly path: string;
  readonly why: string;
}

/**
 * Shows how long each certificate in some directories or files is still valid, once for each directory. It reads no keys, starts no process
 * and changes nothing; ten thousand certificates take about a second.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_FILE`: a path does not exist, or holds no certificate.
 * @example
 * ```ts
 * import { status } from 'docker-tls-openssl';
 *
 * const { state, certificates } = await status({ directories: ['docker-tls'], within: '33%' });
 * console.log(state);
 * for (const { path, daysLeft } of certificates) console.log(path, daysLeft);
 * ```
 */
export async function status(options: StatusOptions = {}): Promise<Status> {
  refuseUnknown(options, optionNames);
  const { directories = [defaultDirectory], within: asked = USUAL_WITHIN } = options;
  const now = parseNow(options.now ?? new Date());
  const within = parseWithin(asked);
  const paths = givenTexts(directories, 'directories').map((path) => givenPath(path, 'directories'));
  if (paths.length === 0) throw new InputError('directories', 'no directory is given');
  const certificates = new Map<string, CertificateStatus>();
  const broken = new Map<string, UnreadFile>();
  for (const path of paths) {
    const found = await readSet(path);
    if (found.dated.length + found.broken.length === 0) throw nothingIn(path);
    const directory = resolve(found.directory);
    for (const one of found.dated) {
      const id = JSON.stringify([directory, one.path, one.index]);
      // A file can be named beside the directory that it lies in, which knows of its copies.
      if ((certificates.get(id)?.alsoIn.length ?? -1) < one.alsoIn.length)
        certificates.set(id, statusOf(directory, one, now, within));
    }
    for (const one of found.broken) broken.set(JSON.stringify([directory, one.path]), { directory, ...one });
  }
  const sorted = [...certificates.values()].sort(
    (one, other) => one.notAfter.getTime() - other.notAfter.getTime(),
  );
  const counts = { ok: 0, due: 0, 'not-yet-valid': 0, expired: 0, broken: broken.size };
  for (const { state } of sorted) counts[state]++;
  const state = certificateStates.findLast((one) => counts[one] > 0) ?? 'ok';
  return { now, within, state, counts, certificates: sorted, broken: [...broken.values()] };
}

function statusOf(
  directory: string,
  { path, index, alsoIn, role, commonName, serial, notBefore, notAfter }: DatedCertificate,
  now: Date,
  within: Within,
): CertificateStatus {
  const life = { notBefore, notAfter };
  return {
    directory,
    path,
    index,
    alsoIn,
    state: lifeState(life, now, within),
    role,
    commonName,
    serial,
    notBefore,
    notAfter,
    daysLeft: daysLeft(notAfter, now),
    lifeGone: lifeGone(life, now),
  };
}

async function readThere(path: string): Promise<Buffer | undefined> {
  try {
    return (await readRegular(path)).bytes;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error instanceof DirectoryError ? error : fileError(path, 'replace', error);
  }
}

/**
 * Writes what was found to a file that others read at any moment, such as node_exporter: whole or not at all, mode 0644. It
 * replaces what is there, but for certificates and keys. Errors: `ERR_EXISTS` for those and for what is no file; `ERR_UNSAFE`
 * for a symbolic link; `ERR_FILE`.
 */
export async function writeStatus(path: string, text: string): Promise<void> {
  givenPath(path, 'output');
  const there = await readThere(path);
  // In DER all of these begin with a sequence.
  if (there && (there[0] === 0x30 || heldIn(there.toString('latin1')) !== undefined))
    throw new DirectoryError('ERR_EXISTS', path, `${path} holds a certificate or a key`, {
      hint: 'it was left as it is; choose another name',
    });
  await placeFile(path, text, 0o644, { overwrite: true });
}
