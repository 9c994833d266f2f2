/** One `NAME=value` of a file. */
export interface Assignment {
  readonly name: string;
  /** Without its quotes. */
  readonly value: string;
  /** From 1 on. */
  readonly line: number;
}

/**
 * Reads the assignments of a file, quoted values over several lines included. In an `EnvironmentFile=` of systemd.exec(5) an
 * unquoted value takes the rest of its line; in a shell script it ends at a blank, and `export`, `;` or `&&` may come before it.
 */
export function assignments(text: string, syntax: 'systemd' | 'shell'): Assignment[] {
  const start =
    syntax === 'systemd'
      ? /^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*/my
      : /(?:^|(?<=[\s;&|({]))([A-Za-z_]\w*)\+?=/my;
  const found: Assignment[] = [];
  let at = 0;
  let isLineStart = true;
  while (at < text.length) {
    if (isLineStart && /^[ \t]*[#;]/.test(text.slice(at, lineEnd(text, at)))) {
      at = lineEnd(text, at) + 1;
      continue;
    }
    start.lastIndex = at;
    const [whole, name = ''] = start.exec(text) ?? [];
    if (whole === undefined) {
      // systemd looks at the start of a line only.
      const next = syntax === 'systemd' ? lineEnd(text, at) + 1 : at + 1;
      isLineStart = text[next - 1] === '\n';
      at = next;
      continue;
    }
    const { value, end } = valueAt(text, at + whole.length, syntax);
    found.push({ name, value, line: text.slice(0, at).split('\n').length });
    at = end;
    isLineStart = text[end - 1] === '\n';
  }
  return found;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function valueAt(text: string, from: number, syntax: 'systemd' | 'shell'): { value: string; end: number } {
  let value = '';
  let quote = '';
  let quotedUpTo = 0;
  let at = from;
  for (; at < text.length; at++) {
    const char = text[at] ?? '';
    if (quote !== '') {
      if (char === quote) {
        quote = '';
        quotedUpTo = value.length;
      } else if (char === '\\' && quote === '"') {
        at++;
        value += escaped(text[at] ?? '', '\\');
      } else value += char;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '\\') {
      at++;
      value += escaped(text[at] ?? '', '');
    } else if (char === '\n' || (syntax === 'shell' && /[\s;&|)]/.test(char))) break;
    else value += char;
  }
  const rest = value.slice(quotedUpTo);
  return { value: value.slice(0, quotedUpTo) + rest.trimEnd(), end: at + 1 };
}

/** A backslash at the end of a line joins it with the next; within double quotes it stays before most characters. */
function escaped(char: string, otherwise: string): string {
  if (char === '\n') return ' ';
  return /["\\$`]/.test(char) ? char : `${otherwise}${char}`;
}
