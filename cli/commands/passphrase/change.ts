import { changePassphrase, InputError } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { keyPassphraseFlags, newPassphraseFlags, runFlags } from '../../flags.js';
import { prompts } from '../../present.js';
import { key, optionsOf, show } from './show.js';

export const command = defineCommand(
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
    return show('change', optionsOf(flags, environment), changePassphrase, flags);
  },
);
