import { describe, expect, test } from '@jest/globals';
import { isCommonNameOutside, isPermitted } from '../../lib/judge/outside.js';
import { askedExtensions, type Parties } from '../../lib/x509/asked-extensions.js';
import { parseAltName } from '../../lib/x509/alt-names.js';
import { constraintLines, nameConstraintsValue, showConstraints } from '../../lib/x509/name-constraints.js';
import { parseConf } from '../../lib/x509/openssl-conf.js';
import { parsePermit, permitOf } from '../../lib/x509/permit.js';
import { refusal, refusalError } from './refusal.js';

const noIpv4 = 'excluded IP:0.0.0.0/0';
const noIpv6 = 'excluded IP:::/0';
const noHost = 'permitted DNS:invalid';

describe('what is permitted, and that nothing else is', () => {
  test.each<[string[], string[]]>([
    [['example.com'], ['permitted DNS:example.com', noIpv4, noIpv6]],
    [
      ['Example.COM', 'example.com'],
      ['permitted DNS:example.com', noIpv4, noIpv6],
    ],
    [['bücher.example'], ['permitted DNS:xn--bcher-kva.example', noIpv4, noIpv6]],
    [['10.0.0.0/8'], ['permitted IP:10.0.0.0/8', noHost, noIpv6]],
    [['fd00::/8'], ['permitted IP:fd00::/8', noHost, noIpv4]],
    [['10.0.0.5'], ['permitted IP:10.0.0.5/32', noHost, noIpv6]],
    [['::1'], ['permitted IP:::1/128', noHost, noIpv4]],
    [['192.168.4.0/22,::/0'], ['permitted IP:192.168.4.0/22', 'permitted IP:::/0', noHost]],
    [
      ['localhost', '127.0.0.0/9', 'invalid'],
      ['permitted DNS:localhost', 'permitted IP:127.0.0.0/9', noHost, noIpv6],
    ],
  ])('%j', (given, shown) => {
    const constraints = parsePermit(given);
    expect(showConstraints(constraints)).toEqual(shown);
    expect(constraints.critical).toBe(true);
    // What says so again in a command line.
    expect(showConstraints(parsePermit(permitOf(constraints)!))).toEqual(expect.arrayContaining(shown));
  });

  test('constraints of others are no list of names', () => {
    const { permitted } = parsePermit(['example.com']);
    expect(permitOf({ critical: true, permitted, excluded: [] })).toBeUndefined();
    expect(permitOf({ critical: true, permitted: [], excluded: [] })).toBeUndefined();
  });

  test.each([
    ['10.0.0.5/8', 'it has bits set beyond its prefix of 8', 'the network is 10.0.0.0/8'],
    ['fd00::1/64', 'it has bits set beyond its prefix of 64', 'the network is fd00::/64'],
    ['10.0.0.0/33', "'33' is not the length of a prefix", 'from 0 to 32'],
    ['10.0.0.0/', "'' is not the length of a prefix", 'from 0 to 32'],
    ['10.0.0.0/255.0.0.0', "'255.0.0.0' is not the length of a prefix", 'from 0 to 32'],
    ['::ffff:10.0.0.0/104', 'it is an IPv4 address written as IPv6', 'give it as IPv4'],
    ['example.com/8', "'example.com' is not an IP address", 'as in 10.0.0.0/8'],
    ['.example.com', 'a domain covers the names below it anyway', "give it as 'example.com'"],
    ['*.example.com', 'a domain covers the names below it anyway', "give it as 'example.com'"],
    ['example.com:2376', 'not ports', 'leave the port and the brackets out'],
    ['[::1]', 'not ports', 'leave the port and the brackets out'],
    ['tcp://example.com', 'it is a URL', 'give only its host'],
    ['a b', 'it holds a blank', ''],
    ['example.com,', 'it is empty', ''],
    ['ex$ample.com', '"$" is not allowed in a host name', ''],
  ])('%s is refused', (given, why, hint) => {
    const error = refusalError(() => parsePermit([given]));
    expect(error.option).toBe('permit');
    expect(error.message).toContain(why);
    expect(error.hint ?? '').toContain(hint);
  });

  test('an empty list permits nothing, which nobody means', () => {
    expect(refusal(() => parsePermit([]))).toBe('ERR_INPUT permit: no name or network was given');
  });

  test('Go compares a limited number of names and constraints', () => {
    const many = Array.from({ length: 101 }, (_, at) => `h${at}.example`);
    expect(parsePermit(many.slice(1)).permitted).toHaveLength(100);
    expect(refusal(() => parsePermit(many))).toContain('101 names and networks are too many');
  });
});

describe('the names for which a CA may sign', () => {
  const permits = (permit: string[], name: string): boolean =>
    isPermitted(parseAltName(name), [parsePermit(permit)]);

  test.each([
    ['example.com', 'example.com', true],
    ['example.com', 'a.b.example.com', true],
    ['example.com', '*.example.com', true],
    ['example.com', 'badexample.com', false],
    ['example.com', 'example.com.evil.org', false],
    ['example.com', '10.0.0.5', false],
    ['example.com', '::1', false],
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['10.0.0.0/8', '::1', false],
    ['10.0.0.0/8', 'localhost', false],
    ['10.0.0.0/12', '10.16.0.0', false],
    ['fd00::/8', 'fdff::1', true],
    ['fd00::/8', 'fe00::1', false],
  ])('%s and %s: %j', (permit, name, permitted) => {
    expect(permits([permit], name)).toBe(permitted);
  });

  test('each CA has to permit a name', () => {
    const both = [parsePermit(['example.com']), parsePermit(['a.example.com'])];
    expect(isPermitted(parseAltName('b.example.com'), both)).toBe(false);
    expect(isPermitted(parseAltName('a.example.com'), both)).toBe(true);
  });

  test.each([
    ['client', false],
    ['Alice Smith', false],
    ['alice@example.org', false],
    ['alice.smith', true],
    ['10.1.2.3', true],
    ['ci.example.com', false],
  ])('openssl compares the common name %j with them: outside is %j', (name, outside) => {
    expect(isCommonNameOutside(name, [parsePermit(['example.com', '10.0.0.0/8'])])).toBe(outside);
    expect(isCommonNameOutside(name, [])).toBe(false);
  });
});

/** The value that a configuration asks for. */
function asked(text: string): readonly Buffer[] | undefined {
  const parties = { key: Buffer.alloc(1), isSelfSigned: true } as Parties;
  const issuer = { key: Buffer.alloc(1), identifier: undefined, issuer: Buffer.alloc(0), serial: 1n };
  const conf = parseConf(text);
  const found = askedExtensions(conf, 's', { ...parties, issuer });
  return found.find(({ id }) => id === '2.5.29.30')?.values;
}

describe('what a configuration asks for is compared', () => {
  const constraints = parsePermit(['example.com', '10.0.0.0/8']);
  const lines = constraintLines(constraints).map(({ name, value }) => `${name} = ${value}`);

  test.each([
    ['in a section', ['[s]', 'nameConstraints = critical,@c', '[c]', ...lines].join('\n')],
    [
      'in a line',
      '[s]\nnameConstraints = permitted;DNS:example.com,permitted;IP:10.0.0.0/255.0.0.0,permitted;DNS:invalid,excluded;IP:::/::',
    ],
  ])('%s', (_, text) => {
    expect(asked(text)).toEqual([nameConstraintsValue(constraints)]);
  });

  test.each(['permitted;dirName:section', 'permitted;RID:1.2.3', 'permitted;IP:10.0.0.0/ff00::'])(
    'not %s',
    (value) => {
      expect(asked(`[s]\nnameConstraints = ${value}`)).toBeUndefined();
    },
  );
});
