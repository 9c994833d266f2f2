/**
 * A word as PowerShell reads it in a command. A comma makes a list, and a word such as `-H=1.2` or `-a:b` is split at the dot or
 * the colon where it is not quoted.
 */
export function powershellWord(word: string): string {
  return /^(?:--?[A-Za-z][\w-]*|[\w/][\w:./-]*)$/.test(word) ? word : powershellString(word);
}

/** A string in single quotes. PowerShell takes typographic quotes for straight ones; doubled, each is itself. */
export function powershellString(text: string): string {
  return `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}
