import type { Argv } from 'yargs';
import { forceFlag, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import type { Environment } from '../environment.js';
import { runIssue } from './issue.js';

const parts = ['client'] as const;

export function clientCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'client',
    "Make a client's certificate with the CA that is there",
    (command) =>
      command
        .options({
          ...flagsFor(parts),
          ...forceFlag(parts),
          ...passphraseFlags,
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd'),
    (flags) => runIssue('client', parts, flags, environment),
  );
}
