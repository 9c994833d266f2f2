import { defineCommand } from '../command.js';
import { forceFlag, newCaFlags, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor, recipeFlags } from '../issue-flags.js';
import { runIssue } from './issue.js';

const parts = ['ca', 'server', 'client'] as const;

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({
        ...recipeFlags,
        ...flagsFor(parts),
        ...newCaFlags,
        ...forceFlag(parts),
        ...passphraseFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  (flags, environment) => runIssue('all', parts, flags, environment),
);
