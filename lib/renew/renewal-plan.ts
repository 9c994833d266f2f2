import type { Note, Plan } from '../plan/step.js';
import type { LeafRole } from '../x509/role.js';
import type { Words } from '../words.js';

/** A certificate that is renewed. */
export interface RenewedCertificate {
  /** Relative to the certificate directory. */
  readonly path: string;
  readonly role: LeafRole;
  readonly commonName: string | undefined;
  /** The expiry date of the replaced certificate. */
  readonly endedOn: Date;
  /** The lifetime of the new certificate, in days. */
  readonly days: number;
  /** The path of the new private key; undefined if the key stays. */
  readonly newKey: string | undefined;
}

/** A certificate that should be renewed, but cannot be. */
export interface SkippedCertificate {
  readonly path: string;
  readonly role: LeafRole;
  readonly endsOn: Date;
  /** Why it cannot be renewed, and what to do, in the library's words. */
  readonly why: string;
  /** The parts of `why`. */
  readonly words: Words;
}

/** The plan of a renewal. */
export interface RenewalPlan {
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** Without steps if there is nothing to do. */
  readonly plan: Plan;
  readonly renewed: readonly RenewedCertificate[];
  readonly skipped: readonly SkippedCertificate[];
  /** The directory that keeps the replaced files, relative to `directory`; undefined if there are none. */
  readonly archive: string | undefined;
  readonly notes: readonly Note[];
  /** The certificate that expires next among those that stay. */
  readonly next: { readonly path: string; readonly endsOn: Date } | undefined;
}
