import type { X509Certificate } from 'node:crypto';
import { DirectoryError } from '../errors.js';
import type { Note } from '../plan/step.js';
import { isEncrypted, openKey, type Pair } from '../set/pairs.js';
import { type LeafRole, roleUsage } from '../x509/role.js';
import { extendedKeyUsageOf, lifetimeOf, notAfter, notBefore } from '../x509/certificate.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { constraintsAbove } from '../x509/constraints-above.js';
import { namesOutside } from '../judge/outside.js';
import { pathTo } from '../x509/path.js';
import type { Values } from './request.js';
import { endsSoon } from '../x509/life.js';
import { day, moment } from '../x509/validity.js';
import { call, words, type Text } from '../words.js';
import { note } from '../plan/note.js';

/**
 * A certificate that stays must work: signed by an existing CA, for its key, for its role, not expired. Throws
 * `ERR_LEAF_UNUSABLE`; returns a note if it expires soon. `remedy`: how to recreate it.
 */
export async function checkKept(
  role: LeafRole,
  pair: Pair,
  cas: readonly X509Certificate[],
  { directory, now }: Pick<Values, 'directory' | 'now'>,
  remedy: Text,
): Promise<Note[]> {
  const { certificate, certificatePath, keyPath } = pair;
  if (!certificate) return [];
  const refuse = (
    path: string,
    why: string,
    hint: Text = words`restore the right one, or ${remedy}`,
  ): never => {
    throw new DirectoryError('ERR_LEAF_UNUSABLE', path, `${path} cannot be used: ${why}`, {
      hint: words`nothing was changed; ${hint}`,
    });
  };
  if (await isEncrypted(keyPath)) refuse(keyPath, 'it is encrypted, and Docker cannot open encrypted keys');
  const key = await openKey(keyPath, undefined, { code: 'ERR_LEAF_UNUSABLE', remedy });
  if (!certificate.checkPrivateKey(key)) refuse(certificatePath, `it does not belong to ${keyPath}`);
  const path = pathTo(certificate, pair.certificates.slice(1), cas);
  if (!path) return refuse(certificatePath, 'it is not signed by the existing CA');
  const above = [...path.between, path.anchor];
  const constraints = constraintsAbove(above[0] ?? path.anchor, [...above, ...cas]);
  const outside = namesOutside(certificateDetails(certificate), constraints);
  if (outside.length > 0)
    refuse(certificatePath, `it names ${outside.join(', ')}, for which its CA must not sign`, remedy);
  const usages = extendedKeyUsageOf(certificate);
  if (usages && !usages.includes(roleUsage[role])) refuse(certificatePath, `it is not for a ${role}`);
  const end = notAfter(certificate);
  const renew = words`renew it with \`${call('renew', {}, directory)}\``;
  if (end <= now) {
    const clock = `if this machine's clock is right (${moment(now)})`;
    refuse(certificatePath, `it expired on ${day(end)}`, words`${clock}, ${renew}`);
  }
  if (notBefore(certificate) > now) refuse(certificatePath, ...notYetValid(certificate, now));
  if (!endsSoon(lifetimeOf(certificate), now)) return [];
  return [note('EXPIRES_SOON', words`${certificatePath} expires on ${day(end)}: ${renew}`)];
}

/** The reason and the hint for a certificate that is not valid yet. */
export function notYetValid(certificate: X509Certificate, now: Date): [why: string, hint: string] {
  return [
    `it is not valid before ${moment(notBefore(certificate))}`,
    `check this machine's clock, which says ${moment(now)}`,
  ];
}
