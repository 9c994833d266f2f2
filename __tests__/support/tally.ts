import { afterAll } from '@jest/globals';
import { appendFileSync } from 'node:fs';

/** Counts how often a promise was tried, and how often it fell short: a row of the report. */
export interface Tally {
  /** One try: it falls short where `work` throws. The others go on. */
  attempt(what: string, work: () => Promise<unknown>): Promise<void>;
  /** A try that is known to have been kept, or not. */
  count(what: string, kept: boolean): void;
  /** Tries that were all kept. */
  kept(tries: number): void;
  /** How often it was tried so far. */
  tried(): number;
  /** Throws what fell short since the last call: the last line of each test. */
  none(): void;
}

/** A promise of the program, in the words of the report: `const tally = usePromise('…')`. */
export function usePromise(promise: string): Tally {
  let tried = 0;
  let short = 0;
  let told: string[] = [];
  const miss = (what: string): void => {
    short++;
    told.push(what);
  };
  afterAll(() => {
    const report = process.env['FAULTS_REPORT'];
    if (report !== undefined && tried > 0)
      appendFileSync(report, `${JSON.stringify({ promise, tried, short })}\n`);
  });
  return {
    attempt: async (what, work) => {
      tried++;
      try {
        await work();
      } catch (error) {
        miss(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    count: (what, kept) => {
      tried++;
      if (!kept) miss(what);
    },
    kept: (tries) => {
      tried += tries;
    },
    tried: () => tried,
    none: () => {
      const found = told;
      told = [];
      if (found.length > 0)
        throw new Error(`${found.length} fell short:\n${found.slice(0, 20).join('\n').slice(0, 6000)}`);
    },
  };
}
