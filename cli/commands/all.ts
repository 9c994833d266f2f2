import type { Argv } from 'yargs';
import { forceFlag, newCaFlags, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor, recipeFlags } from '../issue-flags.js';
import type { Environment } from '../environment.js';
import { runIssue } from './issue.js';

const parts = ['ca', 'server', 'client'] as const;

export function allCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'all',
    "Make the CA, a server's and a client's certificate: the whole job",
    (command) =>
      command
        .options({
          ...recipeFlags,
          ...flagsFor(parts),
          ...newCaFlags,
          ...forceFlag(parts),
          ...passphraseFlags,
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd'),
    (flags) => runIssue('all', parts, flags, environment),
  );
}
