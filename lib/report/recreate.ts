import { besideOf } from '../set/layout.js';
import { isFor, type CertificateView } from '../judge/certificate-view.js';
import { formatAltName, localNames, parseAltName, type AltName } from '../x509/alt-names.js';
import type { LeafToJudge, SetToJudge } from './set-to-judge.js';
import { call, type CallPart } from '../words.js';

/** Stands for an unknown name. */
export const unknownHost: AltName = { type: 'DNS', value: 'HOST' };

/** The first name in the certificate that a host can have, else its common name. */
export function hostOf({ view }: LeafToJudge): AltName {
  const called = namedIn(view).find(({ value }) => !value.startsWith('*'));
  return called ?? hostNamed(view.commonName) ?? unknownHost;
}

/** The names in the certificate, including addresses written as DNS names. */
function namedIn({ certificate }: Pick<CertificateView, 'certificate'>): AltName[] {
  return (certificate.subjectAltName?.names ?? [])
    .filter(({ type }) => type !== 'other')
    .flatMap(({ value }) => hostNamed(value.replace(/\.$/, '')) ?? []);
}

/** Undefined for a text that cannot be the name of a host. */
export function hostNamed(text: string | undefined): AltName | undefined {
  try {
    return text === undefined ? undefined : parseAltName(text);
  } catch {
    return undefined;
  }
}

/** The names for the server's next certificate, without those that are added anyway. */
export function serverNames(
  { leaves }: Pick<SetToJudge, 'leaves'>,
  asked: AltName | undefined,
): readonly AltName[] {
  const server = leaves.find(({ role }) => role === 'server');
  const before = server ? namedIn(server.view) : [];
  const all = [...(asked ? [asked] : []), ...before];
  const unique = [...new Map(all.map((one) => [formatAltName(one), one])).values()];
  const local = localNames.map(formatAltName);
  const others = unique.filter((one) => !local.includes(formatAltName(one)));
  if (others.length > 0) return others;
  return unique.length > 0 ? unique.slice(0, 1) : [server ? hostOf(server) : unknownHost];
}

/**
 * The call that recreates a certificate, signed by the existing CA, or with a new one (`newCa`): in a set beside this one, for
 * no advice replaces a CA.
 */
export function recreateCall(
  { role, ours, view }: LeafToJudge,
  { leaves, caKey }: SetToJudge,
  newCa: boolean,
  where: {
    readonly directory: string;
    readonly name: string | undefined;
    readonly names: readonly AltName[];
  },
): CallPart {
  const { directory, name, names } = where;
  const hosts = names.map(({ value }) => value);
  // A tutorial's files have other names than the ones that would be written: create a new set beside it.
  if (newCa || (!leaves.every((leaf) => leaf.ours) && !ours))
    return call('all', { hosts, ...(newCa && name !== undefined ? { name } : {}) }, besideOf(directory));
  const here = caKey ? directory : 'DIRECTORY-OF-THE-CA';
  // Do not replace a certificate that was copied over by mistake: create the right one beside it.
  const other = role === 'server' ? 'client' : 'server';
  const isCopy = !isFor(view.certificate, role) && isFor(view.certificate, other);
  const how = isCopy ? { name: name === undefined ? 'new' : `${name}-new` } : { force: [role], name };
  return role === 'server' ? call('server', { hosts, ...how }, here) : call('client', how, here);
}
