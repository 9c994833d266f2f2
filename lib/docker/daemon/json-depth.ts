/** A daemon.json has three levels; parsers and `JSON.stringify` fail on thousands. */
export const MOST_LEVELS = 100;

/** Where a JSON text goes deeper than `MOST_LEVELS` lists and objects; undefined where it does not. Takes any text. */
export function tooDeepAt(text: string): number | undefined {
  let level = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at++;
      else if (char === '"') quoted = false;
    } else if (char === '"') {
      quoted = true;
    } else if (char === '[' || char === '{') {
      if (++level > MOST_LEVELS) return at;
    } else if (char === ']' || char === '}') {
      level--;
    }
  }
  return undefined;
}
