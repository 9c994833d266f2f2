import { givenFlag, givenList, givenOneOf, givenPath, givenText } from '../given.js';
import { InputError } from '../errors.js';
import type { RecipeName } from '../recipes/catalogue.js';
import type { Tutorial } from '../recipes/tutorial.js';
import { parseDirectory, parseName } from '../set/layout.js';
import type { Part } from '../x509/role.js';
import { parseAddressHosts, parseHosts } from '../x509/alt-names.js';
import { parseKeyRef, type KeyRef } from '../x509/key-ref.js';
import { parseKeyType, type KeyType } from '../x509/key-type.js';
import { toPassphrase, type Passphrase } from '../x509/passphrase.js';
import { parsePathLength } from '../x509/path-length.js';
import { parsePermit } from '../x509/permit.js';
import { parseSubject, rdn, type AttributeType, type Rdn, type Subject } from '../x509/subject.js';
import { parseDays, parseNow } from '../x509/validity.js';

/** The key that a passphrase is for: a new one, or an existing one. */
export interface PassphraseQuestion {
  readonly purpose: 'create' | 'open';
  /** The file of the key, or the URI of one in a token. */
  readonly path: string;
  /** Set for the PIN of a token, which is tried once: a few wrong ones lock most tokens. */
  readonly isPin?: true;
}

/** A function that is called when a passphrase is needed. */
export type PassphraseSource = (
  question: PassphraseQuestion,
) => Passphrase | string | null | Promise<Passphrase | string | null>;

/** A passphrase in any form; `null` means none. */
type GivenPassphrase = Passphrase | string | null | PassphraseSource | undefined;

/** Every option of the functions that create the parts `Made`. */
interface EveryOption<Made extends Part> {
  /** The recipe: `recommended`, or the name of a tutorial (`recipes()`). Default: `recommended`. */
  readonly recipe?: RecipeName | undefined;
  /**
   * Adds the subjectAltNames that a tutorial's server lacks and today's clients require: `hosts`, `ips` and, unless
   * `localhost` is false, `localhost`, `127.0.0.1` and `::1`. The plan lists the departures from the text. Default: false.
   */
  readonly addSan?: boolean | undefined;
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /**
   * Names and addresses of the daemon, in any form that `parseAltNames` accepts. Default, without `hosts` and `ips`: the names
   * in a replaced certificate, else the machine's host name. A port after one of them is remembered in `endpoint.json`.
   * Default: the port remembered there, else 2376.
   */
  readonly hosts?: readonly string[] | undefined;
  /** IP addresses, with or without a port; a host name is an error. Default: none. */
  readonly ips?: readonly string[] | undefined;
  /** Adds `localhost`, `127.0.0.1` and `::1`. Default: true, or as in the certificate whose names are kept. */
  readonly localhost?: boolean | undefined;
  /**
   * The type of new keys: `rsa:4096`, `rsa:3072`, `rsa:2048`, `ec:p256`, `ec:p384`, `ed25519`. Default: that of the replaced
   * key; else that of the set's server or client, or of its CA; else `rsa:4096`.
   */
  readonly key?: KeyType | string | undefined;
  /** Lifetime of server and client certificates, in days, limited by that of the CA. Default: 365. */
  readonly days?: number | string | undefined;
  /** Lifetime of a new CA, in days. Default: 3650. */
  readonly caDays?: number | string | undefined;
  /**
   * All that a new CA may sign for: a DNS domain with everything below it (`example.com`), a network (`10.0.0.0/8`, `fd00::/8`)
   * or an address. The CA's certificate gets critical nameConstraints, which exclude everything else. Default: it may sign for
   * any name.
   */
  readonly permit?: readonly string[] | undefined;
  /**
   * How many CAs may be below a new CA (pathLenConstraint), from 0 to 10: 1 for a root that is to sign intermediate CAs. Default: 0,
   * which signs servers and clients alone.
   */
  readonly pathLength?: number | string | undefined;
  /**
   * The certificate directory of the CA that signs a new CA: an intermediate CA under that one. Default: the new CA is a root, and
   * signs itself.
   */
  readonly parent?: string | undefined;
  /** The passphrase of the parent's private key, or the PIN of its token, or a function that is called when it is needed. */
  readonly parentPassphrase?: GivenPassphrase;
  /**
   * Makes two CAs: `ca.pem` for servers, which clients trust, and `client-ca.pem` for clients, which daemons trust. Either
   * can then be rolled over without the other. A set keeps the kind that it has. Default: one CA for both.
   */
  readonly separateCas?: boolean | undefined;
  /** The client's common name, which authorization plugins see as the user. Default: `name`, else `client`. */
  readonly clientName?: string | undefined;
  /**
   * The attributes before the common name in every subject, such as `/C=DE/O=Example`. Default: none. With a tutorial's
   * recipe: the whole subject of the CA.
   */
  readonly subject?: Subject | string | undefined;
  /** The country (C) in every subject: two capital letters. With a tutorial's recipe only in the CA's. */
  readonly country?: string | undefined;
  /** The organization (O) in every subject, of up to 64 characters. With a tutorial's recipe only in the CA's. */
  readonly organization?: string | undefined;
  /** The organizational unit (OU) in every subject, of up to 64 characters. With a tutorial's recipe only in the CA's. */
  readonly unit?: string | undefined;
  /** Creates a named server or client in `servers/NAME/` or `clients/NAME/`. Default: the default pair. */
  readonly name?: string | undefined;
  /**
   * The passphrase of the CA's private key, or a function that is called when it is needed. `null` leaves a new CA's key
   * unencrypted. Default: none, and `ERR_PASSPHRASE_NEEDED` when one is needed.
   */
  readonly passphrase?: GivenPassphrase;
  /**
   * The CA's private key: a key in a token (`pkcs11:token=…;object=…`), which has to exist there and is remembered in
   * `ca-key.uri`; or for an existing CA its file. `passphrase` is the token's PIN. Default: the remembered key, else
   * `ca-key.pem`.
   */
  readonly caKey?: KeyRef | string | undefined;
  /** Parts to recreate even if they exist. Default: none. `ca` replaces the CA, and with it every certificate of the old one. */
  readonly force?: readonly Made[] | undefined;
  /** A directory with your own templates: `ca.cnf`, `server.cnf`, `client.cnf`. Default: the package's, also for missing ones. */
  readonly templates?: string | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Returns random bytes for serial numbers. Default: `crypto.randomBytes`. */
  readonly random?: ((size: number) => Uint8Array) | undefined;
  /** The machine's host name. Default: `os.hostname()`. */
  readonly hostname?: string | undefined;
}

export interface Option<Given> {
  /** Its flag on the command line; undefined for an option that only the library has, or that has several flags. */
  readonly flag: string | undefined;
  /** The parts that it applies to. */
  readonly parts: readonly Part[];
  /** Tells whether it applies to a tutorial's recipe: texts fix most options in their commands. */
  readonly tutorials: (tutorial: Tutorial, options: EveryOption<Part>) => boolean;
  /**
   * For an existing part that stays: `run` options do not concern its certificate. Other options are compared with the
   * certificates of the parts listed here; parts that are not listed ignore the option.
   */
  readonly kept: 'run' | readonly Part[];
  /** The value that equals the default. */
  readonly usual?: boolean;
  /** The attribute of the subject that it sets. */
  readonly attribute?: AttributeType;
  /** Parses the given value. Throws `ERR_INPUT`. */
  readonly read: (given: Given) => unknown;
}

const each = ['ca', 'server', 'client'] as const;
const leaves = ['server', 'client'] as const;
const heeded = (): boolean => true;
const fixed = (): boolean => false;
const typedSubject = ({ caSubject }: Tutorial): boolean => caSubject !== undefined;
const addedNames = ({ takes }: Tutorial, { addSan }: EveryOption<Part>): boolean =>
  addSan === true && takes !== 'all';

/** For an option that is not about a certificate. */
const run = { parts: each, tutorials: heeded, kept: 'run' } as const;
/** For the names of a server. */
const names = { parts: ['server'], tutorials: heeded, kept: ['server'] } as const;

/** An attribute of the subject with an option of its own. */
const attribute = <Name extends OptionName>(type: AttributeType, name: Name) =>
  ({
    flag: name,
    parts: each,
    tutorials: typedSubject,
    kept: [],
    attribute: type,
    read: (given: string): Rdn => rdn(type, given, name),
  }) as const;

/** The one table of options. An option that is not in it is refused. */
export const issueOptions = {
  recipe: { ...run, flag: 'recipe', read: (name) => name },
  addSan: { ...names, flag: 'add-san', usual: false, read: (given) => givenFlag(given, 'addSan') },
  directory: { ...run, flag: 'dir', read: (path) => parseDirectory(path) },
  hosts: { ...names, flag: 'host', read: (hosts) => parseHosts(hosts) },
  ips: { ...names, flag: 'ip', read: (ips) => parseAddressHosts(ips) },
  localhost: {
    ...names,
    flag: 'no-localhost',
    usual: true,
    tutorials: addedNames,
    read: (given) => givenFlag(given, 'localhost'),
  },
  key: { flag: 'key', parts: each, tutorials: fixed, kept: leaves, read: parseKeyType },
  days: { flag: 'days', parts: leaves, tutorials: fixed, kept: [], read: (days) => parseDays(days, 'days') },
  caDays: {
    flag: 'ca-days',
    parts: ['ca'],
    tutorials: fixed,
    kept: [],
    read: (days) => parseDays(days, 'caDays', 2), // a leaf ends at least a day before its CA
  },
  permit: {
    flag: 'permit',
    parts: ['ca'],
    tutorials: fixed,
    kept: ['ca'],
    read: (names) => parsePermit(names),
  },
  pathLength: {
    flag: 'path-length',
    parts: ['ca'],
    tutorials: fixed,
    kept: ['ca'],
    read: (length) => parsePathLength(length, 'pathLength'),
  },
  parent: {
    flag: 'parent',
    parts: ['ca'],
    tutorials: fixed,
    kept: ['ca'],
    read: (path) => parseDirectory(path, 'parent'),
  },
  parentPassphrase: { ...run, flag: undefined, parts: ['ca'], tutorials: fixed, read: readPassphrase },
  separateCas: {
    flag: 'separate-cas',
    parts: ['ca'],
    tutorials: fixed,
    kept: ['ca'],
    usual: false,
    read: (given) => givenFlag(given, 'separateCas'),
  },
  clientName: {
    flag: 'client-name',
    parts: ['client'],
    tutorials: fixed,
    kept: ['client'],
    read: (name) => rdn('CN', name, 'clientName').value,
  },
  subject: {
    flag: 'subject',
    parts: each,
    tutorials: typedSubject,
    kept: [],
    read: (subject) => (subject === '' ? [] : parseSubject(subject)),
  },
  country: attribute('C', 'country'),
  organization: attribute('O', 'organization'),
  unit: attribute('OU', 'unit'),
  templates: {
    flag: 'templates',
    parts: each,
    tutorials: fixed,
    kept: [],
    read: (path) => givenPath(path, 'templates'),
  },
  name: { flag: 'name', parts: leaves, tutorials: fixed, kept: 'run', read: parseName },
  caKey: { ...run, flag: 'ca-key', tutorials: fixed, read: (key) => parseKeyRef(key, 'caKey') },
  passphrase: { ...run, flag: undefined, read: readPassphrase },
  force: {
    ...run,
    flag: 'force',
    read: (parts) => givenList(parts, 'force').map((part) => givenOneOf<Part>(each, part, 'force')),
  },
  now: { ...run, flag: undefined, read: parseNow },
  random: { ...run, flag: undefined, read: (random) => givenFunction(random) },
  hostname: { ...run, flag: undefined, parts: ['server'], read: (name) => givenText(name, 'hostname') },
} as const satisfies {
  readonly [Name in OptionName]: Option<Exclude<EveryOption<Part>[Name], undefined>>;
};

export type OptionName = keyof EveryOption<Part>;

type Table = typeof issueOptions;

/** The options that apply to a part. */
export type HeededOption<Made extends Part> = {
  [Name in OptionName]: Made & Table[Name]['parts'][number] extends never ? never : Name;
}[OptionName];

/** The options that apply to these parts. */
export type IssueRequest<Made extends Part = Part> = Pick<EveryOption<Made>, HeededOption<Made>>;

/** An `IssueRequest` whose options were parsed, each by itself. */
export type ParsedOptions = { readonly [Name in OptionName]: ReturnType<Table[Name]['read']> | undefined };

/** Tells a passphrase from none and from a function that asks for it. */
function isAnswer(given: GivenPassphrase): given is Passphrase | string {
  return given !== undefined && given !== null && typeof given !== 'function';
}

/** Turns text into a passphrase. Throws `ERR_INPUT`. */
export function readPassphrase(given: GivenPassphrase): Passphrase | null | PassphraseSource | undefined {
  return isAnswer(given) ? toPassphrase(given) : given;
}

function givenFunction<Given>(given: Given): Given {
  if (typeof given !== 'function') throw new InputError('random', 'random is not a function');
  return given;
}
