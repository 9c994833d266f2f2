import { expect, test } from '@jest/globals';
import { powershellString, powershellWord } from '../../../lib/shell/powershell.js';

/* PowerShell is not to be had here: what it reads is compared with about_Quoting_Rules and about_Parsing. */

test.each([
  ['docker-tls-openssl', 'docker-tls-openssl'],
  ['--host', '--host'],
  ['/srv/a-b.c', '/srv/a-b.c'],
  ['C:/a', 'C:/a'],
  ['', "''"],
  ['a b', "'a b'"],
  ["it's", "'it''s'"],
  ['it\u2019s \u201cit\u201d', "'it\u2019\u2019s \u201cit\u201d'"],
  ['a,b', "'a,b'"],
  ['-H=1.2', "'-H=1.2'"],
  ['-a:b', "'-a:b'"],
  ['$HOME', "'$HOME'"],
  ['a`b', "'a`b'"],
  ['@a', "'@a'"],
  ['a\nb', "'a\nb'"],
  ['%n', "'%n'"],
  ['ä', "'ä'"],
])('%j is %s', (word, quoted) => {
  expect(powershellWord(word)).toBe(quoted);
});

test('a string is always quoted', () => {
  expect(powershellString('a')).toBe("'a'");
});
