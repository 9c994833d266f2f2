import { defineCommand } from '../../command.js';
import { flagsNamed } from '../../issue-flags.js';
import { csrFlags, runCsr } from './csr.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 csr server --host docker.example.com', 'Create a key and a CSR on the Docker host'],
      [
        '$0 csr server --host db.example.com --script > make-csr.sh',
        'Write a script that does it on a host without Node',
      ],
    ],
  },
  (yargs) =>
    yargs
      .options({ ...flagsNamed(['host', 'ip', 'no-localhost']), ...csrFlags })
      .conflicts('script', ['dry-run', 'json', 'overwrite']),
  (flags, environment) => runCsr('server', flags, environment),
);
