import fc, { type Arbitrary } from 'fast-check';

/* Values that somebody could take for something else. Of each about half can be used; the rest has to be refused. */

/** What a command that was smuggled in would make. */
export const canary = 'canary';

/** Two blanks stand between entries: one can be a part of them. */
const list = (...texts: readonly string[]): string[] => texts.flatMap((text) => text.split('  '));
const characters = (...codes: readonly number[]): string[] => codes.map((code) => String.fromCodePoint(code));

/** Has a meaning to a shell, to OpenSSL's configuration, to a template or to a path. All of it can be printed. */
export const meanings: readonly string[] = list(
  '$ENV::HOME  ${HOME}  $HOME  $(id)  $(touch canary)  `id`  `touch canary`  \'; touch canary; \'  "; touch canary; "',
  '&& touch canary #  | touch canary  !!  ~  \\  \\\\  \\n  \\x41  "  \'  `  $  #  ;  %s%n  %0a  *  ?  {a,b}  &  <  >',
  '.include /etc/passwd  .pragma dollarid:on  [ ca ]  [v3_server]  [  ]  @names  @section  critical,DNS:a',
  'DNS:evil.example  IP:6.6.6.6  DER:0101  ASN1:NULL  email:copy  CA:TRUE  dirName:subject  otherName:1.2.3.4;UTF8:x',
  'URI:http://evil.example  pathlen:0  serverAuth  /CN=evil  +CN=evil  ,  /  +  =  :  ..  ../..  /etc/passwd  -rf',
  '--help  -----  {{value}}  {{{value}}}  {{/subject}}  {{=<% %>=}}  <%= x %>  EOF  EOF_  __proto__  constructor',
  'toString  CON  NUL  fd:3  pass:x  file:x  null  undefined  0  NaN',
  // Looks like another letter, or can be written in two ways.
  '\u0430  e\u0301  é  Å  ß  İ  ﬁ  日本  русский  עברית  🐳  \u00a0',
);

/** Cannot be seen, or moves what follows. No name needs it. */
export const concealed: readonly string[] = [
  ...['\r\n', '\x1b[2J', '\x1b[30m', '\x1b]0;owned\x07', '\x9b2J', '\ud800', '\udc00'],
  ...characters(0, 7, 8, 9, 10, 11, 13, 0x7f, 0x85, 0x61c, 0x200b, 0x200d, 0x200e, 0x202e, 0x2028, 0x2029),
  ...characters(0x2066, 0x2069, 0x3164, 0xfeff, 0xffff, 0xe0001, 0xe0041),
];

/** A text with `insertion` somewhere in it. */
function spliced(text: Arbitrary<string>, insertion: Arbitrary<string>): Arbitrary<string> {
  return fc.tuple(text, insertion, fc.nat()).map(([base, part, where]) => {
    const letters = Array.from(base);
    return letters.toSpliced(where % (letters.length + 1), 0, part).join('');
  });
}

/** Each as often as its number says. */
export function mixed<Value>(...parts: readonly (readonly [weight: number, arbitrary: Arbitrary<Value>])[]) {
  return fc.oneof(...parts.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}

const meaning = fc.constantFrom(...meanings);
const hidden = fc.constantFrom(...concealed);
const oneOf = (...texts: readonly string[]): Arbitrary<string> => fc.constantFrom(...list(...texts));
const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
const word = fc.string({
  unit: fc.constantFrom(...letters, ...Array.from('0123456789')),
  minLength: 1,
  maxLength: 12,
});
const domain = fc.array(word, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.x`);

/** A host name of so many characters, with labels of so many. */
export function nameOfLength(length: number, label = 63): string {
  const labels = Array.from({ length: Math.ceil(length / (label + 1)) }, () => 'a'.repeat(label)).join('.');
  return labels.slice(0, length).replace(/\.$/, 'a');
}

export const host: Arbitrary<string> = mixed(
  [4, domain],
  [1, fc.ipV4()],
  [1, fc.ipV6()],
  [1, fc.ipV6().map((address) => `[${address}]:2376`)],
  [1, domain.map((name) => `tcp://${name.toUpperCase()}:2376`)],
  [1, fc.array(domain, { minLength: 2, maxLength: 4 }).map((names) => names.join())],
  [2, spliced(domain, meaning)],
  [1, spliced(domain, hidden)],
  [1, fc.constantFrom(...[63, 64].map((label) => nameOfLength(200, label)))],
  [1, fc.constantFrom(...[64, 65, 253, 254].map((length) => nameOfLength(length, 31)))],
  [
    5,
    oneOf(
      // Can be used.
      '*.example.com  _srv.a  a--b.c  0xg.a  xn--bcher-kva.example  bücher.example  BÜCHER.example  日本語.jp  ａ。ｂ',
      '\u0430pple.example  e\u0301.example  é.example  straße.example  __proto__  constructor  con  localhost  127.0.0.1',
      '::1  ::  0.0.0.0  ::ffff:1.2.3.4  [::ffff:102:304]  2001:DB8:0:0:1:0:0:1  64:ff9b::1.2.3.4  tcp://[2001:db8::5]:2376',
      'https://h/  env  dns  ip  critical  email  der  eof  *.xn--bcher-kva.example',
      // Cannot.
      '  .  ..  .a  a.  a..b  *  *.*  *.a  a.*  *a.b.c  -a  a-  1.2.3  0x7f.1  0177.1  2130706433  1.2.3.256  01.2.3.4',
      '10.0.0.0/8  fe80::1%eth0  [fe80::1%25eth0]  ::1.2.3.4  ::5  a:b  a:0  a:65536  a:  [::1  ::1]  [a]  a@b',
      'unix:///var/run/docker.sock  npipe:////./pipe  /etc/passwd  ../../etc  DNS:a  IP:1.2.3.4  critical,DNS:a  xn--a',
      'xn--  a,,b  ,  a b  a\\b  http://a?b  http://a#b  a%61  １.２.３',
    ),
  ],
);

const some = (text: Arbitrary<string>, most: number): Arbitrary<string> =>
  fc.array(text, { minLength: 1, maxLength: most }).map((parts) => parts.join(''));
const short = some(fc.constantFrom(...letters, ' ', 'Ä', 'é', '日', '🐳'), 12);

/** Around a bound in characters, of one to four bytes each. */
const around = (most: number): Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('a', 'ä', '日', '🐳', '$', '"', '\\', '/'), fc.constantFrom(-1, 0, 0, 1))
    .map(([unit, more]) => unit.repeat(most + more));

/** Longer than 510 bytes: something with a meaning lies where an openssl before 3.0.15 stopped reading. */
const long = fc
  .tuple(fc.nat(14), fc.array(fc.constantFrom(...Array.from('a$"\'#\\`🐳')), { minLength: 2, maxLength: 16 }))
  .map(([less, tail]) => '🐳'.repeat(126 - less) + tail.slice(0, 2 + less).join(''));

/** A value that can have `most` characters. */
function text(most: number): Arbitrary<string> {
  return mixed(
    [8, some(fc.oneof(short, meaning), 4)],
    [3, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })],
    [2, around(most)],
    [2, spliced(short, hidden)],
    [1, fc.constantFrom('', ' ', ' a', 'a ', '\u00a0a', 'a\u3000')],
    [most < 128 ? 0 : 1, long],
  );
}

export const clientName: Arbitrary<string> = text(64);

const ascii = (most: number): Arbitrary<string> =>
  fc.oneof(word, fc.string({ minLength: 1, maxLength: 20 }), fc.constantFrom('a'.repeat(most)));
const attribute = fc
  .oneof(
    ...(
      [
        ['C countryName', mixed([4, oneOf('DE  US  AU')], [1, word])],
        ['ST stateOrProvinceName', text(128)],
        ['L localityName', text(128)],
        ['O organizationName', text(64)],
        ['OU organizationalUnitName', text(64)],
        ['serialNumber', mixed([4, word], [1, oneOf("'()+,-./:=?  a_b")])],
        ['emailAddress', mixed([4, ascii(128)], [1, text(128)])],
        ['DC domainComponent', mixed([4, ascii(63)], [1, text(63)])],
      ] as const
    ).map(([names, value]) => fc.tuple(fc.constantFrom(...names.split(' ')), value)),
  )
  .chain(([name, value]) =>
    fc.constantFrom(/[\\/+]/g, /[\\/+]/g, /[\\/+=,"]/g).map((special) => written(name, value, special)),
  );

/** In openssl's slash form. */
export function written(name: string, value: string, special = /[\\/+]/g): string {
  return `/${name}=${value.replace(special, '\\$&')}`;
}

/** A subject in openssl's slash form. */
export const subject: Arbitrary<string> = mixed(
  [8, some(attribute, 4)],
  [1, fc.array(attribute, { minLength: 9, maxLength: 14 }).map((parts) => parts.join(''))],
  [2, spliced(attribute, meaning)],
  [
    1,
    oneOf(
      '  O=a  /  //  /O  /O=  /=a  /O=a/  /O=a+OU=b  /O=a\\  /CN=a  /XX=a  /o=a  /1.2.3=a  /__proto__=a  /constructor=a',
      '/O=a\\\\  /O=\\a  /O=a\\/b  /O=a/OU=b/OU=c  /UID=a  /O= a',
    ),
  ],
);

/** With attributes that take long lines. */
export const longSubject: Arbitrary<string> = some(
  fc
    .tuple(fc.constantFrom('ST', 'L', 'O'), long)
    .map(([type, value]) => written(type, type === 'O' ? Array.from(value).slice(-64).join('') : value)),
  12,
);

/** A number of days, as a number or as text. */
export const days: Arbitrary<number | string> = mixed<number | string>(
  [4, fc.integer({ min: 2, max: 36_500 })],
  [3, fc.integer({ min: 2, max: 36_500 }).map(String)],
  [2, fc.constantFrom(0, -1, -0, 1.5, 36_501, 2 ** 31, 2 ** 53, NaN, Infinity)],
  [
    2,
    oneOf(
      '   0  -1  +1  1.0  1e2  0x10  5\n  5\0  ５  ٥  1_000  365d  99999999999  Infinity  NaN  $(id)  -days  005',
    ),
  ],
  [1, fc.double()],
);

/** What could be given to `--name`. */
export const directoryName: Arbitrary<string> = mixed(
  [6, word],
  [2, fc.tuple(word, word).map(([one, other]) => `${one}-${other}_.${one}`)],
  [2, spliced(word, meaning)],
  [1, spliced(word, hidden)],
  [1, fc.constantFrom(62, 63, 64).map((length) => 'a'.repeat(length))],
  [
    1,
    oneOf(
      '  .  ..  .a  a.  a..b  -a  _a  __proto__  constructor  CON  con  A  ä  a/b  ../a  /etc  ~  a b  a\\b  a\nb  \u0430',
    ),
  ],
);

const hex = (number: bigint): string => number.toString(16);
/** A serial number in hexadecimal. */
export const serial: Arbitrary<string> = fc.oneof(
  fc.bigInt({ min: 1n, max: (1n << 160n) - 1n }).map(hex),
  fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }).map((number) => `0x${hex(number).toUpperCase()}`),
  fc
    .uint8Array({ minLength: 1, maxLength: 21 })
    .map((bytes) => Buffer.from(bytes).toString('hex').replace(/..\B/g, '$&:')),
  spliced(word, fc.oneof(meaning, hidden)),
  fc.constantFrom('7f'.repeat(20), '80'.repeat(20), '1'.repeat(41)),
  oneOf('  0  00  0x  -1  +1  0x0  :  1 2  g'),
);

/** The name of one component that a file system takes. */
export const component: Arbitrary<string> = some(fc.oneof(meaning, hidden, fc.constantFrom('a', ' ')), 4)
  .map((name) => name.replace(/[/\0\p{Cs}]/gu, ''))
  .filter((name) => !['', '.', '..'].includes(name) && Buffer.byteLength(name) <= 255);
