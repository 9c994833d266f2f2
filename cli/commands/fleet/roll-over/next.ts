import { nextRollOver } from '../../../../lib/index.js';
import { defineCommand } from '../../../command.js';
import { passphraseFlags } from '../../../flags.js';
import { fleetFileOf, fleetFlags } from '../../../fleet-flags.js';
import { passphraseSource } from '../../../passphrase.js';
import { lookFlags, rollOverRunFlags, showRollOverChange, tellOfHosts } from '../../../roll-over-flags.js';
import { running } from '../../../running.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet roll-over next', 'Take the next step'],
      ['$0 fleet roll-over next --confirmed alice', 'Take it, and vouch for a client'],
    ],
    exitCodes: {
      1: 'failed, or not everyone has taken the step',
    },
  },
  (yargs) =>
    yargs
      .options({
        ...fleetFlags,
        confirmed: {
          type: 'string',
          array: true,
          requiresArg: true,
          describe: 'A client that has the files of this step, and cannot be seen from here; repeatable',
        },
        ...passphraseFlags,
        ...lookFlags,
        ...rollOverRunFlags,
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  async (flags, environment) => {
    const { confirmed, connectTimeout, dryRun, quiet, json } = flags;
    const file = await fleetFileOf(flags);
    const passphrase = passphraseSource(flags, environment.signal);
    const change = await running(flags, environment, (control) =>
      nextRollOver(file, {
        ...control,
        ...{ passphrase, confirmed, dryRun, onHost: tellOfHosts(quiet ?? json) },
        connectTimeoutMs: connectTimeout * 1000,
      }),
    );
    showRollOverChange('next', change, { ...flags, dryRun });
  },
);
