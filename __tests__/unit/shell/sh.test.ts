import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hereDocument, shellComment, shellWord } from '../../../lib/shell/sh.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';
import { anyWord, hostileWords } from './words.js';
import { times } from '../../support/form.js';

const temporary = useTemporaryDirectory();

const run = (shell: string, script: string): string =>
  execFileSync(shell, ['-c', script], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });

describe('a word in sh', () => {
  test.each([
    ['plain', 'plain'],
    ['/etc/docker/ca-key.pem', '/etc/docker/ca-key.pem'],
    ['a@b%c+d=e:f,g.h/i_j-k', 'a@b%c+d=e:f,g.h/i_j-k'],
    ['', "''"],
    ['a b', "'a b'"],
    ["it's", "'it'\\''s'"],
    ["'", "''\\'''"],
    ['"', `'"'`],
    ['$HOME', "'$HOME'"],
    ['`id`', "'`id`'"],
    ['a\\b', "'a\\b'"],
    ['a\nb', "'a\nb'"],
    ['a\n', "'a\n'"],
    ['~', "'~'"],
    ['*', "'*'"],
    ['#a', "'#a'"],
    ['a;b', "'a;b'"],
    ['a&b', "'a&b'"],
    ['{a,b}', "'{a,b}'"],
    ['!a', "'!a'"],
    ['ä', "'ä'"],
    ['=ls', "'=ls'"],
    ['==', "'=='"],
    ['=', '='],
  ])('%j is %s', (word, quoted) => {
    expect(shellWord(word)).toBe(quoted);
  });
});

describe.each(['sh', 'bash', 'dash'])('%s', (shell) => {
  const words = (given: readonly string[]): string[] =>
    run(shell, `for word in ${given.map(shellWord).join(' ')}; do printf '%s\\0' "$word"; done`)
      .split('\0')
      .slice(0, -1);

  test('reads hostile words as they are', () => {
    expect(words(hostileWords)).toEqual(hostileWords);
  });

  test('reads any words as they are', () => {
    fc.assert(
      fc.property(fc.array(anyWord, { minLength: 1, maxLength: 50 }), (given) => {
        expect(words(given)).toEqual(given);
      }),
      { numRuns: times(5, 20) },
    );
  });

  test('writes the lines of a here-document as they are', () => {
    const lines = [...hostileWords.flatMap((word) => word.split('\n')), 'EOF', 'EOF_', '$HOME `id`'];
    const path = join(temporary(), "it's $HOME");
    run(shell, hereDocument(path, lines).join('\n'));
    expect(readFileSync(path, 'utf8')).toBe(`${lines.join('\n')}\n`);
  });

  test('runs nothing of a comment', () => {
    expect(run(shell, `# ${shellComment("a\necho b\r\x01'")}`)).toBe('');
  });
});
