import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A Jest reporter that gives all workers one folder for what is made once in a run, and removes it in the end. */
export default class MadeOnceFolder {
  #own;

  constructor() {
    // Runs that are started one after another may share a folder of their caller's.
    if (process.env.MADE_ONCE) return;
    this.#own = mkdtempSync(join(tmpdir(), 'docker-tls-made-'));
    process.env.MADE_ONCE = this.#own; // before the workers start, which inherit it
  }

  onRunComplete() {
    if (this.#own) rmSync(this.#own, { recursive: true, force: true });
  }
}
