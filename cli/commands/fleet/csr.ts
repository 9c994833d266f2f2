import { collectCsrs } from '../../../lib/index.js';
import { previewCollectCsrs } from '../../../lib/internal.js';
import { defineCommand } from '../../command.js';
import { EXIT } from '../../exit-codes.js';
import { executionFlags, seconds } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { observeFleet } from '../../fleet-progress.js';
import { collectedAsJson, describeCollected } from '../../present-fleet.js';
import { print, printExactly, printJson, resultStyle } from '../../streams.js';

const how = { group: 'Reaching hosts:' };

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet csr', 'Ask every host that keeps its key'],
      ['$0 fleet csr web1 web2 --dry-run', 'Print what two hosts would be asked'],
    ],
    exitCodes: {
      1: 'failed, also for one host or client',
    },
  },
  (yargs) =>
    yargs
      .positional('hosts', {
        type: 'string',
        array: true,
        describe: 'Hosts of the fleet file [default: all with keys of their own]',
      })
      .options({
        ...fleetFlags,
        from: {
          type: 'string',
          requiresArg: true,
          describe: 'Take the files NAME.csr of this directory, and ask no host',
        },
        parallel: {
          type: 'number',
          default: 8,
          requiresArg: true,
          describe: 'Hosts to ask at the same time',
          ...how,
        },
        'ssh-config': {
          type: 'string',
          requiresArg: true,
          describe: 'Configuration of ssh, instead of your own',
          ...how,
        },
        to: {
          type: 'string',
          default: '/etc/docker/tls',
          requiresArg: true,
          describe: "Directory of the daemon's files on the hosts",
          ...how,
        },
        timeout: {
          type: 'number',
          default: 120,
          requiresArg: true,
          describe: 'Timeout per host, in seconds',
          coerce: (given: number) => seconds('timeout', given, given > 0),
          ...how,
        },
        'dry-run': {
          ...executionFlags['dry-run'],
          describe: 'Print the commands and the script of each host',
        },
        json: executionFlags.json,
        quiet: executionFlags.quiet,
      })
      .conflicts('from', ['ssh-config', 'dry-run']),
  async ({ hosts, file, from, parallel, sshConfig, to, timeout, dryRun, json, quiet }, { signal }) => {
    const fleet = await fleetFileOf({ file });
    const options = {
      ...(hosts?.length && { hosts }),
      ...{ parallel, sshConfig, to, timeoutMs: timeout * 1000 },
    };
    if (dryRun) {
      const { hosts: asked } = await previewCollectCsrs(fleet, options);
      if (json) printJson({ ok: true, command: 'fleet csr', dryRun, hosts: asked });
      else
        for (const { command: line, script } of asked)
          printExactly(`${line} <<'SCRIPT'`, ...script.trimEnd().split('\n'), 'SCRIPT');
      return;
    }
    const progress = quiet || json ? undefined : observeFleet();
    const collected = await collectCsrs(fleet, {
      ...options,
      from,
      signal,
      observer: progress?.observer,
    }).finally(() => progress?.end());
    if (json) printJson(collectedAsJson(collected));
    else if (!quiet || collected.failed.length > 0) print(...describeCollected(collected, resultStyle()));
    if (collected.failed.length > 0) process.exitCode = EXIT.failed;
  },
);
