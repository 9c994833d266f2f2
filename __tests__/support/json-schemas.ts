import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface JsonSchema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
}

const directory = fileURLToPath(new URL('../../schema/json', import.meta.url));

/** The schemas that the package ships for what `--json` prints, by file name without `.json`. */
export function readJsonSchemas(): ReadonlyMap<string, JsonSchema> {
  return new Map(readdirSync(directory).map((file) => [file.slice(0, -'.json'.length), read(file)]));
}

function read(file: string): JsonSchema {
  return JSON.parse(readFileSync(join(directory, file), 'utf8')) as JsonSchema;
}

/** The name of the schema of a command, given as its words. */
export function schemaNameOf(command: string): string {
  return command.replaceAll(' ', '-');
}

const files = readdirSync(directory);
let lenient: Promise<Ajv2020> | undefined;

/** Compiles every schema: an unknown or useless keyword in one is an error. */
export async function compileStrictly(): Promise<void> {
  const { Ajv2020: Validator } = await import('ajv/dist/2020.js');
  const ajv = new Validator({ strict: true, allowUnionTypes: true });
  for (const file of files) ajv.addSchema(read(file));
  for (const file of files) ajv.getSchema(file);
}

/**
 * The validator of what a command prints with `--json`; for a word that is no command, that of an error. Many test files need one of
 * a few commands, so it loads late, and leaves it to `compileStrictly` to judge the schemas.
 */
async function jsonValidator(command: string): Promise<ValidateFunction> {
  lenient ??= import('ajv/dist/2020.js').then(
    ({ Ajv2020: Validator }) =>
      new Validator({ strict: false, meta: false, validateSchema: false, inlineRefs: false }),
  );
  const ajv = await lenient;
  const own = `${schemaNameOf(command)}.json`;
  const isCommand = files.includes(own);
  const add = (file: string): void => {
    if (ajv.schemas[file]) return;
    const schema = read(file);
    ajv.addSchema(schema);
    if (schema.$ref !== undefined) add(schema.$ref);
  };
  add('shared.json');
  if (isCommand) add(own);
  return ajv.getSchema(isCommand ? own : 'shared.json#/$defs/error')!;
}

/** Throws where a run printed JSON that is not as the schema of its command says. */
export async function checkJsonOutput(args: readonly string[], stdout: string): Promise<void> {
  if (!printsOurJson(args) || stdout === '') return;
  const output = JSON.parse(stdout) as { readonly command?: string };
  const validate = await jsonValidator(output.command ?? '');
  if (validate(output)) return;
  const problems = (validate.errors ?? []).map(({ instancePath, schemaPath, message, params }) =>
    [instancePath || '/', message, JSON.stringify(params), `(${schemaPath})`].join(' '),
  );
  throw new Error(`${args.join(' ')}: not as its JSON Schema says:\n${problems.join('\n')}\n${stdout}`);
}

function printsOurJson(args: readonly string[]): boolean {
  if (args.some((arg) => ['help', 'version', '--help', '-h', '--version', '-V'].includes(arg))) return false;
  if (args.includes('--json')) return true;
  const isStatus = args[0] === 'status' || (args[0] === 'fleet' && args[1] === 'status');
  return isStatus && args[args.indexOf('--format') + 1] === 'json' && args.includes('--format');
}
