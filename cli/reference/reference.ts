import type { Argv, Options, PositionalOptions } from 'yargs';
import type { Command } from '../command.js';
import { commands, nameOf, type CommandRow } from '../commands.js';
import { valuesOfFlag, valuesOfWord, type Values } from './values.js';

/** A flag as it is declared. */
export interface FlagReference {
  /** Without its dashes. */
  readonly name: string;
  /** Its one letter. */
  readonly letter?: string | undefined;
  /** Its line in the help. */
  readonly describe: string;
  /** Its heading there. */
  readonly group?: string | undefined;
  /** What follows it; undefined for one that stands alone. */
  readonly values?: Values | undefined;
  readonly default?: string | undefined;
  readonly isRequired: boolean;
  readonly isRepeatable: boolean;
}

/** What a command takes without a flag. */
export interface WordReference {
  readonly name: string;
  readonly describe: string;
  readonly values: Values;
  readonly default?: string | undefined;
  readonly isRequired: boolean;
  readonly isRepeatable: boolean;
}

/** A command that can be run. */
export interface CommandReference {
  /** Its words after the program's name. */
  readonly path: readonly string[];
  readonly row: CommandRow;
  readonly command: Command;
  /** At most one: an array takes what else is there. */
  readonly word?: WordReference | undefined;
  readonly flags: readonly FlagReference[];
}

/** A word that further ones follow. */
export interface GroupReference {
  readonly path: readonly string[];
  readonly members: readonly { readonly name: string; readonly summary: string }[];
}

export interface Reference {
  readonly groups: readonly GroupReference[];
  readonly commands: readonly CommandReference[];
}

/** The flags that each command has from the parser. */
const everywhere: readonly FlagReference[] = [
  { name: 'help', letter: 'h', describe: 'Show help', isRequired: false, isRepeatable: false },
  { name: 'version', letter: 'V', describe: 'Show version number', isRequired: false, isRepeatable: false },
];

/** Reads the table of the commands and loads each one: what completion and the manual pages are made of. */
export async function readReference(): Promise<Reference> {
  return {
    groups: groupsOf(commands),
    commands: await Promise.all(runnable(commands).map(read)),
  };
}

function groupsOf(rows: readonly CommandRow[], path: readonly string[] = []): GroupReference[] {
  const members = rows
    .filter((row) => nameOf(row) !== '$0')
    .map((row) => ({ name: nameOf(row), summary: row.summary }));
  return [
    { path, members },
    ...rows.flatMap((row) => (row.commands ? groupsOf(row.commands, [...path, nameOf(row)]) : [])),
  ];
}

type Runnable = Pick<CommandReference, 'path' | 'row'>;

function runnable(rows: readonly CommandRow[], before: readonly string[] = []): Runnable[] {
  return rows.flatMap((row) => {
    const path = nameOf(row) === '$0' ? before : [...before, nameOf(row)];
    return row.commands ? runnable(row.commands, path) : [{ path, row }];
  });
}

async function read({ path, row }: Runnable): Promise<CommandReference> {
  if (!row.load) throw new Error(`${path.join(' ')} has no module`);
  const { command } = await row.load();
  const { words, flags } = declaredBy(command);
  const [, shown = ''] = row.usage.split(' ');
  const [word, ...more] = Object.entries(words);
  if (more.length > 0) throw new Error(`${path.join(' ')} declares more than one word`);
  return {
    path,
    row,
    command,
    word: word && {
      name: word[0],
      describe: word[1].describe ?? '',
      values: valuesOfWord(path, word[0], word[1].choices),
      default: word[1].defaultDescription ?? shownDefault(word[1].default),
      isRequired: shown.startsWith('<'),
      isRepeatable: shown.includes('..'),
    },
    flags: [
      ...Object.entries(flags).map(([name, options]) => ({
        name,
        letter: typeof options.alias === 'string' ? options.alias : undefined,
        describe: options.describe ?? '',
        group: options.group,
        values: options.type === 'boolean' ? undefined : valuesOfFlag(path, name, options.choices),
        default: shownDefault(options.default),
        isRequired: options.demandOption === true,
        isRepeatable: options.array === true,
      })),
      ...everywhere,
    ],
  };
}

function shownDefault(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

interface Declared {
  readonly words: Record<string, PositionalOptions & Pick<Options, 'defaultDescription'>>;
  readonly flags: Record<string, Options>;
}

/** What a command declares, seen by a recorder in the place of the parser. */
export function declaredBy(command: Command): Declared {
  const declared: Declared = { words: {}, flags: {} };
  const recorder = {
    positional(name: string, options: PositionalOptions) {
      declared.words[name] = options;
      return recorder;
    },
    option(name: string, options: Options) {
      declared.flags[name] = options;
      return recorder;
    },
    options(options: Record<string, Options>) {
      Object.assign(declared.flags, options);
      return recorder;
    },
    conflicts: () => recorder,
    check: () => recorder,
  };
  command.flags(recorder as unknown as Argv);
  return declared;
}
