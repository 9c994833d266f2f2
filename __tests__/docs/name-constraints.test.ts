import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { clientIds } from '../../lib/judge/clients.js';
import { readMeasurements } from '../support/measurements.js';

const page = new URL('../../docs/name-constraints.md', import.meta.url).pathname;
const { programs, answers, date } = readMeasurements('servers');

/** The columns of the table: what the server has, and the certificate of whose measurement the answers are. */
const columns = [
  ['a name outside', 'a CA that permits another name, and no address'],
  ['an address outside', 'a CA that permits no address'],
  ['a name inside', 'a CA that permits its only name, and no address'],
  ['an address inside', 'a CA that permits the network of its only address'],
] as const;

function answer(title: string, program: string): string {
  const about = answers[title];
  if (!about) throw new Error(`nothing was measured of: ${title}`);
  if (about.unasked?.includes(program)) throw new Error(`${program} was not asked about: ${title}`);
  return Object.values(about.refusals).some((those) => those.includes(program)) ? 'refuses' : 'accepts';
}

test('the page of name constraints holds what was measured', () => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const asked = clientIds.flatMap((client) =>
    Object.keys(programs)
      .filter((program) => programs[program] === client)
      .sort((one, other) => one.localeCompare(other, 'en', { numeric: true })),
  );
  const rows = asked.map((program) => [program, ...columns.map(([, title]) => answer(title, program))]);
  const head = ['client', ...columns.map(([title]) => title)];
  const table = [head, head.map(() => '---'), ...rows].map(line).join('\n');
  const text = readFileSync(page, 'utf8');
  const generated = `<!-- table -->\n\nMeasured up to ${date}.\n\n${table}\n`;
  const current = text.replace(/<!-- table -->[\s\S]*$/, generated);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, current);
  else expect(text).toBe(current);
});

test('who enforces nothing is named, and nobody else', () => {
  const lenient = Object.keys(programs).filter((program) => answer(columns[0][1], program) === 'accepts');
  expect(new Set(lenient.map((program) => programs[program]))).toEqual(new Set(['java']));
  const strict = Object.keys(programs).filter((program) => answer(columns[3][1], program) === 'refuses');
  expect(new Set(strict.map((program) => programs[program]))).toEqual(new Set(['boringssl']));
});
