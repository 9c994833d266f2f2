import { shellWord } from '../../shell/sh.js';
import { extendedKeyUsageOf, notAfter, notBefore } from '../../x509/certificate.js';
import { hasIssuerName } from '../../x509/issued.js';
import { roleUsage } from '../../x509/role.js';
import { moment } from '../../x509/validity.js';
import type { Credentials } from '../client/credentials.js';
import type { ProbeFailure, ProbeStage } from './probe.js';
import { isSigned } from './certificates.js';
import { words, type Text } from '../../words.js';
import { failed, type Verdict } from './check.js';
import type { Evidence } from './evidence.js';
import { LOG, newClient, renewedClient, restartWith } from './remedy.js';

/** Explains why a client was refused: an alert says why (RFC 8446, section 6.2), a connection that just ends does not. */

/** The verdict on a client that was refused with an alert. */
export function refused(evidence: Evidence, credentials: Credentials, alert: string): Verdict {
  const how = `refused (${alert})`;
  const isAboutCertificate = /certificate|unknown ca/.test(alert);
  const known = isAboutCertificate ? faultOf(evidence, credentials) : undefined;
  if (known) return failed(`${how}: ${known.what}`, known.fix);
  const meaning = meanings[alert]?.(evidence, credentials);
  if (meaning) return failed(`${how}: ${meaning[0]}`, meaning[1]);
  return failed(`${how}: the alert does not say why`, `check the daemon's log: ${LOG}`);
}

type Meaning = (evidence: Evidence, credentials: Credentials) => readonly [what: string, fix: Text];

/** The CA that the daemon has to trust: not `ca.pem`, where that is of the servers alone. */
function caOfClients({ authorities }: Evidence, { ca, certificate, parsed }: Credentials): string {
  const isOwn = authorities.some((one) => hasIssuerName(parsed.certificate, one));
  return isOwn ? shellWord(ca) : `the CA that signed ${shellWord(certificate)}`;
}

const otherCa: Meaning = (evidence, credentials) => [
  'the daemon trusts a different CA, or its clock is wrong',
  words`start the daemon with ${caOfClients(evidence, credentials)} as --tlscacert (${restartWith(evidence)}); its clock must be past ${moment(notBefore(credentials.parsed.certificate))}`,
];

/** The meaning of each alert about the client's certificate. Go before 1.21 always says `bad certificate`. */
const meanings: Readonly<Record<string, Meaning>> = {
  'bad certificate': otherCa,
  'certificate unknown': otherCa,
  'unknown ca': (evidence, credentials) => [
    "the daemon does not trust this client's CA",
    words`start the daemon with ${caOfClients(evidence, credentials)} as --tlscacert (${restartWith(evidence)})`,
  ],
  'certificate expired': (evidence, { parsed }) => [
    'by the clock of the daemon the certificate is not valid, but here it is',
    words`check the daemon's clock: it must be between ${moment(notBefore(parsed.certificate))} and ${moment(notAfter(parsed.certificate))}; or ${renewedClient(evidence)}`,
  ],
  'certificate revoked': (evidence) => ['the daemon considers this certificate revoked', newClient(evidence)],
  'unsupported certificate': (evidence) => [
    'the daemon does not accept certificates of this kind: its purpose or key type is wrong',
    newClient(evidence),
  ],
  'certificate required': () => [
    'no certificate arrived, although one was sent',
    'run this on the Docker host itself: if it passes there, a proxy in between terminates TLS without passing on the certificate',
  ],
  'access denied': () => [
    'the certificate is valid, but this client is not allowed in',
    'ask the administrator of the proxy in front of the daemon',
  ],
  'decrypt error': (evidence) => ['the proof that the client has its key was refused', newClient(evidence)],
};

/** The verdict on a connection that ended without an alert before the answer. */
export function ended(evidence: Evidence, credentials: Credentials, { why, during }: ProbeFailure): Verdict {
  const stage = stages[during ?? 'handshake'];
  const known = faultOf(evidence, credentials);
  const detail = `the connection was ${why === 'reset' ? 'reset' : 'closed'} ${stage.when}, without an alert, so the reason is unknown`;
  const causes = [
    ...(known ? [`${known.what}, which may be the reason`] : []),
    ...stage.causes,
    `check the server's log: ${LOG}`,
  ];
  return failed(detail, causes.join('; '));
}

const silentRefusal = [
  "it may refuse this client's certificate without saying so",
  'a proxy, a load balancer or a connection limit may close it',
  'or this is not Docker: check the host and the port',
];
const behind = [
  "it may be a proxy whose daemon is not running, or not Docker's API: check the host and the port",
];

const stages: Readonly<Record<ProbeStage, { readonly when: string; readonly causes: readonly string[] }>> = {
  silence: { when: 'immediately', causes: silentRefusal },
  handshake: { when: 'during the TLS handshake', causes: silentRefusal },
  'after-handshake': { when: 'right after the TLS handshake', causes: silentRefusal },
  request: { when: 'after the request', causes: behind },
  reply: { when: 'in the middle of the answer', causes: behind },
};

/** Finds what is wrong with the client's certificate, as far as it can be seen from here. */
function faultOf(
  evidence: Evidence,
  { parsed: { certificate } }: Credentials,
): { readonly what: string; readonly fix?: Text } | undefined {
  const { client, now } = evidence;
  const usages = extendedKeyUsageOf(certificate);
  if (usages && !usages.includes(roleUsage.client))
    return { what: 'it is a server certificate, not a client certificate', fix: newClient(evidence) };
  if (now < notBefore(certificate) || now >= notAfter(certificate)) return { what: 'it is not valid now' };
  if (client.served && !isSigned(evidence) && !client.trusted) return { what: 'the daemon uses another CA' };
  return undefined;
}
