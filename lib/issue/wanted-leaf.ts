import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import type { Note } from '../plan/step.js';
import type { ExistingCa, WantedCa, WantedLeaf } from '../recipes/recommended.js';
import type { Pair } from '../set/pairs.js';
import { filesOfCa, type CaRole } from '../set/authorities.js';
import type { LeafRole } from '../x509/role.js';
import type { AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';
import { certificateFields } from '../x509/certificate-fields.js';
import { isAskedName, readName } from '../x509/distinguished-name.js';
import { formatSubject, rdn } from '../x509/subject.js';
import { day, daysWithin, type Days } from '../x509/validity.js';
import type { NameConstraints } from '../x509/name-constraints.js';
import { UNNAMED_SERVER } from '../x509/permit.js';
import { isPermitted } from '../judge/outside.js';
import { permittedNames, refuseClientOutside, withoutNames } from './outside-names.js';
import { hostnameAssumed, keyFor, wantedNames, type Values } from './request.js';
import { call, option, words } from '../words.js';

/** The CA that signs. */
export interface SigningCa {
  readonly ca: WantedCa | ExistingCa;
  readonly endsOn: Date;
  /** Its name constraints, and those of the CAs above it. */
  readonly constraints: readonly NameConstraints[];
}

/**
 * The values for a server or client certificate. `set`: certificates of the set; the first
 * one decides the type of a new key.
 */
export function wantLeaf(
  role: LeafRole,
  previous: Pair,
  values: Values,
  notes: Note[],
  { ca, endsOn: caEnd, constraints }: SigningCa,
  set: readonly (X509Certificate | undefined)[],
): WantedLeaf {
  const days = leafDays(`the ${role} certificate`, caEnd, values, notes, ca.ofRole);
  const identity = leafIdentity(role, identityOf(previous), values, notes, constraints);
  const commonName = identity.subject.at(-1)?.value;
  if ('subject' in ca && ca.subject.at(-1)?.value === commonName) {
    throw new InputError('clientName', `a client cannot have the name of its CA: ${commonName}`);
  }
  return {
    role,
    name: values.name,
    ...identity,
    key: keyFor(previous, values, set),
    days,
    serial: values.serial(),
  };
}

/** The lifetime of a leaf under a CA that ends at `caEnd`; adds a note where it is shorter than asked for. Throws `ERR_CA_UNUSABLE`. */
export function leafDays(
  what: string,
  caEnd: Date,
  values: Pick<Values, 'days' | 'now' | 'directory'>,
  notes: Note[],
  ofRole?: CaRole,
): Days {
  const days = daysWithin(values.days, values.now, caEnd);
  if (days === 0) {
    const path = join(values.directory, filesOfCa(ofRole).certificate);
    const message = `the CA ${path} expires on ${day(caEnd)}, within a day: too soon to sign`;
    throw new DirectoryError('ERR_CA_UNUSABLE', path, message, {
      hint: words`renew it first with \`${call('renewCa', { role: ofRole }, values.directory)}\``,
    });
  }
  if (days < values.days) {
    notes.push({
      code: 'LEAF_SHORTENED',
      text: `${what} gets ${days} days instead of ${values.days}: the CA expires on ${day(caEnd)}`,
    });
  }
  return days;
}

/** The names that something has which is to be replaced, or to be made again. */
export interface PreviousNames {
  readonly altNames: readonly AltName[];
  readonly commonName: string | undefined;
}

export function identityOf({ certificate }: Pick<Pair, 'certificate'>): PreviousNames {
  if (!certificate) return { altNames: [], commonName: undefined };
  return { altNames: altNamesOf(certificate).names, commonName: commonNameOf(certificate) };
}

/** The subject and the names that were asked for, else those that it has, else the usual ones. Throws `ERR_INPUT`. */
export function leafIdentity(
  role: LeafRole,
  previous: PreviousNames,
  values: Values,
  notes: Note[],
  constraints: readonly NameConstraints[] = [],
): Pick<WantedLeaf, 'subject' | 'altNames'> {
  const altNames =
    role === 'server' ? permittedNames(serverNames(previous, values, notes), values, constraints, notes) : [];
  const commonName =
    role === 'server' ? serverCommonName(altNames, constraints) : clientCommonName(previous, values);
  if (role === 'client') refuseClientOutside(commonName, constraints);
  return { subject: [...values.prefix, rdn('CN', commonName)], altNames };
}

/** A leaf with the whole subject of its CA would look like a self-signed certificate. Throws `ERR_INPUT`. */
export function refuseCaSubject(
  ca: X509Certificate,
  { role, subject }: Pick<WantedLeaf, 'role' | 'subject'>,
): void {
  const name = readName(certificateFields(ca.raw).subject);
  const asked = subject.map((part) => ({ ...part, joined: false }));
  if (!isAskedName(name, asked, false)) return;
  throw new InputError(
    role === 'client' ? 'clientName' : 'hosts',
    `a ${role} cannot have the subject of its CA: ${formatSubject(subject)}`,
  );
}

function serverNames(previous: PreviousNames, values: Values, notes: Note[]): AltName[] {
  const names = wantedNames(values, previous.altNames);
  if (names) {
    if (names.length > 0) return names;
    throw withoutNames();
  }
  if (values.name !== undefined) {
    throw new InputError('hosts', `no name or address was given for the server ${values.name}`, {
      hint: words`give it with ${option('hosts')} or ${option('ips')}`,
    });
  }
  return wantedNames({ ...values, names: [hostnameAssumed(values, notes)] }, []) ?? [];
}

/**
 * The first name that fits; clients only check the subjectAltNames. Under name constraints OpenSSL and GnuTLS also compare the
 * common name of a server without DNS names with them, so that an address will not do.
 */
export function serverCommonName(
  altNames: readonly AltName[],
  constraints: readonly NameConstraints[] = [],
): string {
  const usual = altNames.find(({ value }) => value.length <= 64)?.value ?? 'docker-server';
  const isCompared = constraints.length > 0 && altNames.every(({ type }) => type === 'IP');
  if (!isCompared) return usual;
  const names = [usual, UNNAMED_SERVER];
  return names.find((value) => isPermitted({ type: 'DNS', value }, constraints)) ?? 'docker-server';
}

function clientCommonName(previous: PreviousNames, { clientName, name }: Values): string {
  return clientName ?? previous.commonName ?? name ?? 'client';
}
