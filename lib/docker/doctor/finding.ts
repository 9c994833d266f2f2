import { fixOf, type Fix, type Text } from '../../words.js';

/** The checks, in this order; some have several findings. */
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
  | 'start'
  | 'conflict'
  | 'tcp'
  | 'daemon-files'
  | 'context';

export interface Finding extends Partial<Fix> {
  readonly id: FindingId;
  /** The thing that was checked. */
  readonly title: string;
  /** `absent`: it does not exist, and does not have to. `unknown`: it was not checked; `detail` says why. */
  readonly state: 'ok' | 'warning' | 'problem' | 'unknown' | 'absent';
  /** The observation behind the state. */
  readonly detail: string;
}

/** A finding before its fix is put into words. */
export type Found = Omit<Finding, keyof Fix> & { readonly fix?: Text | undefined };

export function findingOf({ fix, ...found }: Found): Finding {
  return { ...found, ...(fix === undefined ? {} : fixOf(fix)) };
}
