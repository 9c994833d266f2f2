import { signFleet } from '../../../lib/index.js';
import { previewSignFleet } from '../../../lib/internal.js';
import { defineCommand } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { executionFlags, passphraseFlags, runFlags } from '../../flags.js';
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
      .conflicts('passphrase-file', 'passphrase-fd')
      .epilogue(fleetWords.applyExitCodes),
  async (flags, environment) => {
    const { file, hosts, templates, json, quiet, verbose = false } = flags;
    const fleet = await fleetFileOf({ file });
    const loud = !quiet && !json;
    if (flags.dryRun) {
      const plan = await previewSignFleet(fleet, { hosts });
      if (json) printJson({ ...fleetPlanAsJson(plan), command: 'fleet sign', dryRun: true });
      else if (loud) {
        sayNotes(plan.notes);
        print(...describeFleetPlan(plan, resultStyle(), verbose));
      }
      return;
    }
    const passphrase = passphraseSource(flags, environment.signal);
    const signed = await runningFleet({ ...flags, allowOpenModes: undefined }, environment, (control) =>
      signFleet(fleet, { ...control, passphrase, templates, hosts }),
    );
    if (json) printJson(appliedAsJson('fleet sign', signed));
    else if (loud) {
      sayNotes(signed.notes);
      print(...describeApplied(signed, resultStyle(), verbose));
    } else if (signed.failed.length > 0)
      print(...describeApplied({ ...signed, left: [] }, resultStyle(), false));
    if (signed.failed.length > 0) process.exitCode = EXIT.failed;
  },
);
