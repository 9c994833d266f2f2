import { DockerTlsError } from '../../errors.js';
import { commonNameOf } from '../../x509/certificate.js';
import { TLS_PORT, type Endpoint } from '../../x509/endpoint.js';
import { messageOf } from './answer-body.js';
import type { ProbeFailure } from './probe.js';
import { call, words, type Text } from '../../words.js';
import { failed, passed, skipped, type Verdict } from './check.js';
import { spokeTls, unreachable, type Evidence } from './evidence.js';
import { LOG, newClient, protect } from './remedy.js';

/** Checks of the connection itself. */

export function files({ credentials }: Evidence): Verdict {
  if (credentials instanceof DockerTlsError) return failed(credentials.message, credentials.remedy);
  const called = commonNameOf(credentials.parsed.certificate);
  return passed(`${called === undefined ? '' : `'${called}' in `}${credentials.certificate}`);
}

export function listens(evidence: Evidence): Verdict {
  const { endpoint, assumed, client, timeoutMs } = evidence;
  const { port } = endpoint;
  if (client.reached !== 'nothing') return passed(client.address ?? '');
  const { failure } = client;
  if (!failure || failure.why === 'unusable') return skipped('not tried');
  const detail = whyNotReached(failure, endpoint, timeoutMs);
  if (failure.why === 'timed-out')
    return failed(detail, 'check the address, the host, and the firewalls in between');
  const listen = `check that dockerd runs there and listens: -H tcp://0.0.0.0:${port}, or "hosts" in daemon.json`;
  const fixes: Record<string, Text> = {
    ECONNREFUSED: assumed
      ? words`name the host: ${call('connect', { endpoint: 'HOST' })}; or ${listen}`
      : listen,
    ENOTFOUND: 'check the spelling, or give its address',
    EAI_AGAIN: "check this machine's network, or give the host's address",
    EHOSTUNREACH: 'check the address, the host, and the route to it',
    ENETUNREACH: "check the address, and this machine's network",
  };
  return failed(detail, fixes[failure.code ?? '']);
}

/** Why there was no connection. */
export function whyNotReached(
  { why, code, words: said }: ProbeFailure,
  endpoint: Endpoint,
  timeoutMs: number,
): string {
  const { host, port } = endpoint;
  if (why === 'timed-out')
    return `no answer within ${timeoutMs / 1000} s: the host is down, or a firewall drops packets to port ${port}`;
  const known: Record<string, string> = {
    ECONNREFUSED: 'connection refused: nothing listens there',
    ENOTFOUND: `there is no host named ${host}`,
    EAI_AGAIN: `no name server answered for ${host}`,
    EHOSTUNREACH: 'the host cannot be reached from here',
    ENETUNREACH: 'its network cannot be reached from here',
  };
  return known[code ?? ''] ?? said;
}

export function plain(evidence: Evidence): Verdict {
  const { plain: exchange } = evidence;
  if (!exchange) return unreachable(evidence) ?? skipped('not tried');
  const { answer } = exchange;
  // Even if a plugin refuses: it was asked without TLS.
  if (answer?.isDocker) {
    return failed(
      "Docker's API answers everyone in plain HTTP: anyone who can reach this port is root on the host",
      protect(evidence),
    );
  }
  if (!answer)
    return passed(exchange.failure?.why === 'timed-out' ? 'no answer' : 'the connection is closed');
  return passed([`HTTP ${answer.status}`, messageOf(answer)].filter(Boolean).join(': '));
}

export function tls(evidence: Evidence): Verdict {
  const nothing = unreachable(evidence);
  if (nothing) return nothing;
  const { client, plain: exchange, timeoutMs } = evidence;
  if (spokeTls(evidence)) return passed(client.protocol ?? 'TLS');
  const checkPort = `check the port: Docker's for TLS is ${TLS_PORT}`;
  if (exchange?.answer)
    return failed('the port speaks plain HTTP', exchange.answer.isDocker ? undefined : checkPort);
  const { why, words } = client.failure ?? {};
  switch (why) {
    case 'timed-out':
      return failed(
        whyNoTls(client.failure, timeoutMs),
        `${checkPort}; if it is Docker's, check the daemon's log: ${LOG}`,
      );
    case 'unusable':
      return failed(`this machine's TLS cannot use the client's files: ${words}`, newClient(evidence));
    default:
      return failed(whyNoTls(client.failure, timeoutMs), checkPort);
  }
}

/** Why there was a connection without TLS. */
export function whyNoTls(failure: ProbeFailure | undefined, timeoutMs: number): string {
  switch (failure?.why) {
    case 'timed-out':
      return `the connection is accepted, but nothing arrives within ${timeoutMs / 1000} s`;
    case 'alert':
    case 'other':
      return `the handshake fails: ${failure.words}`;
    case 'closed':
    case 'reset':
      return `the connection is ${failure.why} immediately`;
    default:
      return 'the server there does not speak TLS';
  }
}
