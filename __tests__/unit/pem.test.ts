import { describe, expect, test } from '@jest/globals';
import { goesOn } from '../../lib/x509/pem.js';

const block = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';

describe('a file goes on after its last block', () => {
  test.each([
    ['that ends with its block', block, false],
    ['that ends with a line feed', `${block}\n`, false],
    ['with lines as Windows ends them', `${block.replaceAll('\n', '\r\n')}\r\n`, false],
    ['with blanks behind its block', `${block} \t\n`, false],
    ['of two blocks', `${block}\n${block}\n`, false],
    ['with text before its block', `subject=CN = x\n${block}\n`, false],
    ['without a block', 'no block\n\n', false],
    ['with an empty line at its end', `${block}\n\n`, true],
    ['with an empty line as Windows has it', `${block}\r\n\r\n`, true],
    ['with text behind its block', `${block}\n# the CA of the office\n`, true],
    ['with text behind the second of two', `${block}\n${block}\nnot PEM`, true],
    ['whose last block has no end', `${block}\n-----BEGIN CERTIFICATE-----\nMIIB`, true],
  ])('%s', (_, text, expected) => {
    expect(goesOn(text)).toBe(expected);
  });

  // Each would take minutes if the time grew with the square of the length.
  test.each([
    ['of letters', 'A'.repeat(1_000_000), false],
    ['of dashes', '-'.repeat(1_000_000), false],
    ['of ends without an end', '-----END '.repeat(110_000), true],
    ['of blanks behind its block', block + ' '.repeat(1_000_000), false],
    ['of empty lines behind its block', block + '\n'.repeat(1_000_000), true],
  ])('in a file of a megabyte %s', (_, text, expected) => {
    expect(goesOn(text)).toBe(expected);
  });
});
