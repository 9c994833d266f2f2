import type { IssuedCertificate } from '../../lib/index.js';
import { walkIssued } from '../../lib/internal.js';
import { defineCommand } from '../command.js';
import { executionFlags, runFlags } from '../flags.js';
import { describeIssuedList, issuedAsJson, issuedListAsJson } from '../present-index.js';
import { printJsonList, printTexts, resultStyle } from '../streams.js';

const what = { group: 'What to list:' };

export const command = defineCommand(
  {
    examples: [
      ['$0 issued --client alice', 'List the certificates of a client'],
      ['$0 issued --expiring --within 30d --json', 'List what expires within 30 days, as JSON'],
    ],
  },
  (yargs) =>
    yargs.options({
      client: {
        type: 'string',
        requiresArg: true,
        describe: 'Clients with this common name, or in clients/NAME',
        ...what,
      },
      server: {
        type: 'string',
        requiresArg: true,
        describe: 'Servers with this name or address, or in servers/NAME',
        ...what,
      },
      expiring: { type: 'boolean', describe: 'Only certificates that expire soon', ...what },
      revoked: { type: 'boolean', describe: 'Only certificates that were revoked', ...what },
      within: {
        type: 'string',
        requiresArg: true,
        describe:
          'What is soon: time left in days (30d) or percent of the lifetime (33%) [default: whichever is less]',
        ...what,
      },
      dir: { ...runFlags.dir, ...what },
      json: executionFlags.json,
    }),
  async ({ client, server, expiring, revoked, within, dir, json }) => {
    const list = await walkIssued({ directory: dir, client, server, expiring, revoked, within });
    if (!json) printTexts(describeIssuedList(list, resultStyle()));
    else printJsonList(issuedListAsJson(list), 'certificates', eachAsJson(list.certificates));
  },
);

function* eachAsJson(certificates: Iterable<IssuedCertificate>): Generator<object> {
  for (const one of certificates) yield issuedAsJson(one);
}
