import { defineCommand } from '../command.js';
import {
  certificateFlags,
  forceFlag,
  leafFlags,
  nameFlag,
  passphraseFlags,
  runFlags,
  serverFlags,
} from '../flags.js';
import { runIssue } from './issue.js';

const parts = ['server'] as const;

export const command = defineCommand(
  (yargs) =>
    yargs
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
  (flags, environment) => runIssue('server', parts, flags, environment),
);
