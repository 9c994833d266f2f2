import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { InputError, PassphraseError } from '../../errors.js';
import { rebased } from '../../execute/execute-step.js';
import { executeUnlocked } from '../../execute/execute.js';
import { refuseInTheWay } from '../../execute/in-the-way.js';
import { parseControl, type RunControl } from '../../execute/run-control.js';
import { givenFlag, givenPath } from '../../given.js';
import type { PassphraseSource } from '../../issue/options.js';
import { refuseUnknown, type OptionNames } from '../../known-options.js';
import { can } from '../../openssl/capabilities.js';
import { findOpenssl, type Openssl } from '../../openssl/find.js';
import { commandLine } from '../../plan/command-line.js';
import type { Note, OpensslStep, Plan } from '../../plan/step.js';
import { parseDirectory } from '../../set/layout.js';
import { pkcs12ExportStep, pkcs12OpenStep } from '../../steps/pkcs12.js';
import { refuseSwappable } from '../../store/safety.js';
import { option, words } from '../../words.js';
import { Passphrase, toPassphrase } from '../../x509/passphrase.js';
import {
  credentialsNames,
  readCredentials,
  type Credentials,
  type CredentialsOptions,
} from './credentials.js';

export interface P12Options extends CredentialsOptions, Omit<RunControl, 'lockTimeoutMs'> {
  /** The passphrase of the file, or a function that is called for it. Printable ASCII characters only: Java opens no other. */
  readonly passphrase?: Passphrase | string | PassphraseSource | undefined;
  /** Replaces the file if it exists. Default: false. */
  readonly overwrite?: boolean | undefined;
  /** Returns the plan only: asks for no passphrase, and writes nothing. Default: false. */
  readonly dryRun?: boolean | undefined;
}

const optionNames: OptionNames<P12Options> = {
  ...credentialsNames,
  openssl: true,
  signal: true,
  timeoutMs: true,
  allowOpenModes: true,
  observer: true,
  passphrase: true,
  overwrite: true,
  dryRun: true,
};

/** A PKCS #12 file that was written, or would be. */
export interface P12 {
  /** Absolute. */
  readonly path: string;
  /** The name of what is in it; Java's alias. */
  readonly alias: string;
  /** The files that it was made of, absolute. */
  readonly files: Readonly<Record<'ca' | 'certificate' | 'key', string>>;
  readonly notes: readonly Note[];
  /** The commands that ran, or would run, without secrets. */
  readonly commands: readonly string[];
  /** Undefined after a dry run. */
  readonly openssl: Openssl | undefined;
}

/**
 * Hashes the passphrase more often than openssl does by default (2048 times), because anyone who finds the file can guess for as long as
 * they like. .NET refuses a file that needs more than 600,000 in all; the MAC, the certificates and the key each count.
 */
const ITERATIONS = 100_000;

/**
 * Writes a client's private key, its certificate and the CA's as a PKCS #12 file (RFC 7292), for browsers and Java: encrypted with
 * AES-256 (PBES2), mode 0600, whole or not at all. Before it appears openssl opens it again: it holds that key and those
 * certificates, and no others.
 *
 * @throws `ERR_INPUT`: an option's value cannot be used, among them a passphrase with other characters than ASCII.
 * @throws `ERR_INCOMPLETE`, `ERR_LEAF_UNUSABLE`, `ERR_CA_UNUSABLE`: as `readCredentials`.
 * @throws `ERR_PASSPHRASE_NEEDED`: no passphrase was given.
 * @throws `ERR_EXISTS`: something is there, unless `overwrite`.
 * @throws `ERR_UNSAFE`, `ERR_OPEN_MODES`, `ERR_FILE`: others could change the directory, or read the key, or the file system refused.
 * @throws `ERR_OPENSSL_NOT_FOUND`, `ERR_OPENSSL_TOO_OLD`, `ERR_OPENSSL_FAILED`, `ERR_READ_BACK`: openssl is missing, too old, failed,
 * or made something else.
 * @throws `ERR_TIMEOUT`, `ERR_ABORTED`: `timeoutMs` has passed, or `signal` aborted.
 * @example
 * ```ts
 * import { writeP12 } from 'docker-tls-openssl';
 *
 * const { alias } = await writeP12('client.p12', { passphrase: 'correct horse battery staple' });
 * console.log(alias);
 * ```
 */
export async function writeP12(path: string, options: P12Options = {}): Promise<P12> {
  refuseUnknown(options, optionNames);
  const control = parseControl(options);
  const dryRun = options.dryRun !== undefined && givenFlag(options.dryRun, 'dryRun');
  const overwrite = options.overwrite !== undefined && givenFlag(options.overwrite, 'overwrite');
  const target = resolve(givenPath(path, 'path'));
  const directory = parseDirectory(dirname(target), 'path');
  const { directory: of, name } = options;
  const credentials = await readCredentials('client', { directory: of, name });
  const { ca, certificate, key } = credentials;
  await refuseInput(target, [ca, certificate, key]);
  const alias = name ?? 'client';
  const result = { path: target, alias, files: { ca, certificate, key } };

  const planWith = (passphrase: Passphrase, iter: number | undefined): Plan => ({
    recipe: 'step',
    steps: stepsFor({ credentials, alias, shown: path, target, iter, passphrase }),
    replaces: overwrite ? [basename(target)] : [],
    notes: [],
    departures: [],
  });
  const preview = planWith(Passphrase.unknown(), ITERATIONS);
  await refuseSwappable(directory);
  await refuseInTheWay(preview, directory);
  if (dryRun) {
    const commands = preview.steps.filter((step) => step.kind === 'openssl').map(commandLine);
    return { ...result, commands, notes: [], openssl: undefined };
  }

  const { version } = await findOpenssl(control);
  const passphrase = await ask(options.passphrase, target);
  const plan = planWith(passphrase, can(version, 'pkcs12-iter') ? ITERATIONS : undefined);
  const { commands, notes, openssl } = await executeUnlocked(plan, { ...control, directory });
  return { ...result, commands, notes, openssl };
}

/** With `overwrite` a slip would put the new file in the place of the key. */
async function refuseInput(target: string, inputs: readonly string[]): Promise<void> {
  const real = async (path: string): Promise<string> => realpath(path).catch(() => path);
  if (!(await Promise.all(inputs.map(real))).includes(await real(target))) return;
  throw new InputError(
    'path',
    `${target} is one of the files to pack: writing it would destroy its contents`,
    {
      hint: 'choose another file',
    },
  );
}

interface Wanted {
  readonly credentials: Credentials;
  readonly alias: string;
  /** The file as the caller has it, and absolute. */
  readonly shown: string;
  readonly target: string;
  readonly iter: number | undefined;
  readonly passphrase: Passphrase;
}

function stepsFor({ credentials, alias, shown, target, iter, passphrase }: Wanted): OpensslStep[] {
  const { ca, certificate, key } = credentials;
  const packing = { inkey: key, in: certificate, certfile: ca, name: alias, iter, passout: passphrase };
  const name = basename(target);
  const opening = pkcs12OpenStep({ in: name, passphrase });
  return [
    rebased(pkcs12ExportStep({ ...packing, out: shown }), process.cwd(), name),
    {
      ...opening,
      args: opening.args.map((arg) =>
        typeof arg === 'object' && 'reads' in arg ? { ...arg, as: shown } : arg,
      ),
    },
  ];
}

async function ask(given: P12Options['passphrase'], path: string): Promise<Passphrase> {
  const answer = typeof given === 'function' ? await given({ purpose: 'create', path }) : given;
  if (answer === undefined || answer === null)
    throw new PassphraseError(
      'ERR_PASSPHRASE_NEEDED',
      path,
      `${path} needs a passphrase, and none was given`,
      {
        hint: words`give it with ${option('passphrase')}`,
      },
    );
  const passphrase = toPassphrase(answer);
  if (!/^[\x20-\x7e]*$/.test(passphrase.reveal()?.toString('latin1') ?? ''))
    throw new InputError(
      'passphrase',
      'this passphrase cannot be used: Java opens no PKCS #12 file with it',
      {
        hint: 'use ASCII characters only: letters without accents, digits, spaces and punctuation',
      },
    );
  return passphrase;
}
