import { defineCommand } from '../command.js';
import {
  certificateFlags,
  clientFlags,
  forceFlag,
  leafFlags,
  newCaFlags,
  passphraseFlags,
  recipeFlags,
  runFlags,
  serverFlags,
} from '../flags.js';
import { runIssue } from './issue.js';

const parts = ['ca', 'server', 'client'] as const;

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({
        ...recipeFlags,
        ...serverFlags,
        ...clientFlags,
        ...certificateFlags,
        ...leafFlags,
        ...newCaFlags,
        ...forceFlag(parts),
        ...passphraseFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  (flags, environment) => runIssue('all', parts, flags, environment),
);
