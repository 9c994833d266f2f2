import { controlNames, type RunControl } from '../execute/run-control.js';
import { askOnce } from '../issue/ask-passphrase.js';
import { change, type Done } from '../execute/change.js';
import { planLeafRenewal } from './plan-leaf-renewal.js';
import type { RenewalPlan } from './renewal-plan.js';
import { bringToDaemon, installTarget, type InstalledRenewal, type InstallOption } from './renew-install.js';
import { parseRenewRequest, renewNames, type RenewRequest } from './renew-request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';

/** Options of `renew`: what to make anew, and how to run it. */
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

/** What was made anew, and what could not be. */
export type Renewal = Omit<RenewalPlan, 'plan'> &
  Done & {
    /** What became of the daemon's copy, where `install` asked for it. A failure is told here: the renewal is done. */
    readonly installed: InstalledRenewal | undefined;
  };

/**
 * Makes certificates of servers and clients anew: those that are due, or those that are named. CA, subject, names,
 * extensions and, unless `newKey` is set, the key stay; the time begins now. It works for the sets of every recipe, and for those that were
 * made otherwise. What is replaced is kept in `archive/`. Where nothing is due, nothing is written.
 * After success the directory holds all of it; after any error, what it held before.
 * Errors: with `install` `ERR_CONFIGURATION`; `ERR_INPUT`, `ERR_PASSPHRASE_*`, `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE`, `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`, `ERR_CLOCK`,
 * `ERR_LOCKED`, `ERR_OPENSSL_*`, `ERR_READ_BACK`, `ERR_TIMEOUT`, `ERR_ABORTED`.
 */
export async function renew(options: RenewOptions = {}): Promise<Renewal> {
  refuseUnknown(options, optionNames);
  const values = parseRenewRequest({ ...options, passphrase: askOnce(options.passphrase) });
  const target = await installTarget(values.directory, options.install);
  const done = await change(values.directory, options, (show) => planLeafRenewal(values, show));
  return { ...done, installed: target && (await bringToDaemon(target, options)) };
}

/** What `renew` would do; asks for no passphrase. Errors: those of `renew`, as far as they can be known beforehand. */
export async function planRenewal(request: RenewRequest = {}): Promise<RenewalPlan> {
  refuseUnknown(request, optionNames);
  return planLeafRenewal(parseRenewRequest(request), true);
}
