import type { Advice } from '../recipes/advice.js';
import type { Note, Plan } from '../plan/step.js';
import type { PairFiles, SetFiles } from '../set/layout.js';
import type { KeyringOf } from './keyring.js';
import type { AltName } from '../x509/alt-names.js';

/** The plan for a request. */
export interface IssuePlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Without steps if everything exists. */
  readonly plan: Plan;
  /** The files of the three pairs, relative to the directory. */
  readonly files: SetFiles;
  /** The CA of the clients, where it is another than that of the servers, which `files` has; else undefined. */
  readonly clientCa: PairFiles | undefined;
  /** The existing files of the requested parts, which stay. */
  readonly kept: readonly string[];
  /** The names in the new or existing server certificate; empty without one. */
  readonly names: readonly AltName[];
  readonly notes: readonly Note[];
  /** The directory of the CA that signs the new CA, absolute; undefined where no CA is made, or a root. */
  readonly parent: string | undefined;
  /** The directory that keeps a set that a new CA replaces, relative to `directory`; undefined if there is none. */
  readonly archive: string | undefined;
  /** The daemon's port: the one given with a host, else the remembered one, else 2376. */
  readonly port: number;
  /** The lines to run next, for the requested parts. */
  readonly next: Advice;
}

/** A plan before the steps that remember the daemon's port and keep replaced files are added. */
export interface BareIssuePlan extends Omit<IssuePlan, 'archive' | 'next' | 'port'> {
  /** The pair of the server whose clients are advised, relative to the directory. */
  readonly server: PairFiles;
  /** The lines to run next, for a daemon on that port. */
  readonly advise: (port: number) => Advice;
}

export interface PreviewOptions {
  /** Plans as for an empty directory. Default: false. */
  readonly fresh?: boolean;
}

/** How a request is planned. */
export interface Planning {
  readonly keyring: KeyringOf;
  /** Plans as for an empty directory. */
  readonly fresh: boolean;
}
