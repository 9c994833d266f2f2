import { changePassphrase, InputError } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { keyPassphraseFlags, newPassphraseFlags, runFlags } from '../../flags.js';
import { passphraseSource } from '../../passphrase.js';
import { prompts } from '../../present.js';
import { key, optionsOf, show } from './show.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 passphrase change', "Change the passphrase of the CA's key"],
      ['$0 passphrase change --passphrase-file ca.pass --new-passphrase-file new.pass', 'In a script'],
    ],
  },
  (yargs) =>
    yargs
      .positional('key', key)
      .options({
        ...keyPassphraseFlags('the current passphrase'),
        ...newPassphraseFlags,
        ...runFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd')
      .conflicts('new-passphrase-file', 'new-passphrase-fd'),
  async (flags, environment) => {
    if (flags.passphraseFd !== undefined && flags.passphraseFd === flags.newPassphraseFd)
      throw new InputError('new-passphrase-fd', prompts.sameSource, { hint: prompts.sameSourceHint });
    const { newPassphraseFile: passphraseFile, newPassphraseFd: passphraseFd } = flags;
    const newPassphrase = passphraseSource({ passphraseFile, passphraseFd }, environment.signal) ?? undefined;
    const options = optionsOf(flags, environment);
    return show('change', options, () => changePassphrase({ ...options, newPassphrase }), flags);
  },
);
