import { DockerTlsError, InterruptedError, type FleetStatus } from '../../../lib/index.js';
import {
  fleetNagiosState,
  fleetNagiosText,
  fleetPrometheusText,
  fleetStatusSoFar,
  nagiosCodes,
  nagiosLine,
  writeStatus,
  type FleetMemberState,
} from '../../../lib/internal.js';
import { defineCommand } from '../../command.js';
import { UsageError } from '../../environment.js';
import { EXIT } from '../../exit-codes.js';
import { executionFlags, seconds } from '../../flags.js';
import { fleetFileOf, fleetFlags } from '../../fleet-flags.js';
import { observeLooks } from '../../fleet-looks.js';
import { describeFleetStatus, fleetStatusAsJson, fleetStatusWords } from '../../present-fleet-status.js';
import { plainStyle, print, printJson, printLines, resultStyle, visible } from '../../streams.js';

const formats = ['table', 'json', 'nagios', 'prometheus'] as const;

type Format = (typeof formats)[number];

const which = { group: 'What to look at:' };
const result = { group: 'Result:' };

/** What was not looked at on request is no fault. */
const exitCodes: Readonly<Record<FleetMemberState, number>> = {
  ok: EXIT.done,
  'not-checked': EXIT.done,
  due: EXIT.due,
  invalid: EXIT.invalid,
};

export const command = defineCommand(
  {
    examples: [
      ['$0 fleet status', 'Look at every host, on disk and over the network'],
      [
        '$0 fleet status --offline --within 33%',
        'Look at the disk only; a third of the lifetime left is soon',
      ],
      ['$0 fleet status --offline --html fleet.html', 'Draw all lifetimes on one page for a browser'],
    ],
    exitCodes: {
      0: 'all is well; with --offline, on disk',
      3: 'something is to be done: a certificate is due or missing, or a host serves another one of this CA than the one on disk',
      4: 'something is invalid: expired, revoked, broken, of another CA or for another address, or a host is not reachable',
    },
  },
  (yargs) =>
    yargs
      .positional('hosts', {
        type: 'string',
        array: true,
        describe: 'Only these hosts',
        defaultDescription: 'all hosts and clients',
      })
      .options({
        file: { ...fleetFlags.file, ...which },
        group: {
          type: 'string',
          array: true,
          requiresArg: true,
          describe: 'Only hosts of this group; repeatable',
          ...which,
        },
        offline: {
          type: 'boolean',
          describe: 'Look at the certificate directory only, and connect to no host',
          ...which,
        },
        within: {
          type: 'string',
          requiresArg: true,
          describe:
            'When a certificate is due: time left in days (30d) or percent of the lifetime (33%) [default: as the fleet file says]',
          ...which,
        },
        parallel: {
          type: 'number',
          default: 32,
          requiresArg: true,
          describe: 'Connections at a time',
          group: 'Running:',
        },
        timeout: {
          type: 'number',
          default: 10,
          requiresArg: true,
          describe: 'Timeout per connection, in seconds',
          coerce: (given: number) => seconds('timeout', given, given > 0),
          group: 'Running:',
        },
        format: {
          type: 'string',
          choices: formats,
          requiresArg: true,
          describe: 'Output format [default: table]',
          ...result,
        },
        output: {
          type: 'string',
          requiresArg: true,
          describe: 'Write the result to this file atomically, and print nothing',
          ...result,
        },
        html: {
          type: 'string',
          requiresArg: true,
          describe: 'Write a page with all lifetimes to this file (- for stdout), and print nothing',
          ...result,
        },
        verbose: {
          type: 'boolean',
          describe: 'List all hosts and clients, however many there are',
          ...result,
        },
        json: { ...executionFlags.json, describe: 'Same as --format json', ...result },
      }),
  async (flags, { signal }) => {
    const { json, format: asked, output, html, hosts, group, offline, within, parallel, timeout } = flags;
    if (json && asked !== undefined && asked !== 'json')
      throw new UsageError(fleetStatusWords.jsonAndFormat(asked));
    if (html !== undefined && (json || asked !== undefined || output !== undefined))
      throw new UsageError(fleetStatusWords.htmlAlone);
    const format = json ? 'json' : (asked ?? 'table');
    const looks = observeLooks();
    try {
      const found = await fleetStatusSoFar(await fleetFileOf(flags), {
        ...{ hosts, groups: group, offline, within, parallel, timeoutMs: timeout * 1000, signal },
        observer: looks.observer,
      }).finally(() => looks.end());
      // What was seen until then is worth showing to a person; for a program it is no answer.
      if (signal.aborted) {
        if (format === 'table' && output === undefined && html === undefined)
          printLines(describeFleetStatus(found, resultStyle(), flags.verbose ?? false));
        throw new InterruptedError('ERR_ABORTED', 'stopped before every host was looked at');
      }
      if (html !== undefined)
        await (await import('../../pages.js')).putFleetStatusPage(html, found, flags.file);
      else if (output !== undefined) await writeStatus(output, textOf(found, format, flags.verbose ?? false));
      else show(found, format, flags.verbose ?? false);
      process.exitCode = format === 'nagios' ? nagiosCodes[fleetNagiosState(found)] : exitCodes[found.state];
    } catch (error) {
      // Who runs a plugin knows of four answers.
      if (format !== 'nagios' || !(error instanceof DockerTlsError)) throw error;
      print(nagiosLine('UNKNOWN', error.message));
      process.exitCode = nagiosCodes.UNKNOWN;
    }
  },
);

function show(found: FleetStatus, format: Format, all: boolean): void {
  if (format === 'json') printJson(fleetStatusAsJson(found));
  else if (format === 'table') printLines(describeFleetStatus(found, resultStyle(), all));
  else printLines(textOf(found, format, all).trimEnd().split('\n'));
}

/** With a line end, and without colours. */
function textOf(found: FleetStatus, format: Format, all: boolean): string {
  if (format === 'json') return `${JSON.stringify(fleetStatusAsJson(found), null, 2)}\n`;
  if (format === 'nagios') return `${fleetNagiosText(found)}\n`;
  if (format === 'prometheus') return fleetPrometheusText(found);
  return describeFleetStatus(found, plainStyle(), all)
    .map((line) => `${visible(line)}\n`)
    .join('');
}
