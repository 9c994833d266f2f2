import { describe, expect, test } from '@jest/globals';
import { confValue, parseConf } from '../../lib/x509/openssl-conf.js';

/** As the program reads it: octet by octet. */
const valueOf = (text: string): string | undefined => {
  const conf = parseConf(Buffer.from(text, 'utf8').toString('latin1'));
  const value = confValue(conf, 'name', 'CN');
  return value === undefined ? undefined : Buffer.from(value, 'latin1').toString('utf8');
};

describe('a value of a configuration file', () => {
  test.each([
    ['[name]\nCN = plain', 'plain'],
    ['[ name ]\n\tCN\t=\tblanks \t\r\n', 'blanks'],
    ['[name]\nCN = voilà', 'voilà'], // its last octet is A0
    ['[name]\nCN = ἠ\n', 'ἠ'],
    ['[name]\nCN =\u00a0x\u00a0', '\u00a0x\u00a0'],
    ['[name]\nCN = one # two', 'one'],
    ['[name]\nCN = "one # two"', 'one # two'],
    ['[name]\nCN = a\\\nb', 'ab'],
  ])('%j is %j', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });
});
