import { defineCommand } from '../../command.js';
import { flagsNamed } from '../../issue-flags.js';
import { csrFlags, runCsr } from './csr.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({ ...flagsNamed(['host', 'ip', 'no-localhost']), ...csrFlags })
      .conflicts('script', ['dry-run', 'json', 'overwrite']),
  (flags, environment) => runCsr('server', flags, environment),
);
