import pico from 'picocolors';

/**
 * Whoever reads may stop doing so (`| head -1`). What is being made is still made to its end: a program that died of a
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

/** Results go to stdout, everything else to stderr. */
export function print(text: string): void {
  process.stdout.write(`${visible(text)}\n`);
}

/** What a shell is to read: as it is, except where a person reads it. */
export function printExactly(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? visible(text) : text}\n`);
}

export function say(text: string): void {
  process.stderr.write(`${visible(text)}\n`);
}

/**
 * What a path or openssl's words could do to a terminal or to its reader is shown, as JSON would escape it, and not done:
 * all that nobody can see, but for line ends, tabs and the colours that we use ourselves.
 */
export function visible(text: string): string {
  return text.replace(/\x1b\[(?:[0-2]|22|3\d)m|[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu, (found) =>
    found.length > 2
      ? found
      : Array.from(
          { length: found.length },
          (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ).join(''),
  );
}

export type Style = ReturnType<typeof pico.createColors>;

/** Colours only for a terminal, and never against NO_COLOR (no-color.org). */
export function resultStyle(): Style {
  return pico.createColors(colours(process.stdout));
}

export function errorStyle(): Style {
  return pico.createColors(colours(process.stderr));
}

export function colours(stream: { isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}
