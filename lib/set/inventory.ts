import { createPrivateKey, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { readdirSync, type Dirent, type Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DirectoryError, fileError, systemCode } from '../errors.js';
import { caFiles, endpointName, leafFiles } from './layout.js';
import { MOST_PORT_BYTES, noPort, portIn } from './remembered-port.js';
import { type LeafRole, type Part, roleUsage } from '../x509/role.js';
import { MOST_BYTES, readRegular } from '../store/read-regular.js';
import { extendedKeyUsageOf } from '../x509/certificate.js';
import { isEncryptedKey, mistaken } from '../x509/contents.js';
import { certificatesIn, heldIn, holdsKey } from '../x509/pem.js';

/** Where what was replaced is kept, in the certificate directory. */
export const archiveName = 'archive';

/** A certificate, wherever it was found. */
export interface FoundCertificate {
  /** Relative to the directory that was read. */
  readonly path: string;
  /** Which of the file's certificates it is, from 0. */
  readonly index: number;
  readonly certificate: X509Certificate;
  readonly role: Part;
}

/** A private key, wherever it was found. */
export interface FoundKey {
  readonly path: string;
  /** In PKCS#8, or in openssl's older form; undefined for one that is open. */
  readonly encrypted: 'pkcs8' | 'traditional' | undefined;
  /** Undefined where it is encrypted, or cannot be parsed. */
  readonly publicKey: KeyObject | undefined;
}

/** A file that holds neither, or could not be read. */
export interface OtherFile {
  readonly path: string;
  readonly kind: 'csr' | 'other' | 'damaged';
  /** Why it could not be read, or what is damaged. */
  readonly why: string | undefined;
}

/** All that lies in a certificate directory, or in one file. */
export interface Inventory {
  /** The directory that was read; for a file the one that it lies in. */
  readonly directory: string;
  /** The file that was asked for; undefined for a directory. */
  readonly named: string | undefined;
  readonly certificates: readonly FoundCertificate[];
  readonly keys: readonly FoundKey[];
  readonly others: readonly OtherFile[];
  /** Every file and directory with its owner and mode, the directory itself as `.`. */
  readonly entries: ReadonlyMap<string, Stats>;
}

/** No file of another kind is opened, whatever it holds. */
export const readable = /\.(?:pem|crt|cer|cert|key|csr)$/i;

/** How many files are read at a time. */
const AT_ONCE = 32;

/**
 * Reads every certificate and key in a file, or in a directory and all below it, but for what was replaced (`archive`) and
 * what begins with a dot. Links to files are followed, links to directories are not. With `beside` a file's neighbours in its
 * directory are read, too. Changes nothing. Errors: `ERR_FILE` where there is nothing by that name, or it cannot be listed; a file
 * that cannot be read is in `others`.
 */
export async function readInventory(path: string, { beside = false } = {}): Promise<Inventory> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fileError(path, 'read', error);
  });
  const directory = stats.isDirectory() ? path : dirname(path);
  const named = stats.isDirectory() ? undefined : basename(path);
  const paths =
    named === undefined ? pathsBelow(path) : [named, ...(beside ? await namesBeside(directory, named) : [])];
  const found: Found = { certificates: [], keys: [], others: [], entries: new Map([['.', stats]]) };
  const waiting = paths.values();
  const readNext = async (): Promise<void> => {
    for (const file of waiting) await readEntry(directory, file, found, file === named);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readNext));
  const order = new Map(paths.map((file, at) => [file, at]));
  const place = ({ path: file, index = 0 }: { path: string; index?: number }): number =>
    (order.get(file) ?? 0) + index / MOST_BYTES;
  const sorted = <One extends { path: string; index?: number }>(list: One[]): One[] =>
    list.sort((one, other) => place(one) - place(other));
  return {
    directory,
    named,
    certificates: sorted(found.certificates),
    keys: sorted(found.keys),
    others: sorted(found.others),
    entries: found.entries,
  };
}

/** For a directory or a file in which nobody can look for dates. */
export function nothingIn(path: string): DirectoryError {
  return new DirectoryError('ERR_FILE', path, `there is no certificate in ${path}`, {
    hint: 'name a certificate directory, or a file with certificates in PEM; docker-tls-openssl all makes them',
  });
}

/**
 * By name, directories after the files beside them. At once: there can be thousands of small directories, with which the
 * asynchronous calls take three times as long.
 */
export function pathsBelow(directory: string, folder = ''): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(join(directory, folder), { withFileTypes: true });
  } catch (error) {
    throw fileError(join(directory, folder), 'read', error);
  }
  const shown = entries
    .filter(({ name }) => !name.startsWith('.') && (folder !== '' || name !== archiveName))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  const [folders, files] = [true, false].map((wanted) =>
    shown.filter((entry) => entry.isDirectory() === wanted).map(({ name }) => join(folder, name)),
  ) as [string[], string[]];
  return [...files, ...folders.flatMap((path) => [path, ...pathsBelow(directory, path)])];
}

/** Files of the same directory that can belong to it. */
async function namesBeside(directory: string, file: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []); // whoever knows a name can read it all the same
  return names.filter((name) => name !== file && !name.startsWith('.') && readable.test(name)).sort();
}

interface Found {
  readonly certificates: FoundCertificate[];
  readonly keys: FoundKey[];
  readonly others: OtherFile[];
  readonly entries: Map<string, Stats>;
}

async function readEntry(directory: string, path: string, found: Found, named: boolean): Promise<void> {
  const other = (kind: OtherFile['kind'], why?: string): number => found.others.push({ path, kind, why });
  try {
    const stats = await stat(join(directory, path));
    found.entries.set(path, stats);
    if (stats.isDirectory()) return;
    if (!named && basename(path) === endpointName) {
      const { bytes } = await readRegular(join(directory, path), { mostBytes: MOST_PORT_BYTES });
      if (portIn(bytes.toString('latin1')) === undefined) other('damaged', noPort);
      else other('other');
      return;
    }
    if (!named && !readable.test(path)) {
      other('other');
      return;
    }
    const { bytes } = await readRegular(join(directory, path));
    const text = bytes.toString('latin1');
    const kind = heldIn(text);
    if (kind === 'csr' || kind === 'other') other(kind);
    else if (kind !== 'key') {
      const certificates = certificatesIn(text);
      if (certificates.length === 0) other('damaged', mistaken(bytes, 'a certificate').why);
      certificates.forEach((certificate, index) =>
        found.certificates.push({
          path,
          index,
          certificate,
          role: roleOf(path, certificateUse(certificate)),
        }),
      );
    }
    if (holdsKey(text)) found.keys.push(readKey(path, text));
  } catch (error) {
    other('damaged', whyUnread(error));
  }
}

export function whyUnread(error: unknown): string {
  if (error instanceof DirectoryError || systemCode(error) === undefined)
    return error instanceof DirectoryError ? error.message : 'it cannot be parsed';
  return fileError('it', 'read', error).message;
}

function readKey(path: string, text: string): FoundKey {
  if (isEncryptedKey(text))
    return {
      path,
      encrypted: text.includes('DEK-Info') ? 'traditional' : 'pkcs8',
      publicKey: undefined,
    };
  return { path, encrypted: undefined, publicKey: createPublicKey(createPrivateKey(text)) };
}

/** As much of a certificate as tells what it is for. */
interface CertificateUse {
  readonly ca: boolean;
  /** Object identifiers; undefined where it has none, which allows everything. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly hasAltNames: boolean;
}

function certificateUse(certificate: X509Certificate): CertificateUse {
  return {
    ca: certificate.ca,
    extendedKeyUsage: extendedKeyUsageOf(certificate),
    hasAltNames: certificate.subjectAltName !== undefined,
  };
}

/** A CA says so; of the others extendedKeyUsage tells, and where that allows both, or is not there, the file's name. */
export function roleOf(path: string, { ca, extendedKeyUsage, hasAltNames }: CertificateUse): Part {
  if (ca || basename(path) === caFiles.certificate) return 'ca';
  const [isServer, isClient] = (['server', 'client'] as const).map(
    (role) => extendedKeyUsage?.includes(roleUsage[role]) ?? true,
  );
  if (isServer !== isClient) return isServer ? 'server' : 'client';
  if (/server/i.test(path)) return 'server';
  if (/client/i.test(path) || basename(path) === leafFiles('client').certificate) return 'client';
  return hasAltNames ? 'server' : 'client';
}

/** The names that the key of a certificate may have, by the habits of the recipes and of other tools; the likeliest first. */
export function keyNames(path: string): string[] {
  const stem = path.replace(/\.\w+$/, '');
  const bare = stem.replace(/-?cert$/, '');
  const names = [`${bare}-key.pem`, `${stem}-key.pem`, `${stem}.key`, `${bare}.key`, `${bare}.key.pem`];
  return basename(bare) === '' || bare.endsWith('/') ? [join(dirname(path), 'key.pem'), ...names] : names;
}

/**
 * The key of a certificate: the open one that has its public key, the nearest first; else one that is encrypted, and lies
 * where it would be.
 */
export function keyOf(
  { path, certificate }: FoundCertificate,
  { keys }: Pick<Inventory, 'keys'>,
): FoundKey | undefined {
  const names = keyNames(path);
  const near = [...keys].sort((one, other) => distance(one, path, names) - distance(other, path, names));
  return (
    near.find(({ publicKey }) => publicKey && isSameKey(publicKey, certificate)) ??
    near.find((key) => key.encrypted !== undefined && names.includes(key.path))
  );
}

/** The key that lies where that of a certificate would be, whoever's it is: the one that is loaded with it. */
export function keyBeside(
  { path }: FoundCertificate,
  { keys }: Pick<Inventory, 'keys'>,
): FoundKey | undefined {
  return keyNames(path)
    .map((name) => keys.find((key) => key.path === name))
    .find((key) => key !== undefined);
}

function distance(key: FoundKey, path: string, names: readonly string[]): number {
  const at = names.indexOf(key.path);
  if (at >= 0) return at;
  return dirname(key.path) === dirname(path) ? names.length : names.length + 1;
}

/**
 * Whether a key is a certificate's; false for a certificate whose key node:crypto does not know. Keys of two kinds are not
 * compared: openssl's complaint about that would stay behind in its queue, and be told by whatever comes next.
 */
export function isSameKey(publicKey: KeyObject, certificate: X509Certificate): boolean {
  try {
    const own = certificate.publicKey;
    return kindOf(own) === kindOf(publicKey) && own.equals(publicKey);
  } catch {
    return false;
  }
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  return `${asymmetricKeyType ?? ''} ${asymmetricKeyDetails?.namedCurve ?? ''}`;
}

/** A server's or a client's certificate. */
export type FoundLeaf = FoundCertificate & { readonly role: LeafRole };

/** The certificates of servers and clients, each file once. */
export function leavesOf({ certificates }: Inventory): FoundLeaf[] {
  return certificates.filter((one): one is FoundLeaf => one.role !== 'ca' && one.index === 0);
}
