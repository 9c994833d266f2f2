import { applyFleet, planFleet } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { confirmPrune } from '../../confirm.js';
import { executionFlags, newCaFlags, openModesFlag, passphraseFlags, runFlags } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { flagsNamed } from '../../issue-flags.js';
import { passphraseSource } from '../../passphrase.js';
import { printApplied, printFleetPlan } from '../../fleet-results.js';
import { runningFleet } from '../../running-fleet.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet apply --dry-run', 'Show what would be done'],
      ['$0 fleet apply --passphrase-file ca.pass', 'Do it'],
    ],
    exitCodes: {
      1: 'failed, also for one host or client',
    },
  },
  (yargs) =>
    yargs
      .options({
        ...fleetFlags,
        prune: {
          type: 'boolean',
          describe: 'Revoke what the file does not name, and move it to archive/',
        },
        'ignore-window': {
          type: 'boolean',
          describe: 'Renew also outside the maintenance windows',
        },
        bundle: {
          type: 'string',
          requiresArg: true,
          describe: 'Write a .tar.gz for each host and client whose key is here into this directory',
        },
        templates: flagsNamed(['templates']).templates,
        ...passphraseFlags,
        'no-passphrase': newCaFlags['no-passphrase'],
        yes: { type: 'boolean', describe: 'Revoke with --prune without asking', group: 'Running:' },
        ...executionFlags,
        ...openModesFlag,
        'lock-timeout': runFlags['lock-timeout'],
        'dry-run': { ...executionFlags['dry-run'], describe: 'Show what would be done, as fleet plan does' },
        verbose: { ...executionFlags.verbose, describe: 'Show everything that is left to be done' },
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  async (flags, environment) => {
    const { file, prune, ignoreWindow, bundle, templates } = flags;
    const fleet = await fleetFileOf({ file });
    if (flags.dryRun || prune) {
      const plan = await planFleet(fleet, { prune, ignoreWindow });
      if (flags.dryRun) {
        printFleetPlan(plan, flags, { command: 'fleet apply', dryRun: true });
        return;
      }
      await confirmPrune(plan.counts.revoke, flags.yes ?? false, environment.signal);
    }
    const passphrase = passphraseSource(flags, environment.signal);
    const applied = await runningFleet(flags, environment, (control) =>
      applyFleet(fleet, { ...control, passphrase, prune, ignoreWindow, bundle, templates }),
    );
    printApplied('fleet apply', applied, flags);
  },
);
