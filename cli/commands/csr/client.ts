import { defineCommand } from '../../command.js';
import { flagsNamed } from '../../issue-flags.js';
import { csrFlags, runCsr } from './csr.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({ ...flagsNamed(['client-name']), ...csrFlags })
      .conflicts('script', ['dry-run', 'json', 'overwrite']),
  (flags, environment) => runCsr('client', flags, environment),
);
