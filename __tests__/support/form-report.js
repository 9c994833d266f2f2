import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Jest reporter that prints, after all else, how much the short form has left out. */
export default class FormReport {
  #folder = mkdtempSync(join(tmpdir(), 'docker-tls-form-'));
  #file = join(this.#folder, 'left-out');

  constructor() {
    process.env.TESTS_LEFT_OUT = this.#file; // before the workers start, which inherit it
  }

  onRunComplete(_, { numTotalTests }) {
    let leftOut = 0;
    try {
      for (const line of readFileSync(this.#file, 'utf8').trim().split('\n')) leftOut += Number(line);
    } catch {
      // no table was cut
    }
    rmSync(this.#folder, { recursive: true });
    if (leftOut === 0) return;
    process.stderr.write(
      `\nForm: short, ${numTotalTests} tests, without ${leftOut} rows of tables; \`npm run test:whole\` runs all\n`,
    );
  }
}
