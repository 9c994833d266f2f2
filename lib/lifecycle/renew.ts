import type { RunControl } from '../plan/run-control.js';
import { askOnce } from './ask-passphrase.js';
import { change, type Done } from './change.js';
import { planLeafRenewal, type RenewalPlan } from './plan-leaf-renewal.js';
import { parseRenewRequest, type RenewRequest } from './renew-request.js';

/** Options of `renew`: what to make anew, and how to run it. */
export type RenewOptions = RenewRequest & RunControl;

/** What was made anew, and what could not be. */
export type Renewal = Omit<RenewalPlan, 'plan'> & Done;

/**
 * Makes certificates of servers and clients anew: those that are due, or those that are named. CA, subject, names,
 * extensions and, unless `newKey` is set, the key stay; the time begins now. It works for the sets of every recipe, and for those that were
 * made otherwise. What is replaced is kept in `archive/`. Where nothing is due, nothing is written.
 * After success the directory holds all of it; after any error, what it held before.
 * Errors: `ERR_INPUT`, `ERR_PASSPHRASE_*`, `ERR_CA_UNUSABLE`, `ERR_LEAF_UNUSABLE`, `ERR_UNSAFE`, `ERR_EXISTS`, `ERR_FILE`, `ERR_CLOCK`,
 * `ERR_LOCKED`, `ERR_OPENSSL_*`, `ERR_READ_BACK`, `ERR_TIMEOUT`, `ERR_ABORTED`.
 */
export async function renew(options: RenewOptions = {}): Promise<Renewal> {
  const values = parseRenewRequest({ ...options, passphrase: askOnce(options.passphrase) });
  return change(values.directory, options, (show) => planLeafRenewal(values, show));
}

/** What `renew` would do; asks for no passphrase. Errors: those of `renew`, as far as they can be known beforehand. */
export async function planRenewal(request: RenewRequest = {}): Promise<RenewalPlan> {
  return planLeafRenewal(parseRenewRequest(request), true);
}
