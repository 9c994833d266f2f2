import yargs, { type Argv } from 'yargs';
import { allCommand } from './commands/all.js';
import { bundleCommand } from './commands/bundle.js';
import { caCommand } from './commands/ca.js';
import { clientCommand } from './commands/client.js';
import { explainCommand } from './commands/explain.js';
import { inspectCommand } from './commands/inspect.js';
import { installCommand } from './commands/install.js';
import { uninstallCommand } from './commands/install-daemon.js';
import { connectCommand } from './commands/connect.js';
import { doctorCommand } from './commands/doctor.js';
import { contextCommand } from './commands/context.js';
import { daemonCommand } from './commands/daemon.js';
import { envCommand } from './commands/env.js';
import { modesCommand } from './commands/modes.js';
import { passphraseCommand } from './commands/passphrase.js';
import { recipesCommand } from './commands/recipes.js';
import { renewCommand } from './commands/renew.js';
import { rollbackCommand } from './commands/rollback.js';
import { scriptCommand } from './commands/script.js';
import { serverCommand } from './commands/server.js';
import { snippetCommand } from './commands/snippet.js';
import { statusCommand } from './commands/status.js';
import { stepCommand } from './commands/step.js';
import { verifyCommand } from './commands/verify.js';
import { UsageError, type Environment } from './environment.js';
import { usage } from './present.js';

/** Builds the parser; the caller runs it. */
export function parser(args: readonly string[], environment: Environment): Argv {
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
    .parserConfiguration({
      'greedy-arrays': false,
      'boolean-negation': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
    })
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
  const commands = [
    allCommand,
    caCommand,
    serverCommand,
    clientCommand,
    renewCommand,
    rollbackCommand,
    passphraseCommand,
    statusCommand,
    inspectCommand,
    explainCommand,
    verifyCommand,
    connectCommand,
    doctorCommand,
    daemonCommand,
    envCommand,
    installCommand,
    contextCommand,
    bundleCommand,
    snippetCommand,
    modesCommand,
    recipesCommand,
    scriptCommand,
    stepCommand,
    uninstallCommand,
  ];
  return commands.reduce<Argv>((built, command) => command(built, environment), program);
}
