import { defineCommand } from '../command.js';
import { DockerTlsError, status, type Status } from '../../lib/index.js';
import {
  nagiosCodes,
  nagiosLine,
  nagiosState,
  nagiosText,
  prometheusText,
  writeStatus,
  type CertificateState,
} from '../../lib/internal.js';
import { UsageError } from '../environment.js';
import { directoriesGiven, directoryFlag, executionFlags } from '../flags.js';
import { describeStatus, statusAsJson, statusWords } from '../present-status.js';
import { EXIT } from '../exit-codes.js';
import { colours, plainStyle, print, resultStyle, visible } from '../streams.js';

const formats = ['table', 'json', 'nagios', 'prometheus'] as const;

type Format = (typeof formats)[number];

/** What a person or a program does next differs by these. */
const exitCodes: Readonly<Record<CertificateState, number>> = {
  ok: EXIT.done,
  due: EXIT.due,
  'not-yet-valid': EXIT.invalid,
  expired: EXIT.invalid,
  broken: EXIT.invalid,
};

export const command = defineCommand(
  {
    examples: [
      ['$0 status', 'List the certificates in docker-tls'],
      [
        '$0 status docker-tls/clients --within 33%',
        'List those of clients; a third of the lifetime left is soon',
      ],
      ['$0 status --html status.html', 'Draw all lifetimes on one page for a browser'],
      ['$0 status --format prometheus --output docker-tls.prom', 'Write metrics for node_exporter'],
    ],
    exitCodes: {
      3: 'a certificate expires soon',
      4: 'a certificate is invalid: expired, not yet valid or broken',
    },
  },
  (yargs) =>
    yargs
      .positional('directories', {
        type: 'string',
        array: true,
        describe: 'Directories or files to read',
        defaultDescription: 'docker-tls',
      })
      .options({
        ...directoryFlag,
        within: {
          type: 'string',
          requiresArg: true,
          describe:
            'When a certificate is due: time left in days (30d) or percent of the lifetime (33%) [default: whichever is less]',
        },
        format: {
          type: 'string',
          choices: formats,
          requiresArg: true,
          describe: 'Output format [default: table]',
        },
        output: {
          type: 'string',
          requiresArg: true,
          describe: 'Write the result to this file atomically, and print nothing',
        },
        html: {
          type: 'string',
          requiresArg: true,
          describe: 'Write a page with all lifetimes to this file (- for stdout), and print nothing',
        },
        json: { ...executionFlags.json, describe: 'Same as --format json', group: undefined },
      }),
  async ({ directories: words, dir, within, format: asked, output, html, json }) => {
    if (json && asked !== undefined && asked !== 'json')
      throw new UsageError(statusWords.jsonAndFormat(asked));
    if (html !== undefined && (json || asked !== undefined || output !== undefined))
      throw new UsageError(statusWords.htmlAlone);
    const format = json ? 'json' : (asked ?? 'table');
    const directories = directoriesGiven(words, dir);
    try {
      const found = await status({ directories, within });
      if (html !== undefined) await (await import('../pages.js')).putStatusPage(html, found);
      else if (output !== undefined) await writeStatus(output, textOf(found, format, false));
      else print(...textOf(found, format, true).trimEnd().split('\n'));
      process.exitCode = format === 'nagios' ? nagiosCodes[nagiosState(found)] : exitCodes[found.state];
    } catch (error) {
      // Who runs a plugin knows of four answers.
      if (format !== 'nagios' || !(error instanceof DockerTlsError)) throw error;
      print(nagiosLine('UNKNOWN', error.message));
      process.exitCode = nagiosCodes.UNKNOWN;
    }
  },
);

/** With a line end. A file has no colours. */
function textOf(found: Status, format: Format, shown: boolean): string {
  if (format === 'json') return `${JSON.stringify(statusAsJson(found), null, 2)}\n`;
  if (format === 'nagios') return `${nagiosText(found)}\n`;
  if (format === 'prometheus') return prometheusText(found);
  const style = shown ? resultStyle() : plainStyle();
  const lines = describeStatus(found, style, shown && colours(process.stdout));
  return lines.map((line) => `${shown ? line : visible(line)}\n`).join('');
}
