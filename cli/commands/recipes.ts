import type { Argv } from 'yargs';
import { recipes } from '../../lib/index.js';
import { executionFlags } from '../flags.js';
import { describeRecipes } from '../present.js';
import { print, printJson, resultStyle } from '../streams.js';

export function recipesCommand(yargs: Argv): Argv {
  return yargs.command(
    'recipes',
    "List the recipes: our own, and each tutorial's",
    (command) => command.options({ json: executionFlags.json }),
    (flags) => {
      const list = recipes();
      if (flags.json) printJson({ ok: true, command: 'recipes', recipes: list });
      else print(...describeRecipes(list, resultStyle()));
    },
  );
}
