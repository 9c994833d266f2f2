import { defineCommand } from '../command.js';
import { forceFlag, newCaFlags, parentPassphraseFlags, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import { runIssue } from './issue.js';

const parts = ['ca'] as const;

export const command = defineCommand(
  {
    examples: [
      ['$0 ca --passphrase-file ca.pass', 'Create a CA whose key is encrypted'],
      ['$0 ca --permit example.com --permit 10.0.0.0/8', 'Create a CA that may sign for your own names only'],
    ],
  },
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
