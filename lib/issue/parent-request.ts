import type { X509Certificate } from 'node:crypto';
import { DifferenceError, InputError } from '../errors.js';
import { note } from '../plan/note.js';
import type { Note } from '../plan/step.js';
import type { SignedByParent } from '../recipes/intermediate-ca.js';
import { caFiles } from '../set/layout.js';
import { isRoot } from '../x509/ca-chain.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { isIssuedBy } from '../x509/issued.js';
import { call, option, words } from '../words.js';
import type { CaPair } from './ca-pair.js';
import { daysUnder, openParent, readParent, readParentCa, type Parent } from './parent.js';
import type { Values } from './request.js';

/** The parent that was named for a new CA; undefined for a root. Errors: those of `readParent`; `ERR_INPUT` for separate CAs. */
export async function readParentOf(values: Values, areSeparate: boolean): Promise<Parent | undefined> {
  const { directory, parent, pathLength = 0, permit, now } = values;
  if (parent !== undefined && areSeparate)
    throw new InputError('parent', 'separate CAs for servers and clients are roots: no other CA signs them', {
      hint: words`leave out ${option('parent')}, or ${option('separateCas', true)}`,
    });
  return parent === undefined ? undefined : readParent({ directory, parent, pathLength, permit, now });
}

/** What a new CA gets from its parent. Errors: those of `openParent` and `daysUnder`. */
export async function signedByParent(
  parent: Parent,
  { now, caDays, parentKeyring }: Values,
  notes: Note[],
): Promise<SignedByParent> {
  const days = daysUnder(parent, caDays, now, notes);
  return { parent: await openParent(parent, { now, keyring: parentKeyring }), days };
}

/** A note on a new CA that nobody signs, in the place of one that another CA had signed. */
export function rootNote({ certificate }: CaPair, { parent }: Values): Note[] {
  if (parent !== undefined || !certificate || isRoot(certificate)) return [];
  const text = words`the new CA is a root, unlike the one that it replaces; ${option('parent', 'DIR')} has it signed by another CA`;
  return [note('CA_BECOMES_ROOT', text)];
}

/** Refuses an existing CA that another parent has signed, or that may have another number of CAs below it. Throws `ERR_DIFFERS`. */
export async function refuseOtherParent(
  path: string,
  certificate: X509Certificate,
  { directory, parent, pathLength }: Values,
): Promise<void> {
  if (parent !== undefined) {
    const asked = await readParentCa(directory, parent);
    if (!isIssuedBy(certificate, asked.certificate))
      throw new DifferenceError(
        path,
        `nothing was changed: ${caFiles.certificate} is not signed by ${asked.certificatePath}`,
        ['ca'],
      );
  }
  if (pathLength === undefined) return;
  const has = certificateDetails(certificate).basicConstraints?.pathLength;
  if (has !== pathLength)
    throw new DifferenceError(
      path,
      `nothing was changed: ${caFiles.certificate} has ${has === undefined ? 'no pathlen' : `pathlen ${has}`}`,
      [],
      words`to change how many CAs may be below the existing one: \`${call('renewCa', { pathLength }, directory)}\``,
    );
}
