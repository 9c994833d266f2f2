import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fleetSchema } from '../../lib/fleet/file/fleet-schema.js';
import { readFleet } from '../../lib/index.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const page = new URL('../../docs/fleet-file.md', import.meta.url).pathname;
const directory = useTemporaryDirectory();

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: false | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
}

/** What a key takes, in words. */
function kindOf({ type, anyOf, items, minimum, maximum, ...its }: Schema): string {
  if (its.enum) return its.enum.map((value) => `\`${value}\``).join(', ');
  if (items) return `list of ${kindOf(items)}`;
  if (anyOf && type === undefined) return [...new Set(anyOf.map(kindOf))].join(', or ');
  if (type === 'integer') return `number from ${minimum ?? 0} to ${maximum ?? '∞'}`;
  return { object: 'map', boolean: '`true`, `false`' }[type ?? ''] ?? 'text';
}

function rowsOf(schema: Schema, before: string): string[] {
  const { properties = {}, required = [], additionalProperties: each } = schema;
  const own = Object.entries(properties).flatMap(([key, its]) => {
    const must = required.includes(key) ? ' (required)' : '';
    return [
      `| \`${before}${key}\`${must} | ${kindOf(its)} | ${its.description} |`,
      ...rowsOf(its, `${before}${key}.`),
    ];
  });
  return typeof each === 'object' ? [...own, ...rowsOf(each, `${before}NAME.`)] : own;
}

test('the page has the table of all keys', () => {
  const rows = rowsOf(fleetSchema(), '');
  const table = ['| key | value | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  const text = readFileSync(page, 'utf8');
  const current = text.replace(/<!-- table -->[\s\S]*$/, `<!-- table -->\n\n${table}\n`);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, current);
  else expect(text).toBe(current);
});

test('every file that the page shows is read', async () => {
  const blocks = [...readFileSync(page, 'utf8').matchAll(/^```(yaml|json)\n([^]*?)^```$/gm)];
  const counts = [];
  for (const [at, [, kind, text]] of blocks.entries()) {
    const file = join(directory(), `${at}.${kind}`);
    await writeFile(file, text!);
    counts.push((await readFleet(file)).hosts.length);
  }
  expect(counts).toEqual([13, 1, 12, 1]);
});

test('the problem that the page shows is that of such a file', async () => {
  const file = join(directory(), 'docker-tls.yaml');
  await writeFile(file, 'hosts:\n  web1: { nmaes: [web1.example.com] }\n');
  const error: unknown = await readFleet(file).catch((thrown: unknown) => thrown);
  const problem = { key: 'hosts.web1.nmaes', line: 2, hint: "did you mean 'names'?" };
  expect(error).toMatchObject({ problems: expect.arrayContaining([expect.objectContaining(problem)]) });
  expect(readFileSync(page, 'utf8')).toContain(
    `${problem.key}: there is no such key\nhint: ${problem.hint}\n`,
  );
});
