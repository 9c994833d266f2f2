import { join } from 'node:path';
import { DirectoryError, InputError } from '../errors.js';
import type { Note } from '../plan/step.js';
import { ownCommand } from '../plan/own-command.js';
import type { ExistingCa, WantedCa, WantedLeaf } from '../recipes/recommended.js';
import type { Pair } from '../store/directory.js';
import { caFiles } from '../store/layout.js';
import type { LeafRole } from '../x509/role.js';
import { uniqueNames, type AltName } from '../x509/alt-names.js';
import { altNamesOf, commonNameOf } from '../x509/certificate.js';
import { rdn } from '../x509/subject.js';
import { day, daysWithin } from '../x509/validity.js';
import { hostnameAssumed, keyFor, type Values } from './request.js';

/** A server's or client's certificate as it is to be made under a CA that ends at `caEnd`. */
export function wantLeaf(
  role: LeafRole,
  previous: Pair,
  caEnd: Date,
  values: Values,
  notes: Note[],
  signer: WantedCa | ExistingCa,
): WantedLeaf {
  const days = daysWithin(values.days, values.now, caEnd);
  if (days === 0) {
    const path = join(values.directory, caFiles.certificate);
    const message = `the CA ${path} ends on ${day(caEnd)}, within a day: too soon to sign`;
    throw new DirectoryError('ERR_CA_UNUSABLE', path, message, {
      hint: `renew it first with \`${ownCommand(['renew', 'ca'], values.directory)}\``,
    });
  }
  if (days < values.days) {
    notes.push({
      code: 'LEAF_SHORTENED',
      text: `the ${role} certificate gets ${days} days instead of ${values.days}: the CA ends on ${day(caEnd)}`,
    });
  }
  const altNames = role === 'server' ? serverNames(previous, values, notes) : [];
  const commonName = role === 'server' ? serverCommonName(altNames) : clientCommonName(previous, values);
  if ('subject' in signer && signer.subject.at(-1)?.value === commonName) {
    throw new InputError('clientName', `a client cannot have the name of its CA: ${commonName}`);
  }
  return {
    role,
    name: values.name,
    subject: [...values.prefix, rdn('CN', commonName)],
    key: keyFor(previous, values),
    days,
    serial: values.serial(),
    altNames,
  };
}

function serverNames(previous: Pair, values: Values, notes: Note[]): AltName[] {
  if (values.names) {
    const names = uniqueNames([...values.names, ...values.local]);
    if (names.length > 0) return names;
    throw new InputError('hosts', 'a server without any name or address would be refused by every client', {
      hint: 'give one with --host or --ip',
    });
  }
  const before = previous.certificate ? altNamesOf(previous.certificate).names : [];
  if (before.length > 0) return before;
  if (values.name !== undefined) {
    throw new InputError('hosts', `no name or address was given for the server ${values.name}`, {
      hint: 'give it with --host or --ip',
    });
  }
  return uniqueNames([hostnameAssumed(values, notes), ...values.local]);
}

/** The first name that fits; clients look at the subjectAltNames only. */
function serverCommonName(altNames: readonly AltName[]): string {
  return altNames.find(({ value }) => value.length <= 64)?.value ?? 'docker-server';
}

function clientCommonName(previous: Pair, { clientName, name }: Values): string {
  return clientName ?? (previous.certificate && commonNameOf(previous.certificate)) ?? name ?? 'client';
}
