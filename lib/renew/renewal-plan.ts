import type { Note, Plan } from '../plan/step.js';
import type { LeafRole } from '../x509/role.js';

/** A certificate that is made anew. */
export interface RenewedCertificate {
  /** Relative to the certificate directory. */
  readonly path: string;
  readonly role: LeafRole;
  readonly commonName: string | undefined;
  /** When the one that it replaces ends. */
  readonly endedOn: Date;
  /** For how many days the new one is valid. */
  readonly days: number;
  /** The new private key; undefined where the key stays. */
  readonly newKey: string | undefined;
}

/** A certificate that should be made anew, and cannot be. */
export interface SkippedCertificate {
  readonly path: string;
  readonly role: LeafRole;
  readonly endsOn: Date;
  /** Why not, and what to do. */
  readonly why: string;
}

/** What a renewal would do. */
export interface RenewalPlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Without steps where nothing is to be done. */
  readonly plan: Plan;
  readonly renewed: readonly RenewedCertificate[];
  readonly skipped: readonly SkippedCertificate[];
  /** Where what is replaced is kept, relative to the directory; undefined where nothing is. */
  readonly archive: string | undefined;
  readonly notes: readonly Note[];
  /** The server or client that ends next of those that stay. */
  readonly next: { readonly path: string; readonly endsOn: Date } | undefined;
}
