import yargs, { type Argv } from 'yargs';
import { allCommand } from './commands/all.js';
import { caCommand } from './commands/ca.js';
import { clientCommand } from './commands/client.js';
import { serverCommand } from './commands/server.js';
import { stepCommand } from './commands/step.js';
import { usage } from './present.js';
import { UsageError } from './run.js';

/** What every command gets beside its flags. */
export interface Environment {
  readonly signal: AbortSignal;
  readonly version: string;
}

/** Builds the parser; the caller runs it. */
export function parser(args: readonly string[], environment: Environment): Argv {
  if (args.some((arg) => /^--?pass(phrase|word)?(=|$)/.test(arg)))
    throw new UsageError(usage.passphraseOnCommandLine);
  const program = yargs([...args])
    .scriptName('docker-tls-openssl')
    .locale('en')
    .usage(usage.program)
    .parserConfiguration({
      'greedy-arrays': false,
      'boolean-negation': false,
      'duplicate-arguments-array': true,
    })
    .strict()
    .demandCommand(1, 1, usage.commandMissing, usage.commandMissing)
    .recommendCommands()
    .version(environment.version)
    .alias('V', 'version')
    .alias('h', 'help')
    .wrap(Math.min(100, process.stdout.columns || 100))
    .epilogue(usage.epilogue)
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw error ?? new UsageError(message ?? usage.commandMissing);
    });
  return [allCommand, caCommand, serverCommand, clientCommand, stepCommand].reduce<Argv>(
    (built, command) => command(built, environment),
    program,
  );
}
