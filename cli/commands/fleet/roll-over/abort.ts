import { abortRollOver } from '../../../../lib/index.js';
import { defineCommand } from '../../../command.js';
import { passphraseFlags } from '../../../flags.js';
import { fleetFileOf, fleetFlags } from '../../../fleet-flags.js';
import { passphraseSource } from '../../../passphrase.js';
import { rollOverRunFlags, showRollOverChange } from '../../../roll-over-flags.js';
import { running } from '../../../running.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({ ...fleetFlags, ...passphraseFlags, ...rollOverRunFlags })
      .conflicts('passphrase-file', 'passphrase-fd')
      .epilogue('Exit codes: 0 done, 1 failed, 2 wrong usage'),
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
