import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fleetSchema } from '../../../lib/fleet/file/fleet-schema.js';
import { expandRange, parseRanges } from '../../../lib/fleet/file/ranges.js';
import { isDockerTlsError, readFleet, type FleetFile } from '../../../lib/index.js';
import { times } from '../../support/form.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const directory = useTemporaryDirectory();
const expected = ['ERR_CONFIGURATION', 'ERR_FILE', 'ERR_INPUT'];

/** The fleet, or the error that it ends with: nothing but those that are meant. */
async function outcome(source: string | FleetFile): Promise<unknown> {
  try {
    return await readFleet(source);
  } catch (error) {
    if (isDockerTlsError(error) && expected.includes(error.code))
      return { code: error.code, message: error.message };
    throw error;
  }
}

/** All keys of the table, and values that some of them take. */
const keys = new Set<string>([
  'passphrase',
  '__proto__',
  'constructor',
  '<<',
  '',
  'web1',
  'db[1:3]',
  'a'.repeat(300),
]);
(function add(schema: Record<string, unknown>): void {
  for (const [key, its] of Object.entries(
    (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>,
  )) {
    keys.add(key);
    add(its);
  }
  if (typeof schema['additionalProperties'] === 'object')
    add(schema['additionalProperties'] as Record<string, unknown>);
})(fleetSchema());

const scalars = fc.oneof(
  fc.constantFrom<unknown>(
    'on-host',
    '33%',
    'ec:p256',
    'Sun 02:00-05:00',
    'context',
    'web[1:3].example',
    '10.0.0.1',
    '*.a.example',
    '[::1]',
    'root@a',
  ),
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    scalars,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.constantFrom(...keys), tie('value')), { maxLength: 5 })
      .map((entries) => Object.fromEntries(entries) as unknown),
  ),
}));
const files = fc.record(
  {
    hosts: fc.dictionary(fc.constantFrom('web1', 'db[1:3]', 'Web1', '-x', 'rack[a:c]-[01:03]'), value, {
      maxKeys: 3,
    }),
    clients: fc.dictionary(fc.constantFrom('ops', 'ci', 'a b'), value, { maxKeys: 2 }),
    ...{ ca: value, defaults: value, rollout: value },
  },
  { requiredKeys: ['hosts'] },
);
const numRuns = times(50, 5000);

test('any value ends with a fleet, or with an error that is meant, and the same each time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(files, value), async (source) => {
      expect(await outcome(source as FleetFile)).toEqual(await outcome(source as FleetFile));
    }),
    { numRuns },
  );
});

test('any JSON gives what the same value gives', async () => {
  const file = join(directory(), 'docker-tls.json');
  await fc.assert(
    fc.asyncProperty(files, async (source) => {
      const text = JSON.stringify(source);
      await writeFile(file, text);
      const [read, given] = [await outcome(file), await outcome(JSON.parse(text) as FleetFile)];
      const codes = [read, given].map((each) => (each as { code?: string }).code);
      expect(codes[0]).toBe(codes[1]);
    }),
    { numRuns },
  );
});

/** Pieces of YAML: more of them get past the parser than of any text. */
const pieces = fc.constantFrom(
  ...[
    'hosts:',
    'web1:',
    'names:',
    '{',
    '}',
    '[',
    ']',
    ',',
    ': ',
    '- ',
    '? ',
    '\n',
    '\n  ',
    '\n    ',
    '&a ',
    '*a',
    '!!str ',
    '<<: ',
    '"',
    "'",
    '#',
    '|\n',
    '>\n',
    '%',
    '---\n',
    '...\n',
    '\t',
    'a.example',
    '~',
    '0x10',
    '1e9',
    '\\u0000',
    '@',
    '`',
  ],
);

test('any text ends so, too', async () => {
  const file = join(directory(), 'docker-tls.yaml');
  const texts = fc.oneof(
    fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );
  await fc.assert(
    fc.asyncProperty(fc.oneof(texts, fc.uint8Array({ maxLength: 60 })), async (contents) => {
      await writeFile(file, contents);
      expect(await outcome(file)).toEqual(await outcome(file));
    }),
    { numRuns },
  );
});

test('a range makes as many different texts as it counts, in order', () => {
  const range = fc.oneof(
    fc.tuple(fc.nat(50), fc.nat(20)).map(([from, more]) => `[${from}:${from + more}]`),
    fc
      .tuple(fc.nat(50), fc.nat(20))
      .map(([from, more]) => `[${String(from).padStart(3, '0')}:${String(from + more).padStart(3, '0')}]`),
    fc.constantFrom('[a:f]', '[X:Z]'),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('', 'db', '-', '.example'), range), { maxLength: 3 }),
      (parts) => {
        const text = `${parts.map(([before, each]) => `${before}_${each}`).join('')}_end`;
        const pattern = parseRanges(text);
        const made = Array.from({ length: pattern.count }, (_, at) => expandRange(pattern, at));
        expect(new Set(made).size).toBe(made.length);
        expect(made[0]).toBe(text.replace(/\[(\w+):\w+\]/g, '$1'));
        expect(made.at(-1)).toBe(text.replace(/\[\w+:(\w+)\]/g, '$1'));
      },
    ),
  );
});
