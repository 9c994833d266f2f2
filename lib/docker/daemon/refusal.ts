import type { Text } from '../../words.js';

/** A reason why the daemon would not start with the new configuration, or would not read it. */
export interface Refusal {
  readonly why: string;
  /** What to do about it. */
  readonly hint: Text;
  /** A part of the command line is not known here. */
  readonly isUnknown?: true;
  /** The file with the reason. */
  readonly file: string;
  /** Counted from 1. */
  readonly line?: number | undefined;
}
