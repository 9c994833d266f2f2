import type { CommandReference, FlagReference, Reference } from './reference.js';
import type { Values } from './values.js';

/** What the scripts of the three shells share. */

/**
 * Prints the names of docker's contexts in files that follow, one a line. What is no name of a context is left out: no shell reads a
 * name in another way.
 */
const contexts = String.raw`sed -n 's/^[{[:space:]]*"Name"[[:space:]]*:[[:space:]]*"\([A-Za-z0-9][A-Za-z0-9_.+-]*\)".*/\1/p'`;

/** A template with the lines that the build makes, each in the place of `@NAME@`. */
export function filled(template: string, lines: Readonly<Record<string, readonly string[]>>): string {
  const all: typeof lines = { ...lines, contexts: [contexts] };
  return template.replace(/@(\w+)@/g, (_, name: string) => {
    const text = all[name];
    if (text === undefined) throw new Error(`nothing stands for @${name}@`);
    return text.join('\n');
  });
}

/** A flag as it can be typed. */
export function typed({ name, letter }: Pick<FlagReference, 'name' | 'letter'>): string[] {
  return [`--${name}`, ...(letter === undefined ? [] : [`-${letter}`])];
}

/** A command and one of its flags, or `WORD` for its word; those where the same can stand have one entry. */
export function placesByValues(
  commands: readonly CommandReference[],
): { readonly values: Values; readonly places: readonly string[] }[] {
  const found = new Map<string, { readonly values: Values; readonly places: string[] }>();
  for (const { path, flags, word } of commands)
    for (const [place, values] of [
      ...flags.flatMap((flag) => typed(flag).map((one) => [one, flag.values] as const)),
      ['WORD', word?.values] as const,
    ]) {
      if (values === undefined || values.kind === 'text') continue;
      const id = JSON.stringify({ ...values, shown: '' });
      const entry = found.get(id) ?? { values, places: [] };
      entry.places.push([...path, place].join(' '));
      found.set(id, entry);
    }
  return [...found.values()];
}

/** The words that can also stand where a command's own first word does, such as `ca` after `renew`. */
export function membersOf({ groups }: Reference, path: readonly string[]) {
  return groups.find((group) => group.path.length > 0 && group.path.join(' ') === path.join(' '))?.members;
}
