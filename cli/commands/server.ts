import { defineCommand } from '../command.js';
import { forceFlag, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import { runIssue } from './issue.js';

const parts = ['server'] as const;

export const command = defineCommand(
  {
    examples: [
      ['$0 server --name web1 --host web1.example.com --ip 10.0.0.6', 'Add a second host'],
      [
        '$0 server --host docker.example.com --host docker --force server',
        'Recreate the server certificate with other names',
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
  (flags, environment) => runIssue('server', parts, flags, environment),
);
