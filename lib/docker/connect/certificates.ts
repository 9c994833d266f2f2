import { refusedWithoutNames } from '../../recipes/refusals.js';
import { altNamesOf, extendedKeyUsageOf, notBefore } from '../../x509/certificate.js';
import { roleUsage } from '../../x509/role.js';
import { day } from '../../x509/validity.js';
import { isForHost, leadsTo } from './served.js';
import { failed, passed, skipped, type Verdict } from './check.js';
import { credentialsOf, unreachable, type Evidence } from './evidence.js';
import { option, words } from '../../words.js';
import { inBackquotes, newServer, renewedCa, renewedClient, renewedServer, restartWith } from './remedy.js';
import { validity } from './validity.js';

/** Checks of the certificate that the daemon presents, and of those on disk. */

function unseen(evidence: Evidence): Verdict {
  return unreachable(evidence) ?? skipped('no certificate was seen');
}

const noCa = skipped('there is no CA to compare with');

export function issuer(evidence: Evidence): Verdict {
  const { client, onDisk: there, endpoint } = evidence;
  const { served } = client;
  const credentials = credentialsOf(evidence);
  if (!served) return unseen(evidence);
  if (!credentials) return noCa;
  const ours = client.trusted === true || isSigned(evidence);
  const usages = extendedKeyUsageOf(served);
  if (ours && usages && !usages.includes(roleUsage.server)) {
    return failed(
      'it is, but it is a client certificate, not a server certificate',
      `start the daemon with server-cert.pem as --tlscert, and server-key.pem as --tlskey`,
    );
  }
  const theirName = nameOfCa(served.issuer);
  if (ours) return passed(theirName);
  const ourName = nameOfCa(credentials.parsed.ca.subject);
  const newer = there.find(({ certificate }) => isForHost(certificate, endpoint.host));
  return failed(
    theirName === ourName
      ? `it was issued by a different CA of the same name, ${theirName}`
      : `it was issued by ${theirName}; ${credentials.ca} is ${ourName}`,
    words`${newer ? words`if the daemon has ${newer.path}, restart it: ${restartWith(evidence)}; else ` : ''}name the directory with this daemon's certificates (${option('directory')}); if this is the one, another server answers here`,
  );
}

/** Tells whether this CA signed the daemon's certificate, or an intermediate that it sent, even if one of them has expired. */
export function isSigned({ client: { served }, authorities }: Evidence): boolean {
  return served !== undefined && leadsTo(served, authorities);
}

/** The common name; if there is none, the whole name. */
function nameOfCa(name: string): string {
  const attributes = name.split('\n');
  const line = attributes.find((attribute) => attribute.startsWith('CN='));
  return line === undefined ? attributes.join(', ') : `'${line.slice('CN='.length)}'`;
}

export function name(evidence: Evidence): Verdict {
  const { endpoint, client } = evidence;
  const { host } = endpoint;
  const { served } = client;
  if (!served) return unseen(evidence);
  const names = altNamesOf(served).names.map(({ value }) => value);
  if (isForHost(served, host)) return passed(names.join(', '));
  const another = newServer(evidence, [...names, host]);
  return names.length === 0
    ? failed(`it has no names; docker says: ${refusedWithoutNames.byName(host)}`, another)
    : failed(`it is for ${names.join(', ')}`, words`use one of these names for the daemon, or ${another}`);
}

export function onDisk(evidence: Evidence): Verdict {
  const { client, onDisk: there, endpoint, directory } = evidence;
  const { served } = client;
  if (!served) return unseen(evidence);
  const same = there.find(({ certificate }) => certificate.fingerprint256 === served.fingerprint256);
  if (same) return passed(same.path);
  if (there.length === 0) return skipped(`there is none in ${directory}`);
  const other = there.find(({ certificate }) => isForHost(certificate, endpoint.host));
  if (!other) return skipped(`none in ${directory} is for ${endpoint.host}`);
  return failed(
    `${other.path}, created on ${day(notBefore(other.certificate))}, is a different certificate: the daemon was not restarted since, or has other files`,
    // Otherwise the check of its issuer says so.
    isSigned(evidence)
      ? evidence.bring === undefined
        ? words`on the Docker host, if it has this file: ${restartWith(evidence)} (dockerd does not reload it)`
        : words`${inBackquotes(evidence.bring)} copies it there, and restarts the daemon`
      : undefined,
  );
}

export function serverValidity(evidence: Evidence): Verdict {
  const { client, now } = evidence;
  if (!client.served) return unseen(evidence);
  return validity(client.served, now, daemonsClock(evidence), renewedServer(evidence));
}

export function clientValidity(evidence: Evidence): Verdict {
  const credentials = credentialsOf(evidence);
  if (!credentials) return skipped('there is none to check');
  return validity(
    credentials.parsed.certificate,
    evidence.now,
    daemonsClock(evidence),
    renewedClient(evidence),
  );
}

export function caValidity(evidence: Evidence): Verdict {
  const credentials = credentialsOf(evidence);
  if (!credentials) return skipped('there is none to check');
  return validity(credentials.parsed.ca, evidence.now, daemonsClock(evidence), renewedCa(evidence));
}

function daemonsClock({ client, anonymous, plain }: Evidence): Date | undefined {
  return client.answer?.date ?? anonymous?.answer?.date ?? plain?.answer?.date;
}
