import { running, type Run } from '../execute/run.js';
import { randomBytes } from 'node:crypto';
import { InputError } from '../errors.js';
import { controlNames, type RunControl } from '../execute/run-control.js';
import { parseDirectory } from '../set/layout.js';
import { parseKeyRef, type KeyRef } from '../x509/key-ref.js';
import type { KeyType } from '../x509/key-type.js';
import { givenOneOf } from '../given.js';
import type { LeafRole } from '../x509/role.js';
import { parsePathLength } from '../x509/path-length.js';
import { parsePermit } from '../x509/permit.js';
import { serialFromBytes } from '../x509/serial.js';
import { parseDays, parseNow } from '../x509/validity.js';
import { askOnce } from '../issue/ask-passphrase.js';
import { askingKeyring, previewKeyring, type KeyringOf } from '../issue/keyring.js';
import { change, type Done } from '../execute/change.js';
import type { CaValues } from './ca-change.js';
import { planCaRenewal, type RenewCaPlan } from './plan-ca-renewal.js';
import { installNames, type InstallOptions, type Renewal } from './renew.js';
import { bringToDaemon, installTarget } from './renew-install.js';
import { parseNewKey } from './renew-request.js';
import { readPassphrase, type IssueRequest } from '../issue/options.js';
import { recordIfWritable } from '../issue/recorded-by-parent.js';
import { defaultDirectory, refusePassphraseAlone } from '../issue/request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { option, words } from '../words.js';

/** How to renew the CA. */
export interface RenewCaRequest {
  /** The certificate directory, of any recipe or of none. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** Which CA, where servers and clients have separate CAs; only there. */
  readonly role?: LeafRole | undefined;
  /**
   * Begins a roll-over: a new CA with a new key, and `ca.pem` with both of them. Default: the key stays, and all that
   * it has signed stays valid.
   */
  readonly newKey?: boolean | undefined;
  /** Ends a roll-over: `ca.pem` has the new CA alone. */
  readonly finish?: boolean | undefined;
  /** The kind of the new key, as in `IssueRequest`; with `newKey` alone. Default: that of the old one. */
  readonly key?: KeyType | string | undefined;
  /**
   * All that the CA may sign for from now on, as in `IssueRequest`: it replaces the name constraints that the CA has. Only those
   * who have the new certificate know them. Default: they stay as they are.
   */
  readonly permit?: readonly string[] | undefined;
  /** How many CAs may be below it from now on, as in `IssueRequest`. Default: as before. */
  readonly pathLength?: number | string | undefined;
  /** For an intermediate CA: the certificate directory of the CA above, which signs the new certificate. */
  readonly parent?: string | undefined;
  /** The passphrase of the parent's private key, or the PIN of its token, or a function that is called when it is needed. */
  readonly parentPassphrase?: IssueRequest['parentPassphrase'];
  /**
   * With `newKey`, for a CA whose key is in a token: the key there with which it continues (`pkcs11:token=…;object=…`). It has to
   * exist already.
   */
  readonly caKey?: KeyRef | string | undefined;
  /** Lifetime in days. Default: as long as before. */
  readonly days?: number | string | undefined;
  /**
   * The passphrase of the CA's private key, or a function that is asked for it: to open the old one, or with `newKey` to encrypt the new one.
   * `null`: a new key is not encrypted.
   */
  readonly passphrase?: IssueRequest['passphrase'];
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Makes the serial. Default: `crypto.randomBytes`. */
  readonly random?: ((size: number) => Uint8Array) | undefined;
}

const requestNames: OptionNames<RenewCaRequest> = {
  directory: true,
  role: true,
  newKey: true,
  finish: true,
  key: true,
  caKey: true,
  days: true,
  permit: true,
  pathLength: true,
  parent: true,
  parentPassphrase: true,
  passphrase: true,
  now: true,
  random: true,
};

/** Options of `renewCa`: how to renew the CA, and how to run it. */
export type RenewCaOptions = RenewCaRequest & RunControl & InstallOptions;

const optionNames: OptionNames<RenewCaOptions> = {
  ...requestNames,
  ...controlNames,
  ...installNames,
};

/** The result of a CA renewal. */
export type RenewedCa = Omit<RenewCaPlan, 'plan'> & Done & Pick<Renewal, 'installed'>;

/**
 * Renews the CA's certificate for the same key, so that everything it signed stays valid; or, with `newKey`, rolls over to a
 * new key in three stages. First `ca.pem` contains the new CA and the old one, so that everyone who has it trusts certificates
 * of both; the new one signs. When every host and client has that file, `renew` renews the leaves. Then `finish` removes the
 * old CA. `archive/` keeps the replaced files; `rollback` restores them. Either all files are replaced, or, after any error,
 * none.
 *
 * @throws The errors of {@link renew}.
 * @throws `ERR_CA_MISSING`: the directory has no CA with its key.
 * @throws `ERR_CA_UNUSABLE`: a roll-over has already begun, or, for `finish`, none has.
 * @throws `ERR_LEAF_UNUSABLE`: `finish` would make a leaf invalid.
 * @example
 * ```ts
 * import { renewCa } from 'docker-tls-openssl';
 *
 * const { certificates, archive } = await renewCa({
 *   directory: 'docker-tls',
 *   days: 3650,
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(certificates.get('ca.pem')?.validTo, archive);
 * ```
 */
export function renewCa(options: RenewCaOptions = {}): Run<RenewedCa> {
  return running(options, (observed) => renewCaNow(observed));
}

async function renewCaNow(options: RenewCaOptions): Promise<RenewedCa> {
  refuseUnknown(options, optionNames);
  const request = {
    ...options,
    passphrase: askOnce(options.passphrase),
    parentPassphrase: askOnce(options.parentPassphrase),
  };
  const values = parseCaRequest(request, askingKeyring);
  const target = await installTarget(values.directory, options.install);
  const done = await change(values.directory, options, {
    preview: () => planCaRenewal(parseCaRequest(request, previewKeyring)),
    plan: () => planCaRenewal(values),
    beside: async ({ parent, path }, certificates) =>
      recordIfWritable(parent, certificates.get(path), options),
  });
  return { ...done, installed: target && (await bringToDaemon(target, options)) };
}

/** Plans what `renewCa` would do, without asking for a passphrase. Errors: those of `renewCa`, as far as they can be known beforehand. */
export async function previewRenewCa(request: RenewCaRequest = {}): Promise<RenewCaPlan> {
  refuseUnknown(request, optionNames);
  return planCaRenewal(parseCaRequest(request, previewKeyring));
}

/** Throws `ERR_INPUT`. */
export function parseCaRequest(request: RenewCaRequest, keyring: KeyringOf): CaValues {
  const { directory = defaultDirectory, newKey = false, finish = false, key, caKey, days, permit } = request;
  const { role, pathLength, parent, passphrase, parentPassphrase } = request;
  const { now = new Date(), random = randomBytes } = request;
  if (caKey !== undefined && !newKey)
    throw new InputError('caKey', 'a key was named, but no roll-over was requested', {
      hint: words`add ${option('newKey', true)}, or leave out ${option('caKey')}`,
    });
  refusePassphraseAlone(parentPassphrase, parent);
  if (finish && (newKey || [key, days, permit, pathLength].some((one) => one !== undefined)))
    throw new InputError('finish', 'finishing a roll-over creates nothing new', {
      hint: words`give ${option('finish', true)} alone`,
    });
  return {
    directory: parseDirectory(directory),
    role: role === undefined ? undefined : givenOneOf<LeafRole>(['server', 'client'], role, 'role'),
    newKey,
    finish,
    key: parseNewKey(key, newKey),
    permit: permit === undefined ? undefined : parsePermit(permit),
    caKey: caKey === undefined ? undefined : parseKeyRef(caKey, 'caKey'),
    days: days === undefined ? undefined : parseDays(days, 'days', 2),
    pathLength: pathLength === undefined ? undefined : parsePathLength(pathLength, 'pathLength'),
    parent: parent === undefined ? undefined : parseDirectory(parent, 'parent'),
    keyring: keyring(readPassphrase(passphrase)),
    parentKeyring: keyring(readPassphrase(parentPassphrase), 'parentPassphrase'),
    now: parseNow(now),
    serial: () => serialFromBytes(random(16)),
  };
}
