import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { InputError } from '../errors.js';
import { givenFlag, givenList, givenOneOf, givenPath } from '../given.js';
import type { Note } from '../plan/step.js';
import type { RecipeName } from '../recipes/catalogue.js';
import type { Pair } from '../store/directory.js';
import { parseDirectory, parseName } from '../store/layout.js';
import type { Part } from '../x509/role.js';
import {
  localNames,
  parseAddresses,
  parseAltName,
  parseAltNames,
  uniqueNames,
  type AltName,
} from '../x509/alt-names.js';
import { keyTypeNameOf, keyTypeNames, parseKeyType, type KeyType } from '../x509/key-type.js';
import { toPassphrase, type Passphrase } from '../x509/passphrase.js';
import { serialFromBytes, type Serial } from '../x509/serial.js';
import { parseSubject, rdn, type Subject } from '../x509/subject.js';
import { parseDays, parseNow, type Days } from '../x509/validity.js';

/** Where certificates lie unless another directory is named. */
export const defaultDirectory = 'docker-tls';

/** Which key a passphrase is for: a new one, or one that is there. */
export interface PassphraseQuestion {
  readonly purpose: 'create' | 'open';
  readonly path: string;
}

/** Is asked for a passphrase when it is needed. */
export type PassphraseSource = (
  question: PassphraseQuestion,
) => Passphrase | string | null | Promise<Passphrase | string | null>;

/** What to make. */
export interface IssueRequest {
  /** How: `recommended`, or the commands of one of the tutorials (`recipes()`). Default: `recommended`. */
  readonly recipe?: RecipeName | undefined;
  /**
   * Gives the server of a tutorial's recipe the subjectAltNames that its text lacks and today's clients want: `hosts`, `ips`
   * and, unless `localhost` is false, those of this machine. The plan then says that it departs from the text.
   */
  readonly addSan?: boolean | undefined;
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /**
   * Names and addresses under which the daemon is reached, each as a person has it at hand (`parseAltNames`). Default,
   * where neither `hosts` nor `ips` is given: the names of a certificate that is made anew, else the machine's host name.
   */
  readonly hosts?: readonly string[] | undefined;
  /** Addresses alone; a host name among them is an error. */
  readonly ips?: readonly string[] | undefined;
  /** Adds `localhost`, `127.0.0.1` and `::1`. Default: true. */
  readonly localhost?: boolean | undefined;
  /**
   * The kind of the keys: `rsa:4096`, `rsa:3072`, `rsa:2048`, `ec:p256`, `ec:p384`, `ed25519`. Default: that of the key that
   * is made anew, else `rsa:4096`.
   */
  readonly key?: KeyType | string | undefined;
  /** Lifetime of server and client certificates in days. Default: 365. Shortened where the CA ends earlier. */
  readonly days?: number | string | undefined;
  /** Lifetime of a new CA in days. Default: 3650. */
  readonly caDays?: number | string | undefined;
  /** The client's common name, which authorization plugins see as the user. Default: `name`, else `client`. */
  readonly clientName?: string | undefined;
  /** What stands before the common name in every subject, as `/C=DE/O=Example`. Default: nothing. */
  readonly subject?: Subject | string | undefined;
  /** A further server or client: it lies in `servers/NAME/` or `clients/NAME/`. */
  readonly name?: string | undefined;
  /**
   * The passphrase of the CA's private key, or a function that is asked for it when it is needed. `null`: a new CA's key
   * is not encrypted. Not given: `ERR_PASSPHRASE_NEEDED` when one is needed.
   */
  readonly passphrase?: Passphrase | string | null | PassphraseSource | undefined;
  /** Parts to make anew although they are there. `ca` replaces the CA: every certificate of the old one becomes void. */
  readonly force?: readonly Part[] | undefined;
  /** A directory with templates of the user's own: `ca.cnf`, `server.cnf`, `client.cnf`; those that it lacks are ours. */
  readonly templates?: string | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
  /** Makes the serials. Default: `crypto.randomBytes`. */
  readonly random?: ((size: number) => Uint8Array) | undefined;
  /** The machine's host name. Default: `os.hostname()`. */
  readonly hostname?: string | undefined;
}

/** An `IssueRequest` after parsing: nobody checks a string again. */
export interface Values {
  readonly directory: string;
  readonly names: readonly AltName[] | undefined;
  readonly local: readonly AltName[];
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
  const { hosts, ips, key, name, clientName, templates, passphrase } = request;
  const { directory = defaultDirectory, days = 365, caDays = 3650, now = new Date() } = request;
  const { subject = '', localhost = true, force = [], random = randomBytes } = request;
  const prefix = subject === '' ? [] : parseSubject(subject);
  if (prefix.some(({ type }) => type === 'CN')) {
    throw new InputError('subject', 'the subject holds a common name (CN): each certificate gets its own', {
      hint: "leave CN out; the server's is its first host, the client's is --client-name",
    });
  }
  if (typeof (random as unknown) !== 'function') throw new InputError('random', 'random is not a function');
  if (request.addSan !== undefined) givenFlag(request.addSan, 'addSan');
  return {
    directory: parseDirectory(directory),
    names: parseNames(hosts, ips),
    local: givenFlag(localhost, 'localhost') ? localNames : [],
    key: key === undefined ? undefined : parseKeyType(key),
    days: parseDays(days, 'days'),
    caDays: parseDays(caDays, 'caDays', 2), // a leaf ends at least a day before its CA
    prefix,
    clientName: clientName === undefined ? undefined : rdn('CN', clientName, 'clientName').value,
    name: name === undefined ? undefined : parseName(name),
    passphrase: isAnswer(passphrase) ? toPassphrase(passphrase) : passphrase,
    force: parseForce(parts, force),
    templates: templates === undefined ? undefined : givenPath(templates, 'templates'),
    now: parseNow(now),
    serial: () => serialFromBytes(random(16)),
    hostname: request.hostname ?? hostname(),
  };
}

/** Undefined where nobody said any: an empty list says that there is none. */
function parseNames(hosts: IssueRequest['hosts'], ips: IssueRequest['ips']): AltName[] | undefined {
  if (hosts === undefined && ips === undefined) return undefined;
  return uniqueNames([
    ...(hosts === undefined ? [] : parseAltNames(hosts)),
    ...(ips === undefined ? [] : parseAddresses(ips)),
  ]);
}

function parseForce(parts: readonly Part[], given: readonly Part[]): Part[] {
  const force = givenList(given, 'force').map((part) =>
    givenOneOf<Part>(['ca', 'server', 'client'], part, 'force'),
  );
  const foreign = force.find((part) => !parts.includes(part));
  if (foreign)
    throw new InputError(
      'force',
      `this command does not make the ${foreign === 'ca' ? 'CA' : foreign}, so it cannot be forced`,
    );
  return force;
}

/** A passphrase, and neither none nor a function that is asked for it. */
export function isAnswer(given: IssueRequest['passphrase']): given is Passphrase | string {
  return given !== undefined && given !== null && typeof given !== 'function';
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

/** The kind of a new key: what was asked for, else what the old one was, else the default. */
export function keyFor(previous: Pair, { key }: Values): KeyType {
  const before = previous.certificate && keyTypeNameOf(previous.certificate.publicKey);
  return key ?? parseKeyType(before && keyTypeNames.includes(before) ? before : 'rsa:4096');
}
