import { removePassphrase } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { keyPassphraseFlags, runFlags } from '../../flags.js';
import { key, optionsOf, show } from './show.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 passphrase remove', 'Decrypt the key of the CA'],
      ['$0 passphrase remove --passphrase-file ca.pass', 'In a script'],
    ],
  },
  (yargs) =>
    yargs
      .positional('key', key)
      .options({ ...keyPassphraseFlags('the current passphrase'), ...runFlags })
      .conflicts('passphrase-file', 'passphrase-fd'),
  (flags, environment) => show('remove', optionsOf(flags, environment), removePassphrase, flags),
);
