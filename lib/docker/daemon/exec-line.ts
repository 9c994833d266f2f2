import { systemdWords, unquoteSystemd } from '../../shell/systemd.js';

/** A variable of a unit's environment, and the file that sets it. */
export interface Variable {
  readonly file: string;
  readonly line: number | undefined;
  readonly name: string;
  readonly value: string;
}

/** A word of the command as the program gets it. */
export interface ArgumentWord {
  readonly text: string;
  /** Which written word it comes from: `$OPTIONS` can stand for several, or for none. */
  readonly at: number;
  /** The variables that it comes from. */
  readonly from: readonly Variable[];
}

/** Lists the variables that a command line uses. */
export function variablesIn(line: string): Set<string> {
  const names = systemdWords(line).flatMap((word) => {
    const text = unquoteSystemd(word);
    const whole = wholeVariable(text);
    return whole === undefined
      ? [...text.replaceAll('$$', '').matchAll(/\$\{([^}]*)\}/g)].map(([, name = '']) => name)
      : [whole];
  });
  return new Set(names);
}

/** Expands the variables in written words as systemd does: `$NAME` alone is split at blanks, `${NAME}` is not. */
export function expandWords(
  words: readonly string[],
  variables: ReadonlyMap<string, Variable>,
): ArgumentWord[] {
  return words.flatMap((word, at): ArgumentWord[] => {
    const text = unquoteSystemd(word);
    const whole = wholeVariable(text);
    if (whole !== undefined) {
      const variable = variables.get(whole);
      if (!variable) return [];
      return systemdWords(variable.value).map((each) => ({
        text: unquoteSystemd(each),
        at,
        from: [variable],
      }));
    }
    const from: Variable[] = [];
    const expanded = text.replace(/\$\$|\$\{([^}]*)\}/g, (found, name: string | undefined) => {
      if (name === undefined) return found.slice(1);
      const variable = variables.get(name);
      if (variable) from.push(variable);
      return variable?.value ?? '';
    });
    return [{ text: expanded, at, from }];
  });
}

function wholeVariable(text: string): string | undefined {
  return /^\$([^${].*)$/s.exec(text)?.[1];
}
