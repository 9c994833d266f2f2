import type { Endpoint } from '../../x509/endpoint.js';
import type { LifeState } from '../../x509/life.js';
import type { Drift } from './drift.js';
import type { FleetFinding } from './findings.js';
import type { NameDifference } from './member-on-disk.js';

/** From good to bad. `not-checked`: what was seen is well, and not all of it was seen. */
export const memberStates = ['ok', 'not-checked', 'due', 'invalid'] as const;

export type FleetMemberState = (typeof memberStates)[number];

/**
 * Where a certificate stands on disk. `missing`: the next apply makes it. `csr`: a CSR waits to be signed. `no-csr`: the host has
 * to send one.
 */
export const diskStates = [
  'ok',
  'due',
  'not-yet-valid',
  'expired',
  'missing',
  'csr',
  'no-csr',
  'broken',
] as const;

export type DiskState = (typeof diskStates)[number];

/** `no-tls`: something answers there, without TLS. */
export type ServedState = Drift | 'no-tls' | 'unreachable' | 'not-checked';

/** One certificate, wherever it was seen. */
export interface SeenCertificate {
  /** Upper-case hexadecimal. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whole days, negative after the end. */
  readonly daysLeft: number;
  /** `DNS:host`, `IP:address`. */
  readonly names: readonly string[];
  /** When the index says that it was revoked; undefined for one that was not. */
  readonly revokedAt: Date | undefined;
}

/** The certificate in the certificate directory. */
export interface DiskStatus {
  readonly state: DiskState;
  /** Relative to the certificate directory. */
  readonly path: string;
  readonly certificate: SeenCertificate | undefined;
  /** When it becomes due, with its jitter; undefined without a certificate. */
  readonly dueAt: Date | undefined;
  /** When its maintenance window opens for the renewal; undefined for a member without one. */
  readonly renewsAt: Date | undefined;
}

/** The certificate that the host serves. */
export interface ServedStatus {
  readonly state: ServedState;
  /** What was met instead of a certificate. */
  readonly why: string | undefined;
  readonly certificate: SeenCertificate | undefined;
  /** By its dates alone; undefined where no certificate was seen, as below. */
  readonly life: LifeState | undefined;
  /** Whether it vouches for the address of the host; undefined where no certificate was seen. */
  readonly coversAddress: boolean | undefined;
}

interface FleetMemberStatus {
  readonly name: string;
  readonly state: FleetMemberState;
  readonly disk: DiskStatus;
  /** All that is not well, the worst first. */
  readonly findings: readonly FleetFinding[];
}

export interface FleetHostStatus extends FleetMemberStatus {
  readonly groups: readonly string[];
  readonly endpoint: Endpoint;
  /** How its names in the certificate differ from those in the file; undefined where they do not. */
  readonly names: NameDifference | undefined;
  readonly served: ServedStatus;
}

export type FleetClientStatus = FleetMemberStatus;
