import { InputError } from '../errors.js';

/**
 * The value of an `ExecStart=` (systemd.service(5), "COMMAND LINES"). The program is an absolute path, so none of the prefixes
 * (`-`, `@`, `:`, `+`, `!`, `|`) can be read into it; in the other words they have no meaning. No word has a NUL, as in any argv.
 * Directives that are no command lines do not expand `$`, and most do not take quotes: this is not for those. Errors: `ERR_INPUT`,
 * of the option that is named, for a program that systemd does not start.
 */
export function systemdCommand([program = '', ...args]: readonly string[], option: string): string {
  const [odd] = /["'\\\0-\x1f\x7f]/.exec(program) ?? [];
  if (odd !== undefined)
    throw new InputError(
      option,
      `systemd starts no program with ${JSON.stringify(odd)} in its path: ${JSON.stringify(program)}`,
    );
  // Variables are expanded in the arguments only: `$$` in the program's path would be two dollars.
  return [quoted(program), ...args.map((word) => quoted(word.replaceAll('$', '$$$$')))].join(' ');
}

/** Specifiers are expanded within quotes, too. */
function quoted(word: string): string {
  const text = word.replaceAll('%', '%%');
  return /^[\w@%$+=:,./-]+$/.test(text) ? text : `"${text.replace(/[\\"\0-\x1f\x7f]/g, escape)}"`;
}

function escape(char: string): string {
  return /[\\"]/.test(char) ? `\\${char}` : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** Splits a command line into words as they are written, quotes included. */
export function systemdWords(line: string): string[] {
  return line.match(/(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|[^\s"'\\])+/gs) ?? [];
}

/** Removes a word's quotes and escapes (systemd.syntax(7), "QUOTING"). Specifiers and variables stay as they are. */
export function unquoteSystemd(word: string): string {
  return word.replace(
    /"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|(\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|[0-7]{3}|.))/gs,
    (_, double?: string, single?: string, bare?: string) => unescaped(double ?? single ?? bare ?? ''),
  );
}

const letters: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n' },
  ...{ r: '\r', s: ' ', t: '\t', v: '\v' },
};

function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|([0-7]{3})|(.))/gs,
    (_, x?: string, u?: string, octal?: string, char?: string) => {
      if (char !== undefined) return letters[char] ?? char;
      return String.fromCharCode(octal === undefined ? parseInt(x ?? u ?? '', 16) : parseInt(octal, 8));
    },
  );
}
