import { defineCommand } from '../command.js';
import { syncContext } from '../../lib/index.js';
import { applyFlags, calledFlags, credentialFlags, openModesFlag } from '../flags.js';
import { sayNotes } from '../notes.js';
import {
  contextAsJson,
  describeContext,
  describeContextPlan,
  describeRemark,
  words,
} from '../present-docker.js';
import { errorStyle, print, printExactly, printJson, resultStyle, say } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 context production', 'Preview the docker context'],
      [
        '$0 context production --name alice --use --apply',
        'Create it for a client, and make it the current one',
      ],
    ],
  },
  (yargs) =>
    yargs
      .positional('context', {
        type: 'string',
        demandOption: true,
        describe: 'Name of the docker context',
      })
      .options({
        ...credentialFlags,
        ...calledFlags,
        use: { type: 'boolean', describe: 'Make it the current context', group: 'Running:' },
        ...applyFlags,
        ...openModesFlag,
      })
      .conflicts('apply', 'dry-run'),
  async ({ context, dir, name, host, use = false, apply = false, json, allowOpenModes }, { signal }) => {
    const options = { directory: dir, name, host, use, apply, signal, allowOpenModes };
    const plan = await syncContext(context, options);
    if (json) {
      printJson(contextAsJson(plan));
      return;
    }
    sayNotes(plan.notes);
    const lines = describeContext(plan, use, resultStyle());
    if (apply || plan.commands.length === 0) print(...lines);
    else {
      printExactly(...lines);
      say(describeRemark(describeContextPlan(plan, { dir, name, host, use }), errorStyle()));
    }
    const variable = ['DOCKER_HOST', 'DOCKER_CONTEXT'].find((name) => process.env[name]);
    if (use && variable !== undefined) say(describeRemark(words.overridden(variable), errorStyle()));
  },
);
