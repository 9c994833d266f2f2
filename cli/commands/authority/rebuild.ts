import { rebuildIndex } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { executionFlags, runFlags } from '../../flags.js';
import { sayNotes } from '../../notes.js';
import { describeRebuilt, rebuiltAsJson } from '../../present-index.js';
import { print, printJson, resultStyle } from '../../streams.js';

export const command = defineCommand(
  (yargs) =>
    yargs.options({
      dir: runFlags.dir,
      json: executionFlags.json,
      quiet: executionFlags.quiet,
      'lock-timeout': runFlags['lock-timeout'],
    }),
  async ({ dir, json, quiet, lockTimeout }, { signal }) => {
    const rebuilt = await rebuildIndex({ directory: dir, lockTimeoutMs: lockTimeout * 1000, signal });
    if (json) printJson(rebuiltAsJson(rebuilt));
    else if (!quiet) {
      sayNotes(rebuilt.notes);
      print(...describeRebuilt(rebuilt, resultStyle()));
    }
  },
);
