import { types } from 'node:util';
import { InputError } from '../errors.js';
import { givenText } from '../given.js';

declare const serialBrand: unique symbol;

/** A certificate's serial number: upper-case hexadecimal, positive, at most 20 octets (RFC 5280 §4.1.2.2). */
export type Serial = string & { readonly [serialBrand]: true };

/**
 * 128 bits from 16 bytes of the caller's randomness. The highest bit is cleared and the next one set: so the number is
 * positive and always 16 octets long, with 126 random bits.
 */
export function serialFromBytes(bytes: Uint8Array): Serial {
  if (!types.isUint8Array(bytes)) throw new InputError('serial', 'a serial is made of bytes (Uint8Array)');
  if (bytes.length !== 16)
    throw new InputError('serial', `a serial is made of 16 bytes, not ${bytes.length}`);
  const octets = Buffer.from(bytes);
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets.toString('hex').toUpperCase() as Serial;
}

/** Reads `1A2B`, `0x1a2b` or `1a:2b`, as certificates and tools print it. Throws `ERR_INPUT`. */
export function parseSerial(given: string): Serial {
  const text = givenText(given, 'serial');
  const digits = text
    .replace(/^0x/i, '')
    .replaceAll(':', '')
    .replace(/^0+(?=.)/, '')
    .toUpperCase();
  const refuse = (why: string): never => {
    throw new InputError('serial', `'${text}' is no serial number: ${why}`);
  };
  if (!/^[0-9A-F]+$/.test(digits)) refuse('it is not hexadecimal');
  if (digits === '0') refuse('zero is not allowed');
  const even = digits.length % 2 ? `0${digits}` : digits;
  // A first octet of 0x80 or more takes a leading zero octet in DER.
  const octets = even.length / 2 + (parseInt(even.slice(0, 2), 16) >= 0x80 ? 1 : 0);
  if (octets > 20) refuse('it is longer than 20 octets');
  return even as Serial;
}
