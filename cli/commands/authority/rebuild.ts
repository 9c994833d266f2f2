import { rebuildIndex } from '../../../lib/index.js';
import { artifactsOf, previewRebuild } from '../../../lib/internal.js';
import { defineCommand } from '../../command.js';
import { executionFlags, runFlags } from '../../flags.js';
import { sayNotes } from '../../notes.js';
import { describeRebuilt, rebuiltAsJson } from '../../present-index.js';
import { print, printJson, resultStyle } from '../../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 authority rebuild --dry-run', 'Show what would be found'],
      ['$0 authority rebuild', 'Make the index'],
    ],
  },
  (yargs) =>
    yargs.options({
      dir: runFlags.dir,
      'dry-run': { ...executionFlags['dry-run'], describe: 'Say what would be found, and write nothing' },
      json: executionFlags.json,
      quiet: executionFlags.quiet,
      'lock-timeout': runFlags['lock-timeout'],
    }),
  async ({ dir, dryRun = false, json, quiet, lockTimeout }, { signal }) => {
    if (dryRun) {
      const { plan, ...planned } = await previewRebuild({ directory: dir });
      const would = { ...planned, made: artifactsOf(plan) };
      if (json) printJson(rebuiltAsJson(would, true));
      else print(...describeRebuilt(would, resultStyle(), true));
      return;
    }
    const rebuilt = await rebuildIndex({ directory: dir, lockTimeoutMs: lockTimeout * 1000, signal });
    if (json) printJson(rebuiltAsJson(rebuilt));
    else if (!quiet) {
      sayNotes(rebuilt.notes);
      print(...describeRebuilt(rebuilt, resultStyle()));
    }
  },
);
