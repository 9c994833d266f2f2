import { defineCommand } from '../command.js';
import { forceFlag, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import { runIssue } from './issue.js';

const parts = ['client'] as const;

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({
        ...flagsFor(parts),
        ...forceFlag(parts),
        ...passphraseFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  (flags, environment) => runIssue('client', parts, flags, environment),
);
