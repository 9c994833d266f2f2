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
  process.stdout.write(`${text}\n`);
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`);
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
