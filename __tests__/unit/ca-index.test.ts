import { describe, expect, test } from '@jest/globals';
import { formatIndex, IndexFault, onelineName, parseIndex } from '../../lib/x509/ca-index.js';

/** As `openssl ca` of 3.0 writes them. */
const lines = [
  'V\t361126092342Z\t\t79438EECF74D9C78DA7CFEECDA9BCBAD\tunknown\t/CN=Docker TLS CA da9bcbad',
  'R\t20521202091622Z\t261129091622Z,keyCompromise\t716A8D34\tunknown\t/CN=al',
  'R\t271129092343Z\t261129091622Z\t0A\tunknown\t/C=DE/O=M\\xC3\\xBCller/CN=a/b',
  'E\t201129092343Z\t\t0B\tunknown\t/CN=old',
];
const text = `${lines.join('\n')}\n`;

describe('the index of openssl ca', () => {
  test('is read, and written again to the byte', () => {
    const entries = parseIndex(text);
    expect(entries.map(({ status }) => status)).toEqual(['V', 'R', 'R', 'E']);
    expect(entries[0]!.notAfter.toISOString()).toBe('2036-11-26T09:23:42.000Z');
    expect(entries[1]).toMatchObject({
      notAfter: new Date('2052-12-02T09:16:22Z'),
      revocation: { at: new Date('2026-11-29T09:16:22Z'), reason: 'keyCompromise' },
    });
    expect(entries[2]!.revocation).toEqual({ at: new Date('2026-11-29T09:16:22Z'), reason: undefined });
    expect(formatIndex(entries)).toBe(text);
  });

  test('may have comments and empty lines', () => {
    expect(parseIndex(`# made by hand\n\n${text}`)).toEqual(parseIndex(text));
    expect(parseIndex('')).toEqual([]);
  });

  test.each([
    ['is cut off', text.slice(0, -1), 4],
    ['lacks a field', `${lines[0]}\nV\t361126092342Z\t\n`, 2],
    ['has a field more', `${lines[0]}\tmore\n`, 1],
    ['has another status', 'X\t361126092342Z\t\t0A\tunknown\t/CN=a\n', 1],
    ['has no date', 'V\tsoon\t\t0A\tunknown\t/CN=a\n', 1],
    ['has a day that no month has', 'V\t261340092342Z\t\t0A\tunknown\t/CN=a\n', 1],
    ['has an odd serial number', 'V\t361126092342Z\t\t0AB\tunknown\t/CN=a\n', 1],
    ['is revoked, and does not say when', 'R\t361126092342Z\t\t0A\tunknown\t/CN=a\n', 1],
    ['is valid, and says when it was revoked', 'V\t361126092342Z\t261129091622Z\t0A\tunknown\t/CN=a\n', 1],
  ])('a line that %s is named', (_, wrong, line) => {
    let fault: unknown;
    try {
      parseIndex(wrong);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(IndexFault);
    expect((fault as IndexFault).line).toBe(line);
  });

  test('a subject is written as openssl prints it', () => {
    const name = onelineName([
      { type: 'O', octets: Buffer.from('Müller\n') },
      { type: 'CN', octets: Buffer.from('a/b') },
    ]);
    expect(name).toBe('/O=M\\xC3\\xBCller\\x0A/CN=a/b');
  });
});
