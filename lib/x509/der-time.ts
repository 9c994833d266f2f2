import { DerError, type DerValue } from './der.js';

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
export const timeTags: readonly number[] = [UTC_TIME, GENERALIZED_TIME];

/** Reads UTCTime and GeneralizedTime (RFC 5280 §4.1.2.5). Throws `DerError`. */
export function time(value: DerValue | undefined): Date {
  const text = value?.content.toString('latin1') ?? '';
  const length = value?.tag === UTC_TIME ? 13 : value?.tag === GENERALIZED_TIME ? 15 : 0;
  const parsed = text.length === length ? parseTime(text) : undefined;
  if (!parsed) throw new DerError('its dates are none');
  return parsed;
}

/** Reads the text of either, as an index of `openssl ca` has it too: `261129091622Z`. Undefined for any other. */
export function parseTime(text: string): Date | undefined {
  if (!/^(?:\d\d)?\d{12}Z$/.test(text)) return undefined;
  // By numbers: an index of a hundred thousand certificates has two such times in a line.
  const at = text.length - 11;
  const first = twoDigits(text, 0);
  const year = at === 4 ? first * 100 + twoDigits(text, 2) : first + (first < 50 ? 2000 : 1900);
  const [month, date] = [twoDigits(text, at) - 1, twoDigits(text, at + 2)];
  const hour = twoDigits(text, at + 4);
  const minute = twoDigits(text, at + 6);
  const second = twoDigits(text, at + 8);
  // The 30th of February is none, though the clock of a program can be set to it.
  if (month < 0 || month > 11 || date < 1 || date > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  if (year > 99) return new Date(Date.UTC(year, month, date, hour, minute, second));
  const parsed = new Date(Date.UTC(2000, 0, 1, hour, minute, second));
  parsed.setUTCFullYear(year, month, date);
  return parsed;
}

function daysIn(year: number, month: number): number {
  if (month !== 1) return [3, 5, 8, 10].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function twoDigits(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}
