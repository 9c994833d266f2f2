import { applyFleet, planFleet } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { confirmPrune } from '../../confirm.js';
import { EXIT } from '../../exit-codes.js';
import { executionFlags, newCaFlags, openModesFlag, passphraseFlags, runFlags } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { flagsNamed } from '../../issue-flags.js';
import { sayNotes } from '../../notes.js';
import { passphraseSource } from '../../passphrase.js';
import {
  appliedAsJson,
  describeApplied,
  describeFleetPlan,
  fleetPlanAsJson,
  fleetWords,
} from '../../present-fleet.js';
import { runningFleet } from '../../running-fleet.js';
import { print, printJson, resultStyle } from '../../streams.js';

export const command = defineCommand(
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
      .conflicts('passphrase-file', 'passphrase-fd')
      .epilogue(fleetWords.applyExitCodes)
      .example('$0 fleet apply --passphrase-file ca.pass', "Do the controller's part"),
  async (flags, environment) => {
    const { file, prune, ignoreWindow, bundle, templates, json, quiet, verbose = false } = flags;
    const fleet = await fleetFileOf({ file });
    const loud = !quiet && !json;
    if (flags.dryRun || prune) {
      const plan = await planFleet(fleet, { prune, ignoreWindow });
      if (flags.dryRun) {
        if (json) printJson({ ...fleetPlanAsJson(plan), command: 'fleet apply', dryRun: true });
        else if (loud) {
          sayNotes(plan.notes);
          print(...describeFleetPlan(plan, resultStyle(), verbose));
        }
        return;
      }
      await confirmPrune(plan.counts.revoke, flags.yes ?? false, environment.signal);
    }
    const passphrase = passphraseSource(flags, environment.signal);
    const applied = await runningFleet(flags, environment, (control) =>
      applyFleet(fleet, { ...control, passphrase, prune, ignoreWindow, bundle, templates }),
    );
    if (json) printJson(appliedAsJson('fleet apply', applied));
    else if (loud) {
      sayNotes(applied.notes);
      print(...describeApplied(applied, resultStyle(), verbose));
    } else if (applied.failed.length > 0)
      print(...describeApplied({ ...applied, left: [] }, resultStyle(), false));
    if (applied.failed.length > 0) process.exitCode = EXIT.failed;
  },
);
