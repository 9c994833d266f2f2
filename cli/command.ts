import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Environment } from './environment.js';

/** What the end of a command's help says, and its manual page. */
export interface Guide {
  /** Lines to type, `$0` for the program, each with what it does. A test runs them all. */
  readonly examples: readonly (readonly [line: string, does: string])[];
  /** What its exit codes say, where that is not 0 done, 1 failed, 2 wrong usage. */
  readonly exitCodes?: Readonly<Record<number, string>>;
}

/** A command as its module holds it; its name and its summary stand in the table. */
export interface Command {
  readonly guide: Guide;
  /** Adds its positional words and its flags. */
  flags(yargs: Argv): Argv;
  run(flags: object, environment: Environment): Promise<void> | void;
}

/** Binds what a command does to the flags that it declares. */
export function defineCommand<Flags>(
  guide: Guide,
  flags: (yargs: Argv) => Argv<Flags>,
  run: (flags: ArgumentsCamelCase<Flags>, environment: Environment) => Promise<void> | void,
): Command {
  return { guide, flags, run };
}

/** The exit codes of a command, in their order. Any command ends with 128 and more after a signal. */
export function exitCodesOf({ exitCodes }: Guide): readonly (readonly [code: number, meaning: string])[] {
  const all = { 0: 'done', 1: 'failed', 2: 'wrong usage', ...exitCodes };
  return Object.entries(all).map(([code, meaning]) => [Number(code), meaning]);
}
