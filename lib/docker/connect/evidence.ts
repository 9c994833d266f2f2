import type { X509Certificate } from 'node:crypto';
import { DockerTlsError } from '../../errors.js';
import type { Credentials } from '../client/credentials.js';
import type { Endpoint } from '../../x509/endpoint.js';
import type { Exchange, ProbeFailure } from './probe.js';
import type { CertificateFile } from './served.js';
import { skipped, type Verdict } from './check.js';

/** All that was seen: what the checks are told from. */
export interface Evidence {
  readonly endpoint: Endpoint;
  /** Whether it is this machine because nothing else was named. */
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
  /** The command that brings the daemon its files, where it is this host's, and `install daemon` has set it up. */
  readonly bring?: string | undefined;
  /** The servers' certificates in the directory. */
  readonly onDisk: readonly CertificateFile[];
  /** With the client's certificate, where there is one. */
  readonly client: Exchange;
  readonly anonymous?: Exchange | undefined;
  /** With certificates that its CA has not signed. */
  readonly forged?: readonly Exchange[] | undefined;
  readonly plain?: Exchange | undefined;
  /** Whether the client was let in afterwards as it was before. */
  readonly steady?: boolean | undefined;
  /** The variables with which docker finds this daemon; undefined where it was named otherwise. */
  readonly environment?:
    { readonly verify: string | undefined; readonly certPath: string | undefined } | undefined;
}

/** The client's files, where they can be used. */
export function credentialsOf({ credentials }: Evidence): Credentials | undefined {
  return credentials instanceof DockerTlsError ? undefined : credentials;
}

/** Whether TLS was spoken, be it to say no. */
export function spokeTls({ client: { reached, failure } }: Evidence): boolean {
  if (reached === 'tls' || reached === 'answer') return true;
  if (failure && isClosed(failure) && failure.during === 'handshake') return true;
  // The alerts that are about the certificate that was shown, or about none (RFC 8446 §6.2).
  return failure?.why === 'alert' && /certificate|unknown ca|access denied|decrypt error/.test(failure.words);
}

/** Whether the connection ended without a word: that alone says nothing of who is let in. */
export function isClosed({ why }: ProbeFailure): boolean {
  return why === 'closed' || why === 'reset';
}

/** Nothing can be said of a connection that there is not. */
export function unreachable({ client }: Evidence): Verdict | undefined {
  return client.reached === 'nothing' && client.failure?.why !== 'unusable'
    ? skipped('nothing was reached')
    : undefined;
}

/** Nor of its inside, where there is no TLS. */
export function withoutTls(evidence: Evidence): Verdict | undefined {
  return unreachable(evidence) ?? (spokeTls(evidence) ? undefined : skipped('no TLS was spoken'));
}
