import { describe, expect, jest, test } from '@jest/globals';
import { describeIssuedList } from '../../cli/present-index.js';
import { plainStyle, printJsonList } from '../../cli/streams.js';
import type { IssuedCertificate } from '../../lib/index.js';

function certificate(serial: string, more: Partial<IssuedCertificate> = {}): IssuedCertificate {
  return {
    ...{
      serial,
      state: 'valid',
      role: 'ca',
      subject: '/CN=a',
      commonName: 'a',
      names: [],
      reason: undefined,
    },
    ...{ notBefore: undefined, notAfter: new Date('2027-01-01T00:00:00Z'), path: 'cert.pem' },
    ...{ fingerprint256: undefined, revokedAt: undefined },
    ...more,
  };
}

function table(certificates: readonly IssuedCertificate[]): string[] {
  return [...describeIssuedList({ directory: '/d', recorded: true, certificates }, plainStyle())];
}

describe('the table of what was issued', () => {
  test('has columns as wide as the widest of thousands, wherever that stands', () => {
    const many = Array.from({ length: 2500 }, (_, at) => certificate(`${1000000 + at}`));
    const wide = certificate('0123456789ABCDEF', { state: 'not-yet-valid', role: 'client' });
    const lines = table([...many, wide]);
    expect(lines).toHaveLength(2504);
    expect(new Set(lines.slice(1, 2501).map((line) => line.indexOf("'a' cert.pem")))).toEqual(new Set([53]));
    expect(lines.slice(0, 2)).toEqual([
      'STATE          ENDS        ROLE    SERIAL            NAME',
      "valid          2027-01-01  ca      1000000           'a' cert.pem",
    ]);
    expect(lines[2501]).toBe("not-yet-valid  2027-01-01  client  0123456789ABCDEF  'a' cert.pem");
    expect(lines.at(-1)).toBe('2501 certificates: 2500 valid, 1 not-yet-valid.');
  });

  test('has a line for each, whatever its name is', () => {
    expect(table([certificate('01', { commonName: 'a\nvalid' })])[1]).toBe(
      "valid  2027-01-01  ca    01      'a\\u000avalid' cert.pem",
    );
  });
});

test.each([0, 1, 1000, 2500])('a JSON list of %s is what JSON.stringify writes', (count) => {
  const items = Array.from({ length: count }, (_, at) => ({
    at,
    name: at === 1 ? 'é\u202e' : 'a\nb',
    names: [],
  }));
  const written: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  printJsonList({ ok: true }, 'items', items.values());
  write.mockRestore();
  const json = JSON.stringify({ ok: true, items }, null, 2).replace('\u202e', '\\u202e');
  expect(written.join('')).toBe(`${json}\n`);
});
