import { InputError } from './errors.js';

/*
 * What a caller gave, who may write JavaScript or have read it from a file: its type is looked at here, before a value is
 * made of it. Only undefined counts as not given. All throw `ERR_INPUT` naming `option`.
 */

export function givenText(value: unknown, option: string): string {
  if (typeof value !== 'string') throw new InputError(option, `${option} is not a text`);
  return value;
}

export function givenTexts(value: unknown, option: string): readonly string[] {
  return givenList(value, option).map((text) => givenText(text, option));
}

export function givenList(value: unknown, option: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InputError(option, `${option} is not a list`);
  return Array.from<unknown>(value); // a hole is an undefined
}

export function givenFlag(value: unknown, option: string): boolean {
  if (typeof value !== 'boolean') throw new InputError(option, `${option} is neither true nor false`);
  return value;
}

/** Milliseconds, from `least` to `most`. */
export function givenMs(value: unknown, option: string, least: number, most = Infinity): number {
  if (typeof value !== 'number' || !(value >= least && value <= most))
    throw new InputError(
      option,
      `${option} is not a number of milliseconds ${most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`}`,
    );
  return value;
}

export function givenOneOf<Name extends string>(
  names: readonly Name[],
  value: unknown,
  option: string,
): Name {
  const found = names.find((name) => name === value);
  if (found === undefined) throw new InputError(option, `${option} is none of ${names.join(', ')}`);
  return found;
}

/** A file or directory as a system takes it: an empty path names the current directory to some, and nothing to others. */
export function givenPath(value: unknown, option: string): string {
  const path = givenText(value, option);
  if (path === '') throw new InputError(option, 'the path is empty');
  if (path.includes('\0'))
    throw new InputError(option, `${JSON.stringify(path)} is no path: it holds a NUL character`);
  return path;
}
