import type { StoredContext } from '../../docker/client/context-store.js';
import { DirectoryError } from '../../errors.js';
import { certificateOf, readableCertificates } from '../../x509/pem.js';
import { isSameKey } from '../../x509/spki.js';
import type { StepVerdict } from './look-at-host.js';
import { areSame, trustFor, type RollOverMember } from './members.js';
import type { RollOver } from './state.js';
import { certifiedAfter, trustedAfter, type RollOverStep } from './steps.js';

export type ClientMember = Extract<RollOverMember, { readonly role: 'client' }>;

/** Where a client's files are used. */
export type ClientPlace =
  /** In the certificate directory. */
  | 'directory'
  /** In docker contexts of this user. */
  | 'context'
  /** Where nobody can see them from here. */
  | 'elsewhere';

/** All places where a client's files are used, as the fleet file has it. */
export function placesOf({ client }: ClientMember): readonly ClientPlace[] {
  const isElsewhere = client.keys === 'on-host' || client.deliver.length > 0;
  const places: ClientPlace[] = [
    ...(isElsewhere ? ['elsewhere' as const] : []),
    ...(client.install.includes('context') ? ['context' as const] : []),
  ];
  return places.length === 0 ? ['directory'] : places;
}

/** What clients are looked at with. */
export interface ClientQuestion {
  readonly step: RollOverStep;
  readonly rollOver: RollOver;
  /** Those of this user. */
  readonly contexts: readonly (StoredContext | DirectoryError)[];
}

const confirmed: StepVerdict = { state: 'confirmed' };

/**
 * Tells whether a client has taken a step. The files of one that was delivered elsewhere cannot be seen, and no daemon knows what
 * its clients trust: a person's word is needed.
 */
export function lookAtClient(member: ClientMember, question: ClientQuestion): StepVerdict {
  const { step, rollOver } = question;
  if (!changesClients(step))
    return { state: 'not-applicable', why: 'its files stay as they are in this step' };
  if (!member.certificate) return { state: 'not-applicable', why: 'it has no certificate yet' };
  const isConfirmed = rollOver.confirmations.some((one) => one.step === step && one.client === member.name);
  const verdicts = placesOf(member).map((place): StepVerdict => {
    if (place === 'directory') return confirmed;
    const seen: StepVerdict =
      place === 'context'
        ? seenInContexts(member, question)
        : { state: 'unknown', why: 'its files are used elsewhere, and cannot be seen from here' };
    return seen.state === 'unknown' && isConfirmed ? confirmed : seen;
  });
  return (
    verdicts.find(({ state }) => state === 'not-confirmed') ??
    verdicts.find(({ state }) => state === 'unknown') ??
    confirmed
  );
}

/** Whether clients get files in a step. */
export function changesClients(step: RollOverStep): boolean {
  if (step === 'servers') return false;
  return trustedAfter(step, 'client') !== undefined || certifiedAfter(step, 'client') !== undefined;
}

/** The contexts that have the client's key: each of them is a copy that docker uses. */
function seenInContexts(
  { certificate, name }: ClientMember,
  { step, rollOver, contexts }: ClientQuestion,
): StepVerdict {
  const wanted = trustFor(step, 'client', rollOver) ?? [];
  let found = 0;
  for (const context of contexts) {
    if (context instanceof DirectoryError) continue;
    const copied = certificateIn(context.files['cert.pem']);
    if (!copied || !certificate || !isSameKey(copied.publicKey, certificate.publicKey)) continue;
    found += 1;
    const ca = context.files['ca.pem'];
    const trusted = Buffer.isBuffer(ca) ? readableCertificates(ca.toString('latin1')) : [];
    const isCurrent = areSame(trusted, wanted) && copied.fingerprint256 === certificate.fingerprint256;
    if (!isCurrent)
      return {
        state: 'not-confirmed',
        why: `the docker context ${context.name ?? ''} has other files than clients/${name}`,
      };
  }
  if (found > 0) return confirmed;
  return { state: 'unknown', why: 'no docker context of this user has its certificate' };
}

function certificateIn(bytes: Buffer | DirectoryError | undefined): ReturnType<typeof certificateOf> {
  return Buffer.isBuffer(bytes) ? certificateOf(bytes) : undefined;
}
