import type { ArgumentsCamelCase, Argv } from 'yargs';
import type { Environment } from './environment.js';

/** A command as its module holds it; its name and its summary stand in the table. */
export interface Command {
  /** Adds its positional words and its flags. */
  flags(yargs: Argv): Argv;
  run(flags: object, environment: Environment): Promise<void> | void;
}

/** Binds what a command does to the flags that it declares. */
export function defineCommand<Flags>(
  flags: (yargs: Argv) => Argv<Flags>,
  run: (flags: ArgumentsCamelCase<Flags>, environment: Environment) => Promise<void> | void,
): Command {
  return { flags, run };
}
