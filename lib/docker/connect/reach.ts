import { DockerTlsError } from '../../errors.js';
import { commonNameOf } from '../../x509/certificate.js';
import { TLS_PORT } from '../../x509/endpoint.js';
import { messageOf } from './probe.js';
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
  const { host, port } = endpoint;
  if (client.reached !== 'nothing') return passed(client.address ?? '');
  const { failure } = client;
  if (!failure || failure.why === 'unusable') return skipped('not tried');
  if (failure.why === 'timed-out') {
    return failed(
      `no answer within ${timeoutMs / 1000} s: the host is down, or a firewall drops packets to port ${port}`,
      'check the address, the host, and the firewalls in between',
    );
  }
  const listen = `check that dockerd runs there and listens: -H tcp://0.0.0.0:${port}, or "hosts" in daemon.json`;
  const known: Record<string, readonly [string, Text]> = {
    ECONNREFUSED: [
      'connection refused: nothing listens there',
      assumed ? words`name the host: ${call('connect', { endpoint: 'HOST' })}; or ${listen}` : listen,
    ],
    ENOTFOUND: [`there is no host named ${host}`, 'check the spelling, or give its address'],
    EAI_AGAIN: [
      `no name server answered for ${host}`,
      "check this machine's network, or give the host's address",
    ],
    EHOSTUNREACH: [
      'the host cannot be reached from here',
      'check the address, the host, and the route to it',
    ],
    ENETUNREACH: ['its network cannot be reached from here', "check the address, and this machine's network"],
  };
  const [detail, fix] = known[failure.code ?? ''] ?? [failure.words];
  return failed(detail, fix);
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
        `the connection is accepted, but nothing arrives within ${timeoutMs / 1000} s`,
        `${checkPort}; if it is Docker's, check the daemon's log: ${LOG}`,
      );
    case 'unusable':
      return failed(`this machine's TLS cannot use the client's files: ${words}`, newClient(evidence));
    case 'alert':
    case 'other':
      return failed(`the handshake fails: ${words}`, checkPort);
    case 'closed':
    case 'reset':
      return failed(`the connection is ${why} immediately`, checkPort);
    default:
      return failed('the server there does not speak TLS', checkPort);
  }
}
