import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { fishWord } from '../../../lib/shell/fish.js';
import { anyWord, hostileWords } from './words.js';

const read = (words: readonly string[]): string[] =>
  execFileSync(
    'fish',
    ['--no-config', '-c', `for word in ${words.map(fishWord).join(' ')}; printf '%s\\0' $word; end`],
    {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    },
  )
    .split('\0')
    .slice(0, -1);

test('fish reads hostile words as they are', () => {
  expect(read(hostileWords)).toEqual(hostileWords);
});

test('fish reads any words as they are', () => {
  fc.assert(
    fc.property(fc.array(anyWord, { minLength: 1, maxLength: 50 }), (words) => {
      expect(read(words)).toEqual(words);
    }),
    { numRuns: 10 },
  );
});
