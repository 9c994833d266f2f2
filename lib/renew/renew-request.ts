import { randomBytes } from 'node:crypto';
import { InputError } from '../errors.js';
import { parseDirectory } from '../set/layout.js';
import { parseKeyType, type KeyType } from '../x509/key-type.js';
import { parseWithin, USUAL_WITHIN, type Within } from '../x509/life.js';
import { serialFromBytes, type Serial } from '../x509/serial.js';
import { parseDays, parseNow, type Days } from '../x509/validity.js';
import { readPassphrase, type IssueRequest } from '../issue/options.js';
import { defaultDirectory, type Values } from '../issue/request.js';
import type { OptionNames } from '../known-options.js';

/** Which certificates to renew, and how. */
export interface RenewRequest {
  /** The certificate directory, of any recipe or of none. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /**
   * Which servers and clients: by NAME (`web` of `servers/web`), as `server` or `client` for all of that role, or by the path of
   * a certificate. Default: those that are due.
   */
  readonly names?: readonly string[] | undefined;
  /** Renews only what is due, also of `names`. Default: true without `names` and `all`. */
  readonly due?: boolean | undefined;
  /** Renews every server and client. Default: false. */
  readonly all?: boolean | undefined;
  /** How long before its end a certificate is due: `30d`, or `33%` of its life. Default: whichever of these is less. */
  readonly within?: Within | string | number | undefined;
  /** Makes a new private key for each, of the same kind or of `key`. Default: the key stays. */
  readonly newKey?: boolean | undefined;
  /** The kind of the new keys, as in `IssueRequest`; with `newKey` alone. */
  readonly key?: KeyType | string | undefined;
  /** Lifetime in days. Default: as long as before. Shortened where the CA ends earlier. */
  readonly days?: number | string | undefined;
  /** The passphrase of the CA's private key, or a function that is asked for it; also for a leaf's key that is encrypted. `null` is none. */
  readonly passphrase?: IssueRequest['passphrase'];
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Makes the serials. Default: `crypto.randomBytes`. */
  readonly random?: ((size: number) => Uint8Array) | undefined;
}

export const renewNames: OptionNames<RenewRequest> = {
  directory: true,
  names: true,
  due: true,
  all: true,
  within: true,
  newKey: true,
  key: true,
  days: true,
  passphrase: true,
  now: true,
  random: true,
};

/** A `RenewRequest` after parsing. */
export interface RenewValues {
  readonly directory: string;
  readonly names: readonly string[];
  readonly onlyDue: boolean;
  readonly within: Within;
  readonly newKey: boolean;
  readonly key: KeyType | undefined;
  readonly days: Days | undefined;
  readonly passphrase: Values['passphrase'];
  readonly now: Date;
  readonly serial: () => Serial;
}

/** Throws `ERR_INPUT`. */
export function parseRenewRequest(request: RenewRequest): RenewValues {
  const { directory = defaultDirectory, names = [], all = false, within = USUAL_WITHIN } = request;
  const { newKey = false, key, days, passphrase, now = new Date(), random = randomBytes } = request;
  if (all && names.length > 0)
    throw new InputError('all', 'all of them were asked for, and some by name: which is it?');
  return {
    directory: parseDirectory(directory),
    names,
    onlyDue: request.due ?? (names.length === 0 && !all),
    within: parseWithin(within),
    newKey,
    key: parseNewKey(key, newKey),
    days: days === undefined ? undefined : parseDays(days, 'days'),
    passphrase: readPassphrase(passphrase),
    now: parseNow(now),
    serial: () => serialFromBytes(random(16)),
  };
}

/** The kind of a new key, where one is made. Throws `ERR_INPUT`. */
export function parseNewKey(key: KeyType | string | undefined, newKey: boolean): KeyType | undefined {
  if (key !== undefined && !newKey)
    throw new InputError('key', 'a kind of key was given, and no new key asked for', {
      hint: 'add --new-key, or leave --key out',
    });
  return key === undefined ? undefined : parseKeyType(key);
}
