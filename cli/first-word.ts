import { nearest } from '../lib/internal.js';
import { commands, nameOf, type CommandRow } from './commands.js';
import { UsageError } from './environment.js';
import { EXIT } from './exit-codes.js';
import { describeProgram } from './present-help.js';
import { instead, usage } from './present-usage.js';
import { print, say } from './streams.js';

const aliases = ['help', 'version'];

/** Turns `help COMMAND` and `version` into the flags that do the same. */
export function withoutAliases(args: readonly string[]): readonly string[] {
  const [first = '', ...rest] = args;
  return aliases.includes(first) ? [...rest, `--${first}`] : args;
}

/** Prints the help of the program where no command is named; gives the exit code, or undefined where one is. */
export function answerWithHelp(args: readonly string[]): number | undefined {
  if (args.length === 0) {
    say(...describeProgram());
    return EXIT.usage;
  }
  const asked = args.some((arg) => arg === '--help' || arg === '-h') && rowsOf(args).length === 0;
  if (!asked) return undefined;
  print(...describeProgram());
  return EXIT.done;
}

/** Refuses a word that stands where a command should, and is none. Errors: `UsageError`. */
export function refuseUnknown(
  args: readonly string[],
  rows: readonly CommandRow[] = commands,
  before: readonly string[] = [],
): void {
  const [first = '-', ...rest] = args;
  if (first.startsWith('-') || (before.length === 0 && aliases.includes(first))) return;
  const row = rows.find((one) => nameOf(one) === first);
  const typed = [...before, first];
  if (row) {
    if (row.missing !== undefined) refuseUnknown(rest, row.commands, typed);
    return;
  }
  const answer = instead[typed.join(' ')];
  if (answer !== undefined) throw new UsageError(answer, null);
  const names = [...rows.map(nameOf), ...(before.length === 0 ? aliases : [])];
  const near = nearest(first, names);
  const suggestion = near === undefined ? undefined : [...before, near].join(' ');
  throw new UsageError(usage.unknownCommand(typed.join(' '), suggestion), usage.seeHelp(before.join(' ')));
}

/** Finds a command's rows by its own name alone: another word that was typed could be a secret. */
export function rowsOf(args: readonly string[], rows: readonly CommandRow[] = commands): CommandRow[] {
  const at = args.findIndex((arg) => rows.some((row) => nameOf(row) === arg));
  const row = rows.find((one) => nameOf(one) === args[at]);
  return row ? [row, ...rowsOf(args.slice(at + 1), row.commands ?? [])] : [];
}
