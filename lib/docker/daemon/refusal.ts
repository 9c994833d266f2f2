/** A reason for which the daemon would not start with what install writes, or would not read it. */
export interface Refusal {
  readonly why: string;
  /** What to do about it. */
  readonly hint: string;
  /** Where the reason stands. */
  readonly file: string;
  /** From 1 on. */
  readonly line?: number | undefined;
}
