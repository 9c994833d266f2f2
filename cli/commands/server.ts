import type { Argv } from 'yargs';
import {
  certificateFlags,
  forceFlag,
  leafFlags,
  nameFlag,
  passphraseFlags,
  runFlags,
  serverFlags,
} from '../flags.js';
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
          ...serverFlags,
          ...nameFlag,
          ...certificateFlags,
          ...leafFlags,
          ...forceFlag(parts),
          ...passphraseFlags,
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd'),
    (flags) => runIssue('server', parts, flags, environment),
  );
}
