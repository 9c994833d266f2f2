import { certificateFields } from './certificate-fields.js';
import { certificateIssuer, certificateSubject, extensions, type Attribute } from './der.js';

/* Readers that are not the library's: what openssl reads from a configuration, a shell from a line, anybody from a certificate. */

/** What the URL standard (WHATWG) makes of the names in a list; throws for what is no host there. `DNS:host`, `IP:address`. */
export function readHosts(inputs: readonly string[]): string[] {
  const names = inputs.flatMap((input) => input.split(',')).map(readHost);
  return [...new Set(names)];
}

function readHost(input: string): string {
  const bare = input.replace(/^(tcp|https?):\/\//i, '');
  const { hostname } = new URL(`http://${/:.*:/.test(bare) && !bare.startsWith('[') ? `[${bare}]` : bare}`);
  const address = /^\[(.*)\]$/.exec(hostname)?.[1];
  if (address === undefined) return `${/^[\d.]+$/.test(hostname) ? 'IP' : 'DNS'}:${hostname}`;
  // An IPv4 address that is written as IPv6.
  const [, high, low] = /^::ffff:([\da-f]+):([\da-f]+)$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return `IP:${address}`;
  const number = parseInt(high, 16) * 65_536 + parseInt(low, 16);
  return `IP:${[24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')}`;
}

/** The attributes that a subject can hold. */
const attributes = (
  [
    ['CN', 'commonName', '2.5.4.3'],
    ['C', 'countryName', '2.5.4.6'],
    ['ST', 'stateOrProvinceName', '2.5.4.8'],
    ['L', 'localityName', '2.5.4.7'],
    ['O', 'organizationName', '2.5.4.10'],
    ['OU', 'organizationalUnitName', '2.5.4.11'],
    ['serialNumber', 'serialNumber', '2.5.4.5'],
    ['emailAddress', 'emailAddress', '1.2.840.113549.1.9.1'],
    ['DC', 'domainComponent', '0.9.2342.19200300.100.1.25'],
  ] as const
).map(([short, long, oid]) => ({ short, long, oid }));

/** An attribute by its short or its long name. */
export function attributeOf(name: string, value: string): Attribute {
  const found = attributes.find(({ short, long }) => short === name || long === name);
  return { type: found?.oid ?? `unknown ${name}`, value };
}

export function shortNameOf({ type }: Attribute): string {
  return attributes.find(({ oid }) => oid === type)?.short ?? type;
}

/** The attributes of openssl's slash form: a backslash takes the meaning from what follows (openssl-req(1), -subj). */
export function readSubject(text: string): Attribute[] {
  const found: Attribute[] = [];
  for (let at = 0; at < text.length;) {
    const [start, name = ''] = /^\/([A-Za-z]+)=/.exec(text.slice(at)) ?? [];
    if (start === undefined) throw new Error(`no attribute begins at ${at}`);
    let content = '';
    for (at += start.length; at < text.length && text[at] !== '/'; at++) {
      if (text[at] === '+') throw new Error('two attributes are joined');
      if (text[at] === '\\') at++;
      content += text.charAt(at);
    }
    found.push(attributeOf(name, content));
  }
  return found;
}

/** A name of a configuration's section, a name in it, and its value. */
export type Entry = readonly [section: string, name: string, value: string];

/**
 * What openssl reads from a configuration (config(5), crypto/conf/conf_def.c). Throws for a variable, an include, a pragma
 * and an open quote: no value may become one. Before 3.0.15 and its like, openssl read a line in pieces of 510 bytes and took
 * a lone backslash at the end of a piece for one at the end of the line: `old` reads so.
 */
export function readConfig(text: string, old = false): Entry[] {
  const entries: Entry[] = [];
  let section = 'default';
  for (const line of logicalLines(Buffer.from(text), old)) {
    const content = withoutComment(line).replace(/^[ \t]+|[ \t]+$/g, ''); // bytes, not characters
    if (content === '') continue;
    const named = /^\[\s*(\w+)\s*\]$/.exec(content)?.[1];
    if (named !== undefined) {
      section = named;
      continue;
    }
    const [, name, value] = /^(\w[\w.]*)\s*=\s*(.*)$/s.exec(content) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no line of a configuration: ${content}`);
    entries.push([section, name, unquoted(value)]);
  }
  return entries;
}

/** Each line as bytes in Latin-1, continuations joined. */
function logicalLines(bytes: Buffer, old: boolean): string[] {
  const lines: string[] = [];
  let line = '';
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf('\n', at) + 1 || bytes.length;
    const piece = bytes.toString('latin1', at, Math.min(end, at + 510));
    at += piece.length;
    const read = piece.replace(/[\r\n]+$/, '');
    const ended = read !== piece || at === bytes.length;
    line += read;
    const goesOn = (ended || old) && /(?:^|[^\\])\\$/.test(line);
    if (goesOn) line = line.slice(0, -1);
    if (goesOn || !ended) continue;
    lines.push(line);
    line = '';
  }
  return line === '' ? lines : [...lines, line];
}

function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === '\\') at++;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if ('"\'`'.includes(character)) quote = character;
    else if (character === '#') return line.slice(0, at);
  }
  return line;
}

/** The value as text. */
function unquoted(bytes: string): string {
  let value = '';
  for (let at = 0; at < bytes.length; at++) {
    const character = bytes.charAt(at);
    if (character === '$') throw new Error(`a variable stands in ${bytes}`);
    if ('"\'`'.includes(character)) {
      for (at++; bytes.charAt(at) !== character; at++) {
        if (bytes.charAt(at) === '\\') at++;
        if (at >= bytes.length) throw new Error(`a quote is open in ${bytes}`);
        value += bytes.charAt(at);
      }
    } else if (character === '\\') {
      const next = bytes.charAt(++at);
      value += { n: '\n', r: '\r', b: '\b', t: '\t' }[next] ?? next;
    } else {
      value += character;
    }
  }
  return Buffer.from(value, 'latin1').toString('utf8');
}

/** The words that a POSIX shell takes from a line of one command. Throws where it would do more than split it. */
export function shellWords(line: string): string[] {
  const word = /(?:'[^']*'|\\'|[\w@%+=:,./-])+/g;
  if (line.replace(word, '').replaceAll(' ', '') !== '')
    throw new Error(`something has a meaning to a shell in ${line}`);
  return (line.match(word) ?? []).map((found) => found.replace(/'([^']*)'|\\(')/g, '$1$2'));
}

export const extensionOids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  altName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** The serverAuth and clientAuth of extendedKeyUsage, in DER. */
const usages: Readonly<Record<string, string>> = {
  '2b06010505070301': 'serverAuth',
  '2b06010505070302': 'clientAuth',
};

/** What a certificate says, read from its DER without openssl, Node or the library. */
export interface Contents {
  readonly subject: readonly Attribute[];
  readonly issuer: readonly Attribute[];
  /** `DNS:host`, `IP:` and the bytes in hex, or `tag N: ` and the bytes. */
  readonly altNames: readonly string[];
  /** Object identifiers, in their order, each with a `!` where it is critical. */
  readonly extensions: readonly string[];
  /** Their values in hex. */
  readonly values: Readonly<Record<string, string>>;
  readonly extendedKeyUsage: readonly string[];
  readonly ca: boolean;
  readonly serial: string;
  readonly days: number;
}

export function contents(pem: string): Contents {
  const { extensions: list, serial, days } = certificateFields(pem);
  const parsed = list.length > 0 ? extensions(pem) : new Map<string, never>();
  const within = (oid: string): { readonly tag: number; readonly content: Buffer }[] => [
    ...(parsed.get(oid)?.value.children ?? []),
  ];
  return {
    subject: certificateSubject(pem),
    issuer: certificateIssuer(pem),
    altNames: within(extensionOids.altName).map(({ tag, content }) =>
      tag === 0x82
        ? `DNS:${content.toString('latin1')}`
        : `${tag === 0x87 ? 'IP:' : `tag ${tag}: `}${content.toString('hex')}`,
    ),
    extensions: list.map(({ oid, critical }) => `${oid}${critical ? '!' : ''}`),
    values: Object.fromEntries(list.map(({ oid, value }) => [oid, value])),
    extendedKeyUsage: within(extensionOids.extendedKeyUsage).map(({ content }) => {
      const hex = content.toString('hex');
      return usages[hex] ?? hex;
    }),
    ca: within(extensionOids.basicConstraints)[0]?.content.toString('hex') === 'ff',
    serial,
    days,
  };
}

/** A name as `contents` shows it: an address as the bytes that a certificate has for it. */
export function asEncoded(name: string): string {
  if (!name.startsWith('IP:')) return name;
  const address = name.slice(3);
  if (!address.includes(':')) return `IP:${Buffer.from(address.split('.').map(Number)).toString('hex')}`;
  const [head = [], tail = []] = address
    .split('::')
    .map((part) => (part === '' ? [] : part.split(':').map((group) => group.padStart(4, '0'))));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0000');
  return `IP:${[...head, ...zeros, ...tail].join('')}`;
}
