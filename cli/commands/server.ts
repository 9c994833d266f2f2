import type { Argv } from 'yargs';
import { forceFlag, passphraseFlags, runFlags } from '../flags.js';
import { flagsFor } from '../issue-flags.js';
import type { Environment } from '../environment.js';
import { runIssue } from './issue.js';

const parts = ['server'] as const;

export function serverCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'server',
    "Make a server's certificate with the CA that is there",
    (command) =>
      command
        .options({
          ...flagsFor(parts),
          ...forceFlag(parts),
          ...passphraseFlags,
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd'),
    (flags) => runIssue('server', parts, flags, environment),
  );
}
