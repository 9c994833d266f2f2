import { defineCommand } from '../command.js';
import { planIssue, script } from '../../lib/index.js';
import { newCaFlags, runFlags } from '../flags.js';
import { flagsFor, recipeFlags } from '../issue-flags.js';
import { sayNotes } from '../notes.js';
import { printExactly } from '../streams.js';
import { requestOf } from './issue.js';

const parts = ['ca', 'server', 'client'] as const;

export const command = defineCommand(
  (yargs) =>
    yargs.options({
      ...recipeFlags,
      ...flagsFor(parts),
      'no-passphrase': newCaFlags['no-passphrase'],
      dir: {
        ...runFlags.dir,
        describe: 'Directory that the script writes to, unless you pass it another',
      },
    }),
  async (flags, { signal }) => {
    const { plan } = await planIssue(parts, requestOf(flags, signal), { show: true, fresh: true });
    sayNotes(plan.notes);
    printExactly(...(await script(plan, { directory: flags.dir })).trimEnd().split('\n'));
  },
);
