import type { Argv } from 'yargs';
import { forceFlag, newCaFlags, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import type { Environment } from '../environment.js';
import { runIssue } from './issue.js';

const parts = ['ca'] as const;

export function caCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'ca',
    'Make the CA alone',
    (command) =>
      command
        .options({
          ...flagsFor(parts),
          ...newCaFlags,
          ...forceFlag(parts),
          ...passphraseFlags,
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd'),
    (flags) => runIssue('ca', parts, flags, environment),
  );
}
