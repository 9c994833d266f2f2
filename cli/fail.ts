import { DirectoryError, DockerError, DockerTlsError, InterruptedError } from '../lib/index.js';
import { nameOf } from './commands.js';
import { UsageError } from './environment.js';
import { EXIT } from './exit-codes.js';
import { rowsOf } from './first-word.js';
import { flagsOf } from './parser.js';
import { describeError, errorAsJson } from './present-error.js';
import { errorStyle, printJson, say } from './streams.js';

type Signal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** Reports why a run ended, and gives its exit code. `ended`: the signal that ended it. */
export function fail(error: unknown, args: readonly string[], ended: Signal | undefined): number {
  // Ctrl-C at a prompt arrives as its error.
  const signal = ended ?? (error instanceof Error && error.name === 'ExitPromptError' ? 'SIGINT' : undefined);
  const stopped = signal && !(error instanceof DockerTlsError);
  report(stopped ? new InterruptedError('ERR_ABORTED', 'stopped at a prompt') : error, args, signal);
  if (signal) return EXIT[signal];
  const usage =
    error instanceof UsageError || (error instanceof DockerTlsError && error.code === 'ERR_INPUT');
  const isAnswer = rowsOf(args).at(-1)?.twoIsAnAnswer ?? false;
  return usage && !isAnswer ? EXIT.usage : EXIT.failed;
}

function report(error: unknown, args: readonly string[], signal: Signal | undefined): void {
  const rows = rowsOf(args);
  const command = rows.map(nameOf).join(' ');
  const { json, format } = flagsOf(args);
  if (json || (format === 'json' && rows.at(-1)?.jsonFormat)) printJson(errorAsJson(command, error, args));
  else if (signal && !(error instanceof DockerError) && !(error instanceof DirectoryError))
    say('stopped: nothing was changed');
  else say(...describeError(error, args, command, errorStyle()));
}
