import yargs, { type Argv } from 'yargs';
import { Parser } from 'yargs/helpers';
import type { Command } from './command.js';
import { commands, nameOf, type CommandRow } from './commands.js';
import { UsageError, type Environment } from './environment.js';
import { usage } from './present.js';

const configuration = {
  'greedy-arrays': false,
  'boolean-negation': false,
  'dot-notation': false,
  'duplicate-arguments-array': true,
} as const;

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
  // yargs adds numbers up.
  for (const flag of ['timeout', 'lock-timeout', 'passphrase-fd', 'new-passphrase-fd'])
    if (args.filter((arg) => arg === `--${flag}` || arg.startsWith(`--${flag}=`)).length > 1)
      throw new UsageError(usage.givenTwice(flag));
  // The help of a command is always composed, and breaking its lines is the most of it: only where it is shown.
  const wantsHelp = args.some((arg) => arg === '--help' || arg === '-h');
  const program = yargs([...args])
    .scriptName('docker-tls-openssl')
    .locale('en')
    .usage(usage.program)
    .parserConfiguration(configuration)
    .strict()
    .demandCommand(1, 1, usage.commandMissing, usage.commandMissing)
    .recommendCommands()
    .version(environment.version)
    .alias('V', 'version')
    .alias('h', 'help')
    .wrap(wantsHelp ? Math.min(100, process.stdout.columns || 100) : null)
    .epilogue(usage.epilogue)
    .exitProcess(false)
    .showHelpOnFail(false)
    .check((flags: Record<string, unknown>) => {
      const twice = Object.keys(flags).find(
        (flag) =>
          Array.isArray(flags[flag]) && !['_', 'host', 'ip', 'force', 'names', 'directories'].includes(flag),
      );
      if (twice !== undefined) throw new UsageError(usage.givenTwice(twice));
      if (flags['dir'] === '') throw new UsageError(usage.directoryEmpty);
      return true;
    })
    .fail((message: string | null, error: Error | undefined) => {
      // yargs tells some of what the user got wrong by an error of its own.
      if (error && error.name !== 'YError') throw error;
      throw new UsageError(usage.complaint(message ?? error?.message ?? usage.commandMissing));
    });
  return addCommands(program, commands, await loadNamed(commands, args), environment);
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
): Argv {
  for (const row of rows) {
    const { usage, summary, commands, missing } = row;
    const command = loaded.get(row);
    if (command)
      yargs.command(
        usage,
        summary,
        (flags) => command.flags(flags),
        (flags) => command.run(flags, environment),
      );
    else
      yargs.command(usage, summary, (further) => {
        addCommands(further, commands ?? [], loaded, environment);
        return missing === undefined ? further : further.demandCommand(1, 1, missing, missing);
      });
  }
  return yargs;
}
