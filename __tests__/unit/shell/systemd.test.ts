import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputError } from '../../../lib/index.js';
import { systemdCommand, systemdWords, unquoteSystemd } from '../../../lib/shell/systemd.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { anyWord, hostileWords } from './words.js';

const temporary = useTemporaryDirectory();
const command = (...argv: readonly string[]): string => systemdCommand(argv, 'timer');

/** What systemd says of a unit with that command line. */
function verify(execStart: string): { status: number | null; stderr: string } {
  const unit = join(temporary(), 'a.service');
  writeFileSync(unit, `[Service]\nExecStart=${execStart}\n`);
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
    encoding: 'utf8',
    env,
  });
  return { status, stderr };
}

describe('a word of a command line', () => {
  test.each([
    ['--tlsverify', '--tlsverify'],
    ['', '""'],
    ['a b', '"a b"'],
    ['%n', '%%n'],
    ['$HOME', '$$HOME'],
    ['${HOME} %h', '"$${HOME} %%h"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["it's", `"it's"`],
    ['a\nb\t\x7f', '"a\\x0ab\\x09\\x7f"'],
    [';', '";"'],
    ['-x', '-x'],
    ['@x', '@x'],
    ['ä', '"ä"'],
  ])('%j is %s', (word, quoted) => {
    expect(command('/p', word)).toBe(`/p ${quoted}`);
  });

  test('variables are expanded in the arguments, and not in the path of the program', () => {
    expect(command('/a$b%c/p', '$b')).toBe('/a$b%%c/p $$b');
  });
});

test.each(['"', "'", '\\', '\n', '\x7f'])(
  'systemd starts no program with %j in its path',
  async (character) => {
    const program = join(temporary(), `a${character}b`);
    expect(() => command(program)).toThrow(InputError);
    await writeFile(program, '');
    await chmod(program, 0o755);
    const escape =
      character < ' ' || character > '~' ? `\\x${Buffer.from(character).toString('hex')}` : `\\${character}`;
    expect(verify(`"${program.replace(character, () => escape)}"`).stderr).toContain(
      'contains special characters',
    );
  },
);

/** Specifiers and variables that stand for themselves. */
const expanded = (word: string): string => word.replaceAll('%%', '%').replaceAll('$$', () => '$');

test('our own reader reads any words as they are', () => {
  const read = (words: readonly string[]): string[] =>
    systemdWords(command('/p', ...words)).map((word) => expanded(unquoteSystemd(word)));
  expect(read(hostileWords)).toEqual(['/p', ...hostileWords]);
  fc.assert(
    fc.property(fc.array(anyWord), (words) => {
      expect(read(words)).toEqual(['/p', ...words]);
    }),
  );
});

test.each([
  [String.raw`"a\nb"c'd e'`, 'a\nbcd e'],
  [String.raw`a\x20b\040c\sd`, 'a b c d'],
  [String.raw`'\u00e4\"'`, 'ä"'],
  [String.raw`\"a"b c"`, '"ab c'],
])('%s is %j', (written, word) => {
  expect(unquoteSystemd(written)).toBe(word);
});

test('systemd finds a program by a hostile path, and takes hostile words', async () => {
  const program = join(temporary(), 'p$x%n -@ ${y}', 'program');
  await mkdir(dirname(program));
  await writeFile(program, '');
  await chmod(program, 0o755);
  expect(verify(command(program, ...hostileWords))).toEqual({ status: 0, stderr: '' });
});
