import { running, type Run } from '../execute/run.js';
import { controlNames, type RunControl } from '../execute/run-control.js';
import { askOnce } from '../issue/ask-passphrase.js';
import { askingKeyring, previewKeyring } from '../issue/keyring.js';
import { change, type Done } from '../execute/change.js';
import { planLeafRenewal } from './plan-leaf-renewal.js';
import type { RenewalPlan } from './renewal-plan.js';
import { bringToDaemon, installTarget, type InstalledRenewal, type InstallOption } from './renew-install.js';
import { parseRenewRequest, renewNames, type RenewRequest } from './renew-request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';

/** Options of `renew`: what to renew, and how to run it. */
export type RenewOptions = RenewRequest & RunControl & InstallOptions;

export interface InstallOptions {
  /**
   * Then brings the daemon of a host that `installDaemon` has set up its files, and restarts it: `true` is this host. Also where nothing
   * was due, and its copy is older than the set. Default: false.
   */
  readonly install?: InstallOption;
}

export const installNames: OptionNames<InstallOptions> = {
  install: true,
};

const optionNames: OptionNames<RenewOptions> = {
  ...renewNames,
  ...controlNames,
  ...installNames,
};

/** The renewed certificates, and those that could not be renewed. */
export type Renewal = Omit<RenewalPlan, 'plan'> &
  Done & {
    /** What became of the daemon's copy, where `install` asked for it. A failure is in here and not thrown: the renewal is done. */
    readonly installed: InstalledRenewal | undefined;
  };

/**
 * Renews the certificates of servers and clients that expire soon, or the ones you name. CA, subject, names, extensions and,
 * unless `newKey` is set, the key stay; the lifetime begins now. It works for the sets of every recipe, and for those made
 * otherwise. `archive/` keeps what is replaced. Where nothing is due, nothing is written. A certificate that cannot be renewed
 * is in `skipped`. After success the directory holds all of it; after any error, what it held before.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used; nothing has run.
 * @throws `ERR_PASSPHRASE_NEEDED`, `ERR_PASSPHRASE_WRONG`: a key needs a passphrase, or another one.
 * @throws `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE`: the CA cannot sign, or a certificate cannot be renewed as asked.
 * @throws `ERR_CONFIGURATION`: with `install`, the daemon there was not set up from this directory.
 * @throws `ERR_CLOCK`: the machine's clock is certainly wrong.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`: others could change the directory, or read its keys.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_EXISTS`, `ERR_FILE`: a file is in the way, or the file system refused.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`, `ERR_READ_BACK`: openssl is missing, too old, failed, or made
 * something else.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 * @example
 * ```ts
 * import { renew } from 'docker-tls-openssl';
 *
 * const { renewed, skipped } = await renew({
 *   directory: 'docker-tls',
 *   within: '30d',
 *   passphrase: 'correct horse battery staple',
 * });
 * for (const { path } of renewed) console.log('renewed', path);
 * for (const { path, why } of skipped) console.log('skipped', path, why);
 * ```
 */
export function renew(options: RenewOptions = {}): Run<Renewal> {
  return running(options, (observed) => renewNow(observed));
}

async function renewNow(options: RenewOptions): Promise<Renewal> {
  refuseUnknown(options, optionNames);
  const request = { ...options, passphrase: askOnce(options.passphrase) };
  const values = parseRenewRequest(request, askingKeyring);
  const target = await installTarget(values.directory, options.install);
  const done = await change(values.directory, options, {
    preview: () => planLeafRenewal(parseRenewRequest(request, previewKeyring)),
    plan: () => planLeafRenewal(values),
  });
  return { ...done, installed: target && (await bringToDaemon(target, options)) };
}

/** What `renew` would do; asks for no passphrase. Errors: those of `renew`, as far as they can be known beforehand. */
export async function previewRenewal(request: RenewRequest = {}): Promise<RenewalPlan> {
  refuseUnknown(request, optionNames);
  return planLeafRenewal(parseRenewRequest(request, previewKeyring));
}
