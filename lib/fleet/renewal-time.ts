import { createHash } from 'node:crypto';
import { spanMs, type Lifetime } from '../x509/life.js';
import { DAY_MS } from '../x509/validity.js';
import type { MaintenanceWindow, RenewalRule } from './fleet.js';

/*
 * When a certificate of a fleet is renewed. Pure: the time is an argument. Only a window without a time zone asks the machine for its
 * own.
 */

const MINUTE_MS = 60_000;
const MINUTES_OF_DAY = 1440;

/** From when on a certificate is due. */
export function dueFrom(name: string, renew: RenewalRule, life: Lifetime): Date {
  return new Date(life.notAfter.getTime() - spanMs(life, renew.within) - jitterMs(name, renew.jitter, life));
}

/**
 * How much earlier a certificate is due than others: a share of its lifetime, from 0 to `percent`. It depends on the name alone, so
 * that each run finds the same, and hosts with names alike differ.
 */
export function jitterMs(name: string, percent: number, { notBefore, notAfter }: Lifetime): number {
  const share = createHash('sha256').update(name).digest().readUIntBE(0, 6) / 2 ** 48;
  return Math.floor((notAfter.getTime() - notBefore.getTime()) * (percent / 100) * share);
}

/** Whether a daemon may restart at a moment: in its window, or where it has none. */
export function isOpen(window: MaintenanceWindow | undefined, at: Date): boolean {
  return window === undefined || isWithin(window, wallTime(window.timeZone, at.getTime()));
}

/**
 * The first moment from `at` on at which a daemon may restart: `at` itself in its window. The hours are those that a clock on the wall
 * shows: what the change to summer time skips does not come, and what the change back repeats comes twice.
 */
export function nextOpening(window: MaintenanceWindow | undefined, at: Date): Date {
  if (window === undefined || isOpen(window, at)) return at;
  const { timeZone } = window;
  let time = at.getTime();
  // From day to day, for the clock may be changed on each of them. A window that a change skips comes a week later.
  while (Number.isFinite(time)) {
    const opens = time + untilFrom(window, wallTime(timeZone, time));
    const end = Math.min(opens, time + DAY_MS);
    const offset = offsetMs(timeZone, time);
    if (offsetMs(timeZone, end) === offset) {
      if (end === opens) return new Date(opens);
      time = end;
      continue;
    }
    const change = firstWith((moment) => offsetMs(timeZone, moment) !== offset, time, end);
    if (opens < change) return new Date(opens);
    if (isWithin(window, wallTime(timeZone, change))) return new Date(change);
    time = change;
  }
  return at; // no date at all
}

/** A clock on the wall: milliseconds since its Sunday began. */
type WallTime = number & { readonly wall: true };
const WEEK_MS = 7 * DAY_MS;
/** Beyond it, there are no dates. */
const LAST_MS = 8.64e15;

function wallTime(timeZone: string | undefined, time: number): WallTime {
  // 1970 began on a Thursday, the fifth day of a week.
  const since = (time + offsetMs(timeZone, time) + 4 * DAY_MS) % WEEK_MS;
  return ((since + WEEK_MS) % WEEK_MS) as WallTime;
}

function isWithin({ days, from, to }: MaintenanceWindow, wall: WallTime): boolean {
  const day = Math.floor(wall / DAY_MS);
  const minute = (wall % DAY_MS) / MINUTE_MS;
  const isSince = (began: number, now: number): boolean => days.includes(began) && now >= from && now < to;
  return isSince(day, minute) || isSince((day + 6) % 7, minute + MINUTES_OF_DAY);
}

/** Milliseconds until a window begins, more than 0, by a clock that nobody changes. */
function untilFrom({ days, from }: MaintenanceWindow, wall: WallTime): number {
  const waits = days.map((day) => {
    const wait = (day * DAY_MS + from * MINUTE_MS - wall + WEEK_MS) % WEEK_MS;
    return wait === 0 ? WEEK_MS : wait;
  });
  return Math.min(...waits);
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** How far a time zone is ahead of UTC at a moment; NaN for one that is none. */
function offsetMs(timeZone: string | undefined, time: number): number {
  if (!(Math.abs(time) < LAST_MS)) return NaN;
  if (timeZone === undefined) return -new Date(time).getTimezoneOffset() * MINUTE_MS;
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    clocks.set(timeZone, clock);
  }
  const seconds = Math.floor(time / 1000) * 1000;
  const parts = clock.formatToParts(seconds).map(({ type, value }) => [type, Number(value)] as const);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = Object.fromEntries(parts);
  return Date.UTC(year, month - 1, day, hour, minute, second) - seconds;
}

/** The first whole second after `low`, up to `high`, at which something is so that stays so; it is so at `high`. */
function firstWith(isSo: (time: number) => boolean, low: number, high: number): number {
  let [before, after] = [Math.floor(low / 1000), Math.ceil(high / 1000)];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (isSo(middle * 1000)) after = middle;
    else before = middle;
  }
  return after * 1000;
}
