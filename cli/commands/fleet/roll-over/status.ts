import { rollOverStatus } from '../../../../lib/index.js';
import { defineCommand } from '../../../command.js';
import { EXIT } from '../../../exit-codes.js';
import { executionFlags } from '../../../flags.js';
import { fleetFileOf, fleetFlags } from '../../../fleet-flags.js';
import { describeRollOverStatus, rollOverStatusAsJson } from '../../../present-roll-over.js';
import { lookFlags, tellOfHosts } from '../../../roll-over-flags.js';
import { print, printJson, resultStyle } from '../../../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet roll-over status', 'Ask every host'],
      ['$0 fleet roll-over status --connect-timeout 3 --json', 'The same as JSON, and wait less for each'],
    ],
    exitCodes: {
      0: 'ready for the next step, or none is under way',
      3: 'not ready',
    },
  },
  (yargs) => yargs.options({ ...fleetFlags, ...lookFlags, json: executionFlags.json }),
  async (flags, { signal }) => {
    const { json, connectTimeout } = flags;
    const status = await rollOverStatus(await fleetFileOf(flags), {
      ...{ signal, onHost: tellOfHosts(json) },
      connectTimeoutMs: connectTimeout * 1000,
    });
    if (json) printJson(rollOverStatusAsJson(status));
    else print(...describeRollOverStatus(status, resultStyle()));
    if (status.next !== undefined && !status.ready) process.exitCode = EXIT.due;
  },
);
