import { startRollOver } from '../../../../lib/index.js';
import { defineCommand } from '../../../command.js';
import { passphraseFlags } from '../../../flags.js';
import { fleetFileOf, fleetFlags } from '../../../fleet-flags.js';
import { passphraseSource } from '../../../passphrase.js';
import { rollOverRunFlags, showRollOverChange } from '../../../roll-over-flags.js';
import { running } from '../../../running.js';

const what = { group: 'The new CA:' };

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet roll-over start --dry-run', 'Show what would be done'],
      ['$0 fleet roll-over start --passphrase-file ca.pass', 'Create the new CA'],
    ],
  },
  (yargs) =>
    yargs
      .options({
        ...fleetFlags,
        key: {
          type: 'string',
          requiresArg: true,
          describe: 'Type of the new private key [default: as before]',
          ...what,
        },
        days: {
          type: 'string',
          requiresArg: true,
          describe: 'Lifetime in days [default: as before]',
          ...what,
        },
        'ca-key': {
          type: 'string',
          requiresArg: true,
          describe: 'The key in the token that the CA continues with (pkcs11:token=NAME;object=NAME)',
          ...what,
        },
        'no-passphrase': {
          type: 'boolean',
          describe: 'Leave the new private key unencrypted',
          group: 'Passphrase of the CA:',
        },
        ...passphraseFlags,
        ...rollOverRunFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  async (flags, environment) => {
    const { key, days, caKey, dryRun } = flags;
    const file = await fleetFileOf(flags);
    const passphrase = passphraseSource(flags, environment.signal);
    const change = await running(flags, environment, (control) =>
      startRollOver(file, { ...control, key, days, caKey, passphrase, dryRun }),
    );
    showRollOverChange('start', change, { ...flags, dryRun });
  },
);
