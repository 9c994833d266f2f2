import { fixOf, type Fix, type Text } from '../../words.js';

/** The checks, in this order. */
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

/** The result of one check. */
export interface Verdict {
  /** `skipped`: it could not be tried, or there is nothing to compare with. */
  readonly state: 'passed' | 'failed' | 'skipped';
  /** The observation behind the state. */
  readonly detail: string;
  /** How to fix it. Also for a check that passed but soon will not. */
  readonly fix?: Text | undefined;
}

export interface ConnectionCheck extends Omit<Verdict, 'fix'>, Partial<Fix> {
  readonly id: ConnectionCheckId;
  /** The statement that is true if it passed. */
  readonly title: string;
}

export function passed(detail: string, fix?: Text): Verdict {
  return { state: 'passed', detail, ...(fix === undefined ? {} : { fix }) };
}

export function failed(detail: string, fix?: Text): Verdict {
  return { state: 'failed', detail, ...(fix === undefined ? {} : { fix }) };
}

export function skipped(detail: string): Verdict {
  return { state: 'skipped', detail };
}

/** A check with its result, its fix in words. */
export function checkOf(id: ConnectionCheckId, title: string, { fix, ...verdict }: Verdict): ConnectionCheck {
  return { id, title, ...verdict, ...(fix === undefined ? {} : fixOf(fix)) };
}
