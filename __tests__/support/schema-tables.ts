import type { JsonSchema } from './json-schemas.js';

/** What docs/json.md says of the schemas in `schema/json`. */

const header = ['| field | type | meaning |', '| --- | --- | --- |'];

/** The section of what some commands print: a table for each form of it, and the fields that other commands have, too. */
export function commandSection(commands: readonly string[], { anyOf = [] }: JsonSchema): string[] {
  const forms = anyOf.filter(({ properties }) => properties);
  return [
    `### ${commands.join(', ')}`,
    '',
    ...forms.flatMap(({ title, properties = {}, required = [] }) => {
      const names = Object.keys(properties);
      const shared = names.filter((name) => isShared(name, properties[name]!));
      const rows = names
        .filter((name) => !shared.includes(name))
        .flatMap((name) => rowsOf(name, properties[name]!, required.includes(name)));
      const start = title === undefined ? '' : `${capital(title)}: `;
      return [`${start}${shared.map(code).join(', ')}, and`, '', ...header, ...rows, ''];
    }),
  ];
}

/** The section of what several commands share: fields, and types of fields. */
export function sharedSection({ $defs = {} }: JsonSchema): string[] {
  return [
    '### Shared fields and types',
    '',
    '| name | type | meaning |',
    '| --- | --- | --- |',
    ...Object.entries($defs).flatMap(([name, schema]) => rowsOf(name, schema, true)),
    '',
  ];
}

/** A field that is described where it is shared. */
function isShared(name: string, schema: JsonSchema): boolean {
  return (
    schema.description === undefined && (schema.$ref !== undefined || ['command', 'dryRun'].includes(name))
  );
}

/** A row for a field, and one for each field within it that is described. */
function rowsOf(path: string, schema: JsonSchema, isRequired: boolean): string[] {
  const { description = '' } = schema;
  const type = `${typeOf(schema)}${isRequired ? '' : ' (optional)'}`;
  return [`| \`${path}\` | ${type} | ${description} |`, ...within(path, schema)];
}

function within(path: string, { items, properties = {}, required = [], anyOf = [] }: JsonSchema): string[] {
  return [
    ...(items ? within(`${path}[]`, items) : []),
    ...anyOf.flatMap((one) => within(path, one)),
    ...Object.entries(properties).flatMap(([name, schema]) =>
      schema.description === undefined && schema.enum === undefined
        ? within(`${path}.${name}`, schema)
        : rowsOf(`${path}.${name}`, schema, required.includes(name)),
    ),
  ];
}

/** A type in words. Fields within it that are not always there have a question mark. */
function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, items, properties, required = [], additionalProperties, type } = schema;
  if ($ref !== undefined) return `[${$ref.split('/').at(-1)!}](#shared-fields-and-types)`;
  if (anyOf) return list(anyOf.map(typeOf), 'or');
  if ('const' in schema) return code(JSON.stringify(schema.const).replaceAll('"', ''));
  if (schema.enum)
    return list(
      schema.enum.map((one) => code(String(one))),
      'or',
    );
  if (items) return items.type === 'string' ? 'array of strings' : `array of ${typeOf(items)}`;
  if (properties) {
    const names = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
    return code(`{ ${names.join(', ')} }`);
  }
  if (typeof additionalProperties === 'object') return `object, each field ${typeOf(additionalProperties)}`;
  return list(
    [type ?? []].flat().map((one) => (one === 'null' ? code(one) : one)),
    'or',
  );
}

function list(words: readonly string[], last: 'and' | 'or'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`;
}

const code = (text: string): string => `\`${text}\``;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
