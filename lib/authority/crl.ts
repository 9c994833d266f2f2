import { running, type Run } from '../execute/run.js';
import { change, type Done } from '../execute/change.js';
import { controlNames } from '../execute/run-control.js';
import { givenFlag } from '../given.js';
import { askOnce } from '../issue/ask-passphrase.js';
import { askingKeyring, previewKeyring } from '../issue/keyring.js';
import { refuseUnknown } from '../known-options.js';
import type { Crl } from '../x509/crl.js';
import type { CaRole } from '../set/authorities.js';
import { crlFilesOf } from '../set/crl-files.js';
import { crlOf, readCrls } from './crl-file.js';
import { parseCrlRequest, type CrlOptions, type CrlRequest, type CrlValues } from './crl-options.js';
import { listedRole, readListedCa } from './listed-ca.js';
import { planCrl, type CrlPlan } from './plan-crl.js';

/** The list that was made, or the one that stays. */
export type MadeCrl = Omit<CrlPlan, 'plan'> & Omit<Done, 'certificates'>;

export const crlNames = { directory: true, caKey: true, passphrase: true, now: true, days: true } as const;

const ownNames = { ...crlNames, role: true, due: true } as const;

/**
 * Signs a list of the certificates that the index says are revoked (a CRL, RFC 5280 §5): `crl.pem`, each with a higher number.
 * dockerd looks at no such list: a proxy in front of it can.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_PASSPHRASE_NEEDED`, `ERR_PASSPHRASE_WRONG`: the CA's key needs a passphrase, or another one.
 * @throws `ERR_CA_MISSING`, `ERR_CA_UNUSABLE`: the directory holds no CA, or one that cannot sign.
 * @throws `ERR_CLOCK`: the machine's clock is certainly wrong.
 * @throws `ERR_FILE`, `ERR_UNSAFE`, `ERR_EXISTS`: the index or the last list cannot be read, or believed.
 * @throws `ERR_LOCKED`, `ERR_LOCK_LOST`: another process works in the directory.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`, `ERR_READ_BACK`: openssl is missing, too old, failed, or made
 * something else.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 */
export function crl(options: CrlOptions = {}): Run<MadeCrl> {
  return running(options, (observed) => crlNow(observed));
}

async function crlNow(options: CrlOptions): Promise<MadeCrl> {
  refuseUnknown(options, { ...ownNames, ...controlNames });
  const { due = false, ...rest } = options;
  const request = { ...rest, passphrase: askOnce(options.passphrase) };
  const values = parseCrlRequest(request, askingKeyring);
  if (givenFlag(due, 'due')) {
    const ofRole = await listedRole(values);
    const current = await currentCrl(values, ofRole);
    if (current && !isDue(current, values.now)) return unchanged(values.directory, ofRole, current);
  }
  return change(values.directory, options, {
    preview: () => previewCrl(request),
    plan: () => planCrl(values, 'crl'),
  });
}

/** What `crl` would do; asks for no passphrase. Errors: those of `crl`, as far as they can be known beforehand. */
export async function previewCrl(request: CrlRequest = {}): Promise<CrlPlan> {
  return planCrl(parseCrlRequest(request, previewKeyring), 'crl');
}

async function currentCrl(values: CrlValues, ofRole: CaRole): Promise<Crl | undefined> {
  const { certificate } = await readListedCa(values, ofRole);
  return certificate && crlOf(certificate, await readCrls(values.directory, ofRole));
}

function isDue({ thisUpdate, nextUpdate }: Crl, now: Date): boolean {
  const end = nextUpdate?.getTime() ?? 0;
  return now.getTime() > (thisUpdate.getTime() + end) / 2;
}

function unchanged(directory: string, role: CaRole, { number = 0n, revoked, nextUpdate }: Crl): MadeCrl {
  return {
    ...{ directory, crl: crlFilesOf(role).crl, role, number, revoked: revoked.map(({ serial }) => serial) },
    ...{ nextUpdate: nextUpdate ?? new Date(0), notes: [], made: [], commands: [], openssl: undefined },
    pem: new Map(),
  };
}
