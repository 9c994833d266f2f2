import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { InputError } from '../../../lib/index.js';
import { cronCommand } from '../../../lib/shell/cron.js';
import { hostileWords } from './words.js';

/** What cron hands to /bin/sh (crontab(5)): all up to the first `%` without a backslash, and `\%` as `%`. */
function handedToShell(line: string): string {
  const [command = ''] = line.split(/(?<!\\)%/);
  return command.replaceAll('\\%', '%');
}

const refused = hostileWords.filter((word) => /[\0-\x1f\x7f]|\\[\\%]/.test(word));

test('cron and sh read hostile words as they are', () => {
  const words = hostileWords.filter((word) => !refused.includes(word));
  const line = cronCommand(['printf', '%s\\0', ...words], 'timer');
  expect(line).not.toContain('\n');
  const printed = execFileSync('/bin/sh', ['-c', handedToShell(line)], { encoding: 'utf8' });
  expect(printed.split('\0').slice(0, -1)).toEqual(words);
});

test.each(refused)('%j cannot stand in a crontab', (word) => {
  expect(() => cronCommand(['true', word], 'timer')).toThrow(InputError);
});
