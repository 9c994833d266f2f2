import { InputError } from '../errors.js';
import { unusableCa } from '../issue/authority.js';
import { readCaPair, type CaPair } from '../issue/ca-pair.js';
import { readAreSeparate, type CaRole } from '../set/authorities.js';
import type { IndexedCertificate } from '../set/issued/read.js';
import { option, words } from '../words.js';
import type { LeafRole } from '../x509/role.js';
import type { CrlValues } from './crl-options.js';

/**
 * The role of the CA that signs a list: undefined for the only one; where there are two, that which is asked for, else that of
 * the clients. Errors: `ERR_INPUT` for a role where there is one CA; those of `readAreSeparate`.
 */
export async function listedRole({
  directory,
  role,
}: Pick<CrlValues, 'directory' | 'role'>): Promise<CaRole> {
  if (await readAreSeparate(directory)) return role ?? 'client';
  if (role === undefined) return undefined;
  throw new InputError('role', `${directory} has one CA for servers and clients`, {
    hint: words`leave out ${option('role')}`,
  });
}

/** Reads the CA that signs a list. Errors: those of `readCaPair`. */
export async function readListedCa({ directory, caKey }: CrlValues, ofRole: CaRole): Promise<CaPair> {
  return readCaPair(directory, caKey, unusableCa(directory), ofRole);
}

/** The side whose CA has issued a certificate; of what has no record, the clients, who are what lists are about. */
export function sideOf({ record }: IndexedCertificate): LeafRole {
  return record?.role === 'server' ? 'server' : 'client';
}

/** The one side of the certificates that are revoked. Throws `ERR_INPUT` where they are of both: each CA has its own list. */
export function onlySideOf(chosen: readonly IndexedCertificate[]): LeafRole {
  const [side = 'client', other] = new Set(chosen.map(sideOf));
  if (other === undefined) return side;
  throw new InputError('names', 'servers and clients have separate CAs, each with a list of its own', {
    hint: 'nothing was changed; revoke the servers first, then the clients',
  });
}
