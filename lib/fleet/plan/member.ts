import type { AltName } from '../../x509/alt-names.js';
import type { IssuerFacts } from '../../x509/leaf-facts.js';
import type { NameConstraints } from '../../x509/name-constraints.js';
import type { LeafRole } from '../../x509/role.js';
import type { FleetClient, FleetHost } from '../fleet.js';
import type { RollOverStage } from '../roll-over/steps.js';
import type { WaitingCsr } from './inbox.js';
import type { MemberFiles } from './member-files.js';

/** A host or a client of the fleet, with the names that its certificate is to have. */
export interface Member {
  readonly kind: 'host' | 'client';
  readonly role: LeafRole;
  readonly of: FleetHost | FleetClient;
  /** Of a client none. */
  readonly altNames: readonly AltName[];
  /** The same as `LeafFacts` has them. */
  readonly names: readonly string[];
  /** What its CA must sign for alone. */
  readonly constraints: readonly NameConstraints[];
  /** Why its CA must not sign for these names. */
  readonly fault: string | undefined;
}

/** The CA that signs a role. */
export interface SigningSide {
  readonly issuer: IssuerFacts;
  /** The others in its file: in a roll-over the old CA. */
  readonly older: readonly IssuerFacts[];
  readonly endsOn: Date;
}

/** What a member has, and what came for it. */
export interface MemberState {
  readonly files: MemberFiles;
  /** The CSR in the inbox. */
  readonly csr: WaitingCsr | undefined;
  /** The CSR that its certificate was signed from. */
  readonly kept: () => WaitingCsr | undefined;
  /** Where a CSR is expected. */
  readonly place: string;
  /** Its certificate, relative to the certificate directory. */
  readonly certificate: string;
  readonly revokedAt: Date | undefined;
  /** Why a key cannot be its own: it is that of another certificate, or of one that was revoked. */
  readonly othersKey: (spki: Buffer) => string | undefined;
  /** Undefined where the CA is to be made. */
  readonly side: SigningSide | undefined;
  /** The step of a roll-over in which nothing may be signed for its role; undefined at all other times. */
  readonly heldBack: RollOverStage | undefined;
}
