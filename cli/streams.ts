import pico from 'picocolors';

/**
 * A reader may stop reading (`| head -1`). What is being made is still made to its end: a program that died of a
 * closed pipe would leave its workspace behind, and openssl at work.
 */
export function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      process.exitCode = 1;
      if (stream === process.stdout) say(`error: cannot write the output: ${error.message}`);
    });
  }
}

/** Waits until everything is written, or known to be unwritable. */
export async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write('', () => setImmediate(resolve)));
}

/** Results go to stdout, everything else to stderr. Each text is one line: what ends a line in it is shown. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(text(lines, process.stdout));
}

/** As many lines as there are, a thousand at a time. */
export function printLines(lines: Iterable<string>): void {
  let some: string[] = [];
  for (const line of lines) {
    some.push(line);
    if (some.length < 1000) continue;
    print(...some);
    some = [];
  }
  print(...some);
}

/** Texts of whole lines, many in each: what ends a line there is meant to. */
export function printTexts(texts: Iterable<string>): void {
  for (const lines of texts) printWhole(`${lines}\n`);
}

export function printJson(value: object): void {
  printWhole(`${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Prints `{ ...head, [name]: [...items] }` as `printJson` does. Only a thousand items are there at once: the list may be long.
 * Nothing is printed before all of them could be made.
 */
export function printJsonList(head: object, name: string, items: Iterable<object>): void {
  const textOf = (list: readonly object[]): string => JSON.stringify({ ...head, [name]: list }, null, 2);
  const [END, EMPTY] = ['\n  ]\n}', '[]\n}'];
  const empty = textOf([]);
  const start = `${empty.slice(0, -EMPTY.length)}[`;
  const parts: string[] = [];
  let some: object[] = [];
  const add = (): void => {
    if (some.length > 0) parts.push(textOf(some).slice(start.length, -END.length));
    some = [];
  };
  for (const item of items) {
    some.push(item);
    if (some.length === 1000) add();
  }
  add();
  if (parts.length === 0) {
    printWhole(`${empty}\n`);
    return;
  }
  parts.forEach((part, at) => {
    printWhole(`${at === 0 ? start : ','}${part}`);
  });
  printWhole(`${END}\n`);
}

/** A text whose line ends are meant: a part of one in JSON begins and ends where a line may. */
function printWhole(whole: string): void {
  process.stdout.write(
    plainLines.test(whole) ? whole : whole.split('\n').map(shownIn(process.stdout)).join('\n'),
  );
}

/** What a shell is to read: as it is, except where a person reads it. */
export function printExactly(...lines: readonly string[]): void {
  if (process.stdout.isTTY) print(...lines);
  else process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** What no person reads. */
export function printBytes(bytes: Uint8Array): void {
  process.stdout.write(bytes);
}

export function say(...lines: readonly string[]): void {
  process.stderr.write(text(lines, process.stderr));
}

/** Nothing in it could be hidden. */
const plain = /^[\x20-\x7e]*$/;
const plainLines = /^[\x20-\x7e\n]*$/;

function text(lines: readonly string[], stream: { isTTY?: boolean }): string {
  if (lines.length === 0) return '';
  // Most lines are plain, and many together are looked at in one go.
  const joined = lines.join('\n');
  const isPlain = plainLines.test(joined) && !lines.some((line) => line.includes('\n'));
  return `${isPlain ? joined : lines.map(shownIn(stream)).join('\n')}\n`;
}

/** What becomes of a line in a stream. */
function shownIn(stream: { isTTY?: boolean }): (line: string) => string {
  const coloured = colours(stream);
  return (line) => (plain.test(line) ? line : visible(line, coloured));
}

/**
 * What a path or openssl's words could do to a terminal or to its reader is shown, as JSON would escape it, and not done:
 * all that nobody can see, but for tabs and, where the text is `coloured`, the colours that we use ourselves. A line end
 * would make a line that looks like one of ours.
 */
export function visible(text: string, coloured = false): string {
  const hidden = /[^\P{C}\t]|[\p{Zl}\p{Zp}]/gu;
  const hiddenOrColour = /\x1b\[(?:[0-2]|22|3\d)m|[^\P{C}\t]|[\p{Zl}\p{Zp}]/gu;
  return text.replace(coloured ? hiddenOrColour : hidden, (found) =>
    found.length > 2 ? found : escaped(found),
  );
}

/** In JSON's way: one that is not in the first plane takes two. */
function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

export type Style = ReturnType<typeof pico.createColors>;

/** Colours only for a terminal, and never against NO_COLOR (no-color.org). */
export function resultStyle(): Style {
  return pico.createColors(colours(process.stdout));
}

/** For a file. */
export function plainStyle(): Style {
  return pico.createColors(false);
}

export function errorStyle(): Style {
  return pico.createColors(colours(process.stderr));
}

export function colours(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}
