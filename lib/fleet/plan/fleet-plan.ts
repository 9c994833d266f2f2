import type { Note } from '../../plan/step.js';
import type { Words } from '../../words.js';
import type { RollOverStage } from '../roll-over/steps.js';

/**
 * What `applyFleet` does about something: it makes a key and its certificate; signs a CSR; renews a certificate; revokes one; it
 * waits for a CSR, or for the maintenance window; it leaves what a person has to decide; or there is nothing to do.
 */
export type FleetAction = 'make' | 'sign' | 'renew' | 'revoke' | 'wait' | 'leave' | 'none';

/** Why, as data. Dates are Dates, names as `DNS:host` and `IP:address`, files relative to the certificate directory or absolute. */
export type FleetReason =
  | { readonly code: 'missing' }
  | { readonly code: 'due'; readonly since: Date; readonly endsOn: Date }
  | { readonly code: 'expired'; readonly endsOn: Date }
  | { readonly code: 'names-changed'; readonly added: readonly string[]; readonly removed: readonly string[] }
  | { readonly code: 'key-type-changed'; readonly from: string; readonly to: string }
  /** A CA that is not in the directory. */
  | { readonly code: 'other-ca' }
  /** The old CA, in a roll-over. */
  | { readonly code: 'old-ca' }
  /** A roll-over is at a step in which nothing is signed for its role: the other side would refuse it. */
  | { readonly code: 'roll-over'; readonly stage: RollOverStage }
  /** The CSR is of another key than the certificate: its host was installed again. */
  | { readonly code: 'new-key'; readonly file: string }
  | { readonly code: 'csr-waiting'; readonly file: string }
  /** `file`: where it is expected. */
  | { readonly code: 'no-csr'; readonly file: string }
  | { readonly code: 'outside-window'; readonly until: Date }
  | { readonly code: 'not-in-file' }
  | { readonly code: 'revoked'; readonly at: Date }
  /** Its CA ends before a new certificate would be worth it. */
  | { readonly code: 'ca-ends'; readonly endsOn: Date }
  /** The file says that its key is elsewhere than it is. */
  | { readonly code: 'key-elsewhere'; readonly is: 'on-controller' | 'on-host' }
  | { readonly code: 'broken'; readonly why: string; readonly file: string };

/** The CA, a host or a client. */
export interface FleetItem {
  readonly kind: 'ca' | 'host' | 'client';
  /** NAME of the file; of the CA `ca`. */
  readonly name: string;
  readonly action: FleetAction;
  /** Empty where there is nothing to do. */
  readonly reasons: readonly FleetReason[];
  /** The reasons as a sentence, and what to do about them, in the library's words. */
  readonly why: string;
  /** The parts of `why`. */
  readonly words: Words;
  /** Its certificate, relative to the certificate directory. */
  readonly certificate: string;
  /** When that ends; undefined without one. */
  readonly endsOn: Date | undefined;
}

/** Beside what a fleet file describes, what there is. */
export interface FleetPlan {
  /** The fleet file, absolute; undefined for a value. */
  readonly file: string | undefined;
  /** The certificate directory, absolute. */
  readonly directory: string;
  /** The CAs first, then hosts and clients in the order of the file, then what the file does not name. */
  readonly items: readonly FleetItem[];
  readonly counts: Readonly<Record<FleetAction, number>>;
  /** Whether there is something to do, here or on a host: to make, sign, renew or revoke, to collect, or to decide. */
  readonly changes: boolean;
  readonly notes: readonly Note[];
}
