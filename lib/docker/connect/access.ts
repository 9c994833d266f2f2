import { dirname } from 'node:path';
import { shellWord } from '../../shell/sh.js';
import { commonNameOf } from '../../x509/certificate.js';
import type { Credentials } from '../client/credentials.js';
import { apiVersionOf, messageOf, type EngineVersion } from './answer-body.js';
import type { Answer, Exchange } from './probe.js';
import { failed, passed, skipped, type Verdict } from './check.js';
import { credentialsOf, isClosed, withoutTls, type Evidence } from './evidence.js';
import { ended, refused } from './refusal.js';
import { LOG } from './remedy.js';

/** Checks of who is let in. */

export function api(evidence: Evidence): Verdict {
  const nothing = withoutTls(evidence);
  if (nothing) return nothing;
  const { client, timeoutMs } = evidence;
  const credentials = credentialsOf(evidence);
  if (!credentials) return skipped('there is none to show');
  const { answer, failure } = client;
  if (answer) return answered(answer, credentials);
  switch (failure?.why) {
    case 'timed-out':
      return failed(`no answer within ${timeoutMs / 1000} s`, `check the daemon's log: ${LOG}`);
    case 'alert':
      return refused(evidence, credentials, failure.words);
    case 'closed':
    case 'reset':
      return ended(evidence, credentials, failure);
    case 'not-http':
      return failed('the server does not speak HTTP inside TLS', notDocker);
    default:
      return failed(failure?.words ?? '', notDocker);
  }
}

const notDocker = "check the host and the port: is it Docker's?";

function answered(answer: Answer, { parsed }: Credentials): Verdict {
  const { status } = answer;
  const version = apiVersionOf(answer.body);
  if (status === 200 && version) return passed(engineWords(version));
  const said = [`HTTP ${status}`, messageOf(answer)].filter(Boolean).join(': ');
  if (status === 401 || status === 403) {
    const called = commonNameOf(parsed.certificate);
    return failed(
      said,
      `TLS accepts this client${called === undefined ? '' : ` as '${called}'`}, but an authorization plugin refuses it: ask its administrator`,
    );
  }
  const [objection] = isRefusal(answer) ? (/[^<>\n]*SSL certificate[^<>\n]*/i.exec(answer.body) ?? []) : [];
  if (objection !== undefined)
    return failed(
      `HTTP ${status}: ${objection.trim()}`,
      'a proxy in front of the daemon, such as nginx, refuses this certificate: check its log, and the CA that it verifies clients with',
    );
  if (status >= 500) return failed(said, `check the daemon's log: ${LOG}`);
  return failed(status === 200 ? "the server is not Docker's API" : said, notDocker);
}

function engineWords({ engine, version, apiVersion, minApiVersion }: EngineVersion): string {
  const range = minApiVersion === undefined ? apiVersion : `${minApiVersion} to ${apiVersion}`;
  return `${engine} ${version}, API ${range}`;
}

export function anonymous(evidence: Evidence): Verdict {
  const nothing = withoutTls(evidence);
  if (nothing) return nothing;
  const { anonymous: exchange } = evidence;
  if (!exchange) return skipped('not tried');
  return lockedOut(
    evidence,
    exchange,
    ({ status }) =>
      status < 300
        ? 'the API answers everyone: anyone who can reach this port is root on the host'
        : `no certificate is required: HTTP ${status}`,
    'start the daemon with --tlsverify and --tlscacert, as flags or in daemon.json',
  );
}

export function forged(evidence: Evidence): Verdict {
  const nothing = withoutTls(evidence);
  if (nothing) return nothing;
  const { forged: exchanges, anonymous: without } = evidence;
  if (!exchanges) return skipped('there is none to imitate');
  if (without && isLetIn(without)) return skipped('no certificate is needed');
  const verdicts = exchanges.map((exchange) =>
    lockedOut(
      evidence,
      exchange,
      () =>
        'it accepts certificates that its CA did not sign: anyone who can reach this port is root on the host',
      'start the daemon with --tlsverify and --tlscacert; if a proxy is in front of it, let the proxy verify clients',
    ),
  );
  return verdicts.find(({ state }) => state === 'failed') ?? verdicts[0] ?? skipped('not tried');
}

function isLetIn({ answer }: Exchange): boolean {
  return answer !== undefined && !isRefusal(answer);
}

/** nginx completes the handshake with everyone, and refuses in HTTP. */
function isRefusal({ status, isDocker, body }: Answer): boolean {
  return status === 400 && !isDocker && /SSL certificate/i.test(body);
}

function lockedOut(
  { steady = true, client }: Evidence,
  exchange: Exchange,
  letIn: (answer: Answer) => string,
  fix: string,
): Verdict {
  const { answer, failure } = exchange;
  if (answer) return isLetIn(exchange) ? failed(letIn(answer), fix) : passed(`HTTP ${answer.status}`);
  if (failure?.why === 'alert') return passed(failure.words);
  // In TLS 1.2 the certificate request is part of the handshake; in TLS 1.3 a refusal may come after it.
  const asked = exchange.reached === 'tls' || client.protocol === 'TLSv1.2';
  const closed = failure !== undefined && isClosed(failure);
  if (closed && client.failure && isClosed(client.failure))
    return skipped("unknown: the connection is closed with the client's own certificate, too");
  if (closed && asked && steady) return passed('the connection is closed');
  return failed(
    failure?.why === 'timed-out'
      ? 'unknown: no answer in time'
      : `unknown: ${closed ? 'the connection is closed, but not because of a certificate' : (failure?.words ?? '')}`,
    'try again',
  );
}

/** Checks the variables that docker needs to reach this daemon. */
export function environment(evidence: Evidence): Verdict | undefined {
  const { environment: variables, directory } = evidence;
  if (!variables || withoutTls(evidence)) return undefined;
  const path = dirname(credentialsOf(evidence)?.certificate ?? `${directory}/cert.pem`);
  const verify = (variables.verify ?? '') !== '';
  const certPath = (variables.certPath ?? '') !== '';
  if (verify && certPath) return passed('DOCKER_TLS_VERIFY, DOCKER_CERT_PATH');
  return failed(
    verify
      ? 'without DOCKER_CERT_PATH docker uses the files in ~/.docker'
      : 'without DOCKER_TLS_VERIFY docker speaks plain HTTP to this daemon',
    `export ${[verify ? '' : 'DOCKER_TLS_VERIFY=1', certPath ? '' : `DOCKER_CERT_PATH=${shellWord(path)}`].filter(Boolean).join(' ')}`,
  );
}
