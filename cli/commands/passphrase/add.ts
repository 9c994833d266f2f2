import { addPassphrase } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { keyPassphraseFlags, runFlags } from '../../flags.js';
import { key, optionsOf, show } from './show.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 passphrase add', 'Encrypt the key of the CA'],
      ['$0 passphrase add docker-tls/key.pem --passphrase-file key.pass', 'Encrypt another key'],
    ],
  },
  (yargs) =>
    yargs
      .positional('key', key)
      .options({ ...keyPassphraseFlags('the new passphrase'), ...runFlags })
      .conflicts('passphrase-file', 'passphrase-fd'),
  (flags, environment) => show('add', optionsOf(flags, environment), addPassphrase, flags),
);
