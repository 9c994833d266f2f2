import { expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { commands, nameOf, type CommandRow } from '../../cli/commands.js';
import { commandOf, flagOf, spelled, wordsOfCall } from '../../cli/own-command.js';
import { declaredBy } from '../../cli/reference/reference.js';
import { call, calls, libraryText, option, words, type CallName } from '../../lib/words.js';

test('a text names options and calls in the words of the library, and of the command line', () => {
  const text = words`choose ${option('lockTimeoutMs')}, or run ${call('renewCa', { finish: true }, "/a b's")}`;
  expect(libraryText(text)).toBe(
    String.raw`choose ${'`lockTimeoutMs`'}, or run renewCa({ finish: true, directory: '/a b\'s' })`,
  );
  expect(spelled(text)).toBe(
    String.raw`choose --lock-timeout, or run docker-tls-openssl renew ca --finish --dir '/a b'\''s'`,
  );
});

test('texts are joined into parts', () => {
  const inner = words`a${1}b${option('name')}`;
  expect(words`x${inner}y`).toEqual(['xa1b', { option: 'name' }, 'y']);
});

test('the default directory is left out', () => {
  for (const directory of ['docker-tls', join(process.cwd(), 'docker-tls')])
    expect(call('renew', { names: ['web'] }, directory)).toEqual({
      call: 'renew',
      options: { names: ['web'] },
    });
});

/** The flags and the words that a command declares. */
async function declared({ load }: CommandRow): Promise<{ flags: Set<string>; words: Set<string> }> {
  const { command } = await load!();
  const { flags, words } = declaredBy(command);
  return { flags: new Set(Object.keys(flags)), words: new Set(Object.keys(words)) };
}

/** The row of a command, by its words. */
function rowOf([word, ...more]: readonly string[], rows: readonly CommandRow[] = commands): CommandRow {
  const row = rows.find((one) => nameOf(one) === word) ?? rows.find((one) => nameOf(one) === '$0');
  if (!row) throw new Error(`no command ${word ?? ''}`);
  return row.commands ? rowOf(more, row.commands) : row;
}

test.each(Object.keys(calls) as CallName[])('the command line has what %s() needs', async (name) => {
  const { flags, words: positional } = await declared(rowOf(commandOf[name].words));
  for (const one of calls[name]) {
    const line = wordsOfCall({ call: name, options: { [one]: 'VALUE' } });
    expect(line.filter((word) => word.startsWith('--') && !flags.has(word.slice(2)))).toEqual([]);
    if (commandOf[name].word === one) expect(positional.size).toBe(1);
  }
});

const everyRow = (rows: readonly CommandRow[]): readonly CommandRow[] =>
  rows.flatMap((row) => (row.commands ? everyRow(row.commands) : [row]));

/** Values of the fleet file: the reader turns their errors into problems that name the key and its place. */
const inFleetFile = 'window timezone value text batch age ssh groups range'.split(' ');

/** Options that only callers of the library give, those whose errors name their flags themselves, and one whose flag is its value. */
const withoutFlag =
  'options random hostname bits endpoint context names directories csrs from path timer passphrase parentPassphrase now signal env observer line serial digest fleet'.split(
    ' ',
  );

test('the flag of a digest is its name', () => {
  expect(spelled(option('digest', 'sha256'))).toBe('--sha256');
});

test('every option that an error or a text of the library names has a flag', async () => {
  const flags = new Set<string>();
  for (const row of everyRow(commands)) for (const flag of (await declared(row)).flags) flags.add(flag);
  const named = new Set<string>();
  for (const file of readdirSync('lib', { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const source = readFileSync(join('lib', file), 'utf8');
    for (const [, name = ''] of source.matchAll(/(?:new InputError\(\s*|\boption\()'(\w+)'/g))
      named.add(name);
  }
  expect(named.size).toBeGreaterThan(20);
  const known = new Set([...withoutFlag, ...inFleetFile]);
  expect([...named].filter((name) => !known.has(name) && !flags.has(flagOf(name)))).toEqual([]);
});
