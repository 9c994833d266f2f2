import type { X509Certificate } from 'node:crypto';
import { InterruptedError } from '../../errors.js';
import { probe, type Exchange, type Identity } from '../../docker/connect/probe.js';
import { whyNoTls, whyNotReached } from '../../docker/connect/reach.js';
import { forEach } from '../../store/for-each.js';
import type { FleetHost } from '../fleet.js';

/** What a connection to a host has shown. */
export type SeenHost =
  /** `isOpen`: Docker's API answered, although no client certificate was shown. */
  | { readonly is: 'served'; readonly certificate: X509Certificate; readonly isOpen: boolean }
  /** `speaks`: what answers without TLS: Docker's API itself, which is open to everyone then, or something else. */
  | { readonly is: 'no-tls'; readonly speaks: 'docker' | 'other'; readonly why: string }
  | { readonly is: 'unreachable'; readonly why: string }
  | { readonly is: 'not-checked' };

/** How to look at many hosts. */
export interface LookOptions {
  /** In PEM; undefined where there are none. */
  readonly ca: string | undefined;
  /** So many connections at a time. */
  readonly parallel: number;
  /** For each exchange. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Hears of each host that was looked at. */
  readonly seen: (host: FleetHost, found: SeenHost) => void;
}

/**
 * Connects to each host, reads the certificate that it serves, and asks it for its version. No client certificate is shown: the
 * server's comes before it, and a daemon that answers without one is open to everyone. Once the signal is aborted, open connections end, and the hosts that are left are `not-checked`. Throws nothing else.
 */
export async function lookAtHosts(
  hosts: readonly FleetHost[],
  options: LookOptions,
): Promise<ReadonlyMap<FleetHost, SeenHost>> {
  const { parallel, signal, seen } = options;
  const found = new Map<FleetHost, SeenHost>();
  const look = async (host: FleetHost): Promise<void> => {
    if (signal?.aborted) return;
    const one = await lookAt(host, options);
    if (one.is === 'not-checked') return;
    found.set(host, one);
    seen(host, one);
  };
  await forEach(hosts, look, parallel);
  return found;
}

async function lookAt(
  { address, port }: FleetHost,
  { ca, timeoutMs, signal }: LookOptions,
): Promise<SeenHost> {
  const endpoint = { host: address, port };
  const ask = (shown: Identity | undefined): Promise<Exchange> =>
    probe({ endpoint, identity: shown, timeoutMs, signal });
  try {
    const exchange = await ask({ ca });
    const { reached, failure, served, answer: given } = exchange;
    if (served)
      return { is: 'served', certificate: served, isOpen: given?.isDocker === true && given.status < 400 };
    if (reached === 'nothing' && failure)
      return { is: 'unreachable', why: whyNotReached(failure, endpoint, timeoutMs) };
    if (failure?.why !== 'not-tls') return { is: 'unreachable', why: whyNoTls(failure, timeoutMs) };
    const { answer } = await ask(undefined);
    return answer?.isDocker
      ? {
          is: 'no-tls',
          speaks: 'docker',
          why: "Docker's API answers everyone in plain HTTP: anyone who can reach this port is root on the host",
        }
      : {
          is: 'no-tls',
          speaks: 'other',
          why: answer ? 'the port speaks plain HTTP' : 'the server there does not speak TLS',
        };
  } catch (error) {
    if (error instanceof InterruptedError) return { is: 'not-checked' };
    throw error;
  }
}
