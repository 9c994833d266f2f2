import { shellWord } from '../../shell/sh.js';
import { extendedKeyUsageOf, notAfter, notBefore } from '../../x509/certificate.js';
import { roleUsage } from '../../x509/role.js';
import { moment } from '../../x509/validity.js';
import type { Credentials } from '../client/credentials.js';
import type { ProbeFailure, ProbeStage } from './probe.js';
import { isSigned } from './certificates.js';
import { failed, type Verdict } from './check.js';
import type { Evidence } from './evidence.js';
import { LOG, newClient, renewedClient, restartWith } from './remedy.js';

/** Why a client was not let in: an alert says it (RFC 8446, section 6.2), a connection that just ends does not. */

/** The other side refused the client with the alert `alert`. */
export function refused(evidence: Evidence, credentials: Credentials, alert: string): Verdict {
  const how = `refused (${alert})`;
  const isAboutCertificate = /certificate|unknown ca/.test(alert);
  const known = isAboutCertificate ? faultOf(evidence, credentials) : undefined;
  if (known) return failed(`${how}: ${known.what}`, known.fix);
  const told = meanings[alert]?.(evidence, credentials);
  if (told) return failed(`${how}: ${told[0]}`, told[1]);
  return failed(`${how}: the alert does not say why`, `look at the daemon's log: ${LOG}`);
}

type Meaning = (evidence: Evidence, credentials: Credentials) => readonly [what: string, fix: string];

const otherCa: Meaning = (evidence, { ca, parsed }) => [
  'the daemon trusts another CA, or its clock is wrong',
  `start the daemon with ${shellWord(ca)} as --tlscacert (${restartWith(evidence)}); its clock has to be past ${moment(notBefore(parsed.certificate))}`,
];

/** What each alert says of the client's certificate. Go before 1.21 says `bad certificate` of all that it refuses. */
const meanings: Readonly<Record<string, Meaning>> = {
  'bad certificate': otherCa,
  'certificate unknown': otherCa,
  'unknown ca': (evidence, { ca }) => [
    "the daemon does not know this client's CA: it trusts another one",
    `start the daemon with ${shellWord(ca)} as --tlscacert (${restartWith(evidence)})`,
  ],
  'certificate expired': (evidence, { parsed }) => [
    'to the daemon the certificate is out of its dates, and here it is not',
    `check the daemon's clock: it has to be between ${moment(notBefore(parsed.certificate))} and ${moment(notAfter(parsed.certificate))}; or ${renewedClient(evidence)}`,
  ],
  'certificate revoked': (evidence) => ['the daemon has this certificate for revoked', newClient(evidence)],
  'unsupported certificate': (evidence) => [
    'the daemon takes no certificate of this kind: its purpose or the type of its key',
    newClient(evidence),
  ],
  'certificate required': () => [
    'no certificate arrived, though one was shown',
    'run this on the Docker host itself: if it passes there, what stands between ends TLS, and does not hand the certificate on',
  ],
  'access denied': () => [
    'the certificate is valid, and this client may not come in',
    'ask who runs what stands before the daemon',
  ],
  'decrypt error': (evidence) => ['the proof that the client has its key was not taken', newClient(evidence)],
};

/** The connection ended without an alert, where an answer should have come. */
export function ended(evidence: Evidence, credentials: Credentials, { why, during }: ProbeFailure): Verdict {
  const stage = stages[during ?? 'handshake'];
  const known = faultOf(evidence, credentials);
  const detail = `the connection was ${why === 'reset' ? 'reset' : 'closed'} ${stage.when}, without an alert: why is not known`;
  const causes = [
    ...(known ? [`${known.what}, which can be why`] : []),
    ...stage.causes,
    `see what the server says: ${LOG}`,
  ];
  return failed(detail, causes.join('; '));
}

const silentRefusal = [
  "it may refuse this client's certificate and not say so",
  'a proxy, a load balancer or a limit of connections may close it',
  'or this is not Docker: check the host and the port',
];
const behind = [
  "a proxy may stand there whose daemon does not run, or this is not Docker's API: check the host and the port",
];

const stages: Readonly<Record<ProbeStage, { readonly when: string; readonly causes: readonly string[] }>> = {
  silence: { when: 'at once', causes: silentRefusal },
  handshake: { when: 'during the TLS handshake', causes: silentRefusal },
  'after-handshake': { when: 'right after the TLS handshake', causes: silentRefusal },
  request: { when: 'after the request', causes: behind },
  reply: { when: 'in the middle of the answer', causes: behind },
};

/** What is wrong with the client's certificate as it is seen from here. */
function faultOf(
  evidence: Evidence,
  { parsed: { certificate } }: Credentials,
): { readonly what: string; readonly fix?: string } | undefined {
  const { client, now } = evidence;
  const usages = extendedKeyUsageOf(certificate);
  if (usages && !usages.includes(roleUsage.client))
    return { what: "it is a server's, and no client's", fix: newClient(evidence) };
  if (now < notBefore(certificate) || now >= notAfter(certificate)) return { what: 'it is not valid now' };
  if (client.served && !isSigned(evidence) && !client.trusted) return { what: 'the daemon is of another CA' };
  return undefined;
}
