import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Keyring } from '../issue/keyring.js';
import type { CheckStep, Note, Step } from '../plan/step.js';
import type { Replaced } from '../set/archive.js';
import type { CertificateSet } from '../set/certificate-set.js';
import { leavesOf, type FoundCertificate, type FoundLeaf } from '../set/found.js';
import type { CaExtensions } from '../x509/ca-extensions.js';
import { notAfter, notBefore } from '../x509/certificate.js';
import { isIssuedBy } from '../x509/issued.js';
import type { KeyRef } from '../x509/key-ref.js';
import type { KeyType } from '../x509/key-type.js';
import type { NameConstraints } from '../x509/name-constraints.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { LeafRole } from '../x509/role.js';
import type { Serial } from '../x509/serial.js';
import { DAY_MS, parseDays, type Days } from '../x509/validity.js';
import type { Signer, SignerKey } from './signer.js';

/** A `RenewCaRequest` after parsing. */
export interface CaValues {
  readonly directory: string;
  /** Which CA, where servers and clients have CAs of their own. */
  readonly role: LeafRole | undefined;
  readonly newKey: boolean;
  readonly finish: boolean;
  readonly key: KeyType | undefined;
  /** The key in a token that a roll-over continues with. */
  readonly caKey: KeyRef | undefined;
  readonly days: Days | undefined;
  /** What the new certificate permits; undefined keeps the name constraints as they are. */
  readonly permit: NameConstraints | undefined;
  /** How many CAs may be below it from now on; undefined keeps that as it is. */
  readonly pathLength: number | undefined;
  /** The directory of the CA that signed this one, absolute. */
  readonly parent: string | undefined;
  readonly keyring: Keyring;
  /** Opens the parent's key. */
  readonly parentKeyring: Keyring;
  readonly now: Date;
  readonly serial: () => Serial;
}

/** The existing files, and the request. */
export interface About {
  readonly values: CaValues;
  readonly inventory: CertificateSet;
  readonly signer: Signer;
}

/** The steps between keeping the old files and copying the new ones. */
export interface Change {
  readonly steps: readonly Step[];
  /** The file that holds the key, or remembers where it is, if it is replaced. */
  readonly replacesKey: boolean;
  readonly notes: readonly Note[];
  readonly endsOn: Date;
  /** Further files that are replaced. Default: none. */
  readonly replaces?: readonly Replaced[];
}

export function signedBy(ca: X509Certificate, inventory: CertificateSet): FoundLeaf[] {
  return leavesOf(inventory).filter(({ certificate }) => isIssuedBy(certificate, ca));
}

export function lifetime({ days }: CaValues, { certificate }: FoundCertificate): Days {
  const before = Math.round((notAfter(certificate).getTime() - notBefore(certificate).getTime()) / DAY_MS);
  return days ?? parseDays(Math.min(Math.max(before, 2), 36_500), 'days');
}

/** Checks a certificate that was made again for the same key: it differs from the old one only where it was asked to. */
export function checkAgain(
  { values: { directory, permit, pathLength }, signer: { found, key } }: About,
  {
    passphrase,
    issuer,
    serial,
    extensions,
  }: {
    readonly passphrase: Passphrase | undefined;
    readonly issuer: string;
    readonly serial: Serial;
    readonly extensions: CaExtensions;
  },
): CheckStep {
  const before = join(directory, found.path);
  return {
    kind: 'check',
    certificate: found.path,
    ...checkedKey(key, passphrase, before),
    issuer,
    serial,
    role: 'ca',
    altNames: [],
    like: before,
    completed: extensions.completed,
    ...(permit && { permit }),
    ...(pathLength !== undefined && { pathLength }),
  };
}

/** What a check knows of the key: a file and its passphrase, or for one in a token the certificate that it had. */
export function checkedKey(
  { path, place }: SignerKey,
  passphrase: Passphrase | undefined,
  before?: string,
): Pick<CheckStep, 'key'> & Partial<Pick<CheckStep, 'passphrase' | 'publicKeyOf'>> {
  if (place === 'token') return { key: undefined, publicKeyOf: before };
  return { key: path, ...(passphrase && { passphrase }) };
}

/** A note on what a CA's certificate lacked. */
export function completedNote(path: string, { names }: CaExtensions): Note[] {
  if (names.length === 0) return [];
  return [
    {
      code: 'CA_COMPLETED',
      text: `${path} lacked what a CA certificate should have: now with ${names.join(', ')}`,
    },
  ];
}
