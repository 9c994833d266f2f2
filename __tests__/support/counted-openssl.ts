import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findOpenssl } from '../../lib/index.js';
import { until } from './until.js';

/** Shell that an openssl does at one of its calls. */
export interface Interference {
  /** Which call, counted from 1; `version` is one too. */
  readonly at: number;
  /** Before the real one runs. */
  readonly before?: string;
  /** After the real one ran. */
  readonly after?: string;
}

/** Writes a script around the real openssl into `folder`, that counts its calls there. Gives its path. */
export async function countedOpenssl(folder: string, ...interferences: Interference[]): Promise<string> {
  const { path: real } = await findOpenssl();
  const calls = join(folder, 'calls');
  await mkdir(calls, { recursive: true });
  const path = join(folder, 'openssl');
  const at = (moment: 'before' | 'after'): string[] =>
    interferences.flatMap(({ at, [moment]: body = ':' }) => [`if [ $call = ${at} ]; then`, body, 'fi']);
  const lines = [
    '#!/bin/sh',
    'call=1',
    // Of several that begin at once only one can make the directory.
    `while ! mkdir '${calls}'/$call 2>/dev/null; do`,
    `[ -d '${calls}' ] || exit 1`, // the test is over
    'call=$((call + 1))',
    'done',
    ...at('before'),
    `'${real}' "$@"`,
    'code=$?',
    ...at('after'),
    'exit $code',
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o755 });
  return path;
}

/** Shell that waits for a file in a folder, though not for ever, and no longer than the folder is there. */
export const awaits = (folder: string, file: string): string =>
  [
    'patience=2400',
    `while [ ! -e '${folder}/${file}' ] && [ -d '${folder}' ] && [ $patience -gt 0 ]; do`,
    'sleep 0.05',
    'patience=$((patience - 1))',
    'done',
  ].join('\n');

/** Shell that says that it is there, and waits until it may go on. */
export const hold = (folder: string): string => `touch '${folder}/started'\n${awaits(folder, 'go')}`;

/** Waits until one is held. */
export async function isHeld(folder: string): Promise<void> {
  await until(async () => (await readdir(folder)).includes('started'));
}

/** Lets those that are held go on. */
export async function letGo(folder: string): Promise<void> {
  await writeFile(join(folder, 'go'), '');
}

/** How often it was called. */
export async function opensslCalls(folder: string): Promise<number> {
  return (await readdir(join(folder, 'calls'))).length;
}
