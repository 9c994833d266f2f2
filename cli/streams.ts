import pico from 'picocolors';

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
