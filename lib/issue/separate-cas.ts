import { join } from 'node:path';
import { DifferenceError, DirectoryError, InputError } from '../errors.js';
import type { Note } from '../plan/step.js';
import type { SignedByParent } from '../recipes/intermediate-ca.js';
import type { ExistingCa, WantedCa } from '../recipes/recommended.js';
import { filesOfCa, readAreSeparate, type CaRole } from '../set/authorities.js';
import { besideOf, caFiles } from '../set/layout.js';
import { absentPair } from '../set/pairs.js';
import { isThere } from '../store/is-there.js';
import type { LeafRole } from '../x509/role.js';
import { call, words } from '../words.js';
import { existingCa, newCa, unusableCa } from './authority.js';
import { newCaPair, readCaPair, type CaPair } from './ca-pair.js';
import type { Values } from './request.js';

/** The CA that signs each role: the same one twice, or one each. */
export type CasByRole = Readonly<Record<LeafRole, CaPair>>;

/**
 * Tells whether a set has, or is to have, separate CAs. One that has one CA keeps it: hosts and clients trust it. Errors:
 * `ERR_DIFFERS`; those of `readAreSeparate`.
 */
export async function wantsSeparate(
  { directory, separateCas }: Pick<Values, 'directory' | 'separateCas'>,
  fresh: boolean,
): Promise<boolean> {
  if (fresh) return separateCas;
  if (await readAreSeparate(directory)) return true;
  if (!separateCas) return false;
  for (const file of Object.values(caFiles)) {
    const path = join(directory, file);
    if (!(await isThere(path))) continue;
    throw new DifferenceError(
      path,
      `nothing was changed: ${directory} has one CA for servers and clients`,
      [],
      words`create a new set beside it with \`${call('all', { separateCas: true }, besideOf(directory))}\``,
    );
  }
  return true;
}

/**
 * Reads the CAs of a set, or those that it is to have. `roles`: the roles to sign for, of which `caKey` names the CA's key where
 * there are two. Errors: those of `readCaPair`; `ERR_INPUT` for a key that could be that of either; `ERR_CA_MISSING` where one of
 * two is not there.
 */
export async function readCas(
  { directory, caKey, force }: Pick<Values, 'directory' | 'caKey' | 'force'>,
  roles: readonly LeafRole[],
  { areSeparate, fresh }: { readonly areSeparate: boolean; readonly fresh: boolean },
): Promise<CasByRole> {
  const unusable = { ...unusableCa(directory), replaced: force.includes('ca') };
  const read = async (ofRole: CaRole): Promise<CaPair> => {
    const given = ofRole === undefined || roles.includes(ofRole) ? caKey : undefined;
    return fresh
      ? newCaPair(absentPair(directory, filesOfCa(ofRole)), given, ofRole)
      : readCaPair(directory, given, unusable, ofRole);
  };
  if (!areSeparate) {
    const ca = await read(undefined);
    return { server: ca, client: ca };
  }
  if (caKey !== undefined && roles.length !== 1)
    throw new InputError('caKey', 'servers and clients have separate CAs, each with a key of its own', {
      hint: words`leave it out; or name the key of one CA when you create only servers or only clients`,
    });
  const cas = { server: await read('server'), client: await read('client') };
  if (!force.includes('ca')) refuseHalf(cas);
  return cas;
}

/** One CA without the other is not a set: a new one would replace what half of the machines trust. */
function refuseHalf({ server, client }: CasByRole): void {
  const [missing] = [server, client].filter(({ certificate }) => certificate === undefined);
  const [there] = [server, client].filter(({ certificate }) => certificate !== undefined);
  if (!missing || !there) return;
  throw new DirectoryError(
    'ERR_CA_MISSING',
    missing.certificatePath,
    `${there.certificatePath} exists, but ${missing.certificatePath}, the other CA, does not`,
    { hint: 'restore it from a backup, or copy it from any host or client of this set' },
  );
}

/** The files of CAs that stay, as far as they are in the directory. */
export function keptCaFiles(cas: CasByRole): string[] {
  return [...new Set(Object.values(cas))].flatMap(({ ofRole, state, isInToken }) => {
    const { key, certificate } = filesOfCa(ofRole);
    return state === 'complete' && !isInToken ? [key, certificate] : [certificate];
  });
}

/** The files of a CA that a new one replaces. */
export function replacedCaFiles({ ofRole, state }: CaPair): string[] {
  const { key, certificate } = filesOfCa(ofRole);
  return state === 'absent' ? [] : [key, certificate];
}

/** The CAs that sign, as a recipe takes them. */
export interface OpenedCas<Ca extends WantedCa | ExistingCa = WantedCa | ExistingCa> {
  readonly ca: Ca;
  readonly clientCa: Ca | undefined;
}

/** The CA that signs a role. */
export function signerOfRole<Ca extends WantedCa | ExistingCa>(
  role: LeafRole,
  { ca, clientCa }: OpenedCas<Ca>,
): Ca {
  return role === 'client' ? (clientCa ?? ca) : ca;
}

/** The values for new CAs. The passphrase of the first is that of the second, too. Errors: those of `newCa`. */
export async function newCas(
  { server, client }: CasByRole,
  values: Values,
  notes: Note[],
  signed?: SignedByParent,
): Promise<OpenedCas> {
  const ca = await newCa(server, values, notes, { signed });
  if (client === server) return { ca, clientCa: undefined };
  return {
    ca,
    clientCa: await newCa(client, values, notes, { passphraseOf: () => Promise.resolve(ca.passphrase) }),
  };
}

/** The existing CAs of these roles, one or both; the key of no other is opened. Errors: those of `existingCa`. */
export async function existingCas(
  cas: CasByRole,
  roles: readonly LeafRole[],
  values: Pick<Values, 'directory' | 'now' | 'keyring'>,
): Promise<OpenedCas<ExistingCa>> {
  const opened: ExistingCa[] = [];
  for (const pair of new Set(roles.map((role) => cas[role])))
    if (pair.certificate) opened.push(await existingCa(pair, pair.certificate, values));
  const [ca, clientCa] = opened;
  if (!ca) throw new TypeError('there is no CA for these roles');
  return { ca, clientCa };
}
