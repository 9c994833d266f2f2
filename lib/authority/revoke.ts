import { running, type Run } from '../execute/run.js';
import type { X509Certificate } from 'node:crypto';
import { InputError } from '../errors.js';
import { change, type Done } from '../execute/change.js';
import { controlNames, type RunControl } from '../execute/run-control.js';
import { givenOneOf, givenTexts } from '../given.js';
import { askOnce } from '../issue/ask-passphrase.js';
import { askingKeyring, previewKeyring } from '../issue/keyring.js';
import { refuseUnknown } from '../known-options.js';
import { keyNameOf } from '../set/issued/entry.js';
import type { IndexedCertificate } from '../set/issued/read.js';
import { revocationReasons } from '../x509/ca-index.js';
import type { RevocationReason } from '../x509/crl.js';
import { spki } from '../x509/spki.js';
import { call, words } from '../words.js';
import { crlNames } from './crl.js';
import { parseCrlRequest, type CrlRequest, type CrlValues } from './crl-options.js';
import { hasSerial, isOfCa } from './entries.js';
import { named } from './issued.js';
import { planCrl, type CrlPlan, type Mark } from './plan-crl.js';

export interface RevokeRequest extends Omit<CrlRequest, 'role'> {
  /** Why, as RFC 5280 §5.3.1 has it. Default: none is given, which means unspecified. */
  readonly reason?: (typeof revocationReasons)[number] | undefined;
}

export type RevokeOptions = RevokeRequest & RunControl;

/** A certificate that is revoked now. */
export interface RevokedNow {
  readonly serial: string;
  readonly subject: string;
  /** Where it was written, relative to the directory; undefined for what the index has no record of. */
  readonly path: string | undefined;
  readonly notAfter: Date;
  /** It had been revoked before. */
  readonly before: boolean;
  /** The new list has it: not so for a certificate of another CA. */
  readonly listed: boolean;
}

export type RevokePlan = CrlPlan & { readonly certificates: readonly RevokedNow[] };

/** What was revoked, and the list that says so. */
export type Revocations = Omit<CrlPlan, 'plan'> &
  Omit<Done, 'certificates'> & { readonly certificates: readonly RevokedNow[] };

/**
 * Revokes certificates by name or serial number: marks them in the index and signs a new `crl.pem`, both or neither. A name
 * stands for every certificate that it still has, also those that were renewed since. dockerd checks no revocation: until
 * a proxy checks the list, or the CA is rolled over, a revoked client gets in.
 *
 * @throws The errors of {@link crl}; `ERR_INPUT`: no certificate has that name or serial number, or both a server and a client have.
 * @example
 * ```ts
 * import { revoke } from 'docker-tls-openssl';
 *
 * const { certificates, crl, number } = await revoke(['client'], {
 *   directory: 'docker-tls',
 *   reason: 'keyCompromise',
 *   passphrase: 'correct horse battery staple',
 * });
 * console.log(certificates.map(({ subject }) => subject), crl, number);
 * ```
 */
export function revoke(names: readonly string[], options: RevokeOptions = {}): Run<Revocations> {
  return running(options, (observed) => revokeNow(names, observed));
}

async function revokeNow(names: readonly string[], options: RevokeOptions): Promise<Revocations> {
  refuseUnknown(options, { ...crlNames, reason: true, ...controlNames });
  const request = { ...options, passphrase: askOnce(options.passphrase) };
  const values = parseCrlRequest(request, askingKeyring);
  const { chosen, made, commands, openssl, pem, ...done } = await change(values.directory, options, {
    preview: async () => renamed(await previewRevoke(names, request)),
    plan: async () => renamed(await planRevoke(names, values, request)),
  });
  return { ...done, made, commands, openssl, pem, certificates: chosen };
}

/** What `revoke` would do; asks for no passphrase. Errors: those of `revoke`, as far as they can be known beforehand. */
export async function previewRevoke(
  names: readonly string[],
  request: RevokeRequest = {},
): Promise<RevokePlan> {
  return planRevoke(names, parseCrlRequest(request, previewKeyring), request);
}

/** `change` has certificates of its own. */
function renamed({
  certificates: chosen,
  ...rest
}: RevokePlan): Omit<RevokePlan, 'certificates'> & { chosen: readonly RevokedNow[] } {
  return { ...rest, chosen };
}

/** Plans a revocation, and the list that says so. Errors: those of `revoke`, as far as they can be known beforehand. */
export async function planRevoke(
  names: readonly string[],
  values: CrlValues,
  { reason }: RevokeRequest,
): Promise<RevokePlan> {
  const wanted = givenTexts(names, 'names');
  if (wanted.length === 0) throw new InputError('names', 'no name and no serial number was given');
  const why = reason === undefined ? undefined : givenOneOf(revocationReasons, reason, 'reason');
  let certificates: Omit<RevokedNow, 'listed'>[] = [];
  const mark: Mark = (entries, own) => {
    const isBelow = isCaBelow(own);
    const chosen = new Set(wanted.flatMap((name) => choose(name, entries, values, isBelow)));
    certificates = [...chosen].map(({ line, record }) => ({
      serial: line.serial,
      subject: line.subject,
      path: record?.path,
      notAfter: line.notAfter,
      before: line.revocation !== undefined,
    }));
    return entries.map((entry) => (chosen.has(entry) ? marked(entry, values.now, why) : entry));
  };
  const plan = await planCrl(values, 'revoke', mark);
  const listed = new Set(plan.revoked);
  return {
    ...plan,
    certificates: certificates.map((one) => ({ ...one, listed: listed.has(one.serial) })),
  };
}

/** Tells whether a certificate is that of another CA, which this one has signed. */
function isCaBelow(ca: X509Certificate): (entry: IndexedCertificate) => boolean {
  const [isOwn, key] = [isOfCa(ca), keyNameOf(spki(ca.publicKey))];
  return (entry) => isOwn(entry) && entry.record?.key !== key;
}

/** A certificate that was revoked before keeps the date of that. */
function marked(
  { line, record }: IndexedCertificate,
  at: Date,
  reason: RevocationReason | undefined,
): IndexedCertificate {
  return { line: { ...line, status: 'R', revocation: line.revocation ?? { at, reason } }, record };
}

/** The certificates of a name that are still valid, or the one with a serial number. Throws `ERR_INPUT`. */
function choose(
  name: string,
  entries: readonly IndexedCertificate[],
  { now, directory }: CrlValues,
  isBelow: (entry: IndexedCertificate) => boolean,
): readonly IndexedCertificate[] {
  const bySerial = entries.filter((entry) => hasSerial(entry, name));
  const [, folder, short = name] = /^(servers|clients)\/([^/]+)\/?$/.exec(name) ?? [];
  const ofRole = (role: 'server' | 'client'): IndexedCertificate[] =>
    folder !== undefined && folder !== `${role}s` ? [] : entries.filter(named(role, short));
  const [servers, clients] = [
    ofRole('server'),
    ofRole('client').filter((one) => !ofRole('server').includes(one)),
  ];
  if (bySerial.length === 0 && servers.length > 0 && clients.length > 0)
    throw new InputError('names', `both a server and a client have the name ${JSON.stringify(name)}`, {
      hint: `nothing was changed; say servers/${name} or clients/${name}`,
    });
  const found = bySerial.length > 0 ? bySerial : [...servers, ...clients];
  const ca = found.find((entry) => entry.record?.role === 'ca' && !isBelow(entry));
  if (ca)
    throw new InputError('names', `${ca.line.serial} is the CA itself, which no list of its own revokes`, {
      hint: words`nothing was changed; roll over to a new CA with \`${call('renewCa', { newKey: true }, directory)}\``,
    });
  if (found.length === 0)
    throw new InputError('names', `no certificate has the name or serial number ${JSON.stringify(name)}`, {
      hint: words`nothing was changed; \`${call('issued', {}, directory)}\` lists what was issued`,
    });
  const valid = found.filter(({ line }) => line.notAfter > now);
  if (valid.length === 0)
    throw new InputError('names', `every certificate of ${JSON.stringify(name)} has expired`, {
      hint: 'nothing was changed; nobody accepts them any more',
    });
  return valid;
}
