import { randomBytes, type X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { InputError } from '../errors.js';
import type { Note } from '../plan/step.js';
import type { Pair } from '../set/pairs.js';
import { parseDirectory } from '../set/layout.js';
import { formatAltName, localNames, parseAltName, uniqueNames, type AltName } from '../x509/alt-names.js';
import type { KeyRef } from '../x509/key-ref.js';
import { keyTypeNameOf, keyTypeNames, parseKeyType, type KeyType } from '../x509/key-type.js';
import { serialFromBytes, type Serial } from '../x509/serial.js';
import type { NameConstraints } from '../x509/name-constraints.js';
import type { Subject } from '../x509/subject.js';
import { parseDays, type Days } from '../x509/validity.js';
import type { Keyring, KeyringOf } from './keyring.js';
import type { IssueRequest, ParsedOptions } from './options.js';
import type { Part } from '../x509/role.js';
import { requestedSubject, readOptions } from './read-options.js';
import { note } from '../plan/note.js';
import { option, words } from '../words.js';

/** The certificate directory unless another one is named. */
export const defaultDirectory = 'docker-tls';

/** An `IssueRequest` after parsing: no string is checked again. */
export interface Values {
  readonly directory: string;
  readonly names: readonly AltName[] | undefined;
  readonly localhost: boolean | undefined;
  readonly key: KeyType | undefined;
  readonly caKey: KeyRef | undefined;
  readonly days: Days;
  readonly caDays: Days;
  readonly permit: NameConstraints | undefined;
  /** How many CAs may be below a new CA; undefined where it was not given. */
  readonly pathLength: number | undefined;
  /** The directory of the CA that signs a new CA, absolute. */
  readonly parent: string | undefined;
  readonly separateCas: boolean;
  readonly prefix: Subject;
  readonly clientName: string | undefined;
  readonly name: string | undefined;
  readonly keyring: Keyring;
  /** Opens the parent's key. */
  readonly parentKeyring: Keyring;
  readonly force: readonly Part[];
  readonly templates: string | undefined;
  readonly now: Date;
  readonly serial: () => Serial;
  readonly hostname: string;
}

/** Turns options into values, once. Throws `ERR_INPUT`. */
export function parseRequest(parts: readonly Part[], request: IssueRequest, keyring: KeyringOf): Values {
  const given = readOptions(request);
  const { force = [], random = randomBytes } = given;
  const prefix = requestedSubject(given);
  if (prefix.some(({ type }) => type === 'CN')) {
    throw new InputError('subject', 'the subject has a common name (CN), but each certificate gets its own', {
      hint: words`leave CN out; the server's is its first host, the client's is ${option('clientName')}`,
    });
  }
  refuseForeign(parts, force);
  refusePassphraseAlone(given.parentPassphrase, given.parent);
  return {
    directory: given.directory ?? parseDirectory(defaultDirectory),
    names: namesGiven(given),
    localhost: given.localhost,
    key: given.key,
    caKey: given.caKey,
    days: given.days ?? parseDays(365, 'days'),
    caDays: given.caDays ?? parseDays(3650, 'caDays'),
    permit: given.permit,
    pathLength: given.pathLength,
    parent: given.parent,
    separateCas: given.separateCas ?? false,
    prefix,
    clientName: given.clientName,
    name: given.name,
    keyring: keyring(given.passphrase),
    parentKeyring: keyring(given.parentPassphrase, 'parentPassphrase'),
    force,
    templates: given.templates,
    now: given.now ?? new Date(),
    serial: () => serialFromBytes(random(16)),
    hostname: given.hostname ?? hostname(),
  };
}

/** Undefined if none were given; an empty list means a server without names. */
function namesGiven({ hosts, ips }: ParsedOptions): AltName[] | undefined {
  if (hosts === undefined && ips === undefined) return undefined;
  return uniqueNames([...(hosts?.names ?? []), ...(ips?.names ?? [])]);
}

/** The port of the daemon, if one was given with its names. Throws `ERR_INPUT` for two. */
export function portGiven({ hosts, ips }: ParsedOptions): number | undefined {
  const [port, other] = new Set([...(hosts?.ports ?? []), ...(ips?.ports ?? [])]);
  if (port !== undefined && other !== undefined)
    throw new InputError(
      'hosts',
      `two ports were given, ${port} and ${other}, but only one can be remembered`,
      {
        hint: 'give only one of them; you can give the other to each command that names the daemon',
      },
    );
  return port;
}

/** A passphrase that would not be looked at. Throws `ERR_INPUT`. */
export function refusePassphraseAlone(parentPassphrase: unknown, parent: string | undefined): void {
  if (parentPassphrase === undefined || parent !== undefined) return;
  throw new InputError('parentPassphrase', 'a passphrase was given for the key of a parent, but no parent', {
    hint: words`name its directory with ${option('parent')}, or leave the passphrase out`,
  });
}

function refuseForeign(parts: readonly Part[], force: readonly Part[]): void {
  const foreign = force.find((part) => !parts.includes(part));
  if (foreign)
    throw new InputError(
      'force',
      `the ${foreign === 'ca' ? 'CA' : foreign} is not created here, so it cannot be recreated`,
    );
}

/**
 * The names for a server: the given ones, else the ones it has, with or without this machine's own as requested; undefined
 * if it has none and none were given.
 */
export function wantedNames(
  { names, localhost }: Pick<Values, 'names' | 'localhost'>,
  before: readonly AltName[],
): AltName[] | undefined {
  if (names) return uniqueNames([...names, ...(localhost === false ? [] : localNames)]);
  if (before.length === 0) return undefined;
  if (localhost === undefined) return [...before];
  const local = localNames.map(formatAltName);
  return uniqueNames([
    ...before.filter((name) => !local.includes(formatAltName(name))),
    ...(localhost ? localNames : []),
  ]);
}

/** This machine's name, for a server that was not named; adds a note. */
export function hostnameAssumed({ hostname }: Values, notes: Note[]): AltName {
  const own = parseAltName(hostname);
  const text = words`no ${option('hosts')} given: the certificate is for this machine, ${own.value}`;
  notes.push(note('HOSTNAME_ASSUMED', text));
  return own;
}

/**
 * The type of a new key: the requested one, else that of the key it replaces, else that of the first certificate of the set
 * whose type has a name, else the default.
 */
export function keyFor(
  previous: Pair,
  { key }: Values,
  set: readonly (X509Certificate | undefined)[] = [],
): KeyType {
  const like = [previous.certificate, ...set].flatMap((one) => (one ? [keyTypeNameOf(one.publicKey)] : []));
  return key ?? parseKeyType(like.find((name) => keyTypeNames.includes(name)) ?? 'rsa:4096');
}
