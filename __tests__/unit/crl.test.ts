import { describe, expect, test } from '@jest/globals';
import { readCrl } from '../../lib/x509/crl.js';
import { DerError } from '../../lib/x509/der.js';
import { crlBlocks } from '../../lib/x509/pem.js';
import { bytesOf, element, pem, sequence } from '../support/by-hand.js';

const utc = (digits: string): Buffer => element(0x17, Buffer.from(digits));
const generalized = (digits: string): Buffer => element(0x18, Buffer.from(digits));
const extension = (id: string, value: string, critical = false): Buffer =>
  sequence(bytesOf(`0603${id}`), ...(critical ? [bytesOf('0101ff')] : []), element(0x04, bytesOf(value)));
const entry = (serial: string, ...extensions: readonly Buffer[]): Buffer =>
  sequence(
    element(0x02, bytesOf(serial)),
    utc('260102030405Z'),
    ...(extensions.length > 0 ? [sequence(...extensions)] : []),
  );
const number = extension('551d14', '020107');
const reason = (code: string): Buffer => extension('551d15', `0a01${code}`);
const algorithm = bytesOf('300a06082a8648ce3d040302');
const name = sequence(element(0x31, sequence(bytesOf('0603550403'), element(0x0c, Buffer.from('CA')))));

interface Parts {
  version?: Buffer;
  dates?: readonly Buffer[];
  entries?: readonly Buffer[];
  extensions?: readonly Buffer[];
  more?: readonly Buffer[];
}

function crl(parts: Parts = {}): Buffer {
  const { version = bytesOf('020101'), dates = [utc('260101000000Z'), utc('260201000000Z')] } = parts;
  const { entries = [], extensions = [number], more = [] } = parts;
  const list = sequence(
    ...[version, algorithm, name, ...dates],
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    ...(extensions.length > 0 ? [element(0xa0, sequence(...extensions))] : []),
    ...more,
  );
  return sequence(list, algorithm, bytesOf('030100'));
}

describe('a CRL', () => {
  test('has its issuer, its number, its dates and its entries', () => {
    const entries = [entry('0080', reason('01')), entry('7f'), entry('05', reason('0a')), entry('00')];
    expect(readCrl(crl({ entries }))).toEqual({
      issuer: name.subarray(2),
      number: 7n,
      thisUpdate: new Date('2026-01-01T00:00:00Z'),
      nextUpdate: new Date('2026-02-01T00:00:00Z'),
      revoked: [
        { serial: '80', date: new Date('2026-01-02T03:04:05Z'), reason: 'keyCompromise' },
        { serial: '7F', date: new Date('2026-01-02T03:04:05Z'), reason: undefined },
        { serial: '05', date: new Date('2026-01-02T03:04:05Z'), reason: 'AACompromise' },
        { serial: '0', date: new Date('2026-01-02T03:04:05Z'), reason: undefined },
      ],
      unhandled: [],
    });
  });

  test('of version 1 has no version and no extensions', () => {
    expect(readCrl(crl({ version: Buffer.alloc(0), extensions: [] })).number).toBeUndefined();
  });

  test('need not say when the next one is due', () => {
    const dates = [generalized('20510101000000Z')];
    const read = readCrl(crl({ dates, entries: [entry('01')] }));
    expect(read.thisUpdate).toEqual(new Date('2051-01-01T00:00:00Z'));
    expect(read.nextUpdate).toBeUndefined();
    expect(read.revoked).toHaveLength(1);
  });

  test('names the critical extensions that are not handled, its own and those of an entry', () => {
    const delta = extension('551d1b', '020101', true);
    const issuer = extension('551d1d', '3000', true);
    const known = extension('551d14', '020101', true);
    const unknown = extension('551d23', '3000');
    const read = readCrl(
      crl({
        extensions: [known, delta, unknown],
        entries: [entry('01', issuer), entry('02', issuer, reason('01'))],
      }),
    );
    expect(read.unhandled).toEqual(['2.5.29.27', '2.5.29.29']);
  });

  test.each([
    ['an unknown version', { version: bytesOf('020102') }],
    ['a date that is none', { dates: [utc('260230000000Z')] }],
    ['an unknown reason', { entries: [entry('01', reason('07'))] }],
    ['a reason of two octets', { entries: [entry('01', extension('551d15', '0a020101'))] }],
    [
      'a serial that is no number',
      { entries: [sequence(element(0x04, bytesOf('01')), utc('260102030405Z'))] },
    ],
    ['an entry without a date', { entries: [sequence(element(0x02, bytesOf('01')))] }],
    ['something behind its extensions', { more: [bytesOf('0500')] }],
  ] satisfies [string, Parts][])('with %s is refused', (_, parts) => {
    expect(() => readCrl(crl(parts))).toThrow(DerError);
  });

  test('is refused where it is cut off, or goes on', () => {
    const whole = crl({ entries: [entry('01', reason('01'))] });
    for (let length = 0; length < whole.length; length++)
      expect(() => readCrl(whole.subarray(0, length))).toThrow(DerError);
    expect(() => readCrl(Buffer.concat([whole, Buffer.from([0])]))).toThrow(DerError);
  });
});

test('a PEM file can have several CRLs beside other blocks', () => {
  const [first, second] = [crl(), crl({ entries: [entry('01')] })];
  const text = pem('X509 CRL', first) + pem('CERTIFICATE', second) + pem('X509 CRL', second);
  expect(crlBlocks(`${text}-----BEGIN X509 CRL-----\n!\n-----END X509 CRL-----\n`)).toEqual([
    first,
    second,
    undefined,
  ]);
});
