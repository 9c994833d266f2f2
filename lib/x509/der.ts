/** As much of DER (ITU-T X.690) as it takes to read what node:crypto does not tell about a certificate. */

/** One value: its tag, and its content octets. */
export interface DerValue {
  readonly tag: number;
  readonly content: Buffer;
  /** The whole value, with tag and length. */
  readonly octets: Buffer;
}

/** A value in longer octets. They are cut out when they are asked for: a certificate has sixty values, and of most the tag is enough. */
class ValueIn implements DerValue {
  constructor(
    readonly tag: number,
    private readonly source: Buffer,
    private readonly at: number,
    private readonly start: number,
    private readonly end: number,
  ) {}

  get content(): Buffer {
    return this.source.subarray(this.start, this.end);
  }

  get octets(): Buffer {
    return this.source.subarray(this.at, this.end);
  }
}

/** The octets are no DER, or hold something else than was read. Callers know which certificate it is. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]`, as RFC 5280 numbers what can be left out; a constructed one holds further values. */
export function contextTag(number: number, constructed = false): number {
  return (constructed ? 0xa0 : 0x80) | number;
}

/** The values that stand one after the other. Throws `DerError`. */
export function derValues(octets: Buffer): DerValue[] {
  const values: DerValue[] = [];
  for (let at = 0; at < octets.length;) {
    const [tag, first] = [octets[at], octets[at + 1]];
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f)
      throw new DerError('no tag is here');
    const wide = first > 0x80 ? first - 0x80 : 0;
    if (first === 0x80 || wide > 4 || at + 2 + wide > octets.length) throw new DerError('no length is here');
    const start = at + 2 + wide;
    const end = start + (wide > 0 ? octets.readUIntBE(at + 2, wide) : first);
    if (end > octets.length) throw new DerError('it is cut short');
    values.push(new ValueIn(tag, octets, at, start, end));
    at = end;
  }
  return values;
}

/**
 * Where octets are not as DER has them (X.690 §10.1, §11.1, §8.3.2): a length, a truth value or an integer in a longer form than
 * needed. Go and others refuse what openssl and Node read. Undefined where there is nothing of the kind. Throws `DerError`.
 */
export function derFault(octets: Buffer): string | undefined {
  for (const { tag, content: inside, octets: all } of derValues(octets)) {
    if (all.length - inside.length !== headerLength(inside.length))
      return 'a length is not in its shortest form';
    const [first = 0, second = 0] = inside;
    if (tag === TAG.boolean && first !== 0xff && first !== 0) return 'a truth value is not 0xff or 0x00';
    const isLong = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
    if (tag === TAG.integer && inside.length > 1 && isLong) return 'an integer is not in its shortest form';
    const deeper = (tag & 0x20) === 0 ? undefined : derFault(inside);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function headerLength(length: number): number {
  if (length < 0x80) return 2;
  return 2 + Math.ceil(length.toString(16).length / 2);
}

/** The one value that the octets are. Throws `DerError`. */
export function derValue(octets: Buffer): DerValue {
  const [value, ...more] = derValues(octets);
  if (!value || more.length > 0) throw new DerError('it is not one value');
  return value;
}

/** What stands in a sequence, or in another constructed value. Throws `DerError`. */
export function parts(value: DerValue | undefined, tag: number = TAG.sequence): DerValue[] {
  return derValues(content(value, tag));
}

/** The content octets of a value that has to have that tag. Throws `DerError`. */
export function content(value: DerValue | undefined, tag: number): Buffer {
  if (value?.tag !== tag) throw new DerError(`tag ${String(value?.tag)} is there, and not ${tag}`);
  return value.content;
}

/** Two's complement, of any length. Throws `DerError`. */
export function integer(value: DerValue | undefined): bigint {
  const octets = content(value, TAG.integer);
  if (octets.length === 0) throw new DerError('an integer has no octets');
  return BigInt.asIntN(octets.length * 8, BigInt(`0x${octets.toString('hex')}`));
}

/** Upper-case digits in pairs with a sign, as node:crypto writes a serial number. */
export function hexadecimal(number: bigint): string {
  if (number === 0n) return '0';
  const digits = (number < 0n ? -number : number).toString(16).toUpperCase();
  return `${number < 0n ? '-' : ''}${digits.length % 2 === 0 ? '' : '0'}${digits}`;
}

/** Throws `DerError`. */
export function boolean(value: DerValue | undefined): boolean {
  return content(value, TAG.boolean)[0] !== 0;
}

/** The numbers of the bits that are set, the first bit being 0. Throws `DerError`. */
export function bits(value: DerValue | undefined): number[] {
  const [unused = 0, ...octets] = content(value, TAG.bitString);
  const all = Array.from({ length: Math.max(0, octets.length * 8 - unused) }, (_, bit) => bit);
  return all.filter((bit) => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0);
}

/** The octets of one whose bits are whole octets: a signature, a public key. Throws `DerError`. */
export function bitStringOctets(value: DerValue | undefined): Buffer {
  const octets = content(value, TAG.bitString);
  if (octets[0] !== 0) throw new DerError('its bits are no whole octets');
  return octets.subarray(1);
}

/** As dotted digits: base 128, of which none begins with a nought, and none stays open (X.690 §8.19). Throws `DerError`. */
export function objectIdentifier(value: DerValue | undefined): string {
  const octets = content(value, TAG.objectIdentifier);
  const id = octets.toString('latin1');
  const known = identifiers.get(id);
  if (known !== undefined) return known;
  const dotted = dottedDigits(octets);
  if (identifiers.size < MOST_IDENTIFIERS) identifiers.set(id, dotted);
  return dotted;
}

/** Thousands of certificates have the same ones. */
const identifiers = new Map<string, string>();
const MOST_IDENTIFIERS = 500;

function dottedDigits(octets: Buffer): string {
  const starts = (at: number): boolean => at === 0 || (octets[at - 1] ?? 0) < 0x80;
  if ((octets.at(-1) ?? 0x80) >= 0x80 || octets.some((octet, at) => octet === 0x80 && starts(at)))
    throw new DerError('it is no object identifier');
  const numbers: bigint[] = [];
  let number = 0n;
  for (const octet of octets) {
    number = number * 128n + BigInt(octet & 0x7f);
    if (octet >= 0x80) continue;
    numbers.push(number);
    number = 0n;
  }
  const [joined, ...rest] = numbers;
  if (joined === undefined) throw new DerError('an object identifier has no octets');
  // X.690 section 8.19.4: the first two numbers stand in one.
  const first = joined < 80n ? joined / 40n : 2n;
  return [first, joined - first * 40n, ...rest].join('.');
}
