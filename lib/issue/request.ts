import { randomBytes, type X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import { InputError } from '../errors.js';
import type { Note } from '../plan/step.js';
import type { Pair } from '../set/pairs.js';
import { parseDirectory } from '../set/layout.js';
import { formatAltName, localNames, parseAltName, uniqueNames, type AltName } from '../x509/alt-names.js';
import { keyTypeNameOf, keyTypeNames, parseKeyType, type KeyType } from '../x509/key-type.js';
import type { Passphrase } from '../x509/passphrase.js';
import { serialFromBytes, type Serial } from '../x509/serial.js';
import type { Subject } from '../x509/subject.js';
import { parseDays, type Days } from '../x509/validity.js';
import type { IssueRequest, PassphraseSource, ParsedOptions } from './options.js';
import type { Part } from '../x509/role.js';
import { requestedSubject, readOptions } from './read-options.js';

/** Where certificates lie unless another directory is named. */
export const defaultDirectory = 'docker-tls';

/** An `IssueRequest` after parsing: nobody checks a string again. */
export interface Values {
  readonly directory: string;
  readonly names: readonly AltName[] | undefined;
  readonly localhost: boolean | undefined;
  readonly key: KeyType | undefined;
  readonly days: Days;
  readonly caDays: Days;
  readonly prefix: Subject;
  readonly clientName: string | undefined;
  readonly name: string | undefined;
  readonly passphrase: Passphrase | null | PassphraseSource | undefined;
  readonly force: readonly Part[];
  readonly templates: string | undefined;
  readonly now: Date;
  readonly serial: () => Serial;
  readonly hostname: string;
}

/** Options become values here, once. Throws `ERR_INPUT`. */
export function parseRequest(parts: readonly Part[], request: IssueRequest): Values {
  const given = readOptions(request);
  const { force = [], random = randomBytes } = given;
  const prefix = requestedSubject(given);
  if (prefix.some(({ type }) => type === 'CN')) {
    throw new InputError('subject', 'the subject holds a common name (CN): each certificate gets its own', {
      hint: "leave CN out; the server's is its first host, the client's is --client-name",
    });
  }
  refuseForeign(parts, force);
  return {
    directory: given.directory ?? parseDirectory(defaultDirectory),
    names: namesGiven(given),
    localhost: given.localhost,
    key: given.key,
    days: given.days ?? parseDays(365, 'days'),
    caDays: given.caDays ?? parseDays(3650, 'caDays'),
    prefix,
    clientName: given.clientName,
    name: given.name,
    passphrase: given.passphrase,
    force,
    templates: given.templates,
    now: given.now ?? new Date(),
    serial: () => serialFromBytes(random(16)),
    hostname: given.hostname ?? hostname(),
  };
}

/** Undefined where nobody gave any: an empty list says that there is none. */
function namesGiven({ hosts, ips }: ParsedOptions): AltName[] | undefined {
  if (hosts === undefined && ips === undefined) return undefined;
  return uniqueNames([...(hosts?.names ?? []), ...(ips?.names ?? [])]);
}

/** The port of the daemon, where one was given with its names. Throws `ERR_INPUT` for two. */
export function portGiven({ hosts, ips }: ParsedOptions): number | undefined {
  const [port, other] = new Set([...(hosts?.ports ?? []), ...(ips?.ports ?? [])]);
  if (port !== undefined && other !== undefined)
    throw new InputError('hosts', `two ports were given, ${port} and ${other}: one is remembered`, {
      hint: 'give one of them only; the other can be given to each command that names the daemon',
    });
  return port;
}

function refuseForeign(parts: readonly Part[], force: readonly Part[]): void {
  const foreign = force.find((part) => !parts.includes(part));
  if (foreign)
    throw new InputError(
      'force',
      `this command does not make the ${foreign === 'ca' ? 'CA' : foreign}, so it cannot be forced`,
    );
}

/**
 * The names that a server is to have: those that were given, or those that it has, with or without this machine's own as
 * was asked; undefined where it has none and none were given.
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

/** This machine's name, for a server that nobody named; says so. */
export function hostnameAssumed({ hostname }: Values, notes: Note[]): AltName {
  const own = parseAltName(hostname);
  notes.push({
    code: 'HOSTNAME_ASSUMED',
    text: `no --host was given: the certificate is for this machine, ${own.value}`,
  });
  return own;
}

/**
 * The kind of a new key: what was asked for, else that of the key that it replaces, else that of the first certificate of the
 * set whose kind has a name, else the default.
 */
export function keyFor(
  previous: Pair,
  { key }: Values,
  set: readonly (X509Certificate | undefined)[] = [],
): KeyType {
  const like = [previous.certificate, ...set].flatMap((one) => (one ? [keyTypeNameOf(one.publicKey)] : []));
  return key ?? parseKeyType(like.find((name) => keyTypeNames.includes(name)) ?? 'rsa:4096');
}
