import { defineCommand } from '../command.js';
import { inspect } from '../../lib/index.js';
import { graphFormats } from '../../lib/internal.js';
import { UsageError } from '../environment.js';
import { directoryFlag, directoryGiven, executionFlags } from '../flags.js';
import { describeInspection, inspectionAsJson, inspectWords } from '../present-status.js';
import { print, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 inspect', 'Show everything in docker-tls'],
      ['$0 inspect docker-tls/cert.pem --json', 'Show one certificate as JSON'],
      ['$0 inspect --graph tree', 'Show who signed whom, and who trusts whom'],
    ],
  },
  (yargs) =>
    yargs
      .positional('path', {
        type: 'string',
        describe: 'Directory or file to read [default: docker-tls]',
      })
      .options({
        ...directoryFlag,
        graph: {
          type: 'string',
          choices: graphFormats,
          requiresArg: true,
          describe: 'Draw who signed whom and who trusts whom, in this form',
        },
        json: { ...executionFlags.json, group: undefined },
      }),
  async ({ path: word, dir, graph, json }) => {
    if (graph !== undefined && json) throw new UsageError(inspectWords.jsonAndGraph);
    const inspection = await inspect({ path: directoryGiven(word, dir) });
    if (graph !== undefined) await (await import('../graphs.js')).printGraph(inspection, graph);
    else if (json) printJson(inspectionAsJson(inspection));
    else print(...describeInspection(inspection, resultStyle()));
  },
);
