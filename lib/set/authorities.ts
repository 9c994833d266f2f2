import type { X509Certificate } from 'node:crypto';
import { DirectoryError } from '../errors.js';
import type { LeafRole } from '../x509/role.js';
import { caFiles, clientCaFiles, type PairFiles } from './layout.js';
import { readPair, type Unusable } from './pairs.js';

/**
 * The one place that says which CA of a certificate directory signs whom, and who trusts which. A directory has one CA for
 * both sides, or a CA of the servers, which their clients trust, and a CA of the clients, which the daemons trust.
 */

/** The role whose certificates alone a CA signs; undefined for a CA of both. */
export type CaRole = LeafRole | undefined;

/** The CAs of one side. */
export interface Authorities {
  /** The CA that signs its certificates: the other side trusts it. */
  readonly signer: PairFiles;
  /** The CA that it trusts itself: the one of the other side. */
  readonly trusted: PairFiles;
}

/** The CAs of servers or of clients, in a directory with separate CAs or with one. */
export function authoritiesOf(role: LeafRole, areSeparate: boolean): Authorities {
  const other = role === 'server' ? 'client' : 'server';
  return {
    signer: filesOfCa(areSeparate ? role : undefined),
    trusted: filesOfCa(areSeparate ? other : undefined),
  };
}

/** The files of a CA. */
export function filesOfCa(ofRole: CaRole): PairFiles {
  return ofRole === 'client' ? clientCaFiles : caFiles;
}

/** A CA as a text calls it. */
export function nameOfCaRole(ofRole: CaRole): string {
  return ofRole === undefined ? 'CA' : `${ofRole} CA`;
}

/** The role of the CA in a file, in a directory with separate CAs; undefined for any other file. */
export function caRoleOf(path: string, areSeparate: boolean): CaRole {
  if (!areSeparate) return undefined;
  return (['server', 'client'] as const).find((role) => filesOfCa(role).certificate === path);
}

/** Tells from the certificates of a directory whether it has separate CAs: `client-ca.pem` is a CA. */
export function areSeparateIn({
  certificates,
}: {
  readonly certificates: readonly {
    readonly path: string;
    readonly index: number;
    readonly certificate: X509Certificate;
  }[];
}): boolean {
  return certificates.some(
    ({ path, index, certificate }) => path === clientCaFiles.certificate && index === 0 && certificate.ca,
  );
}

const fromBackup: Unusable = { code: 'ERR_CA_UNUSABLE', remedy: 'restore the right one from a backup' };

/**
 * Tells whether a directory has separate CAs, without reading the rest of it. Errors: `ERR_INCOMPLETE` where the key of the clients'
 * CA lies without its certificate; `ERR_CA_UNUSABLE` for a `client-ca.pem` that cannot be read, as nobody should sign with the
 * other CA instead; `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function readAreSeparate(directory: string): Promise<boolean> {
  const { state, keyPath, certificate } = await readPair(directory, clientCaFiles, fromBackup);
  if (state === 'key-only')
    throw new DirectoryError(
      'ERR_INCOMPLETE',
      keyPath,
      `${keyPath} exists, but its certificate ${clientCaFiles.certificate} does not`,
      {
        hint: `restore ${clientCaFiles.certificate} from a backup, or copy the ca.pem of any host of this set`,
      },
    );
  return certificate?.ca === true;
}
