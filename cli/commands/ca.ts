import { defineCommand } from '../command.js';
import { forceFlag, newCaFlags, parentPassphraseFlags, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import { runIssue } from './issue.js';

const parts = ['ca'] as const;

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({
        ...flagsFor(parts),
        ...newCaFlags,
        ...forceFlag(parts),
        ...passphraseFlags,
        ...parentPassphraseFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd')
      .conflicts('parent-passphrase-file', 'parent-passphrase-fd'),
  (flags, environment) => runIssue('ca', parts, flags, environment),
);
