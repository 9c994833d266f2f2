import { InputError } from '../errors.js';
import type { MaintenanceWindow } from './fleet.js';

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MINUTES_OF_DAY = 1440;

/**
 * Reads `Sun 02:00-05:00`, `Mon-Fri 22:00-04:00` (until the next morning), `Sat,Sun 00:00-24:00`, `daily 02:00-04:00`. One window, of
 * the same hours on each of its days. Throws `ERR_INPUT`.
 */
export function parseWindow(given: string, timeZone: string | undefined): MaintenanceWindow {
  const refuse = (why: string): never => {
    throw new InputError('window', `${JSON.stringify(given.slice(0, 100))} is not a window: ${why}`, {
      hint: "give days and hours, such as 'Sun 02:00-05:00', 'Mon-Fri 22:00-04:00' or 'daily 02:00-04:00'",
    });
  };
  if (given.length > 100)
    refuse('it is too long: it is not made of days and of a time from and a time until');
  const [, dayWords, fromText, toText] =
    /^\s*([a-z, -]*[a-z])\s+(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})\s*$/i.exec(given) ?? [];
  if (dayWords === undefined || fromText === undefined || toText === undefined)
    return refuse('it is not made of days and of a time from and a time until');
  const from = minutes(fromText, refuse);
  const until = minutes(toText, refuse);
  if (from === MINUTES_OF_DAY) refuse('it begins at 24:00: write 00:00');
  if (from === until) refuse('it ends when it begins; a whole day is 00:00-24:00');
  const to = until > from ? until : until + MINUTES_OF_DAY;
  return { days: days(dayWords, refuse), from, to, timeZone };
}

function minutes(text: string, refuse: (why: string) => never): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  if (hour * 60 + minute > MINUTES_OF_DAY || minute > 59) refuse(`${text} is no time of the day`);
  return hour * 60 + minute;
}

function days(text: string, refuse: (why: string) => never): number[] {
  if (/^daily$/i.test(text)) return [0, 1, 2, 3, 4, 5, 6];
  const number = (word: string): number => {
    const long = /^(sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:day)?$/i.exec(word.trim());
    const at =
      long === null
        ? -1
        : dayNames.findIndex((name) => word.trim().toLowerCase().startsWith(name.toLowerCase()));
    return at < 0 ? refuse(`'${word.trim()}' is no day: ${dayNames.join(', ')}, or daily`) : at;
  };
  const found = text.split(',').flatMap((part) => {
    const [first = '', last, ...more] = part.split('-');
    if (more.length > 0) return refuse(`'${part.trim()}' is no range of days`);
    const start = number(first);
    const length = last === undefined ? 1 : ((number(last) - start + 7) % 7) + 1;
    return Array.from({ length }, (_, nth) => (start + nth) % 7);
  });
  return [...new Set(found)].sort((one, other) => one - other);
}

/** As `parseWindow` reads it, without the time zone. */
export function formatWindow({ days: its, from, to }: MaintenanceWindow): string {
  const clock = (minute: number): string =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const until = to > MINUTES_OF_DAY ? to - MINUTES_OF_DAY : to;
  const on = its.length === 7 ? 'daily' : its.map((at) => dayNames[at]).join(',');
  return `${on} ${clock(from)}-${clock(until)}`;
}

/** An IANA time zone that this machine knows. Throws `ERR_INPUT`. */
export function parseTimeZone(given: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone: given });
    return given;
  } catch {
    throw new InputError('timezone', `${JSON.stringify(given.slice(0, 100))} is not a time zone`, {
      hint: "give a name of the IANA database, such as 'Europe/Berlin' or 'UTC'",
    });
  }
}
