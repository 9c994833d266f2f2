import type { X509Certificate } from 'node:crypto';
import { DifferenceError, InputError } from '../errors.js';
import { isCommonNameOutside, isPermitted } from '../judge/outside.js';
import { note } from '../plan/note.js';
import type { Note } from '../plan/step.js';
import type { Pair } from '../set/pairs.js';
import { filesOfCa } from '../set/authorities.js';
import { formatAltName, localNames, type AltName } from '../x509/alt-names.js';
import { certificateDetails } from '../x509/certificate-details.js';
import { constraintsAbove } from '../x509/constraints-above.js';
import { showConstraints, type NameConstraints } from '../x509/name-constraints.js';
import { parsePermit, permitOf } from '../x509/permit.js';
import { addressOf } from '../x509/socket-address.js';
import { call, option, words, type Text } from '../words.js';
import type { CaPair } from './ca-pair.js';
import type { Values } from './request.js';

/** The name constraints of the CA that signs: an existing one with those above it in its file, or the requested one with `above`. */
export function constraintsOf(
  existing: Pair | undefined,
  { permit }: Values,
  above: readonly NameConstraints[] = [],
): readonly NameConstraints[] {
  if (!existing) return [...(permit ? [permit] : []), ...above];
  return existing.certificate ? constraintsAbove(existing.certificate, existing.certificates) : [];
}

/**
 * Names without this machine's own for which the CA must not sign, unless they were requested: `localhost` is in every server
 * certificate by default, and a user who permits one domain has not asked for it.
 */
export function withoutLocal(
  names: readonly AltName[],
  { names: given = [], localhost }: Pick<Values, 'names' | 'localhost'>,
  constraints: readonly NameConstraints[],
): { readonly names: AltName[]; readonly leftOut: readonly AltName[] } {
  const isIn = (list: readonly AltName[], name: AltName): boolean =>
    list.some((one) => formatAltName(one) === formatAltName(name));
  const leftOut = names.filter(
    (name) =>
      localhost !== true && isIn(localNames, name) && !isIn(given, name) && !isPermitted(name, constraints),
  );
  return { names: names.filter((name) => !isIn(leftOut, name)), leftOut };
}

/** A server's names, of which its CA must permit each. Adds a note on those left out. Throws `ERR_INPUT`. */
export function permittedNames(
  wanted: readonly AltName[],
  values: Pick<Values, 'names' | 'localhost' | 'permit' | 'directory'>,
  constraints: readonly NameConstraints[],
  notes: Note[],
): AltName[] {
  const { names, leftOut } = withoutLocal(wanted, values, constraints);
  const outside = names.filter((name) => !isPermitted(name, constraints));
  if (outside.length > 0) {
    const shown = outside.map(({ value }) => value);
    throw new InputError('hosts', `the CA must not sign for ${shown.join(', ')}: ${permits(constraints)}`, {
      hint: permitToo(shown, values, constraints),
    });
  }
  if (names.length === 0) throw withoutNames();
  notes.push(...addressNotes(names, constraints));
  if (leftOut.length > 0) {
    const shown = leftOut.map(({ value }) => value);
    const hint = values.permit ? words`; to include them, add ${option('permit', shown)}` : '';
    const text = words`left out of the server certificate, because the CA does not permit them: ${shown.join(', ')}${hint}`;
    notes.push(note('LOCALHOST_LEFT_OUT', text));
  }
  return names;
}

/** BoringSSL knows no constraints of addresses, and refuses every address under one (measured with Bun). */
function addressNotes(names: readonly AltName[], constraints: readonly NameConstraints[]): Note[] {
  const isUnknown = constraints.some(({ permitted, excluded }) =>
    [...permitted, ...excluded].some(({ type }) => type === 'IP'),
  );
  if (!isUnknown || names.every(({ type }) => type !== 'IP')) return [];
  return [
    {
      code: 'NAME_REFUSED',
      text: 'Bun and other clients with BoringSSL will refuse this server: they refuse every address under a CA that permits networks. They need a server certificate with DNS names alone',
    },
  ];
}

export function withoutNames(): InputError {
  return new InputError('hosts', 'every client would refuse a server without a name or address', {
    hint: words`give one with ${option('hosts')} or ${option('ips')}`,
  });
}

/** OpenSSL would refuse a client whose common name looks like a host name outside the constraints. Throws `ERR_INPUT`. */
export function refuseClientOutside(commonName: string, constraints: readonly NameConstraints[]): void {
  if (!isCommonNameOutside(commonName, constraints)) return;
  throw new InputError(
    'clientName',
    `${JSON.stringify(commonName)} looks like a host name, for which the CA must not sign: ${permits(constraints)}`,
    { hint: words`choose a name without dots with ${option('clientName')}` },
  );
}

/** A CA under others may sign for nothing that one of those must not sign for. Throws `ERR_INPUT`. */
export function refusePermitOutside(permit: NameConstraints, constraints: readonly NameConstraints[]): void {
  const outside = (permitOf(permit) ?? []).filter(
    (name) => !ends(name).every((one) => isPermitted(one, constraints)),
  );
  if (outside.length === 0) return;
  throw new InputError(
    'permit',
    `the parent must not sign for ${outside.join(', ')}: ${permits(constraints)}`,
    {
      hint: 'leave it out, or use another parent',
    },
  );
}

/** The names that stand for all that is permitted: a domain, or the first and the last address of a network. */
function ends(permitted: string): AltName[] {
  const [named] = parsePermit([permitted]).permitted;
  if (named?.type !== 'IP') return [{ type: 'DNS', value: permitted }];
  const half = named.octets.length / 2;
  const [first, mask] = [named.octets.subarray(0, half), named.octets.subarray(half)];
  const last = Buffer.from(first.map((octet, at) => octet | (0xff ^ (mask[at] ?? 0))));
  return [first, last].map((octets) => ({ type: 'IP', value: addressOf(octets) ?? '' }));
}

function permits(constraints: readonly NameConstraints[]): string {
  return `its name constraints are ${constraints.flatMap(showConstraints).join(', ')}`;
}

/** How to have the CA permit more names. */
function permitToo(
  names: readonly string[],
  { permit, directory }: Pick<Values, 'permit' | 'directory'>,
  constraints: readonly NameConstraints[],
): Text {
  const [only, ...more] = constraints;
  if (permit) return words`permit them with ${option('permit', names)}, or leave them out`;
  const before = only && more.length === 0 ? permitOf(only) : undefined;
  if (!before) return 'leave them out, or use another CA';
  return words`leave them out, or change what the CA may sign for: \`${call('renewCa', { permit: [...before, ...names] }, directory)}\``;
}

/** Refuses an existing CA that may sign for other names than the requested ones. Throws `ERR_DIFFERS`. */
export function refuseOtherPermit(
  { certificatePath: path, ofRole }: Pick<CaPair, 'certificatePath' | 'ofRole'>,
  certificate: X509Certificate,
  { permit, directory }: Values,
): void {
  if (!permit) return;
  const { nameConstraints } = certificateDetails(certificate);
  const [has, wanted] = [nameConstraints, permit].map((one) => (one ? showConstraints(one).sort() : []));
  const isSame = has?.join() === wanted?.join();
  if (isSame && nameConstraints?.critical) return;
  const shown = isSame
    ? 'has name constraints that are not critical'
    : nameConstraints
      ? `has other name constraints: ${has?.join(', ')}`
      : 'has no name constraints';
  throw new DifferenceError(
    path,
    `nothing was changed: ${filesOfCa(ofRole).certificate} ${shown}`,
    [],
    words`to change what the existing CA may sign for: \`${call('renewCa', { role: ofRole, permit: permitOf(permit) ?? [] }, directory)}\``,
  );
}
