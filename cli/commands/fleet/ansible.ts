import { fleetAnsible, previewFleetAnsible } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { runFlags } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { sayNotes } from '../../notes.js';
import { programWords } from '../../own-command.js';
import { describePlaybooks, playbooksAsJson } from '../../present-rollout.js';
import { print, printJson, resultStyle } from '../../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet ansible playbooks', 'Then: cd playbooks && ansible-playbook -i inventory.yml site.yml'],
      ['$0 fleet ansible playbooks --dry-run', 'Show which files would be written'],
    ],
  },
  (yargs) =>
    yargs
      .positional('out', { type: 'string', describe: 'Directory for the playbooks', demandOption: true })
      .options({
        ...fleetFlags,
        overwrite: {
          type: 'boolean',
          describe: 'Replace files that somebody changed since they were written',
          group: 'Running:',
        },
        'dry-run': { ...runFlags['dry-run'], describe: 'Show which files would be written' },
        json: runFlags.json,
        quiet: runFlags.quiet,
        'lock-timeout': runFlags['lock-timeout'],
      }),
  async (flags, { signal }) => {
    const { out, overwrite, dryRun = false, json, quiet, lockTimeout } = flags;
    const fleet = await fleetFileOf(flags);
    const options = { out, overwrite, program: programWords() };
    const written = dryRun
      ? await previewFleetAnsible(fleet, options)
      : await fleetAnsible(fleet, { ...options, signal, lockTimeoutMs: lockTimeout * 1000 });
    if (json) printJson(playbooksAsJson(written, dryRun));
    else if (!quiet) {
      sayNotes(written.notes);
      print(...describePlaybooks(written, dryRun, resultStyle()));
    }
  },
);
