import { installDaemon } from '../../lib/index.js';
import { defineCommand } from '../command.js';
import { openModesFlag, runFlags } from '../flags.js';
import { describeProof } from '../present-host.js';
import { hostFlags, hostOptions, runFlagGroup, tell, where } from './host-changes.js';

export const command = defineCommand(
  (yargs) =>
    yargs
      .options({
        dir: runFlags.dir,
        name: {
          type: 'string',
          requiresArg: true,
          describe: 'A further server, made with --name',
          ...where,
        },
        listen: {
          type: 'string',
          requiresArg: true,
          describe:
            'Where the daemon listens: ADDRESS or ADDRESS:PORT [default: 0.0.0.0 and the port remembered, else 2376]',
          ...where,
        },
        dockerd: {
          type: 'string',
          default: 'dockerd',
          requiresArg: true,
          describe: 'The dockerd that checks the configuration',
          ...runFlagGroup(),
        },
        ...hostFlags,
        ...openModesFlag,
      })
      .example('sudo $0 install daemon --apply --restart', 'On the Docker host itself'),
  async (flags, { signal }) => {
    const { dir, name, listen, dockerd, allowOpenModes } = flags;
    const installation = await installDaemon({
      ...{ directory: dir, name, listen, dockerd, allowOpenModes },
      ...hostOptions(flags, signal),
    });
    tell('install daemon', installation, flags, describeProof(installation));
  },
);
