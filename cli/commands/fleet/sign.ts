import { signFleet } from '../../../lib/index.js';
import { previewSignFleet } from '../../../lib/internal.js';
import { defineCommand } from '../../command.js';
import { executionFlags, passphraseFlags, runFlags } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { flagsNamed } from '../../issue-flags.js';
import { passphraseSource } from '../../passphrase.js';
import { printApplied, printFleetPlan } from '../../fleet-results.js';
import { runningFleet } from '../../running-fleet.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet sign --dry-run', 'Show which CSRs would be signed'],
      ['$0 fleet sign web1 --passphrase-file ca.pass', 'Sign that of one host'],
    ],
    exitCodes: {
      1: 'failed, also for one host or client',
    },
  },
  (yargs) =>
    yargs
      .positional('hosts', {
        type: 'string',
        array: true,
        describe: 'Hosts and clients of the fleet file [default: all whose CSRs have come]',
      })
      .options({
        ...fleetFlags,
        templates: flagsNamed(['templates']).templates,
        ...passphraseFlags,
        ...executionFlags,
        'dry-run': { ...executionFlags['dry-run'], describe: 'Show which CSRs would be signed' },
        verbose: { ...executionFlags.verbose, describe: 'Show everything that is left to be done' },
        'lock-timeout': runFlags['lock-timeout'],
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  async (flags, environment) => {
    const { file, hosts, templates } = flags;
    const fleet = await fleetFileOf({ file });
    if (flags.dryRun) {
      const plan = await previewSignFleet(fleet, { hosts });
      printFleetPlan(plan, flags, { command: 'fleet sign', dryRun: true });
      return;
    }
    const passphrase = passphraseSource(flags, environment.signal);
    const signed = await runningFleet({ ...flags, allowOpenModes: undefined }, environment, (control) =>
      signFleet(fleet, { ...control, passphrase, templates, hosts }),
    );
    printApplied('fleet sign', signed, flags);
  },
);
