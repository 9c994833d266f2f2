import { InputError } from '../../errors.js';
import { nearest } from '../../known-options.js';
import { option, words, type Text } from '../../words.js';
import { placeIn, shortened, type FileNode, type FilePlace, type Located } from './file-node.js';
import type { Problems } from './problems.js';

/** A JSON Schema, draft 7. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * One kind of value in a fleet file: what an editor is told of it, and how it is read. `read` reports what is wrong, and returns
 * undefined then. A parser of values throws `ERR_INPUT`, which becomes a problem at its place.
 */
export interface Field<T> {
  /** How a message calls it: `a text`. */
  readonly kind: string;
  readonly schema: JsonSchema;
  read(node: FileNode, place: FilePlace, problems: Problems): T | undefined;
}

/** A key of a map: its value, and what a person should know of it. */
export interface Key<T> {
  readonly field: Field<T>;
  /** For editors and the documentation. */
  readonly about: string;
  /** In words; undefined where it is required, or where leaving it out says enough. */
  readonly usual?: string | undefined;
  readonly isRequired?: true;
  readonly examples?: readonly unknown[];
}

export type KeyTable = Readonly<Record<string, Key<unknown>>>;

/** What a map's keys give: each undefined where it is not in the file, or wrong. */
export type ReadKeys<K extends KeyTable> = {
  readonly [Name in keyof K]: K[Name] extends Key<infer T> ? T | undefined : never;
};

type ScalarType = 'string' | 'number' | 'boolean';
const scalarNames: Readonly<Record<ScalarType, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
};

/** How a message calls what is there. */
export function kindOf(node: FileNode): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list';
  if (node.value === null) return 'nothing';
  const names: Readonly<Record<string, string>> = scalarNames;
  return names[typeof node.value] ?? 'something else';
}

function wrongKind(field: Field<unknown>, node: FileNode, place: FilePlace, problems: Problems): undefined {
  const text = node.kind === 'scalar' && ['number', 'boolean'].includes(typeof node.value);
  const hint: Text | undefined =
    text && field.schema['type'] === 'string'
      ? 'put quotes around it'
      : field.schema['type'] === 'array' && node.kind === 'scalar' && node.value !== null
        ? 'put brackets around it: [VALUE]'
        : undefined;
  problems.add(place, `expected ${field.kind}, got ${kindOf(node)}`, hint);
}

/** A text, a number, or either: what `parse` makes of it. */
export function scalar<T>(
  types: readonly ScalarType[],
  schema: JsonSchema,
  parse: (value: never) => T,
): Field<T> {
  const field: Field<T> = {
    kind: types.map((type) => scalarNames[type]).join(' or '),
    schema: { ...(types.length === 1 ? { type: types[0] } : {}), ...schema },
    read(node, place, problems) {
      if (node.kind !== 'scalar' || !types.includes(typeof node.value as ScalarType)) {
        wrongKind(field, node, place, problems);
        return undefined;
      }
      const why = typeof node.value === 'string' ? whyNoText(node.value) : undefined;
      if (why !== undefined) {
        problems.add(place, ...why);
        return undefined;
      }
      return tryParse(() => parse(node.value as never), place, problems);
    },
  };
  return field;
}

/** No path, key or recipient is longer. */
const MOST_TEXT = 10_000;

/** The text is not repeated: it may be a secret. */
function whyNoText(value: string): readonly [string, string] | undefined {
  if (/PRIVATE KEY|AGE-(?:SECRET-KEY|PLUGIN)-/i.test(value))
    return [
      'this is a private key, which does not belong in the fleet file',
      'remove it; a recipient is a public key: `age-keygen -y FILE` prints it',
    ];
  return value.length > MOST_TEXT
    ? [`a text of ${value.length} characters is too long`, `at most ${MOST_TEXT} are read`]
    : undefined;
}

/** What a parser throws becomes a problem at this place. */
export function tryParse<T>(parse: () => T, place: FilePlace, problems: Problems): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    problems.add(place, error.message, error.remedy);
    return undefined;
  }
}

export function text<T>(schema: JsonSchema, parse: (value: string) => T): Field<T> {
  return scalar(['string'], schema, parse);
}

export function wholeNumber(least: number, most: number, what: string): Field<number> {
  return scalar(['number'], { type: 'integer', minimum: least, maximum: most }, (value: number) => {
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InputError(what, `expected ${what} from ${least} to ${most}, got ${value}`);
    return value;
  });
}

export const flag: Field<boolean> = scalar(['boolean'], {}, (value: boolean) => value);

export function oneOf<Name extends string>(...names: readonly Name[]): Field<Name> {
  return text({ enum: names }, (value) => {
    const found = names.find((name) => name === value);
    if (found !== undefined) return found;
    const near = nearest(value, names);
    throw new InputError('value', `expected ${names.join(' or ')}, got '${shortened(value)}'`, {
      hint: near === undefined ? undefined : `did you mean '${near}'?`,
    });
  });
}

/** A value whose place is asked for later. */
export function located<T>(field: Field<T>): Field<Located<T>> {
  return {
    ...field,
    read(node, place, problems) {
      const value = field.read(node, place, problems);
      return value === undefined ? undefined : { value, place };
    },
  };
}

export function listField<T>(item: Field<T>, schema: JsonSchema = {}): Field<readonly T[]> {
  const field: Field<readonly T[]> = {
    kind: 'a list',
    schema: { type: 'array', items: item.schema, ...schema },
    read(node, place, problems) {
      if (node.kind !== 'list') {
        wrongKind(field, node, place, problems);
        return undefined;
      }
      if (node.items.length === 0 && schema['minItems'] === 1) {
        problems.add(place, 'the list is empty');
        return undefined;
      }
      return node.items.flatMap((each, at) => item.read(each, placeIn(place, at, each.at), problems) ?? []);
    },
  };
  return field;
}

/** A list, or one of it alone. */
export function oneOrMore<T>(item: Field<T>): Field<readonly T[]> {
  const list = listField(item, { minItems: 1 });
  return {
    kind: `${item.kind} or a list`,
    schema: { anyOf: [item.schema, list.schema] },
    read(node, place, problems) {
      if (node.kind === 'list') return list.read(node, place, problems);
      const only = item.read(node, place, problems);
      return only === undefined ? undefined : [only];
    },
  };
}

/** A map with keys that are known. */
export function mapWith<K extends KeyTable>(keys: K): Field<ReadKeys<K>> & { readonly keys: K } {
  const field: Field<ReadKeys<K>> & { readonly keys: K } = {
    kind: 'a map',
    keys,
    schema: mapSchema(keys),
    read(node, place, problems) {
      if (node.kind !== 'map') {
        wrongKind(field, node, place, problems);
        return undefined;
      }
      const found: Record<string, unknown> = {};
      const given = new Set<string>();
      for (const { key, at, value } of node.entries) {
        const its = placeIn(place, key, at);
        const known = Object.hasOwn(keys, key) ? keys[key] : undefined;
        if (!known) refuseUnknownKey(key, its, keys, problems);
        else if (given.has(key)) problems.add(its, 'this key is given twice');
        else found[key] = known.field.read(value, valuePlace(its, value), problems);
        given.add(key);
      }
      for (const [name, { isRequired }] of Object.entries(keys))
        if (isRequired && !given.has(name)) problems.add(place, `the key '${name}' is missing`);
      return found as ReadKeys<K>;
    },
  };
  return field;
}

/** A map or a list is where its key is. */
function valuePlace(key: FilePlace, value: FileNode): FilePlace {
  return value.kind === 'scalar' ? { ...key, at: value.at } : key;
}

/** Keys that people try to give secrets with. */
const SECRET = /pass[-_]?(?:phrase|word)|secret|^(?:token[-_]?)?pin$/i;

function refuseUnknownKey(key: string, place: FilePlace, keys: KeyTable, problems: Problems): void {
  if (SECRET.test(key)) {
    problems.add(
      place,
      'a passphrase does not belong in the fleet file',
      words`remove it, and give it with ${option('passphrase')}`,
    );
    return;
  }
  const near = nearest(key, Object.keys(keys));
  problems.add(
    place,
    'there is no such key',
    near === undefined ? `the keys here are ${Object.keys(keys).join(', ')}` : `did you mean '${near}'?`,
  );
}

function mapSchema(keys: KeyTable): JsonSchema {
  const required = Object.entries(keys).flatMap(([name, { isRequired }]) => (isRequired ? [name] : []));
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(keys).map(([name, { field, about, usual, examples }]) => [
        name,
        {
          description: usual === undefined ? about : `${about} Default: ${usual}.`,
          ...field.schema,
          ...(examples && { examples }),
        },
      ]),
    ),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** A member of a map whose keys are names. */
export interface Named<T> extends Located<T> {
  readonly name: string;
  /** Where the name is. */
  readonly namePlace: FilePlace;
}

/** A map from names to values of one kind, in the order of the file. */
export function mapOf<T>(
  value: Field<T>,
  names: JsonSchema,
  more: JsonSchema = {},
): Field<readonly Named<T>[]> {
  const field: Field<readonly Named<T>[]> = {
    kind: 'a map',
    schema: { type: 'object', propertyNames: names, additionalProperties: value.schema, ...more },
    read(node, place, problems) {
      if (node.kind !== 'map') {
        wrongKind(field, node, place, problems);
        return undefined;
      }
      return node.entries.flatMap((entry) => {
        const namePlace = placeIn(place, entry.key, entry.at);
        const itsPlace = valuePlace(namePlace, entry.value);
        const read = value.read(entry.value, itsPlace, problems);
        return read === undefined ? [] : [{ name: entry.key, namePlace, value: read, place: itsPlace }];
      });
    },
  };
  return field;
}
