import type { Argv } from 'yargs';
import { recipes } from '../../lib/index.js';
import { executionFlags } from '../flags.js';
import { describeRecipes } from '../present.js';
import { print, resultStyle } from '../streams.js';

export function recipesCommand(yargs: Argv): Argv {
  return yargs.command(
    'recipes',
    "List the recipes: our own, and each tutorial's",
    (command) => command.options({ json: executionFlags.json }),
    (flags) => {
      const list = recipes();
      print(
        flags.json
          ? JSON.stringify({ ok: true, command: 'recipes', recipes: list }, null, 2)
          : describeRecipes(list, resultStyle()),
      );
    },
  );
}
