import type { X509Certificate } from 'node:crypto';
import { DockerTlsError } from '../../errors.js';
import type { Credentials } from '../client/credentials.js';
import type { Endpoint } from '../../x509/endpoint.js';
import type { Exchange, ProbeFailure } from './probe.js';
import type { CertificateFile } from './served.js';
import { skipped, type Verdict } from './check.js';
import type { CallPart } from '../../words.js';

/** Everything that was observed, from which the checks derive. */
export interface Evidence {
  readonly endpoint: Endpoint;
  /** True if it is this machine because no host was named. */
  readonly assumed: boolean;
  /** Absolute. */
  readonly directory: string;
  readonly name: string | undefined;
  readonly timeoutMs: number;
  readonly now: Date;
  /** The client's files, or why they cannot be used. */
  readonly credentials: Credentials | DockerTlsError;
  /** All certificates in ca.pem. */
  readonly authorities: readonly X509Certificate[];
  /** The call that copies the files to this host's daemon and restarts it; undefined unless `installDaemon` configured it. */
  readonly bring?: CallPart | undefined;
  /** The server certificates in the directory. */
  readonly onDisk: readonly CertificateFile[];
  /** The exchange with the client's certificate, if there is one. */
  readonly client: Exchange;
  readonly anonymous?: Exchange | undefined;
  /** The exchanges with certificates that its CA did not sign. */
  readonly forged?: readonly Exchange[] | undefined;
  readonly plain?: Exchange | undefined;
  /** True if the client was still let in afterwards. */
  readonly steady?: boolean | undefined;
  /** The variables by which docker finds this daemon; undefined if it was named otherwise. */
  readonly environment?:
    { readonly verify: string | undefined; readonly certPath: string | undefined } | undefined;
}

/** The client's files, if they can be used. */
export function credentialsOf({ credentials }: Evidence): Credentials | undefined {
  return credentials instanceof DockerTlsError ? undefined : credentials;
}

/** Tells whether the server spoke TLS, even if only to refuse. */
export function spokeTls({ client: { reached, failure } }: Evidence): boolean {
  if (reached === 'tls' || reached === 'answer') return true;
  if (failure && isClosed(failure) && failure.during === 'handshake') return true;
  // The alerts about the client's certificate, or a missing one (RFC 8446 §6.2).
  return failure?.why === 'alert' && /certificate|unknown ca|access denied|decrypt error/.test(failure.words);
}

/** Tells whether the connection ended without an alert: that alone does not show who is let in. */
export function isClosed({ why }: ProbeFailure): boolean {
  return why === 'closed' || why === 'reset';
}

/** The verdict where there was no connection. */
export function unreachable({ client }: Evidence): Verdict | undefined {
  return client.reached === 'nothing' && client.failure?.why !== 'unusable'
    ? skipped('nothing was reached')
    : undefined;
}

/** The verdict where there was no TLS. */
export function withoutTls(evidence: Evidence): Verdict | undefined {
  return unreachable(evidence) ?? (spokeTls(evidence) ? undefined : skipped('the server did not speak TLS'));
}
