import type { Argv } from 'yargs';
import { planIssue, script } from '../../lib/index.js';
import type { Environment } from '../environment.js';
import { newCaFlags, runFlags } from '../flags.js';
import { flagsFor, recipeFlags } from '../issue-flags.js';
import { sayNotes } from '../notes.js';
import { printExactly } from '../streams.js';
import { requestOf } from './issue.js';

const parts = ['ca', 'server', 'client'] as const;

export function scriptCommand(yargs: Argv, { signal }: Environment): Argv {
  return yargs.command(
    'script',
    'Print what all does as a shell script that needs only openssl and sh',
    (command) =>
      command.options({
        ...recipeFlags,
        ...flagsFor(parts),
        'no-passphrase': newCaFlags['no-passphrase'],
        dir: {
          ...runFlags.dir,
          describe: 'Where the script makes the files unless it is told another place',
        },
      }),
    async (flags) => {
      const { plan } = await planIssue(parts, requestOf(flags, signal), { show: true, fresh: true });
      sayNotes(plan.notes);
      printExactly(...(await script(plan, { directory: flags.dir })).trimEnd().split('\n'));
    },
  );
}
