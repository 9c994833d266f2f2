import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSerial, serialFromBytes } from '../../lib/x509/serial.js';
import { refusal } from './refusal.js';

describe('a serial number is read as certificates and tools print it', () => {
  test.each([
    ['1', '01'],
    ['01', '01'],
    ['80', '80'],
    ['1a2b', '1A2B'],
    ['1A2B', '1A2B'],
    ['a2b', '0A2B'],
    ['0x1a2b', '1A2B'],
    ['0X1A2B', '1A2B'],
    ['1a:2b', '1A2B'],
    ['0001', '01'],
    ['00:00:01', '01'],
    ['0'.repeat(50) + '1', '01'],
    [`7f${'ff'.repeat(19)}`, `7F${'FF'.repeat(19)}`],
    ['ff'.repeat(19), 'FF'.repeat(19)],
  ])('%s is %s', (text, serial) => {
    expect(parseSerial(text)).toBe(serial);
  });
});

describe('what is no serial number is refused', () => {
  const hexadecimal = 'it is not hexadecimal';
  const zero = 'zero is not allowed';
  const long = 'it is longer than 20 octets';

  test.each([
    ['', hexadecimal],
    ['0x', hexadecimal],
    ['::', hexadecimal],
    ['g', hexadecimal],
    ['-1', hexadecimal],
    ['+1', hexadecimal],
    [' 1', hexadecimal],
    ['1\n', hexadecimal],
    ['1_0', hexadecimal],
    ['0x0x1', hexadecimal],
    ['٣', hexadecimal],
    ['0', zero],
    ['00', zero],
    ['0x00', zero],
    ['00:00', zero],
    ['80' + '00'.repeat(19), long],
    ['ff'.repeat(20), long],
    ['01' + '00'.repeat(20), long],
    ['1'.repeat(41), long],
  ])('%j: %s', (text, why) => {
    expect(refusal(() => parseSerial(text))).toBe(`ERR_INPUT serial: '${text}' is no serial number: ${why}`);
  });
});

describe('a serial number from random bytes', () => {
  test.each([
    [0x00, `40${'00'.repeat(15)}`],
    [0xff, `7F${'FF'.repeat(15)}`],
    [0x3f, `7F${'3F'.repeat(15)}`],
    [0x80, `40${'80'.repeat(15)}`],
  ])('of 16 times %i is %s', (byte, serial) => {
    expect(serialFromBytes(new Uint8Array(16).fill(byte))).toBe(serial);
  });

  test('leaves the bytes of the caller as they are', () => {
    const bytes = new Uint8Array(16).fill(0xff);
    serialFromBytes(bytes);
    expect(bytes).toEqual(new Uint8Array(16).fill(0xff));
  });

  test.each([0, 8, 15, 17, 20])('is refused for %i bytes', (length) => {
    expect(refusal(() => serialFromBytes(new Uint8Array(length)))).toBe(
      `ERR_INPUT serial: a serial is made of 16 bytes, not ${length}`,
    );
  });

  test('is always positive, 16 octets long, and read as itself', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const serial = serialFromBytes(bytes);
        expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
        expect(parseSerial(serial)).toBe(serial);
        expect(Buffer.from(serial, 'hex').subarray(1)).toEqual(Buffer.from(bytes).subarray(1));
      }),
      { numRuns: 500 },
    );
  });
});
