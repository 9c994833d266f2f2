import { isIP, SocketAddress } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  formatAltName,
  localNames,
  parseAddresses,
  parseAltName,
  parseAltNames,
  uniqueNames,
} from '../../lib/x509/alt-names.js';
import { refusal, refusalError, unlessRefused } from './refusal.js';

const format = (inputs: readonly string[]): string[] => parseAltNames(inputs).map(formatAltName);

describe('what a person has at hand is read', () => {
  test.each([
    // host names
    ['host', 'DNS:host'],
    ['HOST.Example.COM', 'DNS:host.example.com'],
    ['my_host', 'DNS:my_host'],
    ['_srv.a', 'DNS:_srv.a'],
    ['a--b.c', 'DNS:a--b.c'],
    ['1a.b', 'DNS:1a.b'],
    ['a.b1', 'DNS:a.b1'],
    ['a.0xg', 'DNS:a.0xg'],
    ['localhost', 'DNS:localhost'],
    ['*.example.com', 'DNS:*.example.com'],
    // addresses
    ['1.2.3.4', 'IP:1.2.3.4'],
    ['0.0.0.0', 'IP:0.0.0.0'],
    ['::1', 'IP:::1'],
    ['::', 'IP:::'],
    ['0:0:0:0:0:0:0:1', 'IP:::1'],
    ['2001:DB8:0:0:1:0:0:1', 'IP:2001:db8::1:0:0:1'],
    ['::ffff:1.2.3.4', 'IP:1.2.3.4'],
    ['::FFFF:102:304', 'IP:1.2.3.4'],
    ['0:0:0:0:0:ffff:0102:0304', 'IP:1.2.3.4'],
    ['[::ffff:1.2.3.4]', 'IP:1.2.3.4'],
    // with brackets, a port, a scheme
    ['[::1]', 'IP:::1'],
    ['[::1]:2376', 'IP:::1'],
    ['1.2.3.4:2376', 'IP:1.2.3.4'],
    ['h:1', 'DNS:h'],
    ['h:2376', 'DNS:h'],
    ['h:65535', 'DNS:h'],
    ['*.example.com:2376', 'DNS:*.example.com'],
    ['tcp://h', 'DNS:h'],
    ['tcp://h:2376', 'DNS:h'],
    ['tcp://h:2376/', 'DNS:h'],
    ['TCP://H:2376', 'DNS:h'],
    ['tcp://1.2.3.4:2376', 'IP:1.2.3.4'],
    ['tcp://[2001:DB8::1]:2376', 'IP:2001:db8::1'],
    ['tcp://[::1]', 'IP:::1'],
    ['https://h/', 'DNS:h'],
    ['http://h', 'DNS:h'],
    // international names, kept as A-labels
    ['bücher.example', 'DNS:xn--bcher-kva.example'],
    ['BÜCHER.example', 'DNS:xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'DNS:xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'DNS:xn--bcher-kva.example'],
    ['tcp://bücher.example:2376', 'DNS:xn--bcher-kva.example'],
    ['日本語.jp', 'DNS:xn--wgv71a119e.jp'],
    ['ａ。b', 'DNS:a.b'],
  ])('%s is %s', (input, name) => {
    expect(formatAltName(parseAltName(input))).toBe(name);
  });

  test.each([
    ['a label of 63 characters', 'a'.repeat(63)],
    ['a name of 253 characters', `${'a.'.repeat(126)}a`],
    ['a wildcard name of 253 characters', `*.${'a.'.repeat(125)}a`],
  ])('%s is accepted', (_what, name) => {
    expect(parseAltName(name)).toEqual({ type: 'DNS', value: name });
  });
});

describe('lists', () => {
  test.each([
    [['a,b'], ['DNS:a', 'DNS:b']],
    [
      ['a,b', 'c'],
      ['DNS:a', 'DNS:b', 'DNS:c'],
    ],
    [['1.2.3.4,a,::1'], ['IP:1.2.3.4', 'DNS:a', 'IP:::1']],
    [['tcp://a:2376,[::1]:2376'], ['DNS:a', 'IP:::1']],
    [
      ['b', 'a', 'b'],
      ['DNS:b', 'DNS:a'],
    ],
    [['A,a'], ['DNS:a']],
    [['::1,0:0:0:0:0:0:0:1,[::1]:2376'], ['IP:::1']],
    [['1.2.3.4', '::ffff:1.2.3.4', '::ffff:102:304'], ['IP:1.2.3.4']],
    [['bücher.example', 'xn--bcher-kva.example'], ['DNS:xn--bcher-kva.example']],
    [['h', 'h:2376', 'tcp://h'], ['DNS:h']],
    [[], []],
  ])('%j is %j', (inputs, names) => {
    expect(format(inputs)).toEqual(names);
  });

  test.each([
    [['a,,b'], '""', 'it is empty'],
    [['a,'], '""', 'it is empty'],
    [[''], '""', 'it is empty'],
    [['a, b'], '" b"', 'it holds a blank'],
    [['good', 'bad..name'], '"bad..name"', 'a label between two dots is empty'],
  ])('%j is refused, naming %s alone', (inputs, part, why) => {
    expect(refusal(() => parseAltNames(inputs))).toBe(
      `ERR_INPUT hosts: ${part} cannot be used as a host: ${why}`,
    );
  });

  test('what is empty or holds a blank is refused with what to do', () => {
    expect(refusalError(() => parseAltNames(['a,'])).hint).toBe('remove the extra comma or give a name');
    expect(refusalError(() => parseAltNames(['a b'])).hint).toBe('separate several hosts with commas');
  });

  const hosts = (count: number): string[] => Array.from({ length: count }, (_, n) => `h${n}`);

  test('1000 names are accepted, in one list or in many', () => {
    expect(parseAltNames([hosts(1000).join(',')])).toHaveLength(1000);
    expect(parseAltNames(hosts(1000))).toHaveLength(1000);
  });

  test('1001 names are refused', () => {
    expect(refusal(() => parseAltNames(hosts(1001)))).toBe(
      'ERR_INPUT hosts: 1001 names are too many for one certificate: clients take up to 1000',
    );
  });

  test('repetitions do not count', () => {
    expect(parseAltNames([...hosts(1000), ...hosts(1000)])).toHaveLength(1000);
    expect(uniqueNames([...localNames, ...localNames])).toEqual(localNames);
  });

  test('the option that the refusal names is the one that was given', () => {
    expect(refusal(() => parseAltNames(['a b'], 'extra'))).toMatch(/^ERR_INPUT extra: /);
    expect(refusal(() => parseAltName('', 'extra'))).toMatch(/^ERR_INPUT extra: /);
  });
});

describe('addresses', () => {
  test('are read as everywhere', () => {
    expect(parseAddresses(['10.0.0.5,[::1]:2376']).map(formatAltName)).toEqual(['IP:10.0.0.5', 'IP:::1']);
  });

  test('a host name among them is refused', () => {
    const error = refusalError(() => parseAddresses(['10.0.0.5', 'Web.example']));
    expect(error).toMatchObject({ option: 'ips', message: "'web.example' is not an IP address" });
    expect(error.hint).toBe('give a host name with `hosts`');
  });

  test('what is no name at all is refused under their own option', () => {
    expect(refusal(() => parseAddresses(['300.1.1.1']))).toBe(
      'ERR_INPUT ips: "300.1.1.1" cannot be used as a host: it is neither an IP address nor a host name',
    );
  });
});

describe('what no host can be is refused', () => {
  const blank = 'it holds a blank';
  const empty = 'a label between two dots is empty';
  const dot = 'it ends with a dot, which newer Docker clients refuse';
  const star = "'*' can only be the whole first label";
  const bare = 'a wildcard needs at least two labels after it';
  const neither = 'it is neither an IP address nor a host name';
  const six = 'it is not an IPv6 address';
  const brackets = 'in [] only an IPv6 address can stand';
  const path = 'a path or a network is not a host';
  const zone = 'an address with a zone is valid on one machine only';
  const user = 'a user name is not part of a host';
  const hyphen = 'a label cannot begin or end with a hyphen';
  const notation = "it is in OpenSSL's notation";
  const outOfUse = 'addresses of that form are out of use';
  const hidden = 'it holds a control character or an invisible one';
  const idna = 'it is no valid international domain name (IDNA)';
  const socket = (scheme: string): string => `${scheme}:// has no TLS server behind it`;
  const port = (text: string): string => `'${text}' is no port`;
  const odd = (character: string): string => `${JSON.stringify(character)} is not allowed in a host name`;

  test.each([
    ['', 'it is empty'],
    // dots
    ['a..b', empty],
    ['.a', empty],
    ['.', empty],
    ['..', empty],
    ['a..', empty],
    ['a.', dot],
    ['host.example.', dot],
    ['*.example.com.', dot],
    ['1.2.3.4.', dot],
    ['h.:2376', dot],
    // blanks
    ['a b', blank],
    [' a', blank],
    ['a ', blank],
    [' ', blank],
    ['\na', blank],
    ['a\n', blank],
    ['a\r\nb', blank],
    ['a\tb', blank],
    ['a\u00a0b', blank],
    ['a\u2003b', blank],
    ['a\u2028b', blank],
    ['\ufeffa', blank],
    // wildcards
    ['*', bare],
    ['*.com', bare],
    ['*:2376', bare],
    ['*.*.com', star],
    ['a.*.com', star],
    ['*a.example.com', star],
    ['a*.example.com', star],
    ['**.example.com', star],
    ['*.1.2.3.4', neither],
    // ports
    ['h:', port('')],
    ['h:0', port('0')],
    ['h:65536', port('65536')],
    ['h:999999', port('999999')],
    ['h:abc', port('abc')],
    ['h:+1', port('+1')],
    ['h:-1', port('-1')],
    ['[::1]:', port('')],
    ['[::1]:0', port('0')],
    ['[::1]:99999', port('99999')],
    ['h:2376:1', six],
    ['1.2.3.4:1:2', six],
    [':2376', 'it names no host'],
    // schemes
    ['tcp://', 'it names no host'],
    ['tcp://:2376', 'it names no host'],
    ['unix:///var/run/docker.sock', socket('unix')],
    ['ssh://h', socket('ssh')],
    ['ssh://user@h', socket('ssh')],
    ['npipe:////./pipe/docker_engine', socket('npipe')],
    ['fd://', socket('fd')],
    ['ftp://h', socket('ftp')],
    ['tcp:h', port('h')],
    ['//h', path],
    // IPv6 addresses, and what looks like one
    ['::g', six],
    ['1:2:3:4:5:6:7:8:9', six],
    ['::ffff:1.2.3', six],
    ['[::1', six],
    ['::1]', six],
    ['[::1]x', six],
    ['[]', brackets],
    ['[host]', brackets],
    ['[1.2.3.4]', brackets],
    ['fe80::1%eth0', zone],
    ['fe80::1%25eth0', zone],
    ['fe80::1%', zone],
    ['[fe80::1%eth0]:2376', zone],
    ['tcp://[fe80::1%eth0]:2376', zone],
    ['a%b', zone],
    // paths, networks, users
    ['10.0.0.0/8', path],
    ['::/0', path],
    ['h/', path],
    ['h/path', path],
    ['tcp://h/path', path],
    ['tcp://h//', path],
    ['user@h', user],
    ['user:word@h', user],
    ['tcp://user@h:2376', user],
    ['root@1.2.3.4', user],
    // what has a meaning to openssl, to a shell or in a URL
    ['$ENV::HOME', six],
    ['${x}', odd('$')],
    ['$x', odd('$')],
    ['email:copy', port('copy')],
    ['DNS:a', notation],
    ['IP:1.2.3.4', notation],
    ['::1:2376', outOfUse],
    ['::1.2.3.4', outOfUse],
    ['a\u200bb', hidden],
    ['a\u00adb', hidden],
    ['@section', user],
    ['"h"', odd('"')],
    ["'h'", odd("'")],
    ['h"', odd('"')],
    ['h#x', odd('#')],
    ['h;x', odd(';')],
    ['a\\b', odd('\\')],
    ['`h`', odd('`')],
    ['a=b', odd('=')],
    ['a,b', odd(',')],
    ['https://h?x', odd('?')],
    // control and bidirectional characters, half characters
    ['\0', hidden],
    ['a\0b', hidden],
    ['a\u0001b', hidden],
    ['a\u007fb', hidden],
    ['a\u202eb', hidden],
    ['\u202ea', hidden],
    ['a\u2066b', hidden],
    ['a\ud800b', hidden],
    ['％', idna],
    ['xn--ü', idna],
    // labels
    ['-a', hyphen],
    ['a-', hyphen],
    ['a.-b', hyphen],
    ['a-.b', hyphen],
    ['xn--', hyphen],
    ['xn--a', "'xn--a' is no valid international label"],
    ['a.xn--zzzzzz99999', "'xn--zzzzzz99999' is no valid international label"],
    // half an address
    ['1', neither],
    ['1.2.3', neither],
    ['127.1', neither],
    ['0x7f', neither],
    ['0x7f.1', neither],
    ['a.0X1F', neither],
    ['0x', neither],
    ['300.1.1.1', neither],
    ['256.1.1.1', neither],
    ['01.2.3.4', neither],
    ['1.2.3.4.5', neither],
    ['a.1', neither],
    ['1.2.3.²', neither],
    ['１.2.3.4', neither],
    // lengths
    ['a'.repeat(64), 'a label of 64 characters is too long: 63 are allowed'],
    [`b.${'a'.repeat(64)}`, 'a label of 64 characters is too long: 63 are allowed'],
    [`${'a.'.repeat(126)}ab`, '254 characters are too long: 253 are allowed'],
    [`*.${'a.'.repeat(125)}ab`, '254 characters are too long: 253 are allowed'],
  ])('%j: %s', (input, why) => {
    expect(refusal(() => parseAltName(input))).toBe(
      `ERR_INPUT hosts: ${JSON.stringify(input)} cannot be used as a host: ${why}`,
    );
  });

  test.each([
    ['a.', "give it as 'a'"],
    ['unix:///var/run/docker.sock', 'tcp://host:2376, or just the host'],
    ['fe80::1%eth0', 'give it without the part from % on'],
    ['*.com', 'as in *.example.com'],
    ['a*.b.c', 'as in *.example.com'],
  ])('%s comes with a hint: %s', (input, hint) => {
    expect(refusalError(() => parseAltName(input)).hint).toBe(hint);
  });
});

describe('for any string', () => {
  const punctuated = fc.string({
    unit: fc.constantFrom(
      ...Array.from('abzAZ019.-_*:[]/%@$ ,\\"\'\n\0üß²．\u202e'),
      'xn--',
      'tcp://',
      '::',
      '1.2.3.4',
      ':2376',
    ),
    maxLength: 12,
  });
  const anything = fc.oneof(
    punctuated,
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.domain(),
    fc.ipV4Extended(),
    fc.ipV6(),
    fc.webAuthority({ withIPv4: true, withIPv6: true, withPort: true, withUserInfo: true }),
  );

  test('the result is a refusal, or a name of harmless characters that is read as itself', () => {
    fc.assert(
      fc.property(anything, (input) => {
        const name = unlessRefused(() => parseAltName(input));
        if (!name) return;
        expect(name.value).toMatch(/^[a-z0-9._*:-]+$/);
        expect(parseAltName(name.value)).toEqual(name);
        expect(name.type).toBe(isIP(name.value) ? 'IP' : 'DNS');
      }),
      { numRuns: 2000 },
    );
  });

  test('an address is read as an address in every spelling', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(address, (text) => {
        // The IPv4-compatible ones (RFC 4291 section 2.5.5.1) are refused.
        const zeros = new SocketAddress({ address: text, family: text.includes(':') ? 'ipv6' : 'ipv4' })
          .address;
        fc.pre(!/^::\d/.test(zeros) || zeros === '::1');
        const name = parseAltName(text);
        expect(name.type).toBe('IP');
        expect(parseAltName(text.toUpperCase())).toEqual(name);
        if (text.includes(':')) expect(parseAltName(`tcp://[${text}]:2376`)).toEqual(name);
      }),
      { numRuns: 500 },
    );
  });
});
