import type { X509Certificate } from 'node:crypto';
import { notAfter, notBefore } from '../../x509/certificate.js';
import { daysLeft, endsSoon } from '../../x509/life.js';
import { day, moment } from '../../x509/validity.js';
import { words, type Text } from '../../words.js';
import { failed, passed, type Verdict } from './check.js';

/** Checks a certificate's dates. `theirs`: the daemon's clock, if known. */
export function validity(
  certificate: X509Certificate,
  now: Date,
  theirs: Date | undefined,
  renewal: Text,
): Verdict {
  const [start, end] = [notBefore(certificate), notAfter(certificate)];
  const isWithin = (date: Date): boolean => start <= date && date < end;
  const clock = `this machine's clock, which says ${moment(now)}`;
  const wrongClock =
    theirs && isWithin(theirs) ? `set ${clock}: the daemon's says ${moment(theirs)}` : undefined;
  if (now < start) return failed(`not valid before ${moment(start)}`, wrongClock ?? `check ${clock}`);
  if (now >= end) return failed(`expired on ${day(end)}`, wrongClock ?? words`${renewal}; or check ${clock}`);
  const days = daysLeft(end, now);
  return passed(
    `${days === 1 ? '1 day' : `${days} days`} left, until ${day(end)}`,
    endsSoon({ notBefore: start, notAfter: end }, now) ? renewal : undefined,
  );
}
