import { resolve } from 'node:path';
import { defineCommand } from '../command.js';
import { bundle, writeBundle } from '../../lib/index.js';
import { endpointCalled, endpointUrl } from '../../lib/internal.js';
import { UsageError } from '../environment.js';
import { executionFlags, openModesFlag, runFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { spelledNotes } from '../present.js';
import { describeBundle, describeBundled, describeRemark, words } from '../present-docker.js';
import { errorStyle, print, printBytes, printJson, resultStyle, say } from '../streams.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .positional('name', {
        type: 'string',
        describe: 'Client or server to pack [default: the default pair]',
      })
      .options({
        server: {
          type: 'boolean',
          describe: 'Pack the files of a server [default: of a client]',
          group: 'What to pack:',
        },
        output: {
          type: 'string',
          requiresArg: true,
          describe: 'File to write, - for stdout [default: NAME.tar.gz, client.tar.gz or server.tar.gz]',
          group: 'Running:',
        },
        'dry-run': {
          type: 'boolean',
          describe: 'List the files without packing them',
          group: 'Running:',
        },
        overwrite: { type: 'boolean', describe: 'Replace the output file if it exists', group: 'Running:' },
        dir: { ...runFlags.dir, group: 'What to pack:' },
        json: executionFlags.json,
        ...openModesFlag,
      }),
  async ({ name, server, output, overwrite, dryRun = false, dir, json, allowOpenModes }) => {
    const role = server ? 'server' : 'client';
    const toStdout = output === '-';
    if (toStdout && json) throw new UsageError(words.bundleAndJson);
    if (toStdout && process.stdout.isTTY && !dryRun) throw new UsageError(words.bundleToTerminal);
    const made = await bundle(role, { directory: dir, name });
    if (toStdout && !dryRun) {
      printBytes(made.bytes);
      return;
    }
    const path = output ?? `${name ?? role}.tar.gz`;
    const notes = dryRun ? [] : await writeBundle(resolve(path), made, { overwrite, allowOpenModes });
    if (json) {
      const files = made.files.map(({ mode, ...file }) => ({ ...file, mode: `0${mode.toString(8)}` }));
      printJson({
        ok: true,
        command: 'bundle',
        dryRun,
        role,
        path: resolve(path),
        files,
        notes: spelledNotes(notes),
      });
      return;
    }
    if (dryRun) {
      print(...describeBundled(made), words.bundleNotMade(path));
      return;
    }
    const host = await endpointCalled({ directory: dir }).then(endpointUrl, () => undefined);
    sayNotes(notes);
    print(...describeBundle(path, made, role, host, resultStyle()));
    say(describeRemark(words.bundleSecret(role), errorStyle()));
  },
);
