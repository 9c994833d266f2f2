import type { Folder } from './folder.js';

/** A private directory in which openssl works, on the file system of the certificate directory. */
export interface Workspace {
  /** Held open, as is all that follows: no act reaches another directory, whatever happens to the path. */
  readonly folder: Folder;
  /** For the system; a child process can use it, too. */
  readonly path: string;
  /** Its name in `home`. */
  readonly name: string;
  /** The certificate directory, or the one that it is to appear in. */
  readonly home: Folder;
  /** The certificate directory as it was named. */
  readonly directory: string;
  /** Whether the certificate directory did not exist: then the workspace itself becomes it, by one rename. */
  readonly fresh: boolean;
  /** Whether the directory's lock is held, so that the next run finishes what this one has decided. */
  readonly locked: boolean;
  /** Whether its file system keeps modes. */
  readonly keepsModes: boolean;
  /**
   * Removes it with all it holds, and the directories that were made to hold it. Leaves what a commit has taken, and what is
   * kept. Never fails: what cannot be removed now is left to the next run.
   */
  remove(): Promise<void>;
  /** Leaves it where it is: it holds what exists nowhere else. */
  keep(): void;
}
