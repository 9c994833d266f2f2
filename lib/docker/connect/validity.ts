import type { X509Certificate } from 'node:crypto';
import { notAfter, notBefore } from '../../x509/certificate.js';
import { daysLeft, endsSoon } from '../../x509/life.js';
import { day, moment } from '../../x509/validity.js';
import { failed, passed, type Verdict } from './check.js';

/** Whether a certificate is within its dates, and for how long; `theirs` is the daemon's clock, where it is known. */
export function validity(
  certificate: X509Certificate,
  now: Date,
  theirs: Date | undefined,
  remedy: string,
): Verdict {
  const [start, end] = [notBefore(certificate), notAfter(certificate)];
  const isWithin = (date: Date): boolean => start <= date && date < end;
  const clock = `this machine's clock, which says ${moment(now)}`;
  const wrongClock =
    theirs && isWithin(theirs) ? `set ${clock}: the daemon's says ${moment(theirs)}` : undefined;
  if (now < start) return failed(`not before ${moment(start)}`, wrongClock ?? `check ${clock}`);
  if (now >= end) return failed(`expired on ${day(end)}`, wrongClock ?? `${remedy}; or check ${clock}`);
  const days = daysLeft(end, now);
  return passed(
    `${days === 1 ? '1 day' : `${days} days`} left, until ${day(end)}`,
    endsSoon({ notBefore: start, notAfter: end }, now) ? remedy : undefined,
  );
}
