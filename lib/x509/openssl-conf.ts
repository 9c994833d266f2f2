/** Reads OpenSSL's configuration files (config(5)) as openssl reads them, so that what they ask for can be compared with what was made. */

export interface ConfLine {
  readonly name: string;
  /** Octet by octet (Latin-1); undefined where it depends on what is not in the file. */
  readonly value: string | undefined;
}

/** A section's lines in their order; of two with one name the last. */
export type ConfSection = readonly ConfLine[];

export interface Conf {
  /** By name; the lines before the first section are `default`. */
  readonly sections: ReadonlyMap<string, ConfSection>;
  /** Whether it takes in other files: then there may be lines that are not seen here. */
  readonly includes: boolean;
}

const DEFAULT = 'default';

/** Reads a text octet by octet (Latin-1). Never fails: a line that openssl would refuse is left out. */
export function parseConf(text: string): Conf {
  // Hundreds of commands have one configuration.
  if (last?.text !== text) last = { text, conf: parsed(text) };
  return last.conf;
}

let last: { readonly text: string; readonly conf: Conf } | undefined;

function parsed(text: string): Conf {
  const sections = new Map<string, ConfLine[]>([[DEFAULT, []]]);
  const lookUp = (section: string, name: string): string | undefined =>
    (sections.get(section) ?? []).find((line) => line.name === name)?.value;
  let current = DEFAULT;
  let includes = false;
  for (const line of logicalLines(text)) {
    if (/^\.[ \t]*include\b/.test(line)) {
      includes = true;
      continue;
    }
    const [, section] = /^\[[ \t]*([^\]]*?)[ \t]*\]/.exec(line) ?? [];
    if (section !== undefined) {
      current = section;
      if (!sections.has(section)) sections.set(section, []);
      continue;
    }
    const [, qualifier = current, name, written] =
      /^(?:([^ \t=:]+)::)?([^ \t=]+)[ \t]*=[ \t]*([\s\S]*)$/.exec(line) ?? [];
    if (name === undefined || written === undefined) continue;
    const value = valueOf(written, (of, wanted) =>
      of === undefined ? (lookUp(qualifier, wanted) ?? lookUp(DEFAULT, wanted)) : lookUp(of, wanted),
    );
    const before = (sections.get(qualifier) ?? []).filter((other) => other.name !== name);
    sections.set(qualifier, [...before, { name, value }]);
  }
  return { sections, includes };
}

/** The value of a line; undefined where there is none, or it is not known. */
export function confValue(conf: Conf, section: string, name: string): string | undefined {
  return conf.sections.get(section)?.find((line) => line.name === name)?.value;
}

/** Lines as they count: continued ones joined, without comments and the blanks around them. */
function logicalLines(text: string): string[] {
  const joined: string[] = [];
  let open = '';
  for (const line of text.split('\n')) {
    const whole = open + line.replace(/\r+$/, '');
    const continues = (/\\+$/.exec(whole)?.[0].length ?? 0) % 2 === 1;
    open = continues ? whole.slice(0, -1) : '';
    if (!continues) joined.push(whole);
  }
  if (open !== '') joined.push(open);
  return joined.map(withoutComment).filter((line) => line !== '');
}

/** Takes openssl's blanks away at both ends. JavaScript's `trim` also takes an octet A0, which ends an `à` in UTF-8. */
export function trimBlanks(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

/** A `#` in quotes, or after a backslash, begins none. */
function withoutComment(line: string): string {
  const [kept = ''] =
    /^(?:\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|`(?:\\[\s\S]|[^`\\])*`?|[^\\#"'`])*/.exec(
      line,
    ) ?? [];
  return trimBlanks(kept);
}

type LookUp = (section: string | undefined, name: string) => string | undefined;

const escapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', b: '\b', t: '\t' };

/** Takes quotes and escapes away, and puts variables in. */
function valueOf(written: string, lookUp: LookUp): string | undefined {
  let value = '';
  let rest = written;
  while (rest !== '') {
    const [quoted, , inner = ''] = /^(["'`])((?:\\[\s\S]|(?!\1)[^\\])*)\1?/.exec(rest) ?? [];
    const [escaped, character = ''] = /^\\([\s\S])/.exec(rest) ?? [];
    const variable = /^\$(?:\{([^}]*)\}|\(([^)]*)\)|((?:\w+::)?\w+))/.exec(rest);
    if (quoted !== undefined) value += inner.replace(/\\([\s\S])/g, '$1');
    else if (escaped !== undefined) value += escapes[character] ?? character;
    else if (variable) {
      const [, section, name = ''] =
        /^(?:(.*)::)?(.*)$/.exec(variable[1] ?? variable[2] ?? variable[3] ?? '') ?? [];
      const found = lookUp(section, name);
      if (found === undefined) return undefined;
      value += found;
    } else if (rest.startsWith('$')) return undefined;
    else value += rest[0] ?? '';
    rest = rest.slice((quoted ?? escaped ?? variable?.[0] ?? 'x').length);
  }
  return value;
}
