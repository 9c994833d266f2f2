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
  const [, year = '', rest = ''] = /^(\d\d(?:\d\d)?)(\d{10})Z$/.exec(text) ?? [];
  const full = year.length === 2 ? `${Number(year) < 50 ? '20' : '19'}${year}` : year;
  const [month = '', date = '', hour = '', minute = '', second = ''] = rest.match(/\d\d/g) ?? [];
  const iso = `${full}-${month}-${date}T${hour}:${minute}:${second}.000Z`;
  const parsed = new Date(iso);
  // The 30th of February is none, though the clock of a program can be set to it.
  return Number.isNaN(parsed.getTime()) || parsed.toISOString() !== iso ? undefined : parsed;
}
