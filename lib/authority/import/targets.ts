import type { X509Certificate } from 'node:crypto';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { DirectoryError } from '../../errors.js';
import { fileError } from '../../file-error.js';
import type { Product } from '../../plan/step.js';
import type { CertificateSet } from '../../set/certificate-set.js';
import { caFiles } from '../../set/layout.js';
import { shellWord } from '../../shell/sh.js';
import { readRegular } from '../../store/read-regular.js';
import { refuseOthers, refuseUnsafeFolders } from '../../store/safety.js';
import type { Adopted } from './authority.js';
import type { ImportedFile } from './imported-files.js';

/** A file as it will lie in the certificate directory. */
export interface Target {
  /** Relative to the certificate directory. */
  readonly path: string;
  readonly product: Product;
  readonly mode: number;
  readonly content: Buffer;
  /** The file that it is a copy of, absolute; undefined for one that is written from what is in several, or beside a key. */
  readonly copyOf: string | undefined;
}

/**
 * Reads what is imported: no links, and nothing that other users could change. Errors: `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function targetsOf(
  files: readonly ImportedFile[],
  set: CertificateSet,
  { ca, above }: Adopted,
): Promise<Target[]> {
  const targets = new Map<string, Target>();
  for (const { from, to, kind } of files) {
    const read = await readThere(set.directory, from);
    if (targets.has(to)) continue; // a CA above the one that signs
    const text =
      to === caFiles.certificate ? authorityText(from, set, [ca, ...above]) : besideKey(from, kind, set);
    targets.set(to, {
      path: to,
      product: kind,
      mode: kind === 'private-key' ? 0o400 : 0o444,
      content: text === undefined ? read : Buffer.from(text),
      copyOf: text === undefined ? join(set.directory, from) : undefined,
    });
  }
  return [...targets.values()];
}

/** Of a CA's file only its own certificate is taken, and those above it. Undefined where the file holds that and nothing else. */
function authorityText(from: string, set: CertificateSet, chain: Adopted['above']): string | undefined {
  const held = set.certificates.filter(({ path }) => path === from);
  const isAlone = held.length === 1 && chain.length === 1 && !holdsKey(from, set);
  return isAlone ? undefined : pem(chain);
}

/** A certificate in one file with a key: the key goes into a file of its own, and is not shown to others with it. */
function besideKey(from: string, kind: ImportedFile['kind'], set: CertificateSet): string | undefined {
  if (kind !== 'certificate' || !holdsKey(from, set)) return undefined;
  return pem(set.certificates.filter(({ path }) => path === from));
}

function holdsKey(path: string, set: CertificateSet): boolean {
  return set.keyFiles.includes(path);
}

function pem(certificates: readonly { readonly certificate: X509Certificate }[]): string {
  return certificates.map(({ certificate }) => certificate.toString()).join('');
}

async function readThere(directory: string, file: string): Promise<Buffer> {
  const path = join(directory, file);
  await refuseUnsafeFolders(directory, file);
  try {
    const { bytes, stats } = await readRegular(path, { followLinks: false, mostBytes: 100_000_000 });
    refuseChangeable(directory, path, stats);
    return bytes;
  } catch (error) {
    throw error instanceof DirectoryError ? error : fileError(path, 'read', error);
  }
}

/** With a umask of 002 every file is one that its group can change: the hint is about all of them. */
function refuseChangeable(directory: string, path: string, stats: Stats): void {
  try {
    refuseOthers(path, stats);
  } catch (error) {
    const isByMode = error instanceof DirectoryError && (stats.mode & 0o022) !== 0;
    if (!isByMode || (stats.uid !== 0 && stats.uid !== process.geteuid?.())) throw error;
    throw new DirectoryError('ERR_UNSAFE', path, error.message, {
      hint: `nothing was changed; if nobody else has changed a file there: chmod -R go-w ${shellWord(directory)}`,
    });
  }
}
