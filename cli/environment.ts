/** What every command gets beside its flags. */
export interface Environment {
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly version: string;
}

/** What the command line itself got wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
