import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A page of docs/ whose commands are run, and whose output is compared. */
export interface Walk {
  readonly page: string;
  /** Runs one line, by its prompt: `$`, `ca$`, `host$`. Gives all that it prints. */
  readonly run: (line: string, prompt: string) => Promise<string>;
  /** Replaces what is another in another place. */
  readonly lasting: (text: string) => string;
}

const block = /(```console\n[\s\S]*?```\n)/;
const line = /^(\w*\$) (.*)$/;

/** Runs the commands of a page, in their order. Gives the page as it is, and as it should be; UPDATE_DOCS=1 writes it. */
export async function walk({ page, run, lasting }: Walk): Promise<{ page: string; shown: string }> {
  const path = fileURLToPath(new URL(`../../docs/${page}.md`, import.meta.url));
  const text = await readFile(path, 'utf8');
  let shown = '';
  for (const part of text.split(block)) {
    if (!part.startsWith('```console')) {
      shown += part;
      continue;
    }
    const lines: string[] = [];
    for (const typed of part.split('\n')) {
      const [, prompt, command] = line.exec(typed) ?? [];
      if (prompt === undefined || command === undefined) continue;
      const printed = lasting(await run(command, prompt)).trimEnd();
      lines.push(typed, ...printed.split('\n').filter((one, at) => one !== '' || at > 0));
    }
    shown += ['```console', ...lines, '```', ''].join('\n');
  }
  if (process.env['UPDATE_DOCS'] !== undefined) await writeFile(path, shown);
  const updated = process.env['UPDATE_DOCS'] !== undefined ? shown : text;
  return { page: undated(updated), shown: undated(shown) };
}

/** Leaves out dates and what follows from them, and in which order steps end that run side by side. */
function undated(text: string): string {
  return text
    .replace(/(?:^done: .*\n)+/gm, (lines) => `${lines.trimEnd().split('\n').sort().join('\n')}\n`)
    .replace(/\d{4}-\d\d-\d\d(?:[ T]\d\d[:-]\d\d[:-]\d\d(?: UTC|Z(?:-\d)?)?)?/g, 'DATE')
    .replace(/\bin \d+ ms|\b\d+ ms\b/g, 'SOON')
    .replace(/\(\d+\.\d s\)/g, '(SOON)')
    .replace(/\b(?:[0-9A-F]{32}|[0-9a-f]{32})\b/g, 'SERIAL')
    .replace(/(?<=Docker TLS (?:server |client )?CA )[0-9a-f]{8}/g, 'SERIAL')
    .replace(/-?\d+(?= days? left)/g, 'N');
}

/** A program in place of `scp`: each machine is a directory below $ROOT. */
export const scp = `#!/bin/sh
for word; do
  shift
  case $word in
    *:*) word=\${ROOT}/\${word%%:*}/\${word#*:} ;;
  esac
  set -- "$@" "$word"
done
cp -f "$@"
`;
