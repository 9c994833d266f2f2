import type { Argv } from 'yargs';
import { certificateFlags, forceFlag, leafFlags, newCaFlags, passphraseFlags, runFlags } from '../flags.js';
import type { Environment } from '../environment.js';
import { runIssue } from './issue.js';

const parts = ['ca'] as const;

export function caCommand(yargs: Argv, environment: Environment): Argv {
  return yargs.command(
    'ca',
    'Make the CA alone',
    (command) =>
      command
        .options({
          ...certificateFlags,
          ...newCaFlags,
          templates: leafFlags.templates,
          ...forceFlag(parts),
          ...passphraseFlags,
          ...runFlags,
        })
        .conflicts('passphrase-file', 'passphrase-fd'),
    (flags) => runIssue('ca', parts, flags, environment),
  );
}
