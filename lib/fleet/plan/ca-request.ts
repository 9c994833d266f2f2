import type { IssueRequest, PassphraseSource } from '../../issue/options.js';
import type { Passphrase } from '../../x509/passphrase.js';
import type { Fleet } from '../fleet.js';

/** Opens the CA's key, or encrypts that of a new one; `null` leaves that unencrypted. */
export type CaPassphrase = Passphrase | string | null | PassphraseSource | undefined;

/** The CA that a fleet file asks for, as `ca` takes it. */
export function caRequest(
  { ca: { directory, key, days } }: Fleet,
  now: Date,
  passphrase?: CaPassphrase,
): IssueRequest<'ca'> {
  const isRef = 'kind' in key;
  return { directory, caDays: days, now, passphrase, ...(isRef ? { caKey: key } : { key }) };
}
