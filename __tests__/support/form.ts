import { test } from '@jest/globals';
import { appendFileSync } from 'node:fs';

/** The whole form of the tests (`npm run test:whole`), or the short one that is `npm test`. */
export const whole = process.env['TESTS'] === 'whole';

/** How often something is tried: `many` in the whole form. */
export function times(few: number, many: number): number {
  return whole ? many : few;
}

/**
 * Every row of a table of tests that differ in a value only; in the short form every `step`-th of them, from `first` on. A
 * row that alone goes through some code belongs in a table of its own. Jest prints how many rows a run leaves out.
 */
export function rows<Row extends readonly [unknown, ...unknown[]]>(
  table: readonly Row[],
  step: number,
  first?: number,
): Row[];
export function rows<Row>(table: readonly Row[], step: number, first?: number): Row[];
export function rows<Row>(table: readonly Row[], step: number, first = 0): Row[] {
  return chosen(table, (_, at) => at % step === first % step);
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

/** `test`, for a test that the short form leaves to the whole one: another one there pins the same kind with less. */
export const leftToWhole: (name: string, run: () => unknown, timeoutMs?: number) => void = (...args) => {
  if (whole) test(...(args as Parameters<typeof test>));
  else leavesOut(1);
};

/** Jest prints the sum. */
function leavesOut(count: number): void {
  const report = process.env['TESTS_LEFT_OUT'];
  if (report !== undefined) appendFileSync(report, `${count}\n`);
}
