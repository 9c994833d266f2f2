import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Jest reporter that prints, after all else, what the tests of `__tests__/faults` have counted. */
export default class FaultsReport {
  #folder = mkdtempSync(join(tmpdir(), 'docker-tls-faults-'));
  #file = join(this.#folder, 'report');

  constructor() {
    process.env.FAULTS_REPORT = this.#file; // before the workers start, which inherit it
  }

  onRunComplete() {
    const rows = this.#rows();
    rmSync(this.#folder, { recursive: true });
    if (rows.size === 0) return;
    const lines = [...rows].sort().map(([promise, { tried, short }]) => line(promise, tried, short));
    const sum = (what) => [...rows.values()].reduce((total, row) => total + row[what], 0);
    const form = process.env.TESTS === 'whole' ? '' : ', in short; the whole is `npm run faults`';
    const head = `\nFaults: what is promised, how often it was tried, how often it fell short${form}\n`;
    process.stderr.write(`${[head, ...lines, line('all', sum('tried'), sum('short'))].join('\n')}\n\n`);
  }

  /** A promise that several files try is one row. */
  #rows() {
    let text = '';
    try {
      text = readFileSync(this.#file, 'utf8');
    } catch {
      // no such test ran
    }
    const rows = new Map();
    for (const row of text
      .split('\n')
      .filter(Boolean)
      .map((row) => JSON.parse(row))) {
      const { tried = 0, short = 0 } = rows.get(row.promise) ?? {};
      rows.set(row.promise, { tried: tried + row.tried, short: short + row.short });
    }
    return rows;
  }
}

function line(promise, tried, short) {
  return `  ${promise.padEnd(72)} ${String(tried).padStart(7)} ${String(short).padStart(5)}`;
}
