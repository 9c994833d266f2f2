import { InputError } from '../errors.js';
import { givenFlag, givenText } from '../given.js';
import { defaultDirectory } from '../issue/request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { parseDirectory } from '../set/layout.js';
import { nothingIn } from '../set/certificate-set.js';
import type { IndexedCertificate } from '../set/issued/read.js';
import { lifeState, parseWithin, USUAL_WITHIN, type Within } from '../x509/life.js';
import type { RevocationReason } from '../x509/crl.js';
import type { LeafRole, Part } from '../x509/role.js';
import { parseNow } from '../x509/validity.js';
import { nameOfPath, walkIssues } from './entries.js';

/** Which certificates to list. Several filters narrow it down. */
export interface IssuedOptions {
  /** The certificate directory. Default: `docker-tls` in the current directory. */
  readonly directory?: string | undefined;
  /** Clients with this common name, or in `clients/NAME`. */
  readonly client?: string | undefined;
  /** Servers with this name or address, or in `servers/NAME`. */
  readonly server?: string | undefined;
  /** Only those that are valid and expire soon. Default: false. */
  readonly expiring?: boolean | undefined;
  /** Only those that were revoked. Default: false. */
  readonly revoked?: boolean | undefined;
  /** What is soon: `30d`, or `33%` of the lifetime. Default: whichever of these is less. */
  readonly within?: Within | string | number | undefined;
  /** Default: the machine's clock. */
  readonly now?: Date | undefined;
}

const optionNames: OptionNames<IssuedOptions> = {
  directory: true,
  client: true,
  server: true,
  expiring: true,
  revoked: true,
  within: true,
  now: true,
};

/** One certificate that the CA has issued. What the index has no record of is undefined. */
export interface IssuedCertificate {
  /** Upper-case hexadecimal. */
  readonly serial: string;
  readonly state: 'valid' | 'due' | 'expired' | 'revoked' | 'not-yet-valid';
  readonly role: Part | undefined;
  /** In one line, as openssl prints it: `/O=Example/CN=alice`. */
  readonly subject: string;
  readonly commonName: string | undefined;
  /** `DNS:host`, `IP:address`. */
  readonly names: readonly string[];
  readonly notBefore: Date | undefined;
  readonly notAfter: Date;
  /** Where it was written, relative to the directory. */
  readonly path: string | undefined;
  /** SHA-256, in lower-case hexadecimal. */
  readonly fingerprint256: string | undefined;
  readonly revokedAt: Date | undefined;
  readonly reason: RevocationReason | undefined;
}

export interface IssuedList {
  /** Absolute. */
  readonly directory: string;
  /** Whether there is an index; without one, the list is of the certificates in the directory and its archive. */
  readonly recorded: boolean;
  /** In the order in which they were issued. */
  readonly certificates: readonly IssuedCertificate[];
}

/**
 * Lists what the CA of a directory has issued, from its index. Changes nothing.
 *
 * @throws `ERR_INPUT`: an option is unknown, or its value cannot be used.
 * @throws `ERR_FILE`, `ERR_UNSAFE`, `ERR_EXISTS`: there is no certificate, or the index cannot be read, or believed.
 */
export async function issued(options: IssuedOptions = {}): Promise<IssuedList> {
  const list = await walkIssued(options);
  return { ...list, certificates: [...list.certificates] };
}

/** A list that is made while it is read, once. */
export type WalkedList = Omit<IssuedList, 'certificates'> & {
  readonly certificates: Iterable<IssuedCertificate>;
};

/** As `issued`, but an error in the index is thrown when its line is reached. */
export async function walkIssued(options: IssuedOptions): Promise<WalkedList> {
  refuseUnknown(options, optionNames);
  const { expiring = false, revoked = false, now = new Date(), within = USUAL_WITHIN } = options;
  const directory = parseDirectory(options.directory ?? defaultDirectory);
  const at = parseNow(now);
  const soon = parseWithin(within);
  const isWanted = filterOf(options);
  const wants = (state: IssuedCertificate['state']): boolean =>
    (!givenFlag(expiring, 'expiring') || state === 'due') &&
    (!givenFlag(revoked, 'revoked') || state === 'revoked');
  if (expiring && revoked)
    throw new InputError(
      'expiring',
      'a certificate that was revoked is not renewed: list them one after the other',
    );
  const { entries, isRecorded } = await walkIssues(directory);
  if (!isRecorded && [...entries].length === 0) throw nothingIn(directory);
  return { directory, recorded: isRecorded, certificates: chosen() };

  function* chosen(): Generator<IssuedCertificate> {
    for (const entry of entries) {
      if (!isWanted(entry)) continue;
      const certificate = issuedCertificate(entry, at, soon);
      if (wants(certificate.state)) yield certificate;
    }
  }
}

type Filter = (entry: IndexedCertificate) => boolean;

function filterOf({ client, server }: IssuedOptions): Filter {
  const filters: Filter[] = [];
  if (client !== undefined) filters.push(named('client', givenText(client, 'client')));
  if (server !== undefined) filters.push(named('server', givenText(server, 'server')));
  return (entry) => filters.length === 0 || filters.some((filter) => filter(entry));
}

/** Matches a certificate of a role by its common name, its names, or NAME of its directory. */
export function named(role: LeafRole, name: string): Filter {
  return ({ line, record }) => {
    if (!record) return line.subject.endsWith(`/CN=${name}`);
    if (record.role !== role) return false;
    const names = record.names.map((one) => one.replace(/^\w+:/, ''));
    return record.commonName === name || names.includes(name) || nameOfPath(role, record.path) === name;
  };
}

function issuedCertificate(
  { line, record }: IndexedCertificate,
  now: Date,
  within: Within,
): IssuedCertificate {
  const notBefore = record && new Date(record.notBefore);
  return {
    serial: line.serial,
    state: stateOf(line, notBefore, now, within),
    role: record?.role,
    subject: line.subject,
    commonName: record?.commonName ?? undefined,
    names: record?.names ?? [],
    notBefore,
    notAfter: line.notAfter,
    path: record?.path,
    fingerprint256: record?.fingerprint256,
    revokedAt: line.revocation?.at,
    reason: line.revocation?.reason,
  };
}

function stateOf(
  { revocation, notAfter }: IndexedCertificate['line'],
  notBefore: Date | undefined,
  now: Date,
  within: Within,
): IssuedCertificate['state'] {
  if (revocation) return 'revoked';
  // Without its beginning, a percentage of its lifetime is not known: it is due by days alone.
  const state = lifeState({ notBefore: notBefore ?? new Date(0), notAfter }, now, within);
  return state === 'ok' ? 'valid' : state;
}
