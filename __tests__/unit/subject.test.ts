import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  commonName,
  formatSubject,
  parseSubject,
  rdn,
  type AttributeType,
  type Subject,
} from '../../lib/x509/subject.js';
import { refusal, refusalError, unlessRefused } from './refusal.js';

const types: readonly AttributeType[] = [
  'C',
  'ST',
  'L',
  'O',
  'OU',
  'CN',
  'serialNumber',
  'emailAddress',
  'DC',
];
const short = (subject: Subject): string[] => subject.map(({ type, value }) => `${type}=${value}`);

describe('the slash form is read', () => {
  test.each([
    ['/CN=a', ['CN=a']],
    ['/C=DE/O=Example', ['C=DE', 'O=Example']],
    ['/O=Example/C=DE', ['O=Example', 'C=DE']],
    ['/C=DE/ST=S/L=L/O=O/OU=U/CN=c', ['C=DE', 'ST=S', 'L=L', 'O=O', 'OU=U', 'CN=c']],
    ['/emailAddress=a@b.c/serialNumber=1-2/DC=x', ['emailAddress=a@b.c', 'serialNumber=1-2', 'DC=x']],
    ['/OU=a/OU=b', ['OU=a', 'OU=b']],
    ['/countryName=DE/stateOrProvinceName=S', ['C=DE', 'ST=S']],
    ['/localityName=L/organizationName=O', ['L=L', 'O=O']],
    ['/organizationalUnitName=U/commonName=c/domainComponent=d', ['OU=U', 'CN=c', 'DC=d']],
    ['/O=a b', ['O=a b']],
    ['/O=Käse & Söhne', ['O=Käse & Söhne']],
    ['/O=日本', ['O=日本']],
    ['/O=a,b', ['O=a,b']],
    ['/O=a#"$b', ['O=a#"$b']],
    ['/O=$ENV::HOME', ['O=$ENV::HOME']],
    ['/O=a=b', ['O=a=b']],
    ['/O=a\\=b', ['O=a=b']],
    ['/O=a\\/b/CN=c', ['O=a/b', 'CN=c']],
    ['/O=a\\+b', ['O=a+b']],
    ['/O=a\\\\', ['O=a\\']],
    ['/O=a\\\\/CN=c', ['O=a\\', 'CN=c']],
    ['/O=a\\\\\\/b', ['O=a\\/b']],
    ['/O=a\\\\\\+b', ['O=a\\+b']],
    ['/O=\\a', ['O=a']],
  ])('%s', (text, expected) => {
    expect(short(parseSubject(text))).toEqual(expected);
  });
});

describe('what is no subject is refused', () => {
  const form = (part: string): string => `'${part}' is not of the form NAME=value`;
  const attribute = (name: string): string =>
    `'${name}' is no attribute it can hold: use C, ST, L, O, OU, CN, serialNumber, emailAddress, DC`;
  const plus = "'+' joins two attributes in one; write \\+ for the sign itself";
  const slash = "it does not begin with '/'";
  const lone = 'it ends with a lone backslash';

  test.each([
    ['', slash],
    ['CN=a', slash],
    [' /CN=a', slash],
    ['C=DE, O=Example', slash],
    ['/', form('')],
    ['//', form('')],
    ['/CN=a/', form('')],
    ['/CN=a//O=b', form('')],
    ['/CN', form('CN')],
    ['/=a', form('=a')],
    ['/ CN=a', form(' CN=a')],
    ['/2.5.4.3=a', form('2.5.4.3=a')],
    ['/__proto__=a', form('__proto__=a')],
    ['/XX=a', attribute('XX')],
    ['/cn=a', attribute('cn')],
    ['/toString=a', attribute('toString')],
    ['/O=a+OU=b', plus],
    ['/O=a+b', plus],
    ['/O=+', plus],
    ['/O=a\\\\+b', plus],
    ['/O=a\\+b+c', plus],
    ['/O=a\\', lone],
    ['/O=a\\\\\\', lone],
  ])('%j: %s', (text, why) => {
    const error = refusalError(() => parseSubject(text));
    expect(error).toMatchObject({
      option: 'subject',
      message: `${JSON.stringify(text)} is no subject: ${why}`,
    });
    expect(error.hint).toBe('write it as /C=DE/O=Example; \\ before a / that belongs to a value');
  });

  test('the option that is named is the one that was given', () => {
    expect(refusal(() => parseSubject('CN=a', 'name'))).toMatch(/^ERR_INPUT name: /);
    expect(refusal(() => parseSubject('/CN=', 'name'))).toMatch(/^ERR_INPUT name: /);
    expect(refusal(() => rdn('CN', '', 'clientName'))).toMatch(/^ERR_INPUT clientName: /);
  });
});

describe('a value that an attribute cannot hold is refused', () => {
  const hidden = 'it holds a control character or an invisible one';
  const blank = 'it begins or ends with a blank';
  const country = 'a country is its two capital letters (ISO 3166)';
  const ascii = 'only ASCII is allowed';
  const printable = "only letters, digits and '()+,-./:=? are allowed";
  const long = (length: number, most: number): string =>
    `${length} characters are too long: ${most} are allowed`;

  test.each<[AttributeType, string, string, string]>([
    ['CN', 'commonName', '', 'it is empty'],
    ['O', 'organizationName', 'a\nb', hidden],
    ['O', 'organizationName', 'a\r', hidden],
    ['O', 'organizationName', 'a\tb', hidden],
    ['O', 'organizationName', 'a\0b', hidden],
    ['O', 'organizationName', 'a\u001bb', hidden],
    ['O', 'organizationName', 'a\u007fb', hidden],
    ['O', 'organizationName', 'a\u0085', hidden],
    ['O', 'organizationName', 'a\u061cb', hidden],
    ['O', 'organizationName', 'a\u200bb', hidden],
    ['O', 'organizationName', 'a\u200fb', hidden],
    ['O', 'organizationName', 'a\u202eb', hidden],
    ['O', 'organizationName', 'a\u2066b', hidden],
    ['O', 'organizationName', '\ufeffa', hidden],
    ['O', 'organizationName', 'a\ud800b', hidden],
    ['O', 'organizationName', ' a', blank],
    ['O', 'organizationName', 'a ', blank],
    ['O', 'organizationName', ' ', blank],
    ['O', 'organizationName', '\u00a0a', blank],
    ['C', 'countryName', 'de', country],
    ['C', 'countryName', 'D', country],
    ['C', 'countryName', 'DEU', country],
    ['C', 'countryName', 'D1', country],
    ['C', 'countryName', 'ÄÖ', country],
    ['CN', 'commonName', 'a'.repeat(65), long(65, 64)],
    ['O', 'organizationName', 'ä'.repeat(65), long(65, 64)],
    ['OU', 'organizationalUnitName', '😀'.repeat(65), long(65, 64)],
    ['serialNumber', 'serialNumber', '1'.repeat(65), long(65, 64)],
    ['DC', 'domainComponent', 'a'.repeat(64), long(64, 63)],
    ['ST', 'stateOrProvinceName', 'a'.repeat(129), long(129, 128)],
    ['L', 'localityName', 'a'.repeat(129), long(129, 128)],
    ['emailAddress', 'emailAddress', 'a'.repeat(129), long(129, 128)],
    ['emailAddress', 'emailAddress', 'ä@example.com', ascii],
    ['DC', 'domainComponent', 'ä', ascii],
    ['serialNumber', 'serialNumber', 'a_b', printable],
    ['serialNumber', 'serialNumber', 'ä', printable],
  ])('%s (%s) %j: %s', (type, long, value, why) => {
    expect(refusal(() => rdn(type, value))).toBe(
      `ERR_INPUT subject: ${JSON.stringify(value)} cannot be used as ${long} (${type}): ${why}`,
    );
  });

  test('in the slash form too', () => {
    expect(refusal(() => parseSubject('/C=DE/O='))).toContain(
      '"" cannot be used as organizationName (O): it is empty',
    );
    expect(refusal(() => parseSubject('/O=a\\\nb'))).toContain(hidden);
    expect(refusal(() => parseSubject('/O=\\ '))).toContain(blank);
  });
});

describe('lengths are counted in characters, not in bytes or in halves', () => {
  test.each<[AttributeType, string]>([
    ['CN', 'a'.repeat(64)],
    ['CN', 'ä'.repeat(64)],
    ['O', '😀'.repeat(64)],
    ['OU', '日'.repeat(64)],
    ['ST', 'ä'.repeat(128)],
    ['L', 'a'.repeat(128)],
    ['emailAddress', 'a'.repeat(128)],
    ['DC', 'a'.repeat(63)],
    ['C', 'DE'],
  ])('%s takes %s', (type, value) => {
    expect(rdn(type, value)).toEqual({ type, value });
  });
});

describe('the slash form is written', () => {
  test.each<[AttributeType, string, string]>([
    ['CN', 'a', '/CN=a'],
    ['O', 'a/b', '/O=a\\/b'],
    ['O', 'a+b', '/O=a\\+b'],
    ['O', 'a=b', '/O=a\\=b'],
    ['O', 'a\\b', '/O=a\\\\b'],
    ['O', 'a,b', '/O=a,b'],
    ['O', 'a#"$b', '/O=a#"$b'],
    ['O', 'ä', '/O=ä'],
  ])('%s %s is %s', (type, value, text) => {
    expect(formatSubject([rdn(type, value)])).toBe(text);
  });

  test('in the order given; nothing for an empty one', () => {
    expect(formatSubject([rdn('C', 'DE'), rdn('O', 'Example'), rdn('CN', 'x')])).toBe('/C=DE/O=Example/CN=x');
    expect(formatSubject([])).toBe('');
  });
});

/**
 * OpenSSL's own reading of -subj (apps/lib/apps.c, parse_name): a backslash takes the next character as it is, `/` begins
 * an attribute, `=` ends its name, and a bare `+` would begin another one of the same set.
 */
function readAsOpenssl(text: string): string[] {
  const attributes: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (text[at] !== '/') throw new Error(`no '/' at ${at}`);
    const equals = text.indexOf('=', at);
    const name = text.slice(at + 1, equals);
    let value = '';
    for (at = equals + 1; at < text.length && text[at] !== '/'; at++) {
      if (text[at] === '+') throw new Error('two attributes joined');
      if (text[at] === '\\') at++;
      value += text.charAt(at);
    }
    attributes.push(`${name}=${value}`);
  }
  return attributes;
}

describe('for any values that attributes can hold', () => {
  const special = fc.string({
    unit: fc.constantFrom(...Array.from('/+=\\,#"$\'` aä日😀.')),
    minLength: 1,
    maxLength: 30,
  });
  const value = fc.oneof(
    special,
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.constantFrom('DE', 'US'),
  );
  const attribute = fc
    .tuple(fc.constantFrom(...types), value)
    .map(([type, text]) => unlessRefused(() => rdn(type, text)))
    .filter((made) => made !== undefined);
  const subject = fc.array(attribute, { minLength: 1, maxLength: 5 });

  test('what is written is read back the same', () => {
    fc.assert(
      fc.property(subject, (wanted) => {
        expect(parseSubject(formatSubject(wanted))).toEqual(wanted);
      }),
      { numRuns: 1000 },
    );
  });

  test('openssl reads from it what was meant', () => {
    fc.assert(
      fc.property(subject, (wanted) => {
        expect(readAsOpenssl(formatSubject(wanted))).toEqual(short(wanted));
      }),
      { numRuns: 1000 },
    );
  });

  test('any text is refused, or is written as something that means the same', () => {
    const text = fc.oneof(
      special.map((tail) => `/O=${tail}`),
      fc.string({ unit: fc.constantFrom('/', 'CN', 'O', '=', '\\', '+', 'a', ' ', '\n'), maxLength: 12 }),
    );
    fc.assert(
      fc.property(text, (input) => {
        const read = unlessRefused(() => parseSubject(input));
        if (read) expect(parseSubject(formatSubject(read))).toEqual(read);
      }),
      { numRuns: 1000 },
    );
  });
});

test('the common name is the first one, or undefined', () => {
  expect(commonName(parseSubject('/O=a/CN=b/CN=c'))).toBe('b');
  expect(commonName(parseSubject('/O=a'))).toBeUndefined();
  expect(commonName([])).toBeUndefined();
});
