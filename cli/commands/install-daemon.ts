import type { Argv } from 'yargs';
import { installDaemon, uninstallDaemon, type HostChanges } from '../../lib/index.js';
import type { Environment } from '../environment.js';
import { openModesFlag, runFlags } from '../flags.js';
import { describeHostChanges, describeProof } from '../present-host.js';
import { print, printJson, resultStyle } from '../streams.js';

const where = { group: 'Where:' };

/** What installing and uninstalling share. */
const hostFlags = {
  to: {
    type: 'string',
    default: '/etc/docker/tls',
    requiresArg: true,
    describe: "Where the daemon's files lie on the host",
    ...where,
  },
  root: {
    type: 'string',
    default: '/',
    requiresArg: true,
    describe: "The host's root directory: another one for an image",
    ...where,
  },
  apply: { type: 'boolean', describe: 'Do it; without it nothing is changed', ...runFlagGroup() },
  'dry-run': {
    type: 'boolean',
    conflicts: 'apply',
    describe: 'Say what would be done, as without --apply',
    ...runFlagGroup(),
  },
  restart: {
    type: 'boolean',
    implies: 'apply',
    describe: 'Restart the daemon afterwards',
    ...runFlagGroup(),
  },
  json: runFlags.json,
  quiet: runFlags.quiet,
  'lock-timeout': runFlags['lock-timeout'],
} as const;

function runFlagGroup(): { group: string } {
  return { group: runFlags.json.group };
}

interface HostFlags {
  readonly to: string;
  readonly root: string;
  readonly apply?: boolean | undefined;
  readonly restart?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly lockTimeout: number;
}

export function installDaemonCommand(yargs: Argv, { signal }: Environment): Argv {
  return yargs.command(
    'daemon',
    "Put the daemon's files in their place and merge its daemon.json",
    (command) =>
      command
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
            default: '0.0.0.0:2376',
            requiresArg: true,
            describe: 'Where the daemon listens: ADDRESS or ADDRESS:PORT',
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
    async (flags) => {
      const { dir, name, listen, dockerd, allowOpenModes } = flags;
      const installation = await installDaemon({
        ...{ directory: dir, name, listen, dockerd, allowOpenModes },
        ...hostOptions(flags, signal),
      });
      tell('install daemon', installation, flags, describeProof(installation));
    },
  );
}

export function uninstallCommand(yargs: Argv, { signal }: Environment): Argv {
  return yargs.command('uninstall', 'Take back what install did', (command) =>
    command
      .command(
        'daemon',
        'Bring daemon.json and the unit back to what they were, and remove what was installed',
        (daemon) => daemon.options(hostFlags),
        async (flags) => {
          tell('uninstall daemon', await uninstallDaemon(hostOptions(flags, signal)), flags);
        },
      )
      .demandCommand(1, 1, 'say what: uninstall daemon', 'say what: uninstall daemon'),
  );
}

function hostOptions({ to, root, apply, restart, lockTimeout }: HostFlags, signal: AbortSignal) {
  return { to, root, apply, restart, signal, lockTimeoutMs: lockTimeout * 1000 };
}

function tell(
  command: string,
  result: HostChanges,
  { json, quiet }: HostFlags,
  proof: readonly string[] = [],
): void {
  if (json) printJson({ ok: true, command, ...result });
  else if (!quiet) print(...describeHostChanges(result, process.argv.slice(2), resultStyle()), ...proof);
}
