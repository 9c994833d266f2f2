/** A word as fish reads it: in its single quotes only a quote and a backslash have a meaning. */
export function fishWord(word: string): string {
  return /^[\w+:,./-]+$/.test(word) ? word : `'${word.replace(/[\\']/g, '\\$&')}'`;
}
