import { types } from 'node:util';
import { InputError } from '../errors.js';

declare const daysBrand: unique symbol;

/** A certificate's lifetime in whole days from the moment it is made. */
export type Days = number & { readonly [daysBrand]: true };

export const DAY_MS = 86_400_000;

/** When a person should hear that a certificate ends. */
export const SOON_DAYS = 30;

/** 100 years. Longer ones are accepted by openssl, and are typing mistakes. */
export const MOST_DAYS = 36_500;

/** Accepts a number or its digits. Throws `ERR_INPUT` naming `option`. */
export function parseDays(value: number | string, option: string, least = 1): Days {
  const days = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof days !== 'number' || !Number.isInteger(days) || days < least || days > MOST_DAYS) {
    throw new InputError(option, `'${String(value)}' is no number of days from ${least} to ${MOST_DAYS}`);
  }
  return days as Days;
}

/** The time from which lifetimes are counted: one that a certificate can say (RFC 5280 §4.1.2.5). Throws `ERR_INPUT`. */
export function parseNow(given: Date): Date {
  // A day that is none is neither before nor after.
  if (!types.isDate(given) || !(given.getTime() < Date.UTC(10_000, 0)))
    throw new InputError('now', 'now is not a time before the year 10000');
  return given;
}

/**
 * The lifetime of a leaf under a CA that ends at `caNotAfter`: what was asked for, or as many whole days as still end
 * before the CA does. An hour is kept back, for keys that take their time and clocks that differ. 0 means that the CA
 * ends too soon to sign anything.
 */
export function daysWithin(asked: Days, now: Date, caNotAfter: Date): Days | 0 {
  const hour = 3_600_000;
  const left = Math.floor((caNotAfter.getTime() - now.getTime() - hour) / DAY_MS);
  return Math.max(0, Math.min(asked, left)) as Days | 0;
}

/** A date for a message: `2027-11-22` (UTC). */
export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Where a day is not enough: `2027-11-22 14:03:59 UTC`. */
export function moment(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
