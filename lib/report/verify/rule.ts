import type { JudgedSet } from './judged-set.js';

/**
 * `error`: something is broken, or docker or dockerd refuses it. `warning`: another client refuses it, it is dangerous, or it
 * ends soon. `notice`: nobody is hurt, and yet it is worth a look.
 */
export type Severity = 'error' | 'warning' | 'notice';

/** One thing that `verify` looks for. */
export interface VerifyRule {
  readonly id: string;
  readonly severity: Severity;
  /** What is wrong, as a sentence about the file: `it has expired`. */
  readonly what: string;
  /** How it is known: an RFC, a manual page, or a measurement. */
  readonly source: string;
  readonly find: (set: JudgedSet) => readonly Flaw[];
}

/** Where a rule found what it looks for. */
export interface Flaw {
  /** Relative to the directory; `.` is the directory itself. */
  readonly file: string;
  /** Where there is more to say than `what`. */
  readonly reason?: string | undefined;
  /** What to do about it: a command for a POSIX shell, or a sentence. */
  readonly fix: string;
}
