import type { RunControl } from '../execute/run-control.js';
import type { IssueRequest } from '../issue/options.js';
import type { Keyring, KeyringOf } from '../issue/keyring.js';
import { defaultDirectory, parseRequest } from '../issue/request.js';
import { parseDirectory } from '../set/layout.js';
import { parseDays, type Days } from '../x509/validity.js';

/** A list of revoked certificates, and how long it holds. */
export interface CrlRequest extends Pick<IssueRequest<'ca'>, 'directory' | 'passphrase' | 'now'> {
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
  readonly days: Days;
  readonly keyring: Keyring;
  readonly now: Date;
}

/** Turns options into values, once. Throws `ERR_INPUT`. */
export function parseCrlRequest(
  { directory = defaultDirectory, passphrase, now, days = 30 }: CrlRequest,
  keyring: KeyringOf,
): CrlValues {
  const values = parseRequest(['ca'], { directory, passphrase, now }, keyring);
  return {
    directory: parseDirectory(directory),
    days: parseDays(days, 'days'),
    keyring: values.keyring,
    now: values.now,
  };
}
