import { describe, expect, test } from '@jest/globals';
import { can, isSupported, parseVersion, whoCan, type Capability } from '../../lib/openssl/capabilities.js';

const version = (text: string): NonNullable<ReturnType<typeof parseVersion>> => parseVersion(text)!;

describe('the answer to `openssl version` is read', () => {
  test.each([
    ['OpenSSL 1.0.1t  3 May 2016', 'OpenSSL', 1, 0, 1],
    ['OpenSSL 1.0.2g-fips  1 Mar 2016', 'OpenSSL', 1, 0, 2],
    ['OpenSSL 1.1.1w  11 Sep 2023', 'OpenSSL', 1, 1, 1],
    ['OpenSSL 3.0.19 27 Jan 2026 (Library: OpenSSL 3.0.19 27 Jan 2026)', 'OpenSSL', 3, 0, 19],
    ['OpenSSL 3.6.5 29 Sep 2026 (Library: OpenSSL 3.6.5 29 Sep 2026)', 'OpenSSL', 3, 6, 5],
    ['OpenSSL 3.5.0-beta1 25 Mar 2025', 'OpenSSL', 3, 5, 0],
    ['OpenSSL 4.0.0 14 Apr 2026', 'OpenSSL', 4, 0, 0],
    ['OpenSSL 4.1', 'OpenSSL', 4, 1, 0],
    ['OpenSSL 10.20.30 1 Jan 2040', 'OpenSSL', 10, 20, 30],
    ['LibreSSL 2.8.3', 'LibreSSL', 2, 8, 3],
    ['LibreSSL 3.3.6', 'LibreSSL', 3, 3, 6],
    ['LibreSSL 4.3.0', 'LibreSSL', 4, 3, 0],
  ])('%s', (text, flavour, major, minor, patch) => {
    expect(parseVersion(`${text}\n`)).toEqual({ flavour, major, minor, patch, text });
  });

  test('the first line that has one counts, whatever a wrapper prints before it', () => {
    expect(parseVersion('OpenSSL 3.0.19 27 Jan 2026\nOpenSSL 4.0.0\n')?.text).toBe(
      'OpenSSL 3.0.19 27 Jan 2026',
    );
    expect(parseVersion('### company wrapper ###\n\nOpenSSL 3.0.19\n')?.text).toBe('OpenSSL 3.0.19');
  });

  test.each([
    '',
    '\n',
    'openssl 3.0.0',
    'OpenSSL',
    'OpenSSL 3',
    'OpenSSL x.y.z',
    'BoringSSL 1.1.1',
    'My OpenSSL 3.0.0',
    'GNU bash, version 5.2.15(1)-release',
    '3.0.19',
  ])('%j is no answer of an openssl', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

describe('what each version can do', () => {
  test.each<[Capability, string, boolean]>([
    ['ed25519', 'OpenSSL 1.0.2u', false],
    ['ed25519', 'OpenSSL 1.1.0l', false],
    ['ed25519', 'OpenSSL 1.1.1', true],
    ['ed25519', 'OpenSSL 3.0.0', true],
    ['ed25519', 'LibreSSL 3.6.9', false],
    ['ed25519', 'LibreSSL 3.7.0', true],
    ['ed25519', 'LibreSSL 4.0.0', true],
    ['rsa-traditional', 'OpenSSL 1.1.1w', false],
    ['rsa-traditional', 'OpenSSL 3.0.0', true],
    ['rsa-traditional', 'LibreSSL 4.3.0', false],
    ['genrsa-traditional', 'OpenSSL 1.1.1w', false],
    ['genrsa-traditional', 'OpenSSL 3.0.0', true],
    ['genrsa-traditional', 'LibreSSL 4.3.0', false],
    ['addext', 'OpenSSL 1.1.0l', false],
    ['addext', 'OpenSSL 1.1.1', true],
    ['addext', 'LibreSSL 3.0.9', false],
    ['addext', 'LibreSSL 3.1.0', true],
    ['verify-names', 'OpenSSL 1.0.1u', false],
    ['verify-names', 'OpenSSL 1.0.2', true],
    ['pkcs12-iter', 'OpenSSL 1.1.1w', false],
    ['pkcs12-iter', 'OpenSSL 3.0.0', true],
    ['pkcs12-iter', 'LibreSSL 4.3.0', false],
    ['x509-strict', 'OpenSSL 1.1.1w', false],
    ['x509-strict', 'OpenSSL 3.0.0', true],
    ['x509-strict', 'LibreSSL 4.3.0', false],
    ['verify-names', 'LibreSSL 4.3.0', false],
    ['not-before-after', 'OpenSSL 3.3.9', false],
    ['not-before-after', 'OpenSSL 3.4.0', true],
    ['not-before-after', 'OpenSSL 4.0.0', true],
    ['not-before-after', 'LibreSSL 4.3.0', false],
  ])('%s, %s: %s', (capability, text, able) => {
    expect(can(version(text), capability)).toBe(able);
  });

  test.each<[Capability, string]>([
    ['ed25519', 'Ed25519 keys: OpenSSL 1.1.1 or LibreSSL 3.7.0 or newer'],
    ['rsa-traditional', 'rsa -traditional: OpenSSL 3.0.0 or newer'],
  ])('who can do %s is said', (capability, text) => {
    expect(whoCan(capability)).toBe(text);
  });

  test.each([
    ['OpenSSL 0.9.8zh', false],
    ['OpenSSL 1.0.0t', false],
    ['OpenSSL 1.0.1', true],
    ['OpenSSL 1.0.2u', true],
    ['OpenSSL 4.0.0', true],
    ['LibreSSL 2.8.3', false],
    ['LibreSSL 3.2.9', false],
    ['LibreSSL 3.3.0', true],
    ['LibreSSL 4.3.0', true],
  ])('%s is supported: %s', (text, supported) => {
    expect(isSupported(version(text))).toBe(supported);
  });
});
