/** A word as a POSIX shell reads it: plain where that is safe, else in single quotes. In zsh `=ls` looks up a command, a lone `=` does not. */
export function shellWord(word: string): string {
  return /^(?!=.)[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A here-document that writes the lines to `path` as they are. It ends at a word that is no line of the text. */
export function hereDocument(path: string, lines: readonly string[]): string[] {
  let end = 'EOF';
  while (lines.includes(end)) end += '_';
  return [`cat > ${shellWord(path)} <<'${end}'`, ...lines, end];
}

/** Text for a comment: a line end in a name would end the comment. */
export function shellComment(text: string): string {
  return text.replace(/[\0-\x1f\x7f]/g, '?');
}
