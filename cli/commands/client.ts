import { defineCommand } from '../command.js';
import {
  certificateFlags,
  clientFlags,
  forceFlag,
  leafFlags,
  nameFlag,
  passphraseFlags,
  runFlags,
} from '../flags.js';
import { runIssue } from './issue.js';

const parts = ['client'] as const;

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({
        ...clientFlags,
        ...nameFlag,
        ...certificateFlags,
        ...leafFlags,
        ...forceFlag(parts),
        ...passphraseFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  (flags, environment) => runIssue('client', parts, flags, environment),
);
