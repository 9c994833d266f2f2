import { describe, expect, test } from '@jest/globals';
import { formatAltName } from '../../lib/x509/alt-names.js';
import { altNamesOf, commonNameOf, notAfter, notBefore } from '../../lib/x509/certificate.js';
import { bareCertificate, clientCertificate, oddCertificate, serverCertificate } from './certificates.js';

describe('the names of a certificate', () => {
  test('are DNS names and addresses in the one spelling', () => {
    const { names, others } = altNamesOf(serverCertificate);
    expect(names.map(formatAltName)).toEqual(['DNS:web.example', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1']);
    expect(others).toEqual([]);
  });

  test('are apart from those of other kinds and those that no host can have', () => {
    const { names, others } = altNamesOf(oddCertificate);
    expect(names.map(formatAltName)).toEqual([
      'DNS:web.example',
      'IP:1.2.3.4',
      'IP:2001:db8::1',
      'DNS:*.example.com',
    ]);
    expect(others).toEqual([
      'email:a@example.com',
      'DNS:"a\\u002cb"',
      'URI:"https://example.com/\\u002cx"',
      'DNS:1.2.3.4',
      'DNS:bad host',
      'DNS:trailing.',
    ]);
  });

  test('are none in a certificate without', () => {
    expect(altNamesOf(bareCertificate)).toEqual({ names: [], others: [] });
  });
});

test('the common name is the first one, or undefined', () => {
  expect(commonNameOf(clientCertificate)).toBe('alice');
  expect(commonNameOf(oddCertificate)).toBe('first');
  expect(commonNameOf(bareCertificate)).toBeUndefined();
});

test('it begins and ends at moments', () => {
  const days = (notAfter(serverCertificate).getTime() - notBefore(serverCertificate).getTime()) / 86_400_000;
  expect(days).toBe(36_500);
  expect(notBefore(serverCertificate).toISOString()).toMatch(/^2026-11-22T04:01:\d\d\.000Z$/);
});
