import { defineCommand } from '../command.js';
import { certificateFlags, forceFlag, leafFlags, newCaFlags, passphraseFlags, runFlags } from '../flags.js';
import { runIssue } from './issue.js';

const parts = ['ca'] as const;

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({
        ...certificateFlags,
        ...newCaFlags,
        templates: leafFlags.templates,
        ...forceFlag(parts),
        ...passphraseFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  (flags, environment) => runIssue('ca', parts, flags, environment),
);
