import type { X509Certificate } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { DirectoryError, InputError } from '../errors.js';
import type { CaPair } from '../issue/ca-pair.js';
import { nameNotes } from '../issue/name-notes.js';
import { permittedNames, refuseClientOutside } from '../issue/outside-names.js';
import { readCas, type CasByRole } from '../issue/separate-cas.js';
import { leafDays } from '../issue/wanted-leaf.js';
import type { Note } from '../plan/step.js';
import type { Replaced } from '../set/archive.js';
import { readSet } from '../set/certificate-set.js';
import { keyNameOf } from '../set/issued/entry.js';
import { readRevoked } from '../set/issued/read.js';
import { filesOfCa, readAreSeparate } from '../set/authorities.js';
import { leafFiles } from '../set/layout.js';
import { namedLeaves, readPair, type Pair } from '../set/pairs.js';
import { refuseUnsafeDirectory } from '../store/safety.js';
import { formatAltName } from '../x509/alt-names.js';
import { altNamesOf, notAfter, subjectOf } from '../x509/certificate.js';
import { constraintsAbove } from '../x509/constraints-above.js';
import { isIssuedBy } from '../x509/issued.js';
import type { LeafRole } from '../x509/role.js';
import { spkiOf } from '../x509/spki.js';
import { formatSubject } from '../x509/subject.js';
import { day, type Days } from '../x509/validity.js';
import { option, words } from '../words.js';
import { allow, type AllowedRequest } from './allowed-names.js';
import { noCa } from './plan-crl.js';
import type { FoundRequest } from './read-requests.js';
import type { SignValues } from './sign-options.js';

/** CSRs beside what the directory holds. */
export interface LookedAt {
  readonly cas: CasByRole;
  /** The roles that are asked for. */
  readonly roles: readonly LeafRole[];
  /** The certificate of the CA that signs each role. */
  readonly authorityOf: Readonly<Record<LeafRole, X509Certificate>>;
  readonly targets: readonly SigningTarget[];
  /** Those that are not signed yet. */
  readonly toMake: readonly SigningTarget[];
  readonly notes: readonly Note[];
}

/** Decides for each CSR what it may become, and looks at what is where its certificate goes. Errors: those of `sign`. */
export async function lookAtRequests(
  values: SignValues,
  requests: readonly FoundRequest[],
): Promise<LookedAt> {
  const { directory } = values;
  await refuseUnsafeDirectory(directory);
  const areSeparate = await readAreSeparate(directory);
  const allowed = allow(requests, values);
  const roles = [...new Set(allowed.map(({ role }) => role))];
  const cas = await readCas({ directory, caKey: values.caKey, force: [] }, roles, {
    areSeparate,
    fresh: false,
  });
  const authorityOf = certificatesOf(cas, directory);
  const notes: Note[] = [];
  const wanted = permitted(allowed, cas, values, notes);
  await refuseOthersKeys(wanted, authorityOf, directory);
  const there = new Set(await namedLeaves(directory));
  const targets: SigningTarget[] = [];
  for (const one of wanted)
    targets.push(
      there.has(leafFiles(one.role, one.name).directory ?? '')
        ? await targetOf(one, authorityOf[one.role], values)
        : { wanted: one, kept: false, replaces: [], replaced: [] },
    );
  notes.push(...wanted.flatMap(({ names }) => nameNotes(names)));
  return { cas, roles, authorityOf, targets, toMake: targets.filter(({ kept }) => !kept), notes };
}

/** Those for which the CA's name constraints let it sign, without the host's own names that it does not permit. Throws `ERR_INPUT`. */
function permitted(
  wanted: readonly AllowedRequest[],
  cas: CasByRole,
  { directory, hosts }: SignValues,
  notes: Note[],
): AllowedRequest[] {
  const given = { names: hosts, localhost: undefined, permit: undefined, directory };
  const constraintsFor = ({ certificate, certificates }: CaPair) =>
    certificate ? constraintsAbove(certificate, certificates) : [];
  const ofRole = { server: constraintsFor(cas.server), client: constraintsFor(cas.client) };
  return wanted.map((one) => {
    const constraints = ofRole[one.role];
    if (one.role === 'server') return { ...one, names: permittedNames(one.names, given, constraints, notes) };
    refuseClientOutside(one.request.commonName, constraints);
    return one;
  });
}

/** The certificate of the CA that signs each role. Errors: `ERR_CA_MISSING`. */
function certificatesOf(
  { server: { certificate: server }, client: { certificate: client } }: CasByRole,
  directory: string,
): Readonly<Record<LeafRole, X509Certificate>> {
  if (!server || !client) throw noCa(directory);
  return { server, client };
}

/** The lifetime of what each CA signs. Errors: those of `leafDays`. */
export function daysOfCas(
  cas: CasByRole,
  roles: readonly LeafRole[],
  values: SignValues,
  notes: Note[],
): (role: LeafRole) => Days {
  const days = new Map<CaPair, Days>();
  for (const ca of new Set(roles.map((role) => cas[role]))) {
    const what = ca.ofRole === undefined ? 'each certificate' : `each ${ca.ofRole} certificate`;
    if (ca.certificate) days.set(ca, leafDays(what, notAfter(ca.certificate), values, notes, ca.ofRole));
  }
  return (role) => days.get(cas[role]) ?? values.days;
}

/** Where a certificate goes, and what is there. */
export interface SigningTarget {
  readonly wanted: AllowedRequest;
  readonly kept: boolean;
  /** The files that may be replaced. */
  readonly replaces: readonly string[];
  /** Those of them that the archive keeps. */
  readonly replaced: readonly Replaced[];
}

async function targetOf(
  wanted: AllowedRequest,
  ca: X509Certificate,
  { directory, overwrite }: SignValues,
): Promise<SigningTarget> {
  const { role, name } = wanted;
  const files = leafFiles(role, name);
  const pair = await readPair(directory, files, {
    code: 'ERR_LEAF_UNUSABLE',
    remedy: words`replace it with ${option('overwrite', true)}`,
    replaced: overwrite,
  });
  if (pair.state === 'complete' || pair.state === 'key-only')
    throw new DirectoryError('ERR_EXISTS', pair.keyPath, `${pair.keyPath} exists: that key was made here`, {
      hint: words`nothing was signed; give the certificate a directory of its own with ${option('name')}`,
    });
  if (pair.state === 'absent') return { wanted, kept: false, replaces: [], replaced: [] };
  if (!overwrite && isSigned(pair, wanted, ca)) return { wanted, kept: true, replaces: [], replaced: [] };
  if (!overwrite)
    throw new DirectoryError(
      'ERR_EXISTS',
      pair.certificatePath,
      `${pair.certificatePath} exists, and is not the certificate of ${wanted.file}`,
      {
        hint: words`nothing was signed; replace it with ${option('overwrite', true)}, or give the new one a directory of its own with ${option('name')}`,
      },
    );
  const mode = (await lstat(pair.certificatePath)).mode & 0o777;
  return {
    wanted,
    kept: false,
    replaces: [files.certificate, files.ca, files.csr],
    replaced: [{ path: files.certificate, product: 'certificate', mode, certificate: pair.certificate }],
  };
}

/** Whether a certificate is what signing a CSR would give, but for its dates. */
function isSigned({ certificate }: Pair, { request, names }: AllowedRequest, ca: X509Certificate): boolean {
  if (!certificate || spkiOf(certificate) !== request.spki) return false;
  const sorted = (list: typeof names): string => list.map(formatAltName).sort().join();
  return (
    isIssuedBy(certificate, ca) &&
    sorted(altNamesOf(certificate).names) === sorted(names) &&
    formatSubject(subjectOf(certificate)) === formatSubject(request.subject)
  );
}

/** A key that is another certificate's, or the CA's own, or that of a certificate that was revoked. Throws `ERR_INPUT`. */
async function refuseOthersKeys(
  wanted: readonly AllowedRequest[],
  cas: Readonly<Record<LeafRole, X509Certificate>>,
  directory: string,
): Promise<void> {
  const places = new Map<string, string>();
  const revoked = (await readRevoked(directory)).keys;
  for (const { path, certificate } of (await readSet(directory)).certificates)
    places.set(spkiOf(certificate) ?? '', path);
  const { server, client } = cas;
  if (client !== server) places.set(spkiOf(client) ?? '', filesOfCa('client').certificate);
  places.set(spkiOf(server) ?? '', filesOfCa('server').certificate);
  for (const { file, role, name, request } of wanted) {
    const at = revoked.get(keyNameOf(request.spki));
    if (at !== undefined)
      throw new InputError(
        'csrs',
        `the key of ${file} is that of a certificate that was revoked on ${day(at)}`,
        { hint: 'nothing was signed; ask for a CSR of a new key' },
      );
    const place = places.get(request.spki);
    if (place === undefined || place === leafFiles(role, name).certificate) continue;
    throw new InputError('csrs', `the key of ${file} is that of ${place}`, {
      hint: 'nothing was signed; each host and each client needs a key of its own',
    });
  }
}
