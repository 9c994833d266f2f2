import { InputError } from './errors.js';

/** The names of an options object: the compiler refuses a list that lacks one or has one too many. */
export type OptionNames<Options extends object> = Readonly<Record<keyof Options, true>>;

/**
 * Refuses an option that a function does not know, and what is no options object. Undefined counts as not given. Throws
 * `ERR_INPUT` whose `option` is the unknown name, with the nearest known one as a hint.
 */
export function refuseUnknown(given: object, names: Readonly<Record<string, true>>): void {
  if (typeof (given as unknown) !== 'object' || (given as unknown) === null || Array.isArray(given))
    throw new InputError('options', 'options is not an object');
  const unknown = Object.entries(given).find(
    ([name, value]) => value !== undefined && !Object.hasOwn(names, name),
  );
  if (!unknown) return;
  const [name] = unknown;
  const near = nearest(name, Object.keys(names));
  throw new InputError(name, `there is no option '${name}'`, {
    hint: near === undefined ? undefined : `did you mean '${near}'?`,
  });
}

const MOST_EDITS = 2;

/** The name that is fewest edits away; undefined where none is near. */
export function nearest(typed: string, names: readonly string[]): string | undefined {
  const most = Math.min(MOST_EDITS, typed.length - 1);
  const [best] = names
    .map((name) => ({ name, edits: editsBetween(typed, name) }))
    .filter(({ edits }) => edits <= most)
    .sort((one, other) => one.edits - other.edits);
  return best?.name;
}

/** How many characters to insert, remove, replace or swap with their neighbour (optimal string alignment). */
function editsBetween(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > MOST_EDITS) return Infinity;
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = last;
    last = row;
  }
  return last[other.length] ?? 0;
}
