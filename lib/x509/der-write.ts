import { TAG } from './der.js';

/** Writes DER (ITU-T X.690): as much as it takes to say which octets an extension should have. */
export function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content]);
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets = octetsOf(BigInt(length));
  return [0x80 | octets.length, ...octets];
}

/** A number that is not negative. */
export function derInteger(number: bigint): Buffer {
  const octets = octetsOf(number);
  return der(TAG.integer, Buffer.from((octets[0] ?? 0) >= 0x80 ? [0, ...octets] : octets));
}

/** A list of named bits, without zeros at its end (X.690 §11.2.2). */
export function derNamedBits(bits: readonly number[]): Buffer {
  const last = Math.max(-1, ...bits);
  const octets = Array.from({ length: (last >> 3) + 1 }, () => 0);
  for (const bit of bits) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  const unused = last < 0 ? 0 : 7 - (last & 7);
  return der(TAG.bitString, Buffer.from([unused, ...octets]));
}

/** From dotted digits. */
export function derObjectIdentifier(id: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = id.split('.').map(BigInt);
  const octets = [first * 40n + second, ...rest].flatMap(base128);
  return der(TAG.objectIdentifier, Buffer.from(octets));
}

function base128(number: bigint): number[] {
  const digits = [Number(number & 0x7fn)];
  for (let rest = number >> 7n; rest > 0n; rest >>= 7n) digits.unshift(Number(rest & 0x7fn) | 0x80);
  return digits;
}

function octetsOf(number: bigint): number[] {
  const digits = number.toString(16);
  return [...Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex')];
}
