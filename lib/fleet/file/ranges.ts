import { InputError } from '../../errors.js';

/** So many hosts a fleet has at most, and so many names a range makes. */
export const MOST_HOSTS = 100_000;

/** A text with ranges: what stands between them, and what each of them counts through. */
export interface RangePattern {
  readonly text: string;
  /** One more than there are ranges. */
  readonly between: readonly string[];
  readonly ranges: readonly CountedRange[];
  /** How many texts it makes: 1 without a range. */
  readonly count: number;
}

interface CountedRange {
  readonly count: number;
  nth(at: number): string;
}

/** Brackets with what is in them; several colons with hexadecimal digits are an IPv6 address. */
const BRACKETS = /\[([^[\]]*)\]/g;

/**
 * Reads `db[01:12]`, `rack[a:f]-[1:4]`: numbers, with as many digits as the first of them where it begins with 0, or letters. Throws
 * `ERR_INPUT` for a range that is empty, backwards or too long.
 */
export function parseRanges(text: string): RangePattern {
  const between: string[] = [];
  const ranges: CountedRange[] = [];
  let end = 0;
  for (const { 0: whole, 1: inside = '', index } of text.matchAll(BRACKETS)) {
    if (isAddress(inside)) continue;
    between.push(text.slice(end, index));
    ranges.push(parseRange(whole, inside));
    end = index + whole.length;
  }
  between.push(text.slice(end));
  const open = between.find((part) => /[[\]]/.test(part.replace(BRACKETS, '')));
  if (open !== undefined) throw new InputError('range', 'a bracket of a range is missing', { hint: EXAMPLE });
  const count = ranges.reduce((product, range) => product * range.count, 1);
  if (count > MOST_HOSTS) throw new InputError('range', `it stands for more than ${MOST_HOSTS} names`);
  return { text, between, ranges, count };
}

const EXAMPLE = 'a range is written as [1:12], [01:12] or [a:f]';

/** `[::1]`, `[fe80::1]`; what a colon parts only once, or numbers alone, is meant as a range. */
function isAddress(inside: string): boolean {
  return (inside.match(/:/g) ?? []).length > 1 && !/^\d+:\d+:\d+$/.test(inside);
}

function parseRange(whole: string, inside: string): CountedRange {
  const refuse = (why: string, hint = EXAMPLE): never => {
    throw new InputError('range', `'${whole.slice(0, 100)}' ${why}`, { hint });
  };
  const [, from, to] = /^(\d{1,9}|[a-z]|[A-Z]):(\d{1,9}|[a-z]|[A-Z])$/.exec(inside) ?? [];
  if (from === undefined || to === undefined) {
    if (/^\d+:\d+:\d+$/.test(inside)) refuse('has a step, which a range cannot have');
    if (inside.trim() === '' || /^[^:]*:$|^:/.test(inside)) refuse('is an empty range');
    return refuse('is not a range');
  }
  const isNumber = (part: string): boolean => /^\d/.test(part);
  if (isNumber(from) !== isNumber(to) || (from < 'a' && !isNumber(from)) !== (to < 'a' && !isNumber(to)))
    refuse('does not count: give two numbers, or two letters of one case');
  return isNumber(from) ? numbers(from, to, refuse) : letters(from, to, refuse);
}

function numbers(from: string, to: string, refuse: (why: string, hint?: string) => never): CountedRange {
  const [first, last] = [Number(from), Number(to)];
  if (last < first) refuse('runs backwards', `write [${to}:${from}]`);
  const isPadded = from.length > 1 && from.startsWith('0');
  if (isPadded && from.length !== to.length)
    refuse('begins with 0, and its ends have different numbers of digits', EXAMPLE);
  const width = isPadded ? from.length : 1;
  return { count: last - first + 1, nth: (at) => String(first + at).padStart(width, '0') };
}

function letters(from: string, to: string, refuse: (why: string, hint?: string) => never): CountedRange {
  const [first, last] = [from.charCodeAt(0), to.charCodeAt(0)];
  if (last < first) refuse('runs backwards', `write [${to}:${from}]`);
  return { count: last - first + 1, nth: (at) => String.fromCharCode(first + at) };
}

/** The text at a place from 0 to `count`; the last range counts fastest. */
export function expandRange({ text, between, ranges }: RangePattern, at: number): string {
  if (ranges.length === 0) return text;
  let rest = at;
  let made = between.at(-1) ?? '';
  for (let nth = ranges.length - 1; nth >= 0; nth -= 1) {
    const range = ranges[nth];
    if (!range) continue;
    made = (between[nth] ?? '') + range.nth(rest % range.count) + made;
    rest = Math.floor(rest / range.count);
  }
  return made;
}
