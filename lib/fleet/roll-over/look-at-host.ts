import type { X509Certificate } from 'node:crypto';
import { probe, type Exchange, type Identity } from '../../docker/connect/probe.js';
import { whyNotReached, whyNoTls } from '../../docker/connect/reach.js';
import { isForHost } from '../../docker/connect/served.js';
import { notAfter } from '../../x509/certificate.js';
import { type Endpoint } from '../../x509/endpoint.js';
import { isSameKey } from '../../x509/spki.js';
import { day } from '../../x509/validity.js';
import type { FleetHost } from '../fleet.js';
import type { RollOverIdentities } from './identities.js';
import { caThatSigned } from './members.js';
import type { RollOver } from './state.js';
import { acceptedAfter, certifiedAfter, type RollOverCa, type RollOverStep } from './steps.js';

/** Whether a host or a client has taken a step. What was not seen never counts as done. */
export type StepVerdict =
  | { readonly state: 'confirmed' }
  /** It has nothing to do in this step. */
  | { readonly state: 'not-applicable'; readonly why: string }
  /** It was seen, and is not there yet. */
  | { readonly state: 'not-confirmed'; readonly why: string }
  /** It could not be seen. */
  | { readonly state: 'unknown'; readonly why: string };

/** What all hosts are asked. */
export interface HostQuestion {
  readonly step: RollOverStep;
  readonly cas: Pick<RollOver, RollOverCa>;
  readonly identities: RollOverIdentities;
  readonly timeoutMs: number;
  readonly now: Date;
  readonly signal: AbortSignal | undefined;
}

const confirmed: StepVerdict = { state: 'confirmed' };
const notYet = (why: string): StepVerdict => ({ state: 'not-confirmed', why });
const unknown = (why: string): StepVerdict => ({ state: 'unknown', why });

/**
 * Asks a daemon whether it has taken a step: which certificate it serves, and whether it accepts a client of each CA. In TLS 1.3 the
 * handshake ends before the daemon has looked at the client's certificate, so only an answer to a request shows that it was accepted.
 * `certificate`: the one in the directory. Errors: `ERR_ABORTED`.
 */
export async function lookAtHost(
  { address: host, port }: Pick<FleetHost, 'address' | 'port'>,
  certificate: X509Certificate,
  question: HostQuestion,
): Promise<StepVerdict> {
  const { identities, step } = question;
  const endpoint = { host, port };
  for (const ca of ['new', 'old'] as const) {
    const identity = identities[ca];
    if ('why' in identity) return unknown(`no client of the ${ca} CA can be shown to it: ${identity.why}`);
  }
  const [first, second] = acceptedAfter(step, 'new') ? (['new', 'old'] as const) : (['old', 'new'] as const);
  // The one that has to be accepted in any case comes first: what comes after it was not refused for another reason.
  const steady = await ask(endpoint, first, question);
  const served = servedAs(steady, endpoint, certificate, question);
  if (served) return served;
  const accepted = outcomeOf(steady);
  if (accepted.state !== 'accepted') return refusedOne(first, accepted);
  const other = outcomeOf(await ask(endpoint, second, question));
  if (acceptedAfter(step, second)) return other.state === 'accepted' ? confirmed : refusedOne(second, other);
  switch (other.state) {
    case 'refused':
      return confirmed;
    case 'accepted':
      return notYet(`it still accepts clients of the ${second} CA: it was not restarted with the new ca.pem`);
    case 'closed': {
      // Without an alert the end of a connection says something only if the right client is still let in.
      const again = outcomeOf(await ask(endpoint, first, question));
      return again.state === 'accepted'
        ? confirmed
        : unknown('the connection was closed, but not because of a certificate');
    }
    case 'unknown':
      return unknown(other.why);
  }
}

function ask(
  endpoint: Endpoint,
  ca: RollOverCa,
  { identities, timeoutMs, signal }: HostQuestion,
): Promise<Exchange> {
  const identity = identities[ca] as Identity;
  return probe({ endpoint, identity, timeoutMs, signal });
}

/** Why the served certificate is not that of the step; undefined where it is. */
function servedAs(
  { served, reached, failure }: Exchange,
  endpoint: Endpoint,
  certificate: X509Certificate,
  { step, cas, now, timeoutMs }: HostQuestion,
): StepVerdict | undefined {
  if (!served)
    return unknown(
      reached === 'nothing' && failure
        ? `it cannot be reached: ${whyNotReached(failure, endpoint, timeoutMs)}`
        : `it shows no certificate: ${whyNoTls(failure, timeoutMs)}`,
    );
  const signed = caThatSigned(served, cas);
  if (signed === undefined) return notYet('it serves a certificate that neither CA signed');
  if (!isForHost(served, endpoint.host))
    return notYet(`its certificate does not name ${endpoint.host}: no client connects to it there`);
  if (notAfter(served) <= now) return notYet(`its certificate expired on ${day(notAfter(served))}`);
  const wanted = certifiedAfter(step, 'server');
  if (wanted === undefined)
    return isSameKey(served.publicKey, certificate.publicKey)
      ? undefined
      : notYet('it serves another key than that of its certificate in the directory');
  if (signed !== wanted)
    return notYet(
      `it serves a certificate of the ${signed} CA (serial ${served.serialNumber}): it was not restarted with the new one`,
    );
  return served.fingerprint256 === certificate.fingerprint256
    ? undefined
    : notYet(
        `it serves another certificate (serial ${served.serialNumber}) than that in the directory (serial ${certificate.serialNumber})`,
      );
}

type ClientOutcome =
  | { readonly state: 'accepted' }
  | { readonly state: 'refused'; readonly why: string }
  /** The connection ended, and nothing says why. */
  | { readonly state: 'closed'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

/** The alerts with which a server refuses a client's certificate for its CA (RFC 8446 §6.2). */
const refusals: readonly string[] = ['unknown ca', 'bad certificate', 'certificate unknown'];

function outcomeOf({ answer, failure, reached }: Exchange): ClientOutcome {
  if (answer) {
    // An authorization plugin may refuse what TLS has accepted: that is the daemon's answer, too.
    if (answer.isDocker) return { state: 'accepted' };
    const isProxy = answer.status === 400 && /SSL certificate/i.test(answer.body);
    const why = `HTTP ${answer.status}`;
    return isProxy ? { state: 'refused', why } : { state: 'unknown', why: `${why}, and not from Docker` };
  }
  const why = failure?.words === '' ? 'the connection was closed' : (failure?.words ?? 'no answer');
  if (failure?.why === 'alert' && refusals.includes(failure.words)) return { state: 'refused', why };
  const isClosed = failure?.why === 'closed' || failure?.why === 'reset';
  return { state: isClosed && reached === 'tls' ? 'closed' : 'unknown', why };
}

/** The verdict where a client that has to be accepted was not. */
function refusedOne(
  ca: RollOverCa,
  { state, why }: Exclude<ClientOutcome, { state: 'accepted' }>,
): StepVerdict {
  const text = `it does not accept clients of the ${ca} CA (${why})`;
  if (state === 'unknown') return unknown(`no answer for a client of the ${ca} CA: ${why}`);
  return notYet(`${text}: it was not restarted with a ca.pem that has it`);
}
