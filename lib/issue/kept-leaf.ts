import type { X509Certificate } from 'node:crypto';
import { DirectoryError } from '../errors.js';
import type { Note } from '../plan/step.js';
import { ownCommand } from '../plan/own-command.js';
import { isEncrypted, openKey, type Pair } from '../set/pairs.js';
import { type LeafRole, roleUsage } from '../x509/role.js';
import { extendedKeyUsageOf, lifetimeOf, notAfter, notBefore } from '../x509/certificate.js';
import type { Values } from './request.js';
import { endsSoon } from '../x509/life.js';
import { day, moment } from '../x509/validity.js';

/**
 * A certificate that stays must work: signed by a CA that is there, for its key, for its role, not expired. Throws
 * `ERR_LEAF_UNUSABLE`; gives a note where it ends soon. `remedy`: what makes it anew.
 */
export async function checkKept(
  role: LeafRole,
  pair: Pair,
  cas: readonly X509Certificate[],
  { directory, now }: Pick<Values, 'directory' | 'now'>,
  remedy: string,
): Promise<Note[]> {
  const { certificate, certificatePath, keyPath } = pair;
  if (!certificate) return [];
  const refuse = (path: string, why: string, hint = `bring the right one back, or ${remedy}`): never => {
    throw new DirectoryError('ERR_LEAF_UNUSABLE', path, `${path} cannot be used: ${why}`, {
      hint: `nothing was changed; ${hint}`,
    });
  };
  if (await isEncrypted(keyPath)) refuse(keyPath, 'it is encrypted, and Docker opens no encrypted key');
  const key = await openKey(keyPath, undefined, { code: 'ERR_LEAF_UNUSABLE', remedy });
  if (!certificate.checkPrivateKey(key)) refuse(certificatePath, `it does not belong to ${keyPath}`);
  if (!cas.some((ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey))) {
    refuse(certificatePath, 'it is not signed by the CA that is there');
  }
  const usages = extendedKeyUsageOf(certificate);
  if (usages && !usages.includes(roleUsage[role])) refuse(certificatePath, `it is not for a ${role}`);
  const end = notAfter(certificate);
  const renew = `renew it with \`${ownCommand(['renew'], directory)}\``;
  if (end <= now) {
    const clock = `if this machine's clock is right (${moment(now)})`;
    refuse(certificatePath, `it expired on ${day(end)}`, `${clock}, ${renew}`);
  }
  if (notBefore(certificate) > now) refuse(certificatePath, ...notYetValid(certificate, now));
  if (!endsSoon(lifetimeOf(certificate), now)) return [];
  return [{ code: 'EXPIRES_SOON', text: `${certificatePath} ends on ${day(end)}: ${renew}` }];
}

/** A certificate of the future: what is wrong with it, and what to do. */
export function notYetValid(certificate: X509Certificate, now: Date): [why: string, hint: string] {
  return [
    `it is not valid before ${moment(notBefore(certificate))}`,
    `check this machine's clock, which says ${moment(now)}`,
  ];
}
