import type { Lifetime } from '../../x509/life.js';
import { lifeWords } from '../../x509/life.js';
import { day, moment } from '../../x509/validity.js';
import type { DiskStatus, SeenCertificate, ServedStatus } from './host-status.js';
import type { NameDifference } from './member-on-disk.js';

/** What can be wrong with a host or a client. */
export type FleetFindingId =
  | 'broken'
  | 'expired'
  | 'not-yet-valid'
  | 'due'
  | 'missing'
  | 'csr'
  | 'no-csr'
  | 'revoked'
  | 'other-ca-on-disk'
  | 'names'
  | 'unreachable'
  | 'no-tls'
  | 'open'
  | 'older'
  | 'newer'
  | 'other'
  | 'other-ca'
  | 'unknown'
  | 'served-expired'
  | 'served-not-yet-valid'
  | 'served-due'
  | 'served-revoked'
  | 'address';

/** Something about a host or a client that somebody should hear of. */
export interface FleetFinding {
  readonly id: FleetFindingId;
  /** `invalid`: clients fail, or are let in where they should not. `due`: it works, and something is to be done. */
  readonly severity: 'due' | 'invalid';
  readonly text: string;
}

const invalid = (id: FleetFindingId, text: string): FleetFinding => ({ id, severity: 'invalid', text });
const due = (id: FleetFindingId, text: string): FleetFinding => ({ id, severity: 'due', text });

/** The worst first, otherwise as they come. */
export function sortedFindings(findings: readonly FleetFinding[]): FleetFinding[] {
  return [
    ...findings.filter(({ severity }) => severity === 'invalid'),
    ...findings.filter(({ severity }) => severity === 'due'),
  ];
}

/** What is to say about a certificate on disk. `why`: of a file that cannot be read. `isOfCa`: undefined without a certificate. */
export function diskFindings(
  { state, certificate, dueAt, renewsAt }: DiskStatus,
  {
    why,
    isOfCa,
    names,
    now,
  }: {
    readonly why: string | undefined;
    readonly isOfCa: boolean | undefined;
    readonly names?: NameDifference | undefined;
    readonly now: Date;
  },
): FleetFinding[] {
  const findings: FleetFinding[] = [];
  if (state === 'broken') findings.push(invalid('broken', why ?? 'it cannot be read'));
  if (state === 'missing') findings.push(due('missing', 'it has no certificate yet'));
  if (state === 'csr') findings.push(due('csr', 'its CSR waits to be signed'));
  if (state === 'no-csr') findings.push(due('no-csr', 'it has no certificate, and has sent no CSR'));
  if (!certificate) return findings;
  const words = lifeWords(certificate, now);
  if (state === 'expired') findings.push(invalid('expired', `on disk: ${words}`));
  if (state === 'not-yet-valid') findings.push(invalid('not-yet-valid', `on disk: ${words}`));
  if (certificate.revokedAt) findings.push(invalid('revoked', `revoked on ${day(certificate.revokedAt)}`));
  if (isOfCa === false) findings.push(invalid('other-ca-on-disk', 'on disk: another CA signed it'));
  if (state === 'due') findings.push(due('due', dueWords(words, dueAt, renewsAt, now)));
  if (names) findings.push(due('names', namesWords(names)));
  return findings;
}

function dueWords(words: string, dueAt: Date | undefined, renewsAt: Date | undefined, now: Date): string {
  const since = dueAt ? `due since ${day(dueAt)}: ` : '';
  const window = renewsAt && renewsAt > now ? `; its window opens at ${moment(renewsAt)}` : '';
  return `${since}${words}${window}`;
}

function namesWords({ added, removed }: NameDifference): string {
  const parts = [
    ...(added.length > 0 ? [`has no ${added.join(', ')}`] : []),
    ...(removed.length > 0 ? [`has ${removed.join(', ')}, which the fleet file has not`] : []),
  ];
  return `its certificate ${parts.join(', and ')}`;
}

/** What is to say about what a host serves. `of`: the host whose certificate it is, where that is another one. */
export function servedFindings(
  { state, why, certificate, life, coversAddress }: ServedStatus,
  {
    address,
    isOpen,
    of,
    onDisk,
    now,
  }: {
    readonly address: string;
    readonly isOpen: boolean;
    readonly of: string | undefined;
    readonly onDisk: Lifetime | undefined;
    readonly now: Date;
  },
): FleetFinding[] {
  if (state === 'not-checked') return [];
  if (state === 'unreachable') return [invalid('unreachable', `not reachable: ${why ?? ''}`)];
  if (state === 'no-tls') return [invalid('no-tls', why ?? '')];
  if (!certificate) return [];
  const findings = [...driftFindings(state, certificate, onDisk, of)];
  if (isOpen)
    findings.push(
      invalid(
        'open',
        "Docker's API answers clients without a certificate: anyone who can reach this port is root on the host",
      ),
    );
  if (life === 'expired' || life === 'not-yet-valid')
    findings.push(invalid(`served-${life}`, `what it serves ${servedLife(certificate, now)}`));
  if (life === 'due' && state !== 'same')
    findings.push(due('served-due', `what it serves has ${lifeWords(certificate, now)}`));
  if (certificate.revokedAt)
    findings.push(invalid('served-revoked', `what it serves was revoked on ${day(certificate.revokedAt)}`));
  if (coversAddress === false)
    findings.push(invalid('address', `what it serves is not for ${address}: clients refuse it`));
  return findings;
}

function servedLife(life: Lifetime, now: Date): string {
  return now < life.notBefore ? `is not valid before ${moment(life.notBefore)}` : lifeWords(life, now);
}

function driftFindings(
  state: ServedStatus['state'],
  { serial, notBefore }: SeenCertificate,
  onDisk: Lifetime | undefined,
  of: string | undefined,
): FleetFinding[] {
  const made = day(notBefore);
  if (of !== undefined) return [due('other', `it serves the certificate of ${of}`)];
  switch (state) {
    case 'older':
      return [
        due(
          'older',
          `it serves the certificate of ${made}; on disk is the one of ${onDisk ? day(onDisk.notBefore) : ''}: install it, and restart the daemon`,
        ),
      ];
    case 'newer':
      return [due('newer', `it serves a newer certificate, of ${made}, which is not on disk`)];
    case 'other':
      return [due('other', `it serves another certificate of this CA, ${serial}`)];
    case 'other-ca':
      return [invalid('other-ca', `it serves a certificate that another CA signed: clients refuse it`)];
    case 'unknown':
      return [due('unknown', `it serves a certificate of ${made}; there is none on disk to compare it with`)];
    default:
      return [];
  }
}
