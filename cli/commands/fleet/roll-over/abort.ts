import { abortRollOver } from '../../../../lib/index.js';
import { defineCommand } from '../../../command.js';
import { passphraseFlags } from '../../../flags.js';
import { fleetFileOf, fleetFlags } from '../../../fleet-flags.js';
import { passphraseSource } from '../../../passphrase.js';
import { rollOverRunFlags, showRollOverChange } from '../../../roll-over-flags.js';
import { running } from '../../../running.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet roll-over abort --dry-run', 'Show what would be done'],
      ['$0 fleet roll-over abort', 'Go back to the old CA'],
    ],
  },
  (yargs) =>
    yargs
      .options({ ...fleetFlags, ...passphraseFlags, ...rollOverRunFlags })
      .conflicts('passphrase-file', 'passphrase-fd'),
  async (flags, environment) => {
    const { dryRun } = flags;
    const file = await fleetFileOf(flags);
    const passphrase = passphraseSource(flags, environment.signal);
    const change = await running(flags, environment, (control) =>
      abortRollOver(file, { ...control, passphrase, dryRun }),
    );
    showRollOverChange('abort', change, { ...flags, dryRun });
  },
);
