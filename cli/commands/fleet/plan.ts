import { planFleet } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { executionFlags } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { sayNotes } from '../../notes.js';
import { describeFleetPlan, fleetPlanAsJson, fleetWords } from '../../present-fleet.js';
import { print, printJson, resultStyle } from '../../streams.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({
        ...fleetFlags,
        prune: {
          type: 'boolean',
          describe: 'Plan as for fleet apply --prune: revoke what the file does not name',
        },
        'ignore-window': {
          type: 'boolean',
          describe: 'Plan renewals also outside the maintenance windows',
        },
        json: executionFlags.json,
        quiet: { ...executionFlags.quiet, describe: 'Print only errors: the exit code is the answer' },
        verbose: { type: 'boolean', describe: 'Show every host and client', group: 'Running:' },
      })
      .epilogue(fleetWords.exitCodes)
      .example('$0 fleet plan', 'What fleet apply would do, and why'),
  async ({ file, prune, ignoreWindow, json, quiet, verbose }) => {
    const plan = await planFleet(await fleetFileOf({ file }), { prune, ignoreWindow });
    if (json) printJson(fleetPlanAsJson(plan));
    else if (!quiet) {
      sayNotes(plan.notes);
      print(...describeFleetPlan(plan, resultStyle(), verbose ?? false));
    }
    process.exitCode = plan.changes ? EXIT.changes : EXIT.done;
  },
);
