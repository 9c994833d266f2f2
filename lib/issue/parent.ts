import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import { note } from '../plan/note.js';
import type { Note } from '../plan/step.js';
import type { ParentCa } from '../recipes/intermediate-ca.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { chainOf, isRoot } from '../x509/ca-chain.js';
import { notAfter } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { constraintsAbove } from '../x509/constraints-above.js';
import type { NameConstraints } from '../x509/name-constraints.js';
import { day, daysWithin, parseDays, type Days } from '../x509/validity.js';
import { call, words } from '../words.js';
import { existingCa, unusableCa } from './authority.js';
import { readCaPair, type CaPair } from './ca-pair.js';
import type { Keyring } from './keyring.js';
import { refusePermitOutside } from './outside-names.js';
import { certificateCopy, isWritable } from './recorded-by-parent.js';
import type { Serial } from '../x509/serial.js';

/** The CA in another directory that signs this one's, before its key is opened. */
export interface Parent {
  /** Absolute. */
  readonly directory: string;
  readonly pair: CaPair & { readonly certificate: NonNullable<CaPair['certificate']> };
  /** The CA, and the intermediates above it up to the root. */
  readonly path: readonly NonNullable<CaPair['certificate']>[];
  /** When the first of them expires. */
  readonly endsOn: Date;
  /** The name constraints of all of them. */
  readonly constraints: readonly NameConstraints[];
}

/** What is asked of a parent. */
export interface ParentRequest {
  /** The directory whose CA is signed. */
  readonly directory: string;
  readonly parent: string;
  /** How many CAs may be below the one that is signed. */
  readonly pathLength: number;
  readonly permit: NameConstraints | undefined;
  readonly now: Date;
}

/**
 * Reads the CA that is to sign another one, and refuses one that cannot. Errors: `ERR_INPUT`, `ERR_CA_MISSING`,
 * `ERR_CA_UNUSABLE`, `ERR_UNSAFE`, `ERR_FILE`.
 */
export async function readParent({ directory, parent, ...asked }: ParentRequest): Promise<Parent> {
  const found = await readParentCa(directory, parent);
  const { certificate, certificates, certificatePath } = found;
  const refuse = (why: string, hint: DirectoryError['hint']): DirectoryError =>
    new DirectoryError('ERR_CA_UNUSABLE', certificatePath, `${certificatePath} ${why}`, hint ? { hint } : {});
  const chain = chainOf(certificates);
  if (!chain && !isRoot(certificate))
    throw refuse(
      'is an intermediate CA, and the root that signed it is not in the same file',
      'nothing was changed; append the certificates of the CAs above it, the root last',
    );
  const path = chain ? [...chain.between, chain.root] : [certificate];
  const below = allowedBelow(path);
  if (certificate.ca && below < 0)
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      certificatePath,
      `${certificatePath} must not sign further CAs: its pathlen is ${certificateDetails(certificate).basicConstraints?.pathLength ?? 0}`,
      {
        hint: words`nothing was changed; make a root that may with \`${call('ca', { pathLength: 1 })}\`, or let this one with \`${call('renewCa', { pathLength: 1 }, parent)}\`: its key stays, and what it signed stays valid`,
      },
    );
  if (asked.pathLength > below)
    throw new InputError(
      'pathLength',
      `a CA under ${certificatePath} may have at most ${below} ${below === 1 ? 'CA' : 'CAs'} below it, not ${asked.pathLength}`,
      { hint: 'nothing was changed; give a smaller one' },
    );
  const expired = path.slice(1).find((one) => notAfter(one) <= asked.now);
  if (expired)
    throw refuse(
      `is under a CA that expired on ${day(notAfter(expired))}`,
      'nothing was changed; have that one renewed first',
    );
  const constraints = constraintsAbove(certificate, certificates);
  if (asked.permit) refusePermitOutside(asked.permit, constraints);
  const endsOn = new Date(Math.min(...path.map((one) => notAfter(one).getTime())));
  return { directory: parent, pair: { ...found, certificate }, path, endsOn, constraints };
}

/** The CA of a parent's directory, with a certificate. Errors: `ERR_INPUT`, `ERR_CA_MISSING`, `ERR_UNSAFE`, those of `readCaPair`. */
export async function readParentCa(directory: string, parent: string): Promise<Parent['pair']> {
  await refuseNested(directory, parent);
  await refuseUnsafeDirectory(parent, 'parent');
  const pair = await readCaPair(parent, undefined, unusableCa(parent));
  const { certificate } = pair;
  if (!certificate)
    throw new DirectoryError('ERR_CA_MISSING', parent, `there is no CA in ${parent}`, {
      hint: 'nothing was changed; name the certificate directory of the parent, and mount what it lies on',
    });
  return { ...pair, certificate };
}

/** Opens the parent's key. Errors: `ERR_CA_MISSING`, those of `existingCa`. */
export async function openParent(
  { directory, pair, path }: Parent,
  { keyring, now }: { readonly keyring: Keyring; readonly now: Date },
): Promise<ParentCa> {
  if (pair.state === 'certificate-only')
    throw new DirectoryError(
      'ERR_CA_MISSING',
      pair.keyPath,
      `the private key of the parent, ${pair.keyPath}, does not exist`,
      { hint: 'nothing was changed; mount the medium with it, or put it there from a backup' },
    );
  const signer = await existingCa(pair, pair.certificate, { directory, now, keyring });
  const root = path.at(-1) ?? pair.certificate;
  return {
    algorithm: signer.algorithm,
    curve: signer.curve,
    passphrase: signer.passphrase,
    keyRef: pair.isInToken ? signer.keyRef : { kind: 'file', path: pair.keyPath },
    path: pair.certificatePath,
    certificates: pair.certificates,
    between: path.slice(0, -1),
    root,
  };
}

/** The lifetime of a CA under a parent; adds a note where it is shorter than asked for. Throws `ERR_CA_UNUSABLE`. */
export function daysUnder({ pair, endsOn }: Parent, asked: Days, now: Date, notes: Note[]): Days {
  const days = daysWithin(asked, now, endsOn);
  if (days < 2)
    // a leaf ends at least a day before its CA
    throw new DirectoryError(
      'ERR_CA_UNUSABLE',
      pair.certificatePath,
      `${pair.certificatePath} expires on ${day(endsOn)}: too soon to sign a CA`,
      { hint: 'nothing was changed; renew it first, where its private key is' },
    );
  if (days < asked)
    notes.push({
      code: 'CA_SHORTENED',
      text: `the CA gets ${days} days instead of ${asked}: its parent expires on ${day(endsOn)}`,
    });
  return parseDays(days, 'caDays');
}

/**
 * What becomes of the parent's directory: it keeps a copy of each CA that it signs, or cannot. `byScript`: a script signs, and
 * writes nothing there.
 */
export async function parentNote(
  { directory }: Pick<Parent, 'directory'>,
  serial: Serial,
  byScript = false,
): Promise<Note> {
  const copy = join(directory, certificateCopy(serial));
  if (!byScript && (await isWritable(directory)))
    return note(
      'RECORDED_BY_PARENT',
      `a copy of the certificate goes to ${copy}: with it the parent can revoke this CA`,
    );
  const why = byScript
    ? 'a script writes nothing into the directory of the parent'
    : `${directory} cannot be written`;
  return note('NOT_RECORDED', `${why}: copy ca.pem to ${copy}, so that the parent can revoke this CA`);
}

/** How many CAs may follow below one that is signed by the first of these; negative where none may be signed. */
function allowedBelow(path: readonly Parent['pair']['certificate'][]): number {
  const limits = path.map((one, at) => {
    const { pathLength } = certificateDetails(one).basicConstraints ?? {};
    return pathLength === undefined ? Infinity : pathLength - at - 1;
  });
  return Math.min(...limits);
}

/** One directory in the other would be read as one set. Throws `ERR_INPUT`. */
async function refuseNested(directory: string, parent: string): Promise<void> {
  const [own, other] = await Promise.all([real(directory), real(parent)]);
  const isIn = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(`${outer}/`);
  if (own === other)
    throw new InputError('parent', `${parent} is the certificate directory itself`, {
      hint: 'nothing was changed; each CA needs a directory of its own',
    });
  const [inner, outer] = isIn(own, other) ? [directory, parent] : [parent, directory];
  if (isIn(own, other) || isIn(other, own))
    throw new InputError('parent', `${inner} is inside ${outer}`, {
      hint: 'nothing was changed; put the directories of the two CAs side by side',
    });
}

/** The path without symbolic links, as far as it exists. */
async function real(path: string): Promise<string> {
  return realpath(path).catch(async () =>
    dirname(path) === path ? path : join(await real(dirname(path)), basename(path)),
  );
}
