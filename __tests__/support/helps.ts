import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The help of a command, as its page in the documentation has it. A test holds the page to what the command prints. */
export interface Help {
  readonly command: string;
  readonly lines: readonly string[];
  /** With their dashes, letters too. */
  readonly flags: readonly string[];
  readonly examples: readonly (readonly [line: string, does: string])[];
  readonly exitCodes: readonly number[];
}

const pages = fileURLToPath(new URL('../../docs/commands', import.meta.url));

/** The help of every command. */
export const helps: readonly Help[] = readdirSync(pages).flatMap((page) => {
  const [, ...texts] = readFileSync(join(pages, page), 'utf8').split(/^Usage: docker-tls-openssl /m);
  return texts.map((text) => {
    const [, shown = '', codes = ''] =
      /\nExamples:\n([\s\S]*)\n\nExit codes:\n((?: {2}.*\n)*)/.exec(text) ?? [];
    return {
      command: /^[a-z0-9- ]+?(?= [[<]|\n)/.exec(text)![0],
      lines: text.split('\n'),
      flags: [...text.matchAll(/^ +(?:(-\w), )?(--[\w-]+) +\S/gm)].flatMap(([, letter, flag]) =>
        letter === undefined ? [flag!] : [flag!, letter],
      ),
      examples: [...shown.matchAll(/^ {2}# (.*)\n {2}(.*)$/gm)].map(
        ([, does, line]) => [line!, does!] as const,
      ),
      exitCodes: [...codes.matchAll(/^ {2}(\d) {2}\S/gm)].map(([, code]) => Number(code)),
    };
  });
});
