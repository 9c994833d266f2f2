import { defineCommand } from '../../command.js';
import { flagsNamed } from '../../issue-flags.js';
import { csrFlags, runCsr } from './csr.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 csr client --client-name alice --name alice', "Create a key and a CSR on a client's machine"],
      [
        '$0 csr client --client-name ci --script > make-csr.sh',
        'Write a script that does it on a machine without Node',
      ],
    ],
  },
  (yargs) =>
    yargs
      .options({ ...flagsNamed(['client-name']), ...csrFlags })
      .conflicts('script', ['dry-run', 'json', 'overwrite']),
  (flags, environment) => runCsr('client', flags, environment),
);
