import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { DirectoryError, DockerError, DockerTlsError, InterruptedError } from '../lib/index.js';
import { UsageError } from './environment.js';
import { describeError, errorAsJson } from './present.js';
import { errorStyle, print, printJson, say } from './streams.js';

/**
 * Exit codes: done, failed, wrong command line; a certificate is due, or one is void: expired, not yet valid or broken; and by
 * convention 128 plus the number of the signal.
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  due: 3,
  void: 4,
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
} as const;

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** One run of the program, from its arguments to its exit code. */
export async function run(args: readonly string[]): Promise<number> {
  // Answered before anything else is loaded.
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    print(await version());
    return EXIT.done;
  }
  const interrupt = new AbortController();
  let ended: (typeof SIGNALS)[number] | undefined;
  let over = false;
  const stop = (signal: (typeof SIGNALS)[number]): void => {
    if (over) process.exit(); // what was done is done: only its output is still on its way
    ended ??= signal;
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const { parser } = await import('./parser.js');
    await parser(args, { signal: interrupt.signal, version: await version() }).parseAsync();
    return EXIT.done;
  } catch (error) {
    // Ctrl-C at a prompt arrives as its error.
    if (ended === undefined && error instanceof Error && error.name === 'ExitPromptError') ended = 'SIGINT';
    const usage =
      error instanceof UsageError || (error instanceof DockerTlsError && error.code === 'ERR_INPUT');
    const stopped = ended && !(error instanceof DockerTlsError);
    report(stopped ? new InterruptedError('ERR_ABORTED', 'stopped at a prompt') : error, args, ended);
    return ended ? EXIT[ended] : usage ? EXIT.usage : EXIT.failed;
  } finally {
    over = true;
  }
}

function report(error: unknown, args: readonly string[], ended: string | undefined): void {
  if (wantsJson(args)) printJson(errorAsJson(commandOf(args), error, args));
  else if (ended && !(error instanceof DockerError) && !(error instanceof DirectoryError))
    say('stopped: nothing was changed');
  else say(...describeError(error, args, commandOf(args), errorStyle()));
}

/** The formats of `daemon` are those of its texts. */
function wantsJson(args: readonly string[]): boolean {
  if (args.includes('--json')) return true;
  return commandOf(args) === 'status' && / --format[= ]json /.test(` ${args.join(' ')} `);
}

/** Each command, with the words that can follow it. */
const commands: Readonly<Record<string, readonly string[]>> = {
  all: [],
  ca: [],
  server: [],
  client: [],
  recipes: [],
  script: [],
  step: ['genrsa', 'genpkey', 'req', 'req-x509', 'x509-req', 'rsa', 'pkey', 'verify'],
  passphrase: ['add', 'change', 'remove'],
  install: ['daemon', 'client'],
  uninstall: ['daemon'],
  renew: ['ca'],
  rollback: [],
  inspect: [],
  status: [],
  explain: [],
  verify: [],
  connect: [],
  env: [],
  context: [],
  bundle: [],
  snippet: [],
  modes: [],
  daemon: [],
  doctor: [],
};

/** The command's name, and no other word that was typed: that could be a secret. */
function commandOf(args: readonly string[]): string {
  const at = args.findIndex((arg) => Object.hasOwn(commands, arg));
  const next = commands[args[at] ?? '']?.find((word) => args.slice(at + 1).includes(word));
  return [args[at] ?? '', next ?? ''].join(' ').trim();
}

async function version(): Promise<string> {
  const path = createRequire(import.meta.url).resolve('#package.json');
  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
  return version;
}
