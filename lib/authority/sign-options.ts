import { InputError } from '../errors.js';
import { controlNames, type RunControl } from '../execute/run-control.js';
import { givenFlag, givenOneOf, givenPath, givenTexts } from '../given.js';
import type { IssueRequest } from '../issue/options.js';
import type { Keyring, KeyringOf } from '../issue/keyring.js';
import { defaultDirectory, parseRequest } from '../issue/request.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { parseDirectory, parseName } from '../set/layout.js';
import { localNames, type AltName } from '../x509/alt-names.js';
import type { KeyRef } from '../x509/key-ref.js';
import type { LeafRole } from '../x509/role.js';
import type { Serial } from '../x509/serial.js';
import { rdn, type Subject } from '../x509/subject.js';
import type { Days } from '../x509/validity.js';
import { option, words } from '../words.js';

/** A CSR as it is shown before it is signed. */
export interface AskedRequest {
  /** Its file, as it was given or found. */
  readonly file: string;
  readonly role: LeafRole;
  /** NAME of `servers/NAME` or `clients/NAME`, where the certificate goes. */
  readonly name: string;
  readonly subject: Subject;
  /** The names that the certificate gets. */
  readonly names: readonly AltName[];
  readonly keyType: string;
}

/** What to sign, and for which names. */
export interface SignRequest extends Pick<
  IssueRequest<'server'>,
  'directory' | 'caKey' | 'hosts' | 'ips' | 'localhost' | 'days' | 'templates' | 'now' | 'random'
> {
  /** Names of clients that may be signed for: the common names of their CSRs. */
  readonly clientNames?: readonly string[] | undefined;
  /**
   * Takes the names from the CSRs. A function is shown them under the lock, before anything is signed; false stops the run.
   * Default: false, which signs only for the names given.
   */
  readonly namesFromCsr?:
    boolean | ((requests: readonly AskedRequest[]) => boolean | Promise<boolean>) | undefined;
  /** The role of CSRs that ask for none, with `namesFromCsr`. Default: by their names, which only servers have. */
  readonly role?: LeafRole | undefined;
  /** NAME of the directory for the certificate, with one CSR. Default: its common name. */
  readonly name?: string | undefined;
  /** Replaces a certificate that exists. Default: false. */
  readonly overwrite?: boolean | undefined;
  /** Opens the CA's private key. */
  readonly passphrase?: IssueRequest['passphrase'];
}

export type SignOptions = SignRequest & RunControl;

const names: OptionNames<SignRequest> = {
  directory: true,
  caKey: true,
  hosts: true,
  ips: true,
  localhost: true,
  days: true,
  templates: true,
  now: true,
  random: true,
  clientNames: true,
  namesFromCsr: true,
  role: true,
  name: true,
  overwrite: true,
  passphrase: true,
};

/** A `SignRequest` after parsing. */
export interface SignValues {
  readonly files: readonly string[];
  readonly directory: string;
  /** The names that servers may have; empty where none were given. */
  readonly hosts: readonly AltName[];
  readonly localNames: readonly AltName[];
  readonly clientNames: readonly string[];
  readonly namesFromCsr: NonNullable<SignRequest['namesFromCsr']>;
  readonly role: LeafRole | undefined;
  readonly name: string | undefined;
  readonly days: Days;
  readonly templates: string | undefined;
  readonly overwrite: boolean;
  readonly now: Date;
  readonly serial: () => Serial;
  /** The CA's private key, if it is not where it usually is. */
  readonly caKey: KeyRef | undefined;
  readonly keyring: Keyring;
}

/** Turns options into values, once. Throws `ERR_INPUT`. */
export function parseSignRequest(
  files: readonly string[],
  options: SignOptions,
  keyring: KeyringOf,
): SignValues {
  refuseUnknown(options, { ...names, ...controlNames });
  const { clientNames = [], namesFromCsr = false, role, name, overwrite = false } = options;
  const {
    directory = defaultDirectory,
    caKey,
    hosts,
    ips,
    localhost,
    days,
    templates,
    now,
    random,
    passphrase,
  } = options;
  const values = parseRequest(
    ['server'],
    { directory, caKey, hosts, ips, localhost, days, templates, now, random, passphrase },
    keyring,
  );
  const paths = givenTexts(files, 'csrs').map((file) => givenPath(file, 'csrs'));
  if (paths.length === 0) throw new InputError('csrs', 'no CSR was given');
  const given = values.names ?? [];
  const allowedClients = givenTexts(clientNames, 'clientNames').map(
    (one) => rdn('CN', one, 'clientNames').value,
  );
  if (typeof namesFromCsr !== 'function') givenFlag(namesFromCsr, 'namesFromCsr');
  const isNamed = given.length > 0 || allowedClients.length > 0;
  if (namesFromCsr !== false && isNamed)
    throw new InputError('namesFromCsr', 'the names were given, and are to be taken from the CSRs too', {
      hint: words`leave out ${option('namesFromCsr')}, or the names`,
    });
  if (namesFromCsr === false && !isNamed)
    throw new InputError('hosts', 'it was not said which names may be signed', {
      hint: words`give them with ${option('hosts')}, ${option('ips')} or ${option('clientNames')}, or take them from the CSRs with ${option('namesFromCsr', true)}`,
    });
  return {
    files: paths,
    directory: parseDirectory(directory),
    hosts: given,
    localNames: values.localhost === false ? [] : localNames,
    clientNames: allowedClients,
    namesFromCsr,
    role: role === undefined ? undefined : givenOneOf<LeafRole>(['server', 'client'], role, 'role'),
    name: name === undefined ? undefined : parseName(name),
    days: values.days,
    templates: values.templates,
    overwrite: givenFlag(overwrite, 'overwrite'),
    now: values.now,
    serial: values.serial,
    caKey: values.caKey,
    keyring: values.keyring,
  };
}
