import type { RunControl } from '../execute/run-control.js';
import { givenOneOf } from '../given.js';
import type { IssueRequest } from '../issue/options.js';
import type { Keyring, KeyringOf } from '../issue/keyring.js';
import { defaultDirectory, parseRequest } from '../issue/request.js';
import { parseDirectory } from '../set/layout.js';
import type { KeyRef } from '../x509/key-ref.js';
import type { LeafRole } from '../x509/role.js';
import { parseDays, type Days } from '../x509/validity.js';

/** A list of revoked certificates, and how long it holds. */
export interface CrlRequest extends Pick<IssueRequest<'ca'>, 'directory' | 'caKey' | 'passphrase' | 'now'> {
  /**
   * Whose certificates the list is about, where servers and clients have separate CAs; only there. That of the servers is
   * `server-crl.pem`. Default: `client`, the list that a proxy in front of dockerd checks.
   */
  readonly role?: LeafRole | undefined;
  /** Days until the next list. A proxy that checks it refuses every client from then on. Default: 30. */
  readonly days?: number | string | undefined;
}

export type CrlOptions = CrlRequest &
  RunControl & {
    /** Makes a new list only if less than half of the time of the current one is left. Default: false. */
    readonly due?: boolean | undefined;
  };

/** A `CrlRequest` after parsing. */
export interface CrlValues {
  readonly directory: string;
  readonly role: LeafRole | undefined;
  readonly days: Days;
  /** The CA's private key, if it is not where it usually is. */
  readonly caKey: KeyRef | undefined;
  readonly keyring: Keyring;
  readonly now: Date;
}

/** Turns options into values, once. Throws `ERR_INPUT`. */
export function parseCrlRequest(
  { directory = defaultDirectory, role, caKey, passphrase, now, days = 30 }: CrlRequest,
  keyring: KeyringOf,
): CrlValues {
  const values = parseRequest(['ca'], { directory, caKey, passphrase, now }, keyring);
  return {
    directory: parseDirectory(directory),
    role: role === undefined ? undefined : givenOneOf<LeafRole>(['server', 'client'], role, 'role'),
    days: parseDays(days, 'days'),
    caKey: values.caKey,
    keyring: values.keyring,
    now: values.now,
  };
}
