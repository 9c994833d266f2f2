import { X509Certificate } from 'node:crypto';
import { isCrlOf, readCrl } from '../../x509/crl.js';
import { DerError } from '../../x509/der.js';
import { oneObject } from '../../x509/one-object.js';
import { DAY_MS } from '../../x509/validity.js';
import type { CheckCrlStep } from '../../plan/step.js';
import { readMade } from './files.js';
import { unexpected } from './refusal.js';

/** openssl may have waited for a token, and a clock may go back a little. */
const LEEWAY_MS = 900_000;

/** Compares a CRL with what was asked for. Throws `ERR_READ_BACK` with the first difference. */
export function checkCrl(step: CheckCrlStep, locate: (path: string) => string): void {
  const shown = step.crl;
  const refuse = (what: string, cause?: unknown): never => {
    throw unexpected(shown, what, undefined, cause);
  };
  const found = oneObject(readMade(locate(step.crl), shown));
  if ('wrong' in found) return refuse(`it is not a revocation list: ${found.wrong}`);
  if (found.label !== 'X509 CRL' || !found.der)
    return refuse(`it is not a revocation list: it holds ${found.label}`);
  try {
    compare(step, found.der, issuerOf(step, locate), refuse);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    refuse('it is not a revocation list', error);
  }
}

function issuerOf({ issuer }: CheckCrlStep, locate: (path: string) => string): X509Certificate {
  return new X509Certificate(readMade(locate(issuer), issuer));
}

function compare(
  { number, days, revoked, issuer: shownIssuer }: CheckCrlStep,
  der: Buffer,
  issuer: X509Certificate,
  refuse: (what: string) => never,
): void {
  const crl = readCrl(der);
  if (!isCrlOf(issuer, der)) refuse(`it is not signed by ${shownIssuer}`);
  if (crl.number !== number) refuse(`its number is ${crl.number ?? 'missing'}, not ${number}`);
  if (crl.unhandled.length > 0)
    refuse(`it has an extension that was not asked for (${crl.unhandled.join(', ')})`);
  const { thisUpdate, nextUpdate } = crl;
  if (Math.abs(thisUpdate.getTime() - Date.now()) > LEEWAY_MS) refuse('it does not begin now');
  // openssl takes the time twice.
  const difference = (nextUpdate?.getTime() ?? 0) - thisUpdate.getTime() - days * DAY_MS;
  if (Math.abs(difference) > 2000) refuse(`the next one is not due ${days} days later`);
  const has = crl.revoked.map(({ serial }) => serial).sort();
  const wanted = [...revoked].sort();
  if (has.join() !== wanted.join())
    refuse(`it revokes ${has.length} certificates, not the ${wanted.length} asked for`);
}
