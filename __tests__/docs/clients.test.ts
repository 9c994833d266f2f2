import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { clientIds, clients, ofClient, type ClientId } from '../../lib/judge/clients.js';
import { rules, saysOf } from '../../lib/judge/rules.js';
import type { Rule } from '../../lib/judge/rules/rule.js';
import { readMeasurements } from '../support/measurements.js';

const page = new URL('../../docs/clients.md', import.meta.url).pathname;
const measured = [readMeasurements('servers'), readMeasurements('clients')];

/** Who refuses, with the versions that alone do. */
function who(rule: Rule): string {
  const { only = {} } = rule;
  const named = clientIds.filter((client) => saysOf(rule, client) != null);
  return named
    .map((client) => {
      const versions = ofClient(only, client);
      return versions === undefined ? client : `${client} (${versions})`;
    })
    .join(', ');
}

/** The versions of a client that were asked. */
function versions(client: ClientId): string {
  const asked = measured.flatMap(({ programs }) =>
    Object.entries(programs).flatMap(([program, its]) => (its === client ? [program] : [])),
  );
  return asked.sort((one, other) => one.localeCompare(other, 'en', { numeric: true })).join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

test('the page of clients holds the table of rules, and what was measured when', () => {
  const [servers, peers] = measured.map(({ date, answers }) => ({ date, of: Object.keys(answers).length }));
  const generated = [
    table(
      ['client', 'who that is', 'measured'],
      clientIds.map((client) => [`\`${client}\``, clients[client], versions(client)]),
    ),
    `The clients were asked on ${servers?.date} about ${servers?.of} servers, the daemons on ${peers?.date} about ${peers?.of} clients.`,
    table(
      ['reason', 'what is wrong', 'who refuses', 'source'],
      rules.map((rule) => [`\`${rule.id}\``, rule.what, who(rule), rule.source]),
    ),
  ].join('\n\n');
  const text = readFileSync(page, 'utf8');
  const current = text.replace(/<!-- table -->[\s\S]*$/, `<!-- table -->\n\n${generated}\n`);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, current);
  else expect(text).toBe(current);
});

test('no client of the table is without a version that was measured', () => {
  expect(clientIds.filter((client) => versions(client) === '')).toEqual([]);
});
