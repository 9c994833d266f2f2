import { createHash, X509Certificate } from 'node:crypto';
import { lstatSync, statSync, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { DirectoryError } from '../errors.js';
import { fileError, systemCode } from '../file-error.js';
import { readRegularNow } from '../store/read-regular.js';
import { certificateSummary, type CertificateSummary } from '../x509/certificate-summary.js';
import { DerError } from '../x509/der.js';
import type { Part } from '../x509/role.js';
import { spki } from '../x509/spki.js';
import { namesBeside, pathsBelow, readable, type FolderFilter } from './files-below.js';
import { certificateUse, roleOf, type FoundCertificate, type FoundKey, type OtherFile } from './found.js';
import { heldBy, parseKey, type Held } from './held.js';
import { caKeyName, endpointName } from './layout.js';
import { call, option, words } from '../words.js';
import { MOST_URI_BYTES, noUri, uriIn, type RememberedKey } from './remembered-key.js';
import { MOST_PORT_BYTES, noPort, portIn } from './remembered-port.js';
import type { KeyRef } from '../x509/key-ref.js';

export interface SetOptions {
  /** Whether to read the files beside a file, too. Default: false. */
  readonly beside?: boolean;
  /** The directories to look into. Default: all. */
  readonly folders?: FolderFilter;
  /** Whether to follow symbolic links to files. Default: true. */
  readonly followLinks?: boolean;
  /** Further names that a certificate or key may have. Default: none. */
  readonly moreNames?: RegExp;
}

/** A certificate by its dates and its use, with every place in which it lies. */
export interface DatedCertificate extends CertificateSummary {
  /** The first of its files, relative to the directory. */
  readonly path: string;
  /** Which of that file's certificates it is, from 0. */
  readonly index: number;
  /** The other files with the same certificate. */
  readonly alsoIn: readonly string[];
  readonly role: Part;
}

/** A file that should hold a certificate or a key, and cannot be read. */
export interface BrokenFile {
  readonly path: string;
  readonly why: string;
}

/** Lets other work run after so many files. */
const AT_ONCE = 200;

/**
 * Reads every certificate, key and CSR in a file, or in a directory and all below it. Links to directories are not followed.
 * Changes nothing. Parses on demand: the dates of ten thousand certificates take about a second.
 * Errors: `ERR_FILE` for a path that does not exist, or a directory that cannot be listed. A file that cannot be read is in
 * `others`.
 */
export async function readSet(path: string, options: SetOptions = {}): Promise<CertificateSet> {
  const { beside = false, folders, followLinks = true, moreNames } = options;
  const stats = await stat(path).catch((error: unknown) => {
    throw systemCode(error) === 'ENOENT' ? nothingAt(path, error) : fileError(path, 'read', error);
  });
  const directory = stats.isDirectory() ? path : dirname(path);
  const named = stats.isDirectory() ? undefined : basename(path);
  const paths =
    named === undefined
      ? pathsBelow(path, folders)
      : [named, ...(beside ? await namesBeside(directory, named) : [])];
  const files: ReadFile[] = [];
  for (const [at, file] of paths.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) await setImmediate();
    files.push(readFile(directory, file, { isNamed: file === named, followLinks, moreNames }));
  }
  const statOf = followLinks ? statSync : lstatSync;
  return new CertificateSet(directory, named, files, (file) =>
    file === '.' ? stats : statOf(join(directory, file)),
  );
}

/** A file or directory below the one that is read. */
export interface ReadFile {
  readonly path: string;
  /** Undefined for what was not opened, and for a directory. */
  readonly held?: Held | undefined;
  /** The key in a token that it remembers. */
  readonly keyRef?: KeyRef | undefined;
  /** Why it could not be read, or is not what it should be. */
  readonly why?: string | undefined;
}

/** The files that remember something, which is not PEM. */
const mostBytesOf: Readonly<Record<string, number>> = {
  [endpointName]: MOST_PORT_BYTES,
  [caKeyName]: MOST_URI_BYTES,
};

function readFile(
  directory: string,
  path: string,
  {
    isNamed,
    followLinks,
    moreNames,
  }: { isNamed: boolean; followLinks: boolean; moreNames?: RegExp | undefined },
): ReadFile {
  const full = join(directory, path);
  const mostBytes = isNamed ? undefined : mostBytesOf[basename(path)];
  if (!isNamed && mostBytes === undefined && !readable.test(path) && !moreNames?.test(path)) return { path };
  try {
    const bytes = readRegularNow(full, { followLinks, ...(mostBytes !== undefined && { mostBytes }) });
    if (!bytes) return { path }; // a directory, or a link to one
    if (mostBytes === undefined) return { path, held: heldBy(bytes) };
    const text = bytes.toString('latin1');
    if (basename(path) === endpointName)
      return { path, why: portIn(text) === undefined ? noPort : undefined };
    const keyRef = uriIn(text);
    return { path, keyRef, why: keyRef === undefined ? noUri : undefined };
  } catch (error) {
    return { path, why: whyUnread(error) };
  }
}

/** Everything in a certificate directory, or in one file. What needs parsing is parsed when it is first asked for. */
export class CertificateSet {
  readonly #files: readonly ReadFile[];
  readonly #statOf: (path: string) => Stats;

  constructor(
    /** The directory that was read; for a file the one that it lies in. */
    readonly directory: string,
    /** The file that was asked for; undefined for a directory. */
    readonly named: string | undefined,
    files: readonly ReadFile[],
    /** Of the directory itself as `.`. */
    statOf: (path: string) => Stats,
  ) {
    this.#files = files;
    this.#statOf = statOf;
  }

  /** Every certificate in every place, parsed by node:crypto. */
  get certificates(): readonly FoundCertificate[] {
    return this.#content().certificates;
  }

  get keys(): readonly FoundKey[] {
    return this.#content().keys;
  }

  /** The keys of CAs that are in tokens. */
  get tokenKeys(): readonly RememberedKey[] {
    return this.#files.flatMap(({ path, keyRef: ref }) => (ref ? [{ path, ref }] : []));
  }

  /** Files without a certificate or key, and those that could not be read. */
  get others(): readonly OtherFile[] {
    return this.#content().others;
  }

  /** Every file and directory with its owner and mode, the directory itself as `.`. */
  get entries(): ReadonlyMap<string, Stats> {
    return this.#entries().found;
  }

  /** Every certificate once, by its dates and use. No key is read, and no public key parsed. */
  get dated(): readonly DatedCertificate[] {
    return this.#dates().certificates;
  }

  /** What `dated` could not read. */
  get broken(): readonly BrokenFile[] {
    return this.#dates().broken;
  }

  /** Files that hold a private key. One that cannot be read is told by its name. */
  get keyFiles(): readonly string[] {
    const isKey = ({ path, held, why }: ReadFile): boolean =>
      held ? held.key !== undefined : why !== undefined && basename(path).includes('key');
    return this.#files.filter(isKey).map(({ path }) => path);
  }

  readonly #entries = once(() => {
    const found = new Map<string, Stats>();
    const missing = new Map<string, string>();
    for (const path of ['.', ...this.#files.map((file) => file.path)]) {
      try {
        found.set(path, this.#statOf(path));
      } catch (error) {
        missing.set(path, whyUnread(error));
      }
    }
    return { found, missing };
  });

  readonly #content = once(() => {
    const certificates: FoundCertificate[] = [];
    const keys: FoundKey[] = [];
    const others: OtherFile[] = [];
    const { found, missing } = this.#entries();
    for (const { path, held, keyRef, why } of this.#files) {
      const damaged = missing.get(path) ?? why;
      if (damaged !== undefined) others.push({ path, kind: 'damaged', why: damaged });
      else if (keyRef) continue;
      else if (!held) {
        if (!found.get(path)?.isDirectory()) others.push({ path, kind: 'other', why: undefined });
      } else {
        try {
          const parsed = certificatesOf(path, held);
          const key = held.key === undefined ? [] : [{ path, ...foundKey(held.key) }];
          certificates.push(...parsed);
          keys.push(...key);
          if (held.kind === 'csr' || held.kind === 'other')
            others.push({ path, kind: held.kind, why: undefined });
          else if (held.why !== undefined)
            others.push({ path, kind: 'damaged', why: held.why, hint: held.hint });
        } catch (error) {
          others.push({ path, kind: 'damaged', why: whyUnread(error) });
        }
      }
    }
    return { certificates, keys, others };
  });

  readonly #dates = once(() => {
    const certificates = new Map<string, DatedCertificate & { readonly alsoIn: string[] }>();
    const broken: BrokenFile[] = [];
    for (const { path, held, why } of this.#files) {
      const isBroken = held?.why ?? (mostBytesOf[basename(path)] === undefined ? why : undefined);
      if (isBroken !== undefined) broken.push({ path, why: isBroken });
      try {
        for (const [index, der] of wholeBlocks(held).entries()) {
          const id = der.toString('latin1');
          const known = certificates.get(id);
          if (!known) {
            const summary = certificateSummary(der);
            certificates.set(id, { path, index, alsoIn: [], role: roleOf(path, summary), ...summary });
          } else if (known.path !== path && known.alsoIn.at(-1) !== path) known.alsoIn.push(path);
        }
      } catch (error) {
        if (!(error instanceof DerError)) throw error;
        broken.push({ path, why: UNPARSABLE });
      }
    }
    return { certificates: [...certificates.values()], broken };
  });
}

const UNPARSABLE = 'it holds a certificate that cannot be parsed';

/** The certificates of a file in DER. Throws `DerError` where one of them is not base64. */
function wholeBlocks(held: Held | undefined): readonly Buffer[] {
  const blocks = held?.blocks ?? [];
  const whole = blocks.filter((block) => block !== undefined);
  if (whole.length < blocks.length) throw new DerError('a block is not base64');
  return whole;
}

function certificatesOf(path: string, held: Held): FoundCertificate[] {
  return wholeBlocks(held).map((der, index) => {
    const certificate = new X509Certificate(der);
    const role = roleOf(path, certificateUse(certificate));
    return { path, index, certificate, role, goesOn: held.goesOn };
  });
}

function foundKey(text: string): Omit<FoundKey, 'path'> {
  const key = parseKey(text);
  const { publicKey } = key;
  return { ...key, identity: publicKey ? spki(publicKey) : createHash('sha256').update(text).digest('hex') };
}

function whyUnread(error: unknown): string {
  if (error instanceof DirectoryError) return error.message;
  // node:crypto's errors have codes of their own: ERR_OSSL_…
  const isSystems = !(systemCode(error) ?? 'ERR_').startsWith('ERR_');
  return isSystems ? fileError('it', 'read', error).message : 'it cannot be parsed';
}

function once<Value>(compute: () => Value): () => Value {
  let computed: { readonly value: Value } | undefined;
  return () => (computed ??= { value: compute() }).value;
}

function nothingAt(path: string, cause: unknown): DirectoryError {
  return new DirectoryError('ERR_FILE', path, `cannot read ${path}: it does not exist`, {
    cause,
    hint: words`name the certificate directory with ${option('directory')}, or create one with \`${call('all')}\``,
  });
}

/** The error for a directory or a file in which no dates can be found. */
export function nothingIn(path: string): DirectoryError {
  return new DirectoryError('ERR_FILE', path, `there is no certificate in ${path}`, {
    hint: words`name a certificate directory, or a file with certificates in PEM; ${call('all')} creates them`,
  });
}
