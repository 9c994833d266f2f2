import { planFleet } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { executionFlags } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { printFleetPlan } from '../../fleet-results.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet plan', 'Show what is to be done'],
      ['$0 fleet plan --quiet', 'Answer by the exit code alone, as in CI'],
    ],
    exitCodes: {
      0: 'nothing to do',
      1: 'failed or wrong usage',
      2: 'there is something to do',
    },
  },
  (yargs) =>
    yargs.options({
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
    }),
  async (flags) => {
    const { prune, ignoreWindow } = flags;
    const plan = await planFleet(await fleetFileOf(flags), { prune, ignoreWindow });
    printFleetPlan(plan, flags);
    process.exitCode = plan.changes ? EXIT.changes : EXIT.done;
  },
);
