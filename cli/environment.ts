/** What every command gets beside its flags. */
export interface Environment {
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly version: string;
}

/** What the command line itself got wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  /** `hint`: what to do; null where the message says it. Default: to read the help of the command. */
  constructor(
    message: string,
    readonly hint?: string | null,
  ) {
    super(message);
  }
}
