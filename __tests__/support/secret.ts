import { randomBytes } from 'node:crypto';
import { inspect, types } from 'node:util';

/** One form in which a secret could be seen. */
export interface Sign {
  readonly what: string;
  /** Its bytes, a character each (latin1). */
  readonly bytes: string;
}

/** A word that stands nowhere else. What is put around it is as secret as itself: whoever shows that shows it. */
export function newMark(): string {
  return randomBytes(12).toString('hex');
}

/**
 * The forms that are looked for: as it stands, in hex, in base64 wherever in a longer text it stands, in UTF-16, and byte
 * by byte as inspect and JSON show them.
 */
export function signsOf(mark: string): Sign[] {
  const bytes = Buffer.from(mark);
  const hex = bytes.toString('hex');
  const pairs = hex.replace(/..(?!$)/g, '$& ');
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // Only the characters that are made of nothing else than the mark.
    const own = text.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
    return [...new Set([own, own.replaceAll('+', '-').replaceAll('/', '_')])];
  });
  return [
    { what: 'text', bytes: bytes.toString('latin1') },
    ...[hex, hex.toUpperCase(), pairs].map((form) => ({ what: 'hex', bytes: form })),
    ...base64.map((form) => ({ what: 'base64', bytes: form })),
    ...[', ', ','].map((between) => ({ what: 'numbers', bytes: [...bytes].join(between) })),
    { what: 'UTF-16', bytes: Buffer.from(mark, 'utf16le').toString('latin1') },
  ];
}

/** In which forms a secret stands in what was printed or written. */
export function seenIn(content: string | Uint8Array, signs: readonly Sign[]): string[] {
  const bytes = (typeof content === 'string' ? Buffer.from(content) : Buffer.from(content)).toString(
    'latin1',
  );
  return [...new Set(signs.filter((sign) => bytes.includes(sign.bytes)).map(({ what }) => what))];
}

/**
 * Where a secret can be found in a value, by all means that a program has to print one or to look into it: to any
 * depth, in what is not enumerable, behind symbols and getters, in the cause of a cause.
 */
export function foundIn(value: unknown, signs: readonly Sign[]): string[] {
  const printed: [string, () => unknown][] = [
    ['String', () => String(value)],
    ['JSON', () => JSON.stringify(value)],
    ['inspect', () => inspect(value, everything)],
    ['inspect without custom', () => inspect(value, { ...everything, customInspect: false })],
    ['stack', () => (value instanceof Error || types.isNativeError(value) ? value.stack : '')],
  ];
  const shown = printed.flatMap(([means, print]) =>
    seenIn(String(attempt(print)), signs).map((what) => `${means}: ${what}`),
  );
  return [...shown, ...walk(value, signs)];
}

const everything = {
  depth: Infinity,
  showHidden: true,
  getters: true,
  showProxy: true,
  maxArrayLength: null,
  maxStringLength: null,
} as const;

/** No value that is handed out is so large: one that is was not looked through, which is as bad as a find. */
const MOST_VALUES = 200_000;

function walk(root: unknown, signs: readonly Sign[]): string[] {
  const found: string[] = [];
  const seen = new Set<object>();
  const waiting: [string, unknown][] = [['value', root]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [path, value] = next;
    if (typeof value === 'string') found.push(...seenIn(value, signs).map((what) => `${path}: ${what}`));
    if (typeof value === 'symbol') waiting.push([`${path}.description`, value.description]);
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
      continue;
    seen.add(value);
    if (seen.size > MOST_VALUES) return [...found, 'too large to be looked through'];
    waiting.push(...within(path, value));
    if (types.isAnyArrayBuffer(value) || types.isArrayBufferView(value)) {
      const bytes = types.isArrayBufferView(value)
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        : new Uint8Array(value);
      found.push(...seenIn(bytes, signs).map((what) => `${path}: ${what} as bytes`));
    }
  }
  return found;
}

/** All that can be reached from a value in one step; of bytes, only what is not one of them. */
function within(path: string, value: object): [string, unknown][] {
  const reached: [string, unknown][] = [];
  if (types.isMap(value) || types.isSet(value))
    for (const entry of value) reached.push([`${path} entry`, entry]);
  const own = Reflect.ownKeys(value).filter((key) => !isElement(value, key));
  for (const key of own) {
    const name = `${path}.${String(key)}`;
    reached.push([`the name ${name}`, key], [name, attempt(() => Reflect.get(value, key))]);
  }
  if (types.isArrayBufferView(value)) return reached; // the memory behind it is shared with others
  // What its class computes: getters that are no properties of its own.
  for (let proto = parent(value); proto && !builtIn.has(proto); proto = parent(proto)) {
    for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(proto)))
      if (property.get) reached.push([`${path}.${key}`, attempt(() => Reflect.get(proto, key, value))]);
  }
  return reached;
}

function isElement(value: object, key: string | symbol): boolean {
  if (typeof value === 'function') return ['prototype', 'arguments', 'caller'].includes(String(key));
  return types.isTypedArray(value) && typeof key === 'string' && /^\d+$/.test(key);
}

/** What every value has. */
const builtIn = new Set<object>([Object.prototype, Function.prototype, Array.prototype, Error.prototype]);

function parent(value: object): object | null {
  return Reflect.getPrototypeOf(value);
}

function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined; // cannot be read: shows nothing
  }
}
