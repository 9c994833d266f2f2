import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { MaintenanceWindow } from '../../../lib/fleet/fleet.js';
import { formatWindow, parseTimeZone, parseWindow } from '../../../lib/fleet/maintenance-window.js';
import { dueFrom, isOpen, jitterMs, nextOpening } from '../../../lib/fleet/renewal-time.js';

const DAY = 86_400_000;
const MINUTE = 60_000;

describe('a window', () => {
  test.each([
    ['Sun 02:00-05:00', [0], 120, 300],
    ['Mon-Fri 22:00-04:00', [1, 2, 3, 4, 5], 1320, 1680],
    ['daily 02:00-04:00', [0, 1, 2, 3, 4, 5, 6], 120, 240],
    ['Fri-Mon 0:30-1:00', [0, 1, 5, 6], 30, 60],
    ['sat, sunday 00:00-24:00', [0, 6], 0, 1440],
    ['Tue 22:00-00:00', [2], 1320, 1440],
  ])('%s', (given, days, from, to) => {
    expect(parseWindow(given, undefined)).toEqual({ days, from, to, timeZone: undefined });
  });

  test.each([
    ['', 'not made of'],
    ['02:00-05:00', 'not made of'],
    ['Sun', 'not made of'],
    ['Sun 2-5', 'not made of'],
    ['Sun 02:00-05:00, Mon 01:00-02:00', 'not made of'],
    ['Sum 02:00-05:00', "'Sum' is no day"],
    ['Sunny 02:00-05:00', "'Sunny' is no day"],
    ['Mon-Wed-Fri 02:00-05:00', 'no range of days'],
    ['Sun 02:00-25:00', '25:00 is no time'],
    ['Sun 02:60-05:00', '02:60 is no time'],
    ['Sun 24:00-05:00', 'begins at 24:00'],
    ['Sun 02:00-02:00', 'ends when it begins'],
    [`${'Sun '.repeat(50_000)}1`, 'not made of'],
  ])('what has no days or no hours is none: %#', (given, why) => {
    expect(() => parseWindow(given, undefined)).toThrow(why);
  });

  test('has a time zone that this machine knows', () => {
    expect(parseTimeZone('Europe/Berlin')).toBe('Europe/Berlin');
    for (const none of ['Europe/Berlln', '', 'local', '02:00'])
      expect(() => parseTimeZone(none)).toThrow('not a time zone');
  });
});

/** New York leaves 02:00 to 03:00 out on 2026-03-08, and has 01:00 to 02:00 twice on 2026-11-01. */
const inNewYork = (text: string): MaintenanceWindow => parseWindow(text, 'America/New_York');

describe('the next opening', () => {
  test.each([
    ['waits for the day', 'Sun 02:00-05:00', '2026-11-25T12:00:00Z', '2026-11-29T07:00:00Z'],
    ['is now, in the window', 'Sun 02:00-05:00', '2026-11-29T08:30:01Z', '2026-11-29T08:30:01Z'],
    ['is a week off, at its end', 'Sun 02:00-05:00', '2026-11-29T10:00:00Z', '2026-12-06T07:00:00Z'],
    ['is now, after midnight', 'Mon-Fri 22:00-04:00', '2026-11-28T08:00:00Z', '2026-11-28T08:00:00Z'],
    ['is on Monday, on a Saturday', 'Mon-Fri 22:00-04:00', '2026-11-28T09:00:00Z', '2026-12-01T03:00:00Z'],
    [
      'begins late, where the clock skips its beginning',
      'Sun 02:00-05:00',
      '2026-03-08T06:59:00Z',
      '2026-03-08T07:00:00Z',
    ],
    [
      'comes a week later, where the clock skips it',
      'Sun 02:10-02:50',
      '2026-03-08T06:00:00Z',
      '2026-03-15T06:10:00Z',
    ],
    [
      'comes again, where the clock repeats it',
      'Sun 01:00-01:30',
      '2026-11-01T05:45:00Z',
      '2026-11-01T06:00:00Z',
    ],
    ['keeps the hour of the wall', 'daily 02:00-03:00', '2026-11-01T04:00:00Z', '2026-11-01T07:00:00Z'],
  ])('%s', (_, window, at, opens) => {
    expect(nextOpening(inNewYork(window), new Date(at)).toISOString()).toBe(new Date(opens).toISOString());
  });

  test('is at once without a window', () => {
    const at = new Date('2026-11-25T12:34:56Z');
    expect(isOpen(undefined, at)).toBe(true);
    expect(nextOpening(undefined, at)).toBe(at);
  });

  test.each(['America/New_York', undefined])('of no date is none: %s', (timeZone) => {
    const window = parseWindow('Sun 01:00-01:30', timeZone);
    for (const none of [NaN, 8.64e15, -8.64e15])
      expect(nextOpening(window, new Date(none)).getTime()).toBe(none);
  });

  const windows = fc
    .record({
      days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
      from: fc.integer({ min: 0, max: 1439 }),
      length: fc.integer({ min: 1, max: 1440 }),
      timeZone: fc.constantFrom(
        undefined,
        'UTC',
        'America/New_York',
        'Australia/Lord_Howe',
        'Asia/Kathmandu',
      ),
    })
    .map(({ days, from, length, timeZone }): MaintenanceWindow => ({
      days: days.sort(),
      from,
      to: from + length,
      timeZone,
    }));
  const moments = fc
    .tuple(
      fc.constantFrom('2026-03-07', '2026-04-04', '2026-10-03', '2026-10-31', '2026-07-01'),
      fc.integer({ min: 0, max: 3 * DAY }),
    )
    .map(([day, ms]) => new Date(new Date(day).getTime() + ms));

  test('is the first minute that is open', () => {
    fc.assert(
      fc.property(windows, moments, (window, at) => {
        const opens = nextOpening(window, at);
        expect(isOpen(window, opens)).toBe(true);
        if (opens.getTime() === at.getTime()) return;
        expect(opens.getTime()).toBeGreaterThan(at.getTime());
        const first = Math.max(at.getTime(), opens.getTime() - DAY);
        for (let time = first; time < opens.getTime(); time += 31 * MINUTE)
          expect(isOpen(window, new Date(time))).toBe(false);
        expect(isOpen(window, new Date(opens.getTime() - 1))).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  test('is read and written back the same', () => {
    fc.assert(
      fc.property(windows, (window) => {
        if (window.to - window.from === 1440 && window.from > 0) return; // a day that begins later has no words
        expect(parseWindow(formatWindow(window), window.timeZone)).toEqual(window);
      }),
    );
  });
});

describe('a certificate is due', () => {
  const life = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-04-11T00:00:00Z') }; // 100 days
  const rule = { within: { percent: 33 }, window: undefined, jitter: 0 };

  test('as much before its end as the rule says', () => {
    expect(dueFrom('web1', rule, life)).toEqual(new Date('2026-03-09T00:00:00Z'));
    expect(dueFrom('web1', { ...rule, within: { days: 30, percent: 33 } }, life)).toEqual(
      new Date('2026-03-12T00:00:00Z'),
    );
  });

  test('earlier by a share that its name decides', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 99 }), (name, percent) => {
        const jitter = jitterMs(name, percent, life);
        expect(jitter).toBeGreaterThanOrEqual(0);
        expect(jitter).toBeLessThanOrEqual(percent * DAY);
        expect(jitterMs(name, percent, life)).toBe(jitter);
        expect(dueFrom(name, { ...rule, jitter: percent }, life).getTime()).toBe(
          dueFrom(name, rule, life).getTime() - jitter,
        );
      }),
    );
  });

  test('at times that spread over the whole share', () => {
    const shares = Array.from({ length: 1000 }, (_, at) => jitterMs(`db${at}`, 10, life) / (10 * DAY));
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const inTenth = shares.filter((share) => Math.floor(share * 10) === tenth).length;
      expect(inTenth).toBeGreaterThan(60);
      expect(inTenth).toBeLessThan(140);
    }
    expect(jitterMs('web1', 10, life)).toBe(jitterMs('web1', 10, life));
  });
});
