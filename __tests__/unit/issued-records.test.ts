import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recordLine, type IssuedRecord } from '../../lib/set/issued/entry.js';
import { recordAt, recordIn } from '../../lib/set/issued/record-in.js';
import { times } from '../support/form.js';

const record: IssuedRecord = {
  serial: '4001',
  fingerprint256: 'ab',
  role: 'server',
  commonName: 'host',
  names: ['DNS:host', 'IP:10.0.0.1'],
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2027-01-01T00:00:00.000Z',
  path: 'servers/host/server-cert.pem',
  key: 'cd',
  issuer: 'ef',
  issuerKey: '01',
};

describe('a record in a line', () => {
  test.each<[string, Partial<IssuedRecord>]>([
    ['plain', {}],
    ['without a name', { names: [] }],
    ['with one name', { names: ['DNS:host'] }],
    ['with an empty name', { names: ['', ''] }],
    ['without what may be missing', { commonName: null, issuerKey: null }],
    ['that calls a client null', { role: 'client', commonName: 'null' }],
    ['with quotes', { commonName: 'a"b\\', names: ['a","b', '\\'] }],
    ['with a line end', { commonName: 'a\nb' }],
    ['in other letters', { commonName: 'Jürgen 東京', path: 'clients/é/cert.pem' }],
    ['with more than it has today', { more: [1] } as object],
  ])('is read as JSON reads it: %s', (_, change) => {
    const line = recordLine({ ...record, ...change });
    const next = recordLine(record);
    expect(recordAt(`${next}${line}${next}`, next.length)).toEqual({
      record: JSON.parse(line),
      end: next.length + line.length,
    });
    expect(recordIn(line)).toEqual(JSON.parse(line));
  });

  test('may have its fields in another order', () => {
    const line = JSON.stringify(Object.fromEntries(Object.entries(record).reverse()));
    expect(recordAt(line, 0)).toEqual({ record, end: line.length });
  });

  test.each([
    ['nothing', ''],
    ['cut off', recordLine(record).slice(0, -4)],
    ['of another role', recordLine({ ...record, role: 'router' as 'client' })],
    ['a name that is cut off', recordLine(record).replace('10.0.0.1"', '10.0.0.1",')],
    ['names without a comma between them', recordLine(record).replace('host","IP', 'host""IP')],
    ['a control character', recordLine(record).replace('host', 'ho\x01st')],
    ['something behind it', recordLine(record).replace('}', '}}')],
  ])('is none: %s', (_, line) => {
    expect(recordAt(line, 0)).toBeUndefined();
  });

  test('is read as JSON reads it, whatever is changed in it', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        ',',
        '[',
        ']',
        '}',
        '\\',
        '\t',
        '\r',
        '\x7f',
        '\u2028',
        '\ud800',
        '""',
        '","',
        'null',
      ),
      fc.string(),
    );
    const texts = fc.record({ commonName: fc.option(piece), names: fc.array(piece), path: piece });
    const cut = fc.record({ at: fc.nat(500), length: fc.nat(3), piece: fc.oneof(fc.constant(''), piece) });
    fc.assert(
      fc.property(texts, fc.option(cut), (change, where) => {
        const whole = recordLine({ ...record, ...change });
        const { at = 0, length = 0, piece: put = '' } = where ?? {};
        const line = `${(whole.slice(0, at) + put + whole.slice(at + length)).replaceAll('\n', '')}\n`;
        const found = recordIn(line);
        expect(recordAt(line, 0)).toEqual(found && { record: found, end: line.length });
      }),
      { numRuns: times(300, 10_000) },
    );
  });
});
