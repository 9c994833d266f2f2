import { dirname } from 'node:path';
import { shellWord } from '../../plan/command-line.js';
import { commonNameOf, extendedKeyUsageOf, notAfter, notBefore, roleUsage } from '../../x509/certificate.js';
import { moment } from '../../x509/validity.js';
import type { Credentials } from '../credentials.js';
import { apiVersionOf, messageOf, type Answer, type Exchange } from '../probe.js';
import { isSigned } from './certificates.js';
import { failed, passed, skipped, type Verdict } from './check.js';
import { credentialsOf, withoutTls, type Evidence } from './evidence.js';
import { LOG, newClient, RESTART } from './remedy.js';

/** Who is let in. */

export function api(evidence: Evidence): Verdict {
  const nothing = withoutTls(evidence);
  if (nothing) return nothing;
  const { client, timeoutMs } = evidence;
  const credentials = credentialsOf(evidence);
  if (!credentials) return skipped('there is none to show');
  const { answer, failure } = client;
  if (answer) return answered(answer, credentials);
  if (failure?.why === 'timed-out')
    return failed(`no answer within ${timeoutMs / 1000} s`, `look at the daemon's log: ${LOG}`);
  if (failure?.why === 'alert' || failure?.why === 'closed') return refused(evidence, credentials);
  return failed(failure?.words ?? '', "check the host and the port: is it Docker's?");
}

function answered(answer: Answer, { parsed }: Credentials): Verdict {
  const { status } = answer;
  const version = apiVersionOf(answer.body);
  if (status === 200 && version) return passed(`Docker ${version.version}, API ${version.apiVersion}`);
  const said = [`HTTP ${status}`, messageOf(answer)].filter(Boolean).join(': ');
  if (status === 401 || status === 403) {
    const called = commonNameOf(parsed.certificate);
    return failed(
      said,
      `TLS lets this client in${called === undefined ? '' : ` as '${called}'`}, and an authorization plugin does not: ask who runs that`,
    );
  }
  if (status >= 500) return failed(said, `look at the daemon's log: ${LOG}`);
  return failed(
    status === 200 ? "what answers is not Docker's API" : said,
    "check the host and the port: is it Docker's?",
  );
}

/** Why our certificate can have been refused: the daemon itself says little. */
function refused(evidence: Evidence, { parsed, ca }: Credentials): Verdict {
  const { client, now } = evidence;
  const { certificate } = parsed;
  const how = client.failure?.why === 'alert' ? `refused (${client.failure.words})` : 'refused';
  const usages = extendedKeyUsageOf(certificate);
  if (usages && !usages.includes(roleUsage.client))
    return failed(`${how}: it is a server's, and no client's`, newClient(evidence));
  if (now < notBefore(certificate) || now >= notAfter(certificate))
    return failed(`${how}: it is not valid now`);
  if (client.served && !isSigned(evidence) && !client.trusted)
    return failed(`${how}: the daemon is of another CA`);
  return failed(
    `${how}: the daemon trusts another CA, or its clock is wrong`,
    `start the daemon with ${shellWord(ca)} as --tlscacert (${RESTART}); its clock has to be past ${moment(notBefore(certificate))}`,
  );
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
        ? 'the API answers to everybody: whoever reaches this port is root on the host'
        : `no certificate is asked for: HTTP ${status}`,
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
      () => 'it takes what its CA has not signed: whoever reaches this port is root on the host',
      'start the daemon with --tlsverify and --tlscacert; where something stands before it, let that verify the client',
    ),
  );
  return verdicts.find(({ state }) => state === 'failed') ?? verdicts[0] ?? skipped('not tried');
}

function isLetIn({ answer }: Exchange): boolean {
  // nginx shakes hands with everybody, and refuses in HTTP.
  const isRefusal = answer?.status === 400 && !answer.isDocker && /SSL certificate/i.test(answer.body);
  return answer !== undefined && !isRefusal;
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
  // Before there is TLS 1.3, nobody's certificate was asked for; in TLS 1.2 that is a part of the handshake.
  const asked = exchange.reached === 'tls' || client.protocol === 'TLSv1.2';
  if (failure?.why === 'closed' && asked && steady) return passed('the connection is closed');
  return failed(
    failure?.why === 'timed-out'
      ? 'not known: no answer in time'
      : `not known: ${failure?.why === 'closed' ? 'the connection is closed, and not for a certificate' : (failure?.words ?? '')}`,
    'run this again',
  );
}

/** What docker itself needs to reach this daemon. */
export function environment(evidence: Evidence): Verdict | undefined {
  const { environment: variables, directory } = evidence;
  if (!variables || withoutTls(evidence)) return undefined;
  const path = dirname(credentialsOf(evidence)?.certificate ?? `${directory}/cert.pem`);
  const verify = (variables.verify ?? '') !== '';
  const certPath = (variables.certPath ?? '') !== '';
  if (verify && certPath) return passed('DOCKER_TLS_VERIFY, DOCKER_CERT_PATH');
  return failed(
    verify
      ? 'without DOCKER_CERT_PATH docker takes the files in ~/.docker'
      : 'without DOCKER_TLS_VERIFY docker speaks plain HTTP to this daemon',
    `export ${[verify ? '' : 'DOCKER_TLS_VERIFY=1', certPath ? '' : `DOCKER_CERT_PATH=${shellWord(path)}`].filter(Boolean).join(' ')}`,
  );
}
