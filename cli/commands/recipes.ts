import { defineCommand } from '../command.js';
import { recipes } from '../../lib/index.js';
import { executionFlags } from '../flags.js';
import { describeRecipes, spelledRecipes } from '../present.js';
import { print, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 recipes', 'List the recipes'],
      ['$0 recipes --json', 'The same as JSON'],
    ],
  },
  (yargs) => yargs.options({ json: executionFlags.json }),
  (flags) => {
    const list = recipes();
    if (flags.json) printJson({ ok: true, command: 'recipes', recipes: spelledRecipes(list) });
    else print(...describeRecipes(list, resultStyle()));
  },
);
