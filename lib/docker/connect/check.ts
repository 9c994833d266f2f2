/** What is looked at, in this order. */
export type ConnectionCheckId =
  | 'files'
  | 'listens'
  | 'plain'
  | 'tls'
  | 'issuer'
  | 'name'
  | 'server-validity'
  | 'on-disk'
  | 'client-validity'
  | 'ca-validity'
  | 'api'
  | 'anonymous'
  | 'forged'
  | 'environment';

/** What one look at it gave. */
export interface Verdict {
  /** `skipped`: it could not be tried, or there is nothing to compare with. */
  readonly state: 'passed' | 'failed' | 'skipped';
  /** What was seen. */
  readonly detail: string;
  /** What to do about it: a sentence or a command. Also where it passed, and soon will not. */
  readonly fix?: string | undefined;
}

export interface ConnectionCheck extends Verdict {
  readonly id: ConnectionCheckId;
  /** What is so where it passed. */
  readonly title: string;
}

export function passed(detail: string, fix?: string): Verdict {
  return { state: 'passed', detail, ...(fix === undefined ? {} : { fix }) };
}

export function failed(detail: string, fix?: string): Verdict {
  return { state: 'failed', detail, ...(fix === undefined ? {} : { fix }) };
}

export function skipped(detail: string): Verdict {
  return { state: 'skipped', detail };
}
