import { describe, expect, jest, test } from '@jest/globals';
import { describeIssuedList } from '../../cli/present-index.js';
import { plainStyle, printJsonList, printTexts, type Style } from '../../cli/streams.js';
import pico from 'picocolors';
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

function table(certificates: readonly IssuedCertificate[], style: Style = plainStyle()): string[] {
  const texts = [...describeIssuedList({ directory: '/d', recorded: true, certificates }, style)];
  return texts.join('\n').split('\n');
}

function writtenBy(print: () => void): string {
  const written: string[] = [];
  const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  print();
  write.mockRestore();
  return written.join('');
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

  test('has the colours of states, where there are any', () => {
    const style = pico.createColors(true);
    const [, valid, revoked] = table([certificate('01'), certificate('02', { state: 'revoked' })], style);
    expect(valid).toBe("valid    2027-01-01  ca    01      'a' cert.pem");
    expect(revoked).toBe(style.red("revoked  2027-01-01  ca    02      'a' cert.pem"));
  });

  test('shows what could hide something, in the line that has it', () => {
    expect(writtenBy(() => printTexts(['a\nb\u202e\nc', 'd']))).toBe('a\nb\\u202e\nc\nd\n');
  });
});

test.each([0, 1, 1000, 2500])('a JSON list of %s is what JSON.stringify writes', (count) => {
  const items = Array.from({ length: count }, (_, at) => ({
    at,
    name: at === 1 ? 'é\u202e' : 'a\nb',
    names: [],
  }));
  const written = writtenBy(() => printJsonList({ ok: true }, 'items', items.values()));
  const json = JSON.stringify({ ok: true, items }, null, 2).replace('\u202e', '\\u202e');
  expect(written).toBe(`${json}\n`);
});
