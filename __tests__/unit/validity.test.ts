import { describe, expect, test } from '@jest/globals';
import { DAY_MS, daysWithin, parseDays } from '../../lib/x509/validity.js';
import { refusal } from './refusal.js';

describe('a number of days is read', () => {
  test.each([
    [1, 1],
    [365, 365],
    [36_500, 36_500],
    ['1', 1],
    ['365', 365],
    ['0365', 365],
    ['36500', 36_500],
  ])('%j is %i', (value, days) => {
    expect(parseDays(value, 'days')).toBe(days);
  });
});

describe('what is no number of days is refused', () => {
  test.each<number | string>([
    0,
    -1,
    1.5,
    36_501,
    NaN,
    Infinity,
    1e21,
    '0',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '36501',
    '1234567890',
    '',
    ' 1',
    '1 ',
    '1\n',
    '９',
    'ten',
  ])('%j', (value) => {
    expect(refusal(() => parseDays(value, 'days'))).toBe(
      `ERR_INPUT days: '${value}' is no number of days from 1 to 36500`,
    );
  });

  test('also below the least that the option allows', () => {
    expect(parseDays(2, 'caDays', 2)).toBe(2);
    expect(refusal(() => parseDays(1, 'caDays', 2))).toBe(
      "ERR_INPUT caDays: '1' is no number of days from 2 to 36500",
    );
  });
});

describe('a leaf ends at least an hour before its CA', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const hour = 3_600_000;
  const at = (days: number, more = 0): Date => new Date(now.getTime() + days * DAY_MS + more);

  test.each([
    ['a CA that ends much later leaves what was asked for', 365, at(3650), 365],
    ['a CA that ends in the same moment takes a day away', 365, at(365), 364],
    ['a CA that ends less than an hour later takes a day away', 365, at(365, hour - 1), 364],
    ['a CA that ends just an hour later takes nothing away', 365, at(365, hour), 365],
    ['a CA that ends earlier leaves its whole days', 365, at(100, hour), 100],
    ['a CA that ends earlier leaves no part of a day', 365, at(100), 99],
    ['a CA that ends in a day and an hour leaves a day', 365, at(1, hour), 1],
    ['a CA that ends just before that leaves none', 365, at(1, hour - 1), 0],
    ['a CA that ends now leaves none', 365, at(0), 0],
    ['a CA that ended long ago leaves none', 365, at(-1000), 0],
  ])('%s', (_what, asked, caNotAfter, days) => {
    expect(daysWithin(parseDays(asked, 'days'), now, caNotAfter)).toBe(days);
  });
});
