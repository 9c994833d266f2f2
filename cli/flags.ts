import type { InferredOptionTypes, Options } from 'yargs';
import { InputError } from '../lib/index.js';
import { UsageError } from './environment.js';
import { usage } from './present-usage.js';

/** Flags that several commands share. Groups give help its headings. */

const secret = { group: 'Passphrase of the CA:' };
const running = { group: 'Running:' };

/** A day. A timer cannot wait longer than 24 of them. */
const MOST_SECONDS = 86_400;

export function seconds(flag: string, given: number, enough: boolean): number {
  if (enough && given <= MOST_SECONDS) return given;
  throw new InputError(flag, `--${flag} takes a number of seconds, at most ${MOST_SECONDS}`);
}

export const executionFlags = {
  'dry-run': {
    type: 'boolean',
    describe: 'Print the commands without running them',
    ...running,
  },
  json: { type: 'boolean', describe: 'Print the result as one JSON object', ...running },
  quiet: { type: 'boolean', alias: 'q', describe: 'Print only errors', ...running },
  verbose: {
    type: 'boolean',
    describe: 'Show each openssl command and its output',
    ...running,
  },
  openssl: {
    type: 'string',
    requiresArg: true,
    describe: 'Path or name of the openssl to use [default: $OPENSSL_BIN, then openssl on PATH]',
    ...running,
  },
  timeout: {
    type: 'number',
    default: 600,
    requiresArg: true,
    describe: 'Timeout per openssl command, in seconds',
    coerce: (given: number) => seconds('timeout', given, given > 0),
    ...running,
  },
} as const satisfies Record<string, Options>;

/** For what writes a private key. */
export const openModesFlag = {
  'allow-open-modes': {
    type: 'boolean',
    describe: 'Write keys even if the file system does not keep file modes',
    ...running,
  },
} as const satisfies Record<string, Options>;

export const runFlags = {
  dir: {
    type: 'string',
    default: 'docker-tls',
    requiresArg: true,
    describe: 'Certificate directory',
    ...running,
  },
  ...executionFlags,
  ...openModesFlag,
  'lock-timeout': {
    type: 'number',
    default: 60,
    requiresArg: true,
    describe: 'Time to wait for another run in the same directory, in seconds',
    coerce: (given: number) => seconds('lock-timeout', given, given >= 0),
    ...running,
  },
} as const satisfies Record<string, Options>;

/** For commands that take the directory as a word, too. */
export const directoryFlag = {
  dir: {
    type: 'string',
    requiresArg: true,
    describe: 'Certificate directory, instead of the argument',
  },
} as const satisfies Record<string, Options>;

/** The directories as they were given, by words or by `--dir`; undefined for the usual one. */
export function directoriesGiven(
  words: readonly string[] | undefined,
  dir: string | undefined,
): readonly string[] | undefined {
  const given = words?.length ? words : undefined;
  if (given && dir !== undefined) throw new UsageError(usage.directoryTwice);
  if (dir === '') throw new UsageError(usage.directoryEmpty);
  return dir === undefined ? given : [dir];
}

/** As `directoriesGiven`, of a command that takes one. */
export function directoryGiven(word: string | undefined, dir: string | undefined): string | undefined {
  if (word === '') throw new UsageError(usage.directoryEmpty);
  return directoriesGiven(word === undefined ? undefined : [word], dir)?.[0];
}

export const passphraseFlags = {
  'passphrase-file': {
    type: 'string',
    requiresArg: true,
    describe: 'Read the passphrase, or the PIN of a token, from this file',
    ...secret,
  },
  'passphrase-fd': {
    type: 'number',
    requiresArg: true,
    describe: 'Read the passphrase, or the PIN of a token, from this file descriptor',
    ...secret,
  },
} as const satisfies Record<string, Options>;

export const parentPassphraseFlags = {
  'parent-passphrase-file': {
    type: 'string',
    requiresArg: true,
    describe: "Read the passphrase, or the PIN of a token, of the parent's key from this file",
    group: 'Passphrase of the CA:',
  },
  'parent-passphrase-fd': {
    type: 'number',
    requiresArg: true,
    describe: "Read the passphrase, or the PIN of a token, of the parent's key from this file descriptor",
    group: 'Passphrase of the CA:',
  },
} as const satisfies Record<string, Options>;

/** `what`: which passphrase of the key. */
export function keyPassphraseFlags(what: string) {
  const group = 'Passphrase:';
  const { 'passphrase-file': file, 'passphrase-fd': fd } = passphraseFlags;
  return {
    'passphrase-file': { ...file, describe: `Read ${what} from this file`, group },
    'passphrase-fd': { ...fd, describe: `Read ${what} from this file descriptor`, group },
  } as const satisfies Record<string, Options>;
}

export const newPassphraseFlags = {
  'new-passphrase-file': {
    type: 'string',
    requiresArg: true,
    describe: 'Read the new passphrase from this file',
    group: 'Passphrase:',
  },
  'new-passphrase-fd': {
    type: 'number',
    requiresArg: true,
    describe: 'Read the new passphrase from this file descriptor',
    group: 'Passphrase:',
  },
} as const satisfies Record<string, Options>;

export const newCaFlags = {
  'no-passphrase': {
    type: 'boolean',
    describe: "Leave the new CA's private key unencrypted",
    ...secret,
  },
  yes: {
    type: 'boolean',
    describe: 'Replace the CA with --force ca without asking',
    ...running,
  },
} as const satisfies Record<string, Options>;

/** Parts to recreate even if they exist. */
export function forceFlag<const Part extends string>(parts: readonly Part[]) {
  return {
    force: {
      type: 'string',
      array: true,
      choices: parts,
      requiresArg: true,
      describe: 'Recreate this part even if it exists; repeatable',
      group: 'Running:',
    },
  } as const satisfies Record<string, Options>;
}

export type RunFlags = Omit<
  InferredOptionTypes<typeof runFlags>,
  'dry-run' | 'lock-timeout' | 'allow-open-modes'
> & {
  readonly lockTimeout: number;
  readonly allowOpenModes?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
};

const which = { group: 'Files and daemon:' };

/** Which client's files. */
export const credentialFlags = {
  dir: { ...runFlags.dir, ...which },
  name: {
    type: 'string',
    requiresArg: true,
    describe: 'Use the client in clients/NAME [default: the default pair]',
    ...which,
  },
} as const satisfies Record<string, Options>;

/** How clients call the daemon: once, unlike the names of a certificate. */
export const calledFlags = {
  host: {
    type: 'string',
    requiresArg: true,
    describe:
      "Daemon's address: HOST or HOST:PORT [default: first name in the server certificate, port 2376]",
    coerce: (given: string | string[] | undefined) => {
      if (Array.isArray(given)) throw new UsageError(usage.givenTwice('host'));
      return given;
    },
    ...which,
  },
} as const satisfies Record<string, Options>;

/** For what changes something outside the certificate directory. */
export const applyFlags = {
  apply: { type: 'boolean', describe: 'Apply the changes (default: preview only)', ...running },
  'dry-run': {
    type: 'boolean',
    describe: 'Preview only, as without --apply',
    ...running,
  },
  json: executionFlags.json,
} as const satisfies Record<string, Options>;
