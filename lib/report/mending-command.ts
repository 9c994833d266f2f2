import { join } from 'node:path';
import { isFor, type CertificateView } from '../judge/certificate-view.js';
import { ownCommand } from '../plan/own-command.js';
import { formatAltName, localNames, parseAltName, type AltName } from '../x509/alt-names.js';
import type { LeafToJudge, SetToJudge } from './set-to-judge.js';

/** Stands for a name that nobody knows. */
export const unknownHost: AltName = { type: 'DNS', value: 'HOST' };

/** The first that the certificate names and a host can have, or else its common name. */
export function hostOf({ view }: LeafToJudge): AltName {
  const called = namedIn(view).find(({ value }) => !value.startsWith('*'));
  return called ?? hostNamed(view.commonName) ?? unknownHost;
}

/** Names in the certificate, also those that stand there as what they are not. */
function namedIn({ certificate }: Pick<CertificateView, 'certificate'>): AltName[] {
  return (certificate.subjectAltName?.names ?? [])
    .filter(({ type }) => type !== 'other')
    .flatMap(({ value }) => hostNamed(value.replace(/\.$/, '')) ?? []);
}

/** Undefined for what no host can be called. */
export function hostNamed(text: string | undefined): AltName | undefined {
  try {
    return text === undefined ? undefined : parseAltName(text);
  } catch {
    return undefined;
  }
}

/** Whom the server's next certificate is to name; those that it names by itself are left out. */
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

/** What makes it anew, signed by the CA that is there, or with a new one. */
export function mendingCommand(
  { role, ours, view }: LeafToJudge,
  { leaves, caKey }: SetToJudge,
  anew: boolean,
  where: {
    readonly directory: string;
    readonly name: string | undefined;
    readonly names: readonly AltName[];
  },
): string {
  const { directory, name, names } = where;
  const hosts = names.flatMap(({ value }) => ['--host', value]);
  const named = name === undefined ? [] : ['--name', name];
  // The names of a tutorial are not those that would be written: a new set lies beside it.
  if (!leaves.every((leaf) => leaf.ours) && (anew || !ours))
    return ownCommand(['all', ...hosts], `${join(directory)}-new`);
  const here = caKey ? directory : 'DIRECTORY-OF-THE-CA';
  if (anew) return ownCommand(['all', ...hosts, '--force', 'ca', ...named], here);
  const leaf = [role, ...(role === 'server' ? hosts : [])];
  // What is the other's by mistake is not replaced: the right one lies beside it.
  const other = role === 'server' ? 'client' : 'server';
  if (!isFor(view.certificate, role) && isFor(view.certificate, other))
    return ownCommand([...leaf, '--name', name === undefined ? 'new' : `${name}-new`], here);
  return ownCommand([...leaf, '--force', role, ...named], here);
}

/** Whether a rule is about nothing but the end of the time. */
export function isOnlyOver(rule: { readonly id: string }): boolean {
  return ['expired', 'ca-expired'].includes(rule.id);
}
