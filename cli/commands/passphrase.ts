import type { Argv } from 'yargs';
import {
  addPassphrase,
  changePassphrase,
  InputError,
  removePassphrase,
  type ChangePassphraseOptions,
  type RewrittenKey,
} from '../../lib/index.js';
import type { Environment } from '../environment.js';
import { keyPassphraseFlags, newPassphraseFlags, runFlags, type RunFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { passphraseSource, type PassphraseFlags } from '../passphrase.js';
import { describeRewritten, prompts, rewrittenAsJson } from '../present.js';
import { observeProgress } from '../progress.js';
import { print, printExactly, printJson, resultStyle } from '../streams.js';

/** `passphrase add`, `change` and `remove`: of a private key that is there. */
export function passphraseCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command('passphrase', "Add, change or remove a private key's passphrase", (verbs) =>
    [addCommand, changeCommand, removeCommand]
      .reduce<Argv>((built, command) => command(built, environment), verbs)
      .demandCommand(1, 1, prompts.noVerb, prompts.noVerb),
  );
}

const key = {
  type: 'string',
  describe: "The private key's file [default: ca-key.pem of the certificate directory]",
} as const;

function addCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'add [key]',
    'Encrypt a private key that is not encrypted',
    (command) =>
      command
        .positional('key', key)
        .options({ ...keyPassphraseFlags('the new passphrase'), ...runFlags })
        .conflicts('passphrase-file', 'passphrase-fd'),
    (flags) => show('add', optionsOf(flags, environment), addPassphrase, flags),
  );
}

function changeCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'change [key]',
    'Encrypt a private key with another passphrase',
    (command) =>
      command
        .positional('key', key)
        .options({
          ...keyPassphraseFlags('the passphrase that opens it'),
          ...newPassphraseFlags,
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd')
        .conflicts('new-passphrase-file', 'new-passphrase-fd'),
    async (flags) => {
      if (flags.passphraseFd !== undefined && flags.passphraseFd === flags.newPassphraseFd)
        throw new InputError('new-passphrase-fd', prompts.sameSource, { hint: prompts.sameSourceHint });
      return show('change', optionsOf(flags, environment), changePassphrase, flags);
    },
  );
}

function removeCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'remove [key]',
    'Leave a private key unencrypted',
    (command) =>
      command
        .positional('key', key)
        .options({ ...keyPassphraseFlags('the passphrase that opens it'), ...runFlags })
        .conflicts('passphrase-file', 'passphrase-fd'),
    (flags) => show('remove', optionsOf(flags, environment), removePassphrase, flags),
  );
}

interface KeyFlags extends RunFlags, PassphraseFlags {
  readonly key?: string | undefined;
  readonly newPassphraseFile?: string | undefined;
  readonly newPassphraseFd?: number | undefined;
}

/** Flags as options of the library. */
function optionsOf(flags: KeyFlags, { signal }: Environment): ChangePassphraseOptions {
  const { newPassphraseFile: passphraseFile, newPassphraseFd: passphraseFd } = flags;
  return {
    directory: flags.dir,
    key: flags.key,
    dryRun: flags.dryRun,
    passphrase: passphraseSource(flags, signal) ?? undefined,
    newPassphrase: passphraseSource({ passphraseFile, passphraseFd }, signal) ?? undefined,
    openssl: flags.openssl,
    timeoutMs: flags.timeout * 1000,
    lockTimeoutMs: flags.lockTimeout * 1000,
    allowOpenModes: flags.allowOpenModes,
    signal,
    observer: flags.verbose && !flags.quiet && !flags.json ? observeProgress(true).observer : undefined,
  };
}

/** One call into the library, and its result is shown. */
async function show(
  verb: 'add' | 'change' | 'remove',
  options: ChangePassphraseOptions,
  run: (options: ChangePassphraseOptions) => Promise<RewrittenKey>,
  { dryRun = false, json, quiet }: KeyFlags,
): Promise<void> {
  const rewritten = await run(options);
  if (json) {
    printJson(rewrittenAsJson(`passphrase ${verb}`, dryRun, rewritten));
    return;
  }
  if (!quiet) sayNotes(rewritten.notes);
  if (dryRun) printExactly(...rewritten.commands);
  else if (!quiet) print(...describeRewritten(verb, rewritten, resultStyle()));
}
