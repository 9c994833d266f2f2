import { defineCommand } from '../command.js';
import { planLines, planRollback, rollback } from '../../lib/index.js';
import { openModesFlag, runFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { describeRollback } from '../present-renewal.js';
import { rollbackAsJson } from '../present-renewal-json.js';
import { print, printExactly, printJson, resultStyle } from '../streams.js';

const { dir, 'dry-run': dryRun, json, quiet, 'lock-timeout': lockTimeout } = runFlags;
export const command = defineCommand(
  {
    examples: [
      ['$0 rollback --dry-run', 'Show what would be restored'],
      ['$0 rollback', 'Restore it'],
    ],
  },
  (yargs) =>
    yargs.options({
      ...{ dir, 'dry-run': dryRun, json, quiet, 'lock-timeout': lockTimeout },
      ...openModesFlag,
    }),
  async (flags, { signal }) => {
    const directory = flags.dir;
    if (flags.dryRun) {
      const { plan, ...planned } = await planRollback({ directory });
      if (flags.json) printJson(rollbackAsJson(planned, true));
      else {
        if (!flags.quiet) sayNotes(planned.notes);
        printExactly(...planLines(plan));
      }
      return;
    }
    const back = await rollback({
      ...{ directory, signal, lockTimeoutMs: flags.lockTimeout * 1000 },
      allowOpenModes: flags.allowOpenModes,
    });
    if (flags.json) printJson(rollbackAsJson(back, false));
    else if (!flags.quiet) {
      sayNotes(back.notes);
      print(...describeRollback(back, resultStyle()));
    }
  },
);
