import type { JudgedSet } from './judged-set.js';
import type { Text } from '../../words.js';

/**
 * `error`: something is broken, or docker or dockerd refuses it. `warning`: another client refuses it, it is dangerous, or it
 * expires soon. `notice`: harmless, but worth a look.
 */
export type Severity = 'error' | 'warning' | 'notice';

/** One problem that `verify` looks for. */
export interface VerifyRule {
  readonly id: string;
  readonly severity: Severity;
  /** A sentence about the file: `it has expired`. */
  readonly what: string;
  /** The RFC, manual page or measurement behind it. */
  readonly source: string;
  readonly find: (set: JudgedSet) => readonly Flaw[];
}

/** One place where a rule found its problem. */
export interface Flaw {
  /** Relative to the directory; `.` is the directory itself. */
  readonly file: string;
  /** A more precise sentence than `what`. */
  readonly reason?: string | undefined;
  /** What to do about it. */
  readonly fix: Text;
}
