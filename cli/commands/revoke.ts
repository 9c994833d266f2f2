import { planLines, previewRevoke, revoke } from '../../lib/index.js';
import { revocationReasons } from '../../lib/internal.js';
import { defineCommand } from '../command.js';
import { confirmRevocation } from '../confirm.js';
import { executionFlags, passphraseFlags, runFlags } from '../flags.js';
import { caKeyFlag } from '../issue-flags.js';
import { sayNotes } from '../notes.js';
import { passphraseSource } from '../passphrase.js';
import { describeRevocation, revocationAsJson } from '../present-index.js';
import { running } from '../running.js';
import { print, printExactly, printJson, resultStyle } from '../streams.js';

const what = { group: 'What to revoke:' };

export const command = defineCommand(
  {
    examples: [
      ['$0 revoke alice --reason keyCompromise', 'Revoke every certificate of a client, after asking'],
      ['$0 revoke alice --yes --dry-run', 'Show what would be done'],
    ],
  },
  (yargs) =>
    yargs
      .positional('names', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'NAME or common name of a client or server, or a serial number',
      })
      .options({
        reason: {
          choices: revocationReasons,
          requiresArg: true,
          describe: 'Why, for the list [default: none is given]',
          ...what,
        },
        days: {
          type: 'string',
          requiresArg: true,
          describe: 'Days until the next list is due [default: 30]',
          ...what,
        },
        'ca-key': caKeyFlag,
        yes: { type: 'boolean', describe: 'Revoke without asking', group: 'Running:' },
        ...passphraseFlags,
        dir: runFlags.dir,
        ...executionFlags,
        'lock-timeout': runFlags['lock-timeout'],
      })
      .conflicts('passphrase-file', 'passphrase-fd'),
  async (flags, environment) => {
    const { names, dir: directory, reason, days, caKey } = flags;
    const { signal } = environment;
    const request = { directory, reason, days, caKey, passphrase: passphraseSource(flags, signal) };
    const loud = !flags.quiet && !flags.json;
    const { plan, ...planned } = await previewRevoke(names, request);
    if (flags.dryRun) {
      if (flags.json) printJson(revocationAsJson(planned, plan));
      else {
        if (loud) sayNotes(planned.notes);
        printExactly(...planLines(plan));
      }
      return;
    }
    await confirmRevocation(planned.certificates, flags.yes ?? false, signal);
    const revoked = await running({ ...flags, allowOpenModes: undefined }, environment, (control) =>
      revoke(names, { ...request, ...control }),
    );
    if (flags.json) printJson(revocationAsJson(revoked));
    else if (loud) {
      sayNotes(revoked.notes);
      print(...describeRevocation(revoked, resultStyle()));
    }
  },
);
