import { defineCommand } from '../command.js';
import { previewIssue, script } from '../../lib/index.js';
import { newCaFlags, runFlags } from '../flags.js';
import { flagsFor, recipeFlags } from '../issue-flags.js';
import { sayNotes } from '../notes.js';
import { spelledNotes } from '../present.js';
import { printExactly } from '../streams.js';
import { requestOf } from './issue.js';

const parts = ['ca', 'server', 'client'] as const;

export const command = defineCommand(
  {
    examples: [
      [
        '$0 script --host docker.example.com > make-certificates.sh',
        'Write a script for a machine without Node',
      ],
      ['$0 script --recipe docs --host docker.example.com', "Print the commands of Docker's documentation"],
    ],
  },
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
    const { plan } = await previewIssue(parts, requestOf(flags, signal), { fresh: true });
    sayNotes(plan.notes);
    const text = await script({ ...plan, notes: spelledNotes(plan.notes) }, { directory: flags.dir });
    printExactly(...text.trimEnd().split('\n'));
  },
);
