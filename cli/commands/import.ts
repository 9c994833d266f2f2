import { importSet, previewImport } from '../../lib/index.js';
import { defineCommand } from '../command.js';
import { applyFlags, openModesFlag, runFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { describeImport, importAsJson } from '../present-import.js';
import { print, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 import ~/.docker/machine', 'Preview the import of a set that docker-machine made'],
      ['$0 import ~/.docker/machine --apply', 'Import it into docker-tls'],
    ],
  },
  (yargs) =>
    yargs
      .positional('from', {
        type: 'string',
        describe: 'Directory to import: a tutorial, docker-machine, dind, easy-rsa, mkcert, cfssl, step, ...',
        demandOption: true,
      })
      .options({
        ca: {
          type: 'string',
          requiresArg: true,
          describe: "The CA's certificate, if the directory has several CAs",
          group: 'What to import:',
        },
        dir: runFlags.dir,
        ...applyFlags,
        'lock-timeout': runFlags['lock-timeout'],
        ...openModesFlag,
      })
      .conflicts('apply', 'dry-run'),
  async ({ from, ca, dir, apply = false, json, lockTimeout, allowOpenModes }, { signal }) => {
    const request = { directory: dir, ca };
    const run = { allowOpenModes, signal, lockTimeoutMs: lockTimeout * 1000 };
    const imported = apply
      ? await importSet(from, { ...request, ...run })
      : await previewImport(from, request);
    if (json) {
      printJson(importAsJson(imported, apply));
      return;
    }
    sayNotes(imported.notes);
    print(...describeImport(imported, apply, process.argv.slice(2), resultStyle()));
  },
);
