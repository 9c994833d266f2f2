import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { clientIds, clients } from '../../lib/judge/clients.js';
import { rules } from '../../lib/judge/rules.js';
import { measuredWith, type Rule } from '../../lib/judge/rules/rule.js';

const page = new URL('../../docs/clients.md', import.meta.url).pathname;

/** Who refuses, with the versions that alone do. */
function who({ says, only }: Rule): string {
  const named = clientIds.filter((client) => says[client] !== undefined);
  return named
    .map((client) => (only?.[client] === undefined ? client : `${client} (${only[client]})`))
    .join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

test('the page of clients holds the table of rules', () => {
  const generated = [
    table(
      ['client', 'who that is'],
      clientIds.map((client) => [`\`${client}\``, clients[client]]),
    ),
    `Measured with ${measuredWith}.`,
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
