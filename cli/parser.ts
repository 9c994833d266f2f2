import yargs, { type Argv } from 'yargs';
import { Parser } from 'yargs/helpers';
import type { Command } from './command.js';
import { commands, nameOf, type CommandRow } from './commands.js';
import { UsageError, type Environment } from './environment.js';
import { describeGuide } from './present-help.js';
import { usage } from './present-usage.js';

const configuration = {
  'greedy-arrays': false,
  'boolean-negation': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
} as const;

const repeatable = [
  '_',
  'host',
  'ip',
  'permit',
  'force',
  'names',
  'directories',
  'hosts',
  'csrs',
  'group',
  'confirmed',
];

/** A help is no wider than that. */
const MOST_COLUMNS = 100;

/** Elsewhere --to names one place. */
function isBundle({ _: typed }: Record<string, unknown>): boolean {
  return Array.isArray(typed) && typed[0] === 'bundle';
}

/** There, words are names of hosts. */
function isFleet({ _: typed }: Record<string, unknown>): boolean {
  return Array.isArray(typed) && typed[0] === 'fleet';
}

/** Reads the flags that say how an error is shown, also of a command line that the parser refuses. */
export function flagsOf(args: readonly string[]): { json: boolean; format: string | undefined } {
  const options = { array: ['json', 'format'], boolean: ['json'], string: ['format'], configuration };
  const { json, format } = Parser([...args], options) as { json?: boolean[]; format?: string[] };
  return { json: json?.includes(true) ?? false, format: format?.at(-1) };
}

/** Builds the parser; the caller runs it. */
export async function parser(args: readonly string[], environment: Environment): Promise<Argv> {
  if (args.some((arg) => /^--?(new-?)?pass(phrase|word)?(=|$)/i.test(arg)))
    throw new UsageError(usage.passphraseOnCommandLine);
  // yargs reads a flag's name up to a line break: `--q` and more would be -q.
  const broken = args.find((arg) => /^--[^=]*[\r\n\u2028\u2029]/.test(arg));
  if (broken !== undefined) throw new UsageError(usage.unknownOption(broken));
  // yargs adds numbers up.
  for (const flag of ['timeout', 'lock-timeout', 'passphrase-fd', 'new-passphrase-fd'])
    if (args.filter((arg) => arg === `--${flag}` || arg.startsWith(`--${flag}=`)).length > 1)
      throw new UsageError(usage.givenTwice(flag));
  // The help of a command is always composed, and breaking its lines is the most of it: only where it is shown.
  const wantsHelp = args.some((arg) => arg === '--help' || arg === '-h');
  const columns = Math.min(MOST_COLUMNS, process.stdout.columns || MOST_COLUMNS);
  const program = yargs([...args])
    .scriptName('docker-tls-openssl')
    .locale('en')
    .parserConfiguration(configuration)
    .strict()
    .demandCommand(1, 1, usage.commandMissing, usage.commandMissing)
    .version(environment.version)
    .alias('V', 'version')
    .alias('h', 'help')
    .wrap(wantsHelp ? columns : null)
    .exitProcess(false)
    .showHelpOnFail(false)
    .check((flags: Record<string, unknown>) => {
      const twice = Object.keys(flags).find(
        (flag) =>
          Array.isArray(flags[flag]) &&
          flag.length > 1 && // an alias says the same
          !repeatable.includes(flag) &&
          // `sign` allows several clients, where `client` makes one.
          !(['client-name', 'clientName'].includes(flag) && flags['csrs'] !== undefined) &&
          !(isBundle(flags) && ['to', 'to-pgp', 'toPgp'].includes(flag)),
      );
      if (twice !== undefined) throw new UsageError(usage.givenTwice(twice));
      // `all server` is two commands, and hardly ever a host of that name: --host takes it.
      const hosts: readonly unknown[] = isFleet(flags) ? [] : [flags['hosts'] ?? []].flat();
      const command = commands.map(nameOf).find((name) => hosts.includes(name));
      if (command !== undefined) throw new UsageError(usage.commandAsHost(command));
      if (flags['dir'] === '') throw new UsageError(usage.directoryEmpty);
      return true;
    })
    .fail((message: string | null, error: Error | undefined) => {
      // yargs reports some of what the user got wrong as an error of its own.
      if (error && error.name !== 'YError') throw error;
      throw new UsageError(usage.complaint(message ?? error?.message ?? usage.commandMissing, args));
    });
  return addCommands(program, commands, await loadNamed(commands, args), environment, columns);
}

/** Loads the commands whose names stand anywhere among the arguments: yargs will run none but one of them. */
async function loadNamed(
  rows: readonly CommandRow[],
  args: readonly string[],
): Promise<ReadonlyMap<CommandRow, Command>> {
  const named = rows.filter((row) => ['$0', ...args].includes(nameOf(row)));
  const loaded = await Promise.all(
    named.map(async (row) => [
      ...(row.load ? [[row, (await row.load()).command] as const] : []),
      ...(await loadNamed(row.commands ?? [], args)),
    ]),
  );
  return new Map(loaded.flat());
}

/** Adds a row for each command to the help, and what the loaded ones do. */
function addCommands(
  yargs: Argv,
  rows: readonly CommandRow[],
  loaded: ReadonlyMap<CommandRow, Command>,
  environment: Environment,
  columns: number,
  before: readonly string[] = [],
): Argv {
  for (const row of rows) {
    const { usage: pattern, summary, commands, missing } = row;
    const command = loaded.get(row);
    const words = [...before, ...pattern.split(' ').filter((word) => word !== '$0')];
    const synopsis = (...more: readonly string[]): string =>
      usage.synopsis([...words, ...more].join(' '), summary);
    if (command)
      yargs.command(
        pattern,
        summary,
        (flags) => {
          command.flags(flags).epilogue(describeGuide(command.guide, columns));
          return nameOf(row) === '$0' ? flags : flags.usage(synopsis('[options]'));
        },
        (flags) => command.run(flags, environment),
      );
    else
      yargs.command(pattern, summary, (further) => {
        // yargs shows the usage of a word before that of its `$0`.
        const own = commands?.find((one) => nameOf(one) === '$0');
        further.usage(own ? synopsis(...own.usage.split(' ').slice(1), '[options]') : synopsis('COMMAND'));
        addCommands(further, commands ?? [], loaded, environment, columns, words);
        return missing === undefined ? further : further.demandCommand(1, 1, missing, missing);
      });
  }
  return yargs;
}
