import { basename } from 'node:path';
import { InputError } from '../errors.js';
import { serverCommonName } from '../issue/wanted-leaf.js';
import { leafFiles, parseName } from '../set/layout.js';
import { formatAltName, type AltName } from '../x509/alt-names.js';
import type { LeafRole } from '../x509/role.js';
import { option, words } from '../words.js';
import type { FoundRequest } from './read-requests.js';
import type { AskedRequest, SignValues } from './sign-options.js';

type Allowed = Pick<SignValues, 'hosts' | 'localNames' | 'clientNames' | 'namesFromCsr' | 'role' | 'name'>;

/** A CSR with what its certificate is to be. */
export type AllowedRequest = AskedRequest & FoundRequest;

/** Decides for each CSR what it may become. Throws `ERR_INPUT` for what was not allowed. */
export function allow(found: readonly FoundRequest[], allowed: Allowed): AllowedRequest[] {
  if (allowed.name !== undefined && found.length > 1)
    throw new InputError('name', `one name was given for ${found.length} CSRs`, {
      hint: words`leave out ${option('name')}: each certificate gets its common name`,
    });
  const wanted = found.map((one): AllowedRequest => {
    const { file, request } = one;
    const role = roleFor(one, allowed);
    const names = role === 'server' ? serverNames(one, allowed, found.length === 1) : [];
    if (role === 'client') refuseClient(one, allowed);
    const name = allowed.name ?? nameFor(one);
    return { ...one, role, names, name, subject: request.subject, keyType: request.keyType, file };
  });
  refuseTwice(wanted);
  return wanted;
}

function roleFor({ file, request }: FoundRequest, allowed: Allowed): LeafRole {
  const { namesFromCsr, role: given, hosts, clientNames } = allowed;
  const told = request.role;
  if (told !== undefined && given !== undefined && told !== given)
    throw new InputError('role', `${file} asks for a ${told} certificate, not for one of a ${given}`);
  const role = told ?? given;
  if (namesFromCsr !== false) return role ?? (request.names.length > 0 ? 'server' : roleMissing(file));
  const isServer =
    role === undefined
      ? hosts.length > 0 && (clientNames.length === 0 || request.names.length > 0)
      : role === 'server';
  if (isServer && hosts.length === 0)
    throw new InputError('hosts', `${file} asks for a server certificate, and no host was allowed`, {
      hint: words`allow its names with ${option('hosts')} or ${option('ips')}`,
    });
  if (!isServer && clientNames.length === 0)
    throw new InputError('clientNames', `${file} asks for a client certificate, and no client was allowed`, {
      hint: words`allow its common name with ${option('clientNames')}`,
    });
  return isServer ? 'server' : 'client';
}

function roleMissing(file: string): never {
  throw new InputError('role', `${file} does not say whether it is for a server or a client`, {
    hint: words`give ${option('role')}: server or client`,
  });
}

/** The names of the certificate: those that the CSR asks for, or, where it asks for none, those that were given for it alone. */
function serverNames(
  { file, request }: FoundRequest,
  { hosts, localNames, namesFromCsr }: Allowed,
  isOnly: boolean,
): readonly AltName[] {
  const asked = request.names;
  if (namesFromCsr !== false) {
    if (asked.length > 0) return asked;
    throw new InputError(
      'namesFromCsr',
      `${file} asks for no name, and every client would refuse such a server`,
      {
        hint: words`sign it by itself, with its names in ${option('hosts')} or ${option('ips')}`,
      },
    );
  }
  if (asked.length === 0 && !isOnly)
    throw new InputError(
      'hosts',
      `${file} asks for no name, and which of those given is its own is not known`,
      {
        hint: 'nothing was signed; sign it by itself',
      },
    );
  const all = [...hosts, ...localNames];
  const names = asked.length > 0 ? asked : all;
  const has = new Set(all.map(formatAltName));
  const foreign = names.filter((name) => !has.has(formatAltName(name))).map(({ value }) => value);
  const isKnown = [...names.map(({ value }) => value), serverCommonName(names)].includes(request.commonName);
  if (!isKnown) foreign.push(request.commonName);
  if (foreign.length === 0) return names;
  throw new InputError('hosts', `${file} asks for ${foreign.join(', ')}, which was not allowed`, {
    hint: words`nothing was signed; if that is right, allow it with ${option('hosts')} or ${option('ips')}`,
  });
}

function refuseClient({ file, request }: FoundRequest, { clientNames, namesFromCsr }: Allowed): void {
  const { commonName } = request;
  if (namesFromCsr !== false || clientNames.includes(commonName)) return;
  throw new InputError('clientNames', `${file} is for ${JSON.stringify(commonName)}, which was not allowed`, {
    hint: words`nothing was signed; if that is right, allow it with ${option('clientNames')}`,
  });
}

/** NAME for the directory: the common name, else that of the file. Throws `ERR_INPUT`. */
function nameFor({ file, request }: FoundRequest): string {
  const names = [request.commonName, basename(file).replace(/\.\w+$/, '')].map((name) => name.toLowerCase());
  for (const name of names) {
    try {
      return parseName(name);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  throw new InputError('name', `${file} has no name that can be that of a directory`, {
    hint: words`give one with ${option('name')}`,
  });
}

/** Two certificates in one directory, or with one key. Throws `ERR_INPUT`. */
function refuseTwice(wanted: readonly AllowedRequest[]): void {
  const folders = new Map<string, string>();
  const keys = new Map<string, AllowedRequest>();
  for (const one of wanted) {
    const folder = leafFiles(one.role, one.name).directory ?? '';
    const other = folders.get(folder);
    if (other !== undefined)
      throw new InputError('csrs', `${other} and ${one.file} are both for ${folder}`, {
        hint: words`sign them one by one, each with a ${option('name')}`,
      });
    folders.set(folder, one.file);
    const key = one.request.spki;
    const same = keys.get(key);
    if (same)
      throw new InputError('csrs', `${same.file} and ${one.file} have the same key`, {
        hint: 'nothing was signed; each host and each client needs a key of its own',
      });
    keys.set(key, one);
  }
}
