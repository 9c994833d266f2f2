import { defineCommand } from '../command.js';
import { forceFlag, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import { runIssue } from './issue.js';

const parts = ['client'] as const;

export const command = defineCommand(
  {
    examples: [
      ['$0 client --name alice', 'Add a client'],
      [
        "$0 client --name ci --client-name 'CI of example.com' --days 30",
        'Add a client for a month, under a common name of its own',
      ],
    ],
  },
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
