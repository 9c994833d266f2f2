import { randomBytes } from 'node:crypto';
import { InputError } from '../errors.js';
import { parseDirectory } from '../set/layout.js';
import { parseKeyType, type KeyType } from '../x509/key-type.js';
import { parseWithin, USUAL_WITHIN, type Within } from '../x509/life.js';
import { serialFromBytes, type Serial } from '../x509/serial.js';
import { parseDays, parseNow, type Days } from '../x509/validity.js';
import { readPassphrase, type IssueRequest } from '../issue/options.js';
import type { Keyring, KeyringOf } from '../issue/keyring.js';
import { defaultDirectory } from '../issue/request.js';
import type { OptionNames } from '../known-options.js';
import { option, words } from '../words.js';

/** The certificates to renew, and how. */
export interface RenewRequest {
  /** The certificate directory, of any recipe or of none. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /**
   * The servers and clients to renew: NAME (`web` of `servers/web`), `server` or `client` for all of that role, or the path of
   * a certificate. Default: those that are due.
   */
  readonly names?: readonly string[] | undefined;
  /** Renews only certificates that are due, also of `names`. Default: true without `names` and `all`. */
  readonly due?: boolean | undefined;
  /** Renews every server and client. Default: false. */
  readonly all?: boolean | undefined;
  /** How long before its expiry a certificate is due: `30d`, or `33%` of its lifetime. Default: whichever of these is less. */
  readonly within?: Within | string | number | undefined;
  /** Creates a new private key for each, of the same type or of `key`. Default: the key stays. */
  readonly newKey?: boolean | undefined;
  /** The type of the new keys, as in `IssueRequest`; only with `newKey`. */
  readonly key?: KeyType | string | undefined;
  /** Lifetime in days, limited by that of the CA. Default: as before. */
  readonly days?: number | string | undefined;
  /** The passphrase of the CA's private key, or a function that is called for it, also for encrypted keys of leaves. `null`: none. */
  readonly passphrase?: IssueRequest['passphrase'];
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Returns random bytes for serial numbers. Default: `crypto.randomBytes`. */
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
  /** Signs the CSR again that lies beside a certificate whose key is elsewhere. Default: such a certificate is skipped. */
  readonly keptCsrs?: boolean;
  readonly keyring: Keyring;
  readonly now: Date;
  readonly serial: () => Serial;
}

/** Throws `ERR_INPUT`. */
export function parseRenewRequest(request: RenewRequest, keyring: KeyringOf): RenewValues {
  const { directory = defaultDirectory, names = [], all = false, within = USUAL_WITHIN } = request;
  const { newKey = false, key, days, passphrase, now = new Date(), random = randomBytes } = request;
  if (all && names.length > 0) throw new InputError('all', 'names were given, too: choose one of the two');
  return {
    directory: parseDirectory(directory),
    names,
    onlyDue: request.due ?? (names.length === 0 && !all),
    within: parseWithin(within),
    newKey,
    key: parseNewKey(key, newKey),
    days: days === undefined ? undefined : parseDays(days, 'days'),
    keyring: keyring(readPassphrase(passphrase)),
    now: parseNow(now),
    serial: () => serialFromBytes(random(16)),
  };
}

/** The type of a new key, if one is created. Throws `ERR_INPUT`. */
export function parseNewKey(key: KeyType | string | undefined, newKey: boolean): KeyType | undefined {
  if (key !== undefined && !newKey)
    throw new InputError('key', 'a key type was given, but no new key was requested', {
      hint: words`add ${option('newKey', true)}, or leave out ${option('key')}`,
    });
  return key === undefined ? undefined : parseKeyType(key);
}
