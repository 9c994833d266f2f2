import type { Advice } from '../recipes/advice.js';
import type { Note, Plan } from '../plan/step.js';
import type { PairFiles, SetFiles } from '../set/layout.js';
import type { AltName } from '../x509/alt-names.js';

/** What would be done. */
export interface IssuePlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Without steps where everything is there. */
  readonly plan: Plan;
  /** Where the three pairs lie, relative to the directory. */
  readonly files: SetFiles;
  /** The files of the parts asked for that are there already and stay. */
  readonly kept: readonly string[];
  /** The names of the server certificate that is made, or is there; empty without one. */
  readonly names: readonly AltName[];
  readonly notes: readonly Note[];
  /** Where a set that is replaced by one of a new CA is kept, relative to the directory; undefined where none is. */
  readonly archive: string | undefined;
  /** The daemon's port: the one given with a host, else the remembered one, else 2376. */
  readonly port: number;
  /** The lines to run next, for the parts asked for. */
  readonly next: Advice;
}

/** A plan before it remembers the daemon's port, and keeps what it replaces. */
export interface BareIssuePlan extends Omit<IssuePlan, 'archive' | 'next' | 'port'> {
  /** The pair of the server whose clients are advised, relative to the directory. */
  readonly server: PairFiles;
  /** The lines to run next, for a daemon on that port. */
  readonly advise: (port: number) => Advice;
}

/** How a plan is made that is to be shown and not run: no passphrase is needed, none is tried. */
export interface PlanOptions {
  readonly show?: boolean;
  /** As for an empty directory, whatever is there. */
  readonly fresh?: boolean;
}
