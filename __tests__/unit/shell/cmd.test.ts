import { expect, test } from '@jest/globals';
import { InputError } from '../../../lib/index.js';
import { cmdSet, cmdWord } from '../../../lib/shell/cmd.js';

/* cmd is not to be had here: what a program gets is compared with the rules of the C runtime. */

test.each([
  ['docker-tls-openssl', 'docker-tls-openssl'],
  ['--dir', '--dir'],
  ['', '""'],
  ['a b', '"a b"'],
  ['a&b|c>d^e', '"a&b|c>d^e"'],
  ['C:\\docker tls\\', '"C:\\docker tls\\\\"'],
  ['C:\\a b', '"C:\\a b"'],
  ['a"b', '"a""b"'],
  ['a\\"b', '"a\\\\""b"'],
  ["it's", `"it's"`],
  ['ä', '"ä"'],
])('%j is %s', (word, quoted) => {
  expect(cmdWord(word)).toBe(quoted);
});

test('a variable is set to what follows the equals sign, up to the last quote', () => {
  expect(cmdSet('A', 'C:\\docker tls & co')).toBe('SET "A=C:\\docker tls & co"');
});

test.each(['%', '"', '!', '\n', '\r', '\x1b'])('cannot be set to a value with %j', (character) => {
  expect(() => cmdSet('A', `a${character}b`)).toThrow(InputError);
});
