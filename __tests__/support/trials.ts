import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chosen } from './form.js';
import { type Tally } from './tally.js';
import { useTemporaryDirectory } from './temporary-directory.js';
import { stage, useDeeds, type Deed, type DeedName } from './whole-set.js';

/** A place in which a deed is tried. */
export interface Trial {
  readonly deed: Deed;
  /** For what the test itself needs. */
  readonly folder: string;
  /** Where the deed is done, in `folder`. */
  readonly root: string;
  /** What is there before. */
  readonly before: Set<string>;
}

/** Gives a function that begins a trial, each in a folder of its own. */
export function useTrials(): (name: DeedName) => Promise<Trial> {
  const temporary = useTemporaryDirectory();
  const deeds = useDeeds();
  let trials = 0;
  return async (name) => {
    const deed = await deeds(name);
    const folder = join(temporary(), `trial-${++trials}`);
    await mkdir(folder);
    const root = join(folder, 'place');
    return { deed, folder, root, before: await stage(root, deed) };
  };
}

/** The rows of a table that have something to try in the form that is run: in the short one, a list that is not empty. */
export function inForm<Row extends readonly unknown[]>(rows: readonly Row[]): Row[] {
  return chosen<Row>(rows, (row) => !row.some((cell) => Array.isArray(cell) && cell.length === 0));
}

/** For a test of the tests: throws what falls short, and counts nothing. */
export const throwing: Tally = {
  attempt: async (_, work) => {
    await work();
  },
  count: () => undefined,
  kept: () => undefined,
  tried: () => 0,
  none: () => undefined,
};
