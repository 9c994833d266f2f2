import { describe, expect, test } from '@jest/globals';
import { formatWithin, parseWithin, type Within } from '../../lib/internal.js';
import { daysLeft, endsSoon, lifeGone, lifeState, lifeWords } from '../../lib/x509/life.js';
import { refusal } from './refusal.js';

/** A hundred days. */
const life = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-04-11T00:00:00Z') };
const at = (text: string): Date => new Date(`${text}Z`);

describe('the state of a life', () => {
  test.each<[string, Within, string]>([
    ['2025-12-31T23:59:59', { days: 30 }, 'not-yet-valid'],
    ['2026-01-01T00:00:00', { days: 30 }, 'ok'],
    ['2026-03-12T00:00:00', { days: 30 }, 'ok'],
    ['2026-03-12T00:00:01', { days: 30 }, 'due'],
    ['2026-03-12T00:00:01', { days: 29 }, 'ok'],
    ['2026-03-09T00:00:00', { percent: 33 }, 'ok'],
    ['2026-03-09T00:00:01', { percent: 33 }, 'due'],
    ['2026-01-01T00:00:01', { percent: 100 }, 'due'],
    ['2026-04-10T23:59:59', { days: 0 }, 'ok'],
    ['2026-04-10T23:59:59', { days: 1 }, 'due'],
    ['2026-04-11T00:00:00', { days: 0 }, 'expired'],
    ['2027-01-01T00:00:00', { percent: 33 }, 'expired'],
    ['2026-03-12T00:00:01', { days: 30, percent: 33 }, 'due'],
    ['2026-03-12T00:00:01', { days: 30, percent: 20 }, 'ok'],
    ['2026-03-22T00:00:01', { days: 30, percent: 20 }, 'due'],
  ])('at %s with %j is %s', (now, within, state) => {
    expect(lifeState(life, at(now), within)).toBe(state);
  });

  test.each([
    ['2025-12-31T00:00:00', 101, 0, 'not valid before 2026-01-01 00:00:00 UTC'],
    ['2026-01-01T00:00:00', 100, 0, '100 days left, until 2026-04-11'],
    ['2026-02-20T12:00:00', 49, 0.505, '49 days left, until 2026-04-11'],
    ['2026-04-09T12:00:00', 1, 0.985, '1 day left, until 2026-04-11'],
    ['2026-04-10T12:00:00', 0, 0.995, 'less than a day left, until 2026-04-11'],
    ['2026-04-11T12:00:00', 0, 1, 'expired less than a day ago, on 2026-04-11'],
    ['2026-04-14T12:00:00', -3, 1, 'expired 3 days ago, on 2026-04-11'],
  ])('at %s is %s days, %s and %s', (now, days, gone, words) => {
    expect(daysLeft(life.notAfter, at(now))).toBe(days);
    expect(lifeGone(life, at(now))).toBeCloseTo(gone, 6);
    expect(lifeWords(life, at(now))).toBe(words);
  });
});

describe('a certificate of a month', () => {
  const month = { notBefore: at('2026-01-01T00:00:00'), notAfter: at('2026-01-31T00:00:00') };

  test('is not due when it is made, and is in its last third', () => {
    expect(endsSoon(month, at('2026-01-01T00:00:01'))).toBe(false);
    expect(endsSoon(month, at('2026-01-21T00:00:00'))).toBe(false);
    expect(endsSoon(month, at('2026-01-21T03:00:00'))).toBe(true);
  });
});

describe('within', () => {
  test.each<[Within | number | string, Within, string]>([
    ['30d', { days: 30 }, '30d'],
    ['30', { days: 30 }, '30d'],
    [7, { days: 7 }, '7d'],
    ['0d', { days: 0 }, '0d'],
    ['33%', { percent: 33 }, '33%'],
    ['100%', { percent: 100 }, '100%'],
    [{ days: 3 }, { days: 3 }, '3d'],
    [{ percent: 3 }, { percent: 3 }, '3%'],
    [{ days: 3, percent: 4 }, { days: 3, percent: 4 }, '3d or 4%'],
  ])('%j is %j', (given, value, text) => {
    expect(parseWithin(given)).toEqual(value);
    expect(formatWithin(value)).toBe(text);
  });

  test.each([
    '',
    'd',
    '30 d',
    '-1',
    '-1d',
    '1.5d',
    '101%',
    '36501d',
    '1h',
    '30d\n',
    ' 30d',
    NaN,
    Infinity,
    null,
    {},
  ])('%j is refused', (given) => {
    expect(refusal(() => parseWithin(given as string))).toMatch(/^ERR_INPUT within: /);
  });
});
