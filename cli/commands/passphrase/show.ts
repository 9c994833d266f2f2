import type { AddPassphraseOptions, RewrittenKey } from '../../../lib/internal.js';
import type { Environment } from '../../environment.js';
import type { RunFlags } from '../../flags.js';
import { sayNotes } from '../../notes.js';
import { passphraseSource, type PassphraseFlags } from '../../passphrase.js';
import { describeRewritten, rewrittenAsJson } from '../../present-passphrase.js';
import { observeProgress } from '../../progress.js';
import { print, printExactly, printJson, resultStyle } from '../../streams.js';

export const key = {
  type: 'string',
  describe: 'Private key file [default: ca-key.pem in the certificate directory]',
} as const;

interface KeyFlags extends RunFlags, PassphraseFlags {
  readonly key?: string | undefined;
}

/** Flags as options of the library. */
export function optionsOf(flags: KeyFlags, { signal }: Environment): AddPassphraseOptions {
  return {
    directory: flags.dir,
    key: flags.key,
    dryRun: flags.dryRun,
    passphrase: passphraseSource(flags, signal) ?? undefined,
    openssl: flags.openssl,
    timeoutMs: flags.timeout * 1000,
    lockTimeoutMs: flags.lockTimeout * 1000,
    allowOpenModes: flags.allowOpenModes,
    signal,
    observer: flags.verbose && !flags.quiet && !flags.json ? observeProgress(true).observer : undefined,
  };
}

/** One call into the library, and its result is shown. */
export async function show(
  verb: 'add' | 'change' | 'remove',
  options: AddPassphraseOptions,
  run: (options: AddPassphraseOptions) => Promise<RewrittenKey>,
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
