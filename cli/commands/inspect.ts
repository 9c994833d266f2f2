import { defineCommand } from '../command.js';
import { inspect } from '../../lib/index.js';
import { directoryFlag, directoryGiven, executionFlags } from '../flags.js';
import { describeInspection, inspectionAsJson } from '../present-status.js';
import { print, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 inspect', 'Show everything in docker-tls'],
      ['$0 inspect docker-tls/cert.pem --json', 'Show one certificate as JSON'],
    ],
  },
  (yargs) =>
    yargs
      .positional('path', {
        type: 'string',
        describe: 'Directory or file to read [default: docker-tls]',
      })
      .options({ ...directoryFlag, json: { ...executionFlags.json, group: undefined } }),
  async ({ path: word, dir, json }) => {
    const inspection = await inspect({ path: directoryGiven(word, dir) });
    if (json) printJson(inspectionAsJson(inspection));
    else print(...describeInspection(inspection, resultStyle()));
  },
);
