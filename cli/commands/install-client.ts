import { defineCommand } from '../command.js';
import { configurationDirectory, endpointCalled, endpointUrl } from '../../lib/internal.js';
import { installClient } from '../../lib/index.js';
import { applyFlags, calledFlags, credentialFlags, openModesFlag, runFlags } from '../flags.js';
import { sayNotes } from '../notes.js';
import { describeInstalled, describeInstalledUse, installedAsJson } from '../present-docker.js';
import { print, printJson, resultStyle } from '../streams.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 install client', 'Preview what would be copied to ~/.docker'],
      ['$0 install client --name alice --apply', 'Copy the files of a client'],
    ],
  },
  (yargs) =>
    yargs
      .options({
        ...credentialFlags,
        ...calledFlags,
        to: {
          type: 'string',
          requiresArg: true,
          describe: 'Directory to copy to [default: $DOCKER_CONFIG, then ~/.docker]',
          group: 'Running:',
        },
        ...applyFlags,
        'lock-timeout': runFlags['lock-timeout'],
        ...openModesFlag,
      })
      .conflicts('apply', 'dry-run'),
  async ({ dir, name, host, to, apply = false, json, lockTimeout, allowOpenModes }, { signal }) => {
    const options = { directory: dir, name, to, apply, allowOpenModes };
    // Before anything is done: what was typed can be wrong; what no certificate says is left open.
    const url =
      host === undefined
        ? await endpointCalled({ directory: dir }).then(endpointUrl, () => undefined)
        : endpointUrl(await endpointCalled({ directory: dir, host }));
    const installed = await installClient({ ...options, signal, lockTimeoutMs: lockTimeout * 1000 });
    if (json) {
      printJson(installedAsJson(installed));
      return;
    }
    sayNotes(installed.notes);
    print(...describeInstalled(installed, { dir, name, host, to }, resultStyle()));
    if (apply) print(...describeInstalledUse(installed.to, configurationDirectory(), url));
  },
);
