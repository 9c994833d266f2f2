import { installDaemon } from '../../lib/index.js';
import { defineCommand } from '../command.js';
import { openModesFlag, runFlags } from '../flags.js';
import { describeProof } from '../present-host.js';
import { hostFlags, hostOptions, runFlagGroup, tell, where } from './host-changes.js';

export const command = defineCommand(
  {
    examples: [
      ['sudo $0 install daemon', 'Preview the changes to this host'],
      ['sudo $0 install daemon --apply --restart', 'Install, and restart the daemon'],
      ['sudo $0 install daemon --for podman --apply --restart', "Serve Podman's API"],
    ],
  },
  (yargs) =>
    yargs.options({
      dir: runFlags.dir,
      name: {
        type: 'string',
        requiresArg: true,
        describe: 'Use the server in servers/NAME [default: the default pair]',
        ...where,
      },
      listen: {
        type: 'string',
        requiresArg: true,
        describe:
          'Address to listen on: ADDRESS or ADDRESS:PORT [default: 0.0.0.0 and the remembered port, else 2376]',
        ...where,
      },
      dockerd: {
        type: 'string',
        requiresArg: true,
        describe: 'Path or name of the dockerd that validates the configuration [default: dockerd]',
        ...runFlagGroup(),
      },
      podman: {
        type: 'string',
        requiresArg: true,
        describe: 'Path of podman on the host [default: /usr/bin/podman or /usr/local/bin/podman]',
        ...where,
      },
      ...hostFlags,
      ...openModesFlag,
    }),
  async (flags, { signal }) => {
    const { dir, name, listen, dockerd, podman, allowOpenModes } = flags;
    const installation = await installDaemon({
      ...{ directory: dir, name, listen, dockerd, podman, allowOpenModes },
      ...hostOptions(flags, signal),
    });
    tell('install daemon', installation, flags, describeProof(installation));
  },
);
