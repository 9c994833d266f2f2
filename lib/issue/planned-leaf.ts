import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DifferenceError, DirectoryError } from '../errors.js';
import { leafFiles } from '../set/layout.js';
import type { Pair } from '../set/pairs.js';
import type { AltName } from '../x509/alt-names.js';
import { altNamesOf, extendedKeyUsageOf } from '../x509/certificate.js';
import { keyTypeName } from '../x509/key-type.js';
import type { NameConstraints } from '../x509/name-constraints.js';
import { roleUsage, type LeafRole, type Part } from '../x509/role.js';
import { option, words } from '../words.js';
import { differences } from './differences.js';
import { withoutLocal } from './outside-names.js';
import { wantedNames, type Values } from './request.js';

/** A server or client that was asked for, and what is in its place. */
export interface PlannedLeaf {
  readonly role: LeafRole;
  readonly pair: Pair;
}

/** Its files, as far as they lie in the certificate directory. */
export function filesOf(part: LeafRole, name: string | undefined): string[] {
  const { key, certificate, directory, ca } = leafFiles(part, name);
  return [key, certificate, ...(directory === undefined ? [] : [ca])];
}

/** A server of the recipe openssl-cnf has the file names of a client. Throws `ERR_EXISTS`. */
export function refuseServersPair({ certificate, certificatePath }: Pair): void {
  if (!certificate || !extendedKeyUsageOf(certificate)?.includes(roleUsage.server)) return;
  throw new DirectoryError('ERR_EXISTS', certificatePath, `${certificatePath} is a server certificate`, {
    hint: words`it was left unchanged; give the client a directory of its own with ${option('name')}`,
  });
}

/** Tells whether a leaf stays as it is. Throws `ERR_INCOMPLETE` for half a pair. */
export function stays({ role, pair }: PlannedLeaf, force: readonly Part[]): boolean {
  if (pair.state === 'absent' || force.includes(role)) return false;
  if (pair.state === 'complete') return true;
  const [there, missing] =
    pair.state === 'key-only' ? [pair.keyPath, 'certificate'] : [pair.certificatePath, 'private key'];
  throw new DirectoryError('ERR_INCOMPLETE', there, `${there} exists, but its ${missing} does not`, {
    hint: words`restore the ${missing}, or recreate both with ${option('force', [role])}`,
  });
}

/** Refuses certificates that differ from an explicit request. Throws `ERR_DIFFERS`. */
export function refuseDifferences(
  kept: readonly PlannedLeaf[],
  values: Values,
  constraints: readonly NameConstraints[],
): void {
  const found = kept.flatMap(({ role, pair }) =>
    pair.certificate
      ? differences(role, pair.certificate, {
          names: askedNames(pair.certificate, values, constraints),
          key: values.key && keyTypeName(values.key),
          clientName: values.clientName,
        }).map((text) => ({ role, text, file: leafFiles(role, values.name).certificate }))
      : [],
  );
  const [first] = found;
  if (!first) return;
  const texts = found.map(({ file, text }) => `${file} ${text}`);
  const parts = [...new Set(found.map(({ role }) => role))];
  throw new DifferenceError(
    join(values.directory, first.file),
    `nothing was changed: ${texts.join('; ')}`,
    parts,
  );
}

/** The names that were requested explicitly; undefined if none were. */
function askedNames(
  certificate: X509Certificate,
  values: Values,
  constraints: readonly NameConstraints[],
): readonly AltName[] | undefined {
  if (values.names === undefined && values.localhost === undefined) return undefined;
  const names = wantedNames(values, altNamesOf(certificate).names);
  return names && withoutLocal(names, values, constraints).names;
}
