import { defineCommand } from '../command.js';
import { forceFlag, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import { runIssue } from './issue.js';

const parts = ['server'] as const;

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
  (flags, environment) => runIssue('server', parts, flags, environment),
);
