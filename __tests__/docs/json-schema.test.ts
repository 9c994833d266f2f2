import { describe, expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { helps } from '../support/helps.js';
import {
  checkJsonOutput,
  compileStrictly,
  readJsonSchemas,
  schemaNameOf,
  type JsonSchema,
} from '../support/json-schemas.js';
import { commandSection, sharedSection } from '../support/schema-tables.js';

const page = fileURLToPath(new URL('../../docs/json.md', import.meta.url));
const schemas = readJsonSchemas();
const shared = schemas.get('shared')!;

/** The commands that have `--json`, in the order of their pages. */
const commands = helps.filter(({ flags }) => flags.includes('--json')).map(({ command }) => command);

/** The commands that print what a schema describes: its own, and those whose schemas refer to it. */
function commandsOf(name: string): string[] {
  return commands.filter((command) => {
    const own = schemaNameOf(command);
    return own === name || schemas.get(own)?.$ref === `${name}.json`;
  });
}

test('each command with --json has a schema, and each schema a command', () => {
  expect([...schemas.keys()].sort()).toEqual([...commands.map(schemaNameOf), 'shared'].sort());
});

/** Every schema in a schema. */
function* schemasIn(schema: JsonSchema): Generator<JsonSchema> {
  yield schema;
  const { $defs = {}, anyOf = [], properties = {}, items, additionalProperties } = schema;
  const inside = [...Object.values($defs), ...anyOf, ...Object.values(properties), ...(items ? [items] : [])];
  for (const one of inside) yield* schemasIn(one);
  if (typeof additionalProperties === 'object') yield* schemasIn(additionalProperties);
}

/** Those of commands of their own, and what they share. */
const whole = [...schemas].filter(([, { $ref }]) => $ref === undefined);

test('each schema is one, strictly', compileStrictly);

test('no schema allows a field that it does not name', () => {
  const open = whole.filter(([, schema]) =>
    [...schemasIn(schema)].some(
      ({ properties, additionalProperties }) => properties && additionalProperties !== false,
    ),
  );
  expect(open.map(([name]) => name)).toEqual([]);
});

test('each field of an output is described', () => {
  const silent = whole.flatMap(([name, { anyOf = [], $defs = {} }]) =>
    [...anyOf.map(({ properties = {} }) => properties), $defs].flatMap((fields) =>
      Object.entries(fields)
        .filter(([, field]) => field.description === undefined && field.$ref === undefined)
        .filter(([field, schema]) => field !== 'command' && !('const' in schema))
        .map(([field]) => `${name}: ${field}`),
    ),
  );
  expect(silent).toEqual([]);
});

test('docs/json.md is made from the schemas (`npm run docs` writes it)', () => {
  const sections = commands.map(schemaNameOf).filter((name) => schemas.get(name)?.$ref === undefined);
  const made = [
    '<!-- schemas -->',
    ...sections.flatMap((name) => commandSection(commandsOf(name), schemas.get(name)!)),
    ...sharedSection(shared),
    '<!-- end of schemas -->',
  ].join('\n');
  const text = readFileSync(page, 'utf8');
  const current = text.replace(/<!-- schemas -->[\s\S]*<!-- end of schemas -->/, () => made);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, current);
  else expect(text).toBe(current);
});

test('docs/json.md names every field of every schema', () => {
  const text = readFileSync(page, 'utf8');
  const words = new Set(text.match(/\w+/g));
  const names = whole.flatMap(([, schema]) =>
    [...schemasIn(schema)].flatMap(({ properties = {}, $defs = {} }) =>
      Object.keys({ ...properties, ...$defs }),
    ),
  );
  expect([...new Set(names)].filter((name) => !words.has(name))).toEqual([]);
});

describe('the check of what tests run', () => {
  const recipe = { name: 'docs', text: null, marks: '', docker: 'refused', note: null };
  const output = { ok: true, command: 'recipes', recipes: [recipe] };
  const check = (printed: object): Promise<void> =>
    checkJsonOutput(['recipes', '--json'], JSON.stringify(printed));

  test('passes an output that is as the schema says', async () => {
    await check(output);
  });

  test.each<[string, object]>([
    ['a field that the schema does not have', { ...output, more: 1 }],
    ['a missing field', { ok: true, command: 'recipes' }],
    ['a value that the schema does not list', { ...output, recipes: [{ ...recipe, docker: 'maybe' }] }],
    ['the words of another command', { ...output, command: 'status' }],
    ['a failure without its error', { ok: false, command: 'recipes' }],
  ])('refuses %s', async (_, printed) => {
    await expect(check(printed)).rejects.toThrow('not as its JSON Schema says');
  });
});
