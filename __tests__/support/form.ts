import { describe, test } from '@jest/globals';
import { appendFileSync } from 'node:fs';

/** The whole form of the tests (`npm run test:whole`), or the short one that is `npm test`. */
export const whole = process.env['TESTS'] === 'whole';

/** How often something is tried: `many` in the whole form. */
export function times(few: number, many: number): number {
  return whole ? many : few;
}

/**
 * Every row of a table of tests that differ in a value only; in the short form one of twice `step` of them, from `first` on. A
 * row that alone goes through some code belongs in a table of its own. Jest prints how many rows a run leaves out.
 */
export function rows<Row extends readonly [unknown, ...unknown[]]>(
  table: readonly Row[],
  step: number,
  first?: number,
): Row[];
export function rows<Row>(table: readonly Row[], step: number, first?: number): Row[];
export function rows<Row>(table: readonly Row[], step: number, first = 0): Row[] {
  return chosen(table, (_, at) => at % (2 * step) === first % step);
}

/** As `rows`: in the short form those that `isKept`, one of each kind. */
export function chosen<Row extends readonly [unknown, ...unknown[]]>(
  table: readonly Row[],
  isKept: (row: Row, at: number) => boolean,
): Row[];
export function chosen<Row>(table: readonly Row[], isKept: (row: Row, at: number) => boolean): Row[];
export function chosen<Row>(table: readonly Row[], isKept: (row: Row, at: number) => boolean): Row[] {
  if (whole) return [...table];
  const kept = table.filter(isKept);
  if (kept.length === 0) throw new Error('no row of the table is left in the short form');
  leavesOut(table.length - kept.length);
  return kept;
}

/** `test` whose `each` takes the `rows` of its table. */
export function inTurns(step: number, first?: number): Pick<typeof test, 'each'> {
  const each = (table: readonly unknown[]) => test.each(rows(table, step, first));
  return { each: each as typeof test.each };
}

/** `test`, for a test that the short form leaves to the whole one: another one there pins the same kind with less. */
export const leftToWhole: ((name: string, run: () => unknown, timeoutMs?: number) => void) &
  Pick<typeof test, 'each'> = Object.assign(
  (...args: [string, () => unknown, number?]) => {
    if (whole) test(...(args as Parameters<typeof test>));
    else leavesOut(1);
  },
  {
    each: whole
      ? test.each
      : (((table: readonly unknown[]) => () => leavesOut(table.length)) as typeof test.each),
  },
);

/** `describe`, likewise. What its tests are made with is not made either; it counts as one row. */
export const groupLeftToWhole: (name: string, run: () => void) => void = (name, run) => {
  if (whole) describe(name, run);
  else leavesOut(1);
};

/** Jest prints the sum. */
function leavesOut(count: number): void {
  const report = process.env['TESTS_LEFT_OUT'];
  if (report !== undefined) appendFileSync(report, `${count}\n`);
}
