import type { KeyObject, X509Certificate } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { extendedKeyUsageOf } from '../x509/certificate.js';
import { keyKindOf } from '../x509/key-type.js';
import { type LeafRole, type Part, roleUsage } from '../x509/role.js';
import type { HeldKey } from './held.js';
import { caFiles } from './layout.js';
import type { RememberedKey } from './remembered-key.js';

/** A certificate, wherever it was found. */
export interface FoundCertificate {
  /** Relative to the directory that was read. */
  readonly path: string;
  /** Which of the file's certificates it is, from 0. */
  readonly index: number;
  readonly certificate: X509Certificate;
  readonly role: Part;
  /** Something stands in the file after its last block. */
  readonly goesOn: boolean;
}

/** A private key, wherever it was found. */
export interface FoundKey extends HeldKey {
  readonly path: string;
  /** The same for each copy of one key: by its public key, or where that is unknown by its file. */
  readonly identity: string;
}

/** A file that holds neither, or could not be read. */
export interface OtherFile {
  readonly path: string;
  readonly kind: 'csr' | 'other' | 'damaged';
  /** Why it could not be read, or what is damaged. */
  readonly why: string | undefined;
  /** What to do about it, where that is known. */
  readonly hint?: string | undefined;
}

/** As much of a certificate as tells what it is for. */
export interface CertificateUse {
  readonly ca: boolean;
  /** Object identifiers; undefined where it has none, which allows everything. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly hasAltNames: boolean;
}

/** Reads a certificate's use from what node:crypto parsed. */
export function certificateUse(certificate: X509Certificate): CertificateUse {
  return {
    ca: certificate.ca,
    extendedKeyUsage: extendedKeyUsageOf(certificate),
    hasAltNames: certificate.subjectAltName !== undefined,
  };
}

/** A CA says so; of the others extendedKeyUsage tells, and where that allows both, or is not there, the file's name, and whether it
 * has names of hosts. */
export function roleOf(path: string, { ca, extendedKeyUsage, hasAltNames }: CertificateUse): Part {
  if (ca || basename(path) === caFiles.certificate) return 'ca';
  const [isServer, isClient] = (['server', 'client'] as const).map(
    (role) => extendedKeyUsage?.includes(roleUsage[role]) ?? true,
  );
  if (isServer !== isClient) return isServer ? 'server' : 'client';
  if (/server/i.test(path)) return 'server';
  if (/client/i.test(path)) return 'client';
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
 * The key of a certificate: the open one that has its public key, the nearest first; else, for the first certificate of a file, one
 * that is encrypted or cannot be read, and lies where it would be.
 */
export function keyOf(
  {
    path,
    certificate,
    index = 0,
  }: Pick<FoundCertificate, 'path' | 'certificate'> & { readonly index?: number },
  { keys }: { readonly keys: readonly FoundKey[] },
): FoundKey | undefined {
  const names = keyNames(path);
  const near = [...keys].sort((one, other) => distance(one, path, names) - distance(other, path, names));
  return (
    near.find(({ publicKey }) => publicKey && isKeyOf(publicKey, certificate)) ??
    near.find((key) => index === 0 && key.publicKey === undefined && names.includes(key.path))
  );
}

/** The key in a token that is remembered beside a CA's certificate. */
export function tokenKeyOf(
  { path, role, index }: Pick<FoundCertificate, 'path' | 'role' | 'index'>,
  { tokenKeys }: { readonly tokenKeys: readonly RememberedKey[] },
): RememberedKey | undefined {
  if (role !== 'ca' || index !== 0 || basename(path) !== caFiles.certificate) return undefined;
  return tokenKeys.find((key) => dirname(key.path) === dirname(path));
}

/** The key in the place of a certificate's own, whether it is that or not: the one that is loaded with it. */
export function keyBeside(
  { path }: FoundCertificate,
  { keys }: { readonly keys: readonly FoundKey[] },
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
 * compared: openssl's complaint about that would stay behind in its queue, and whatever comes next would report it.
 */
export function isKeyOf(publicKey: KeyObject, certificate: X509Certificate): boolean {
  try {
    const own = certificate.publicKey;
    const [one, other] = [keyKindOf(own), keyKindOf(publicKey)];
    return one.algorithm === other.algorithm && one.curve === other.curve && own.equals(publicKey);
  } catch {
    return false;
  }
}

/** The CSR beside a certificate that lies without its key, as `sign` leaves it: its key is where that was made. */
export function csrBeside(
  { path, role }: Pick<FoundCertificate, 'path' | 'role'>,
  { others }: { readonly others: readonly OtherFile[] },
): string | undefined {
  const name = join(dirname(path), `${role}.csr`);
  return others.find((file) => file.kind === 'csr' && file.path === name)?.path;
}

/** A server's or a client's certificate. */
export type FoundLeaf = FoundCertificate & { readonly role: LeafRole };

/** The certificates of servers and clients, each file once. */
export function leavesOf({
  certificates,
}: {
  readonly certificates: readonly FoundCertificate[];
}): FoundLeaf[] {
  return certificates.filter((one): one is FoundLeaf => one.role !== 'ca' && one.index === 0);
}
