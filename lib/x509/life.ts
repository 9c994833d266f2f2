import { InputError } from '../errors.js';
import { day, DAY_MS, moment, MOST_DAYS, SOON_DAYS } from './validity.js';

/** How much of a lifetime is left when a certificate is due: days, a share of the whole, or whichever of both is less. */
export type Within =
  | { readonly days: number }
  | { readonly percent: number }
  | { readonly days: number; readonly percent: number };

/** Where nothing else is asked for: a certificate of a month is not due on the day it is made. */
export const USUAL_WITHIN = { days: SOON_DAYS, percent: 33 } as const satisfies Within;

/** Reads `30d`, `33%`, or a number of days. Throws `ERR_INPUT`. */
export function parseWithin(given: Within | number | string, option = 'within'): Within {
  if (isBoth(given))
    return { ...parseWithin(given.days, option), ...parseWithin(`${given.percent}%`, option) };
  const text = withinText(given);
  const [, digits, unit = 'd'] = /^(\d{1,9})(d|%)?$/.exec(text ?? '') ?? [];
  const number = Number(digits);
  if (digits === undefined || number > (unit === 'd' ? MOST_DAYS : 100))
    throw new InputError(
      option,
      `${text === undefined ? 'this' : `'${text}'`} is no span of time before the end`,
      {
        hint: 'give days as 30d, or a part of the whole lifetime as 33%',
      },
    );
  return unit === 'd' ? { days: number } : { percent: number };
}

function isBoth(given: unknown): given is { days: number; percent: number } {
  return typeof given === 'object' && given !== null && 'days' in given && 'percent' in given;
}

/** Undefined for what has no type of these. */
function withinText(given: unknown): string | undefined {
  if (typeof given === 'string' || typeof given === 'number') return String(given);
  if (typeof given !== 'object' || given === null) return undefined;
  const [days, percent] = ['days', 'percent'].map((unit): unknown => Reflect.get(given, unit));
  if (typeof days === 'number') return `${days}d`;
  return typeof percent === 'number' ? `${percent}%` : undefined;
}

/** As `parseWithin` takes it. */
export function formatWithin(within: Within): string {
  const parts = [
    ...('days' in within ? [`${within.days}d`] : []),
    ...('percent' in within ? [`${within.percent}%`] : []),
  ];
  return parts.join(' or ');
}

/** From when and until when. */
export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A certificate's life at a moment. */
export type LifeState = 'ok' | 'due' | 'expired' | 'not-yet-valid';

/** Due is what has less left than `within`, and has begun. */
export function lifeState({ notBefore, notAfter }: Lifetime, now: Date, within: Within): LifeState {
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return 'expired';
  if (now < notBefore) return 'not-yet-valid';
  return left < spanMs({ notBefore, notAfter }, within) ? 'due' : 'ok';
}

/** How long before its end a certificate is due, in milliseconds. */
export function spanMs({ notBefore, notAfter }: Lifetime, within: Within): number {
  const days = 'days' in within ? within.days * DAY_MS : Infinity;
  const share = 'percent' in within ? within.percent / 100 : Infinity;
  return Math.min(days, (notAfter.getTime() - notBefore.getTime()) * share);
}

/** Whether it ends so soon that a person should hear of it, and has not ended. */
export function endsSoon(life: Lifetime, now: Date): boolean {
  return lifeState(life, now, USUAL_WITHIN) === 'due';
}

/** Whole days, negative after the end. */
export function daysLeft(notAfter: Date, now: Date): number {
  return Math.trunc((notAfter.getTime() - now.getTime()) / DAY_MS) + 0; // -0 is 0
}

/** How much of the life is gone, from 0 to 1. */
export function lifeGone({ notBefore, notAfter }: Lifetime, now: Date): number {
  const whole = notAfter.getTime() - notBefore.getTime();
  if (now >= notAfter || whole <= 0) return now < notBefore ? 0 : 1;
  return Math.max(0, (now.getTime() - notBefore.getTime()) / whole);
}

/** When it ends or ended, or begins: `12 days left, until 2027-11-22`; `expired 3 days ago, on 2026-11-19`. */
export function lifeWords({ notBefore, notAfter }: Lifetime, now: Date): string {
  const count = (ms: number): string => {
    const days = Math.floor(ms / DAY_MS);
    return days === 1 ? '1 day' : days === 0 ? 'less than a day' : `${days} days`;
  };
  const left = notAfter.getTime() - now.getTime();
  if (left <= 0) return `expired ${count(-left)} ago, on ${day(notAfter)}`;
  if (now < notBefore) return `not valid before ${moment(notBefore)}`;
  return `${count(left)} left, until ${day(notAfter)}`;
}
