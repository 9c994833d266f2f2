/** What is looked at, in this order; some of it at several places. */
export type FindingId =
  | 'openssl'
  | 'docker'
  | 'dockerd'
  | 'clock'
  | 'port-2375'
  | 'keys'
  | 'certificates'
  | 'installed'
  | 'daemon-json'
  | 'conflict'
  | 'tcp'
  | 'context';

export interface Finding {
  readonly id: FindingId;
  /** What was looked at. */
  readonly title: string;
  /** `absent`: it is not there, and need not be. */
  readonly state: 'ok' | 'warning' | 'problem' | 'absent';
  /** What was seen. */
  readonly detail: string;
  /** What to do about it: a sentence or a command. */
  readonly fix?: string | undefined;
}
