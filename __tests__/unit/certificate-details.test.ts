import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { certificateDetails } from '../../lib/index.js';
import {
  bits,
  boolean,
  DerError,
  derValue,
  derValues,
  integer,
  objectIdentifier,
  parts,
} from '../../lib/x509/der.js';
import { bareCertificate, clientCertificate, oddCertificate, serverCertificate } from './certificates.js';

const der = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('DER', () => {
  test.each([
    ['02 01 00', 0n],
    ['02 01 7f', 127n],
    ['02 02 00 80', 128n],
    ['02 01 80', -128n],
    ['02 01 fb', -5n],
    ['02 09 00 ff ff ff ff ff ff ff ff', 2n ** 64n - 1n],
  ])('%s is the integer %s', (hex, value) => {
    expect(integer(derValue(der(hex)))).toBe(value);
  });

  test.each([
    ['06 03 55 1d 0f', '2.5.29.15'],
    ['06 06 2a 86 48 86 f7 0d', '1.2.840.113549'],
    ['06 03 88 37 03', '2.999.3'],
    ['06 01 27', '0.39'],
  ])('%s is the object identifier %s', (hex, value) => {
    expect(objectIdentifier(derValue(der(hex)))).toBe(value);
  });

  test.each([
    ['03 02 05 a0', [0, 2]],
    ['03 02 01 06', [5, 6]],
    ['03 03 07 00 80', [8]],
    ['03 01 00', []],
  ])('%s are the bits %j', (hex, value) => {
    expect(bits(derValue(der(hex)))).toEqual(value);
  });

  test('a length of several octets is read', () => {
    const content = '00'.repeat(300);
    expect(derValue(der(`04 82 01 2c ${content}`)).content).toHaveLength(300);
    expect(derValue(der(`04 81 c8 ${'00'.repeat(200)}`)).content).toHaveLength(200);
  });

  test('values stand one after the other', () => {
    expect(derValues(der('01 01 ff 02 01 05')).map(({ tag }) => tag)).toEqual([1, 2]);
    expect(parts(derValue(der('30 03 01 01 ff'))).map(boolean)).toEqual([true]);
  });

  test.each(['02', '02 02 01', '04 80 00 00', '04 85 00 00 00 00 01 00', '1f 81 01 00', '01 01 ff 00', ''])(
    "'%s' is no one value",
    (hex) => {
      expect(() => derValue(der(hex))).toThrow(DerError);
    },
  );

  test('a value of another kind is told', () => {
    expect(() => integer(derValue(der('01 01 ff')))).toThrow(DerError);
    expect(() => parts(derValue(der('02 01 05')))).toThrow(DerError);
    expect(() => integer(undefined)).toThrow(DerError);
    expect(() => integer(derValue(der('02 00')))).toThrow(DerError);
    expect(() => objectIdentifier(derValue(der('06 00')))).toThrow(DerError);
  });
});

describe('the details of a certificate', () => {
  test('are what it says', () => {
    const details = certificateDetails(serverCertificate);
    expect(details).toMatchObject({
      version: 3,
      serial: 1n,
      serialOctets: 1,
      signatureAlgorithm: '1.2.840.10045.4.3.2',
      digest: 'sha256',
      publicKey: { type: 'ec', curve: 'prime256v1' },
      octets: serverCertificate.raw.length,
      basicConstraints: { critical: false, ca: false, pathLength: undefined },
      subjectKeyIdentifier: 'c6e3572c960079f83d12557a48b006e9c975f4ce',
      authorityKeyIdentifier: undefined,
      keyUsage: undefined,
      extendedKeyUsage: undefined,
    });
    expect(details.subjectAltName).toEqual({
      critical: false,
      names: [
        { type: 'DNS', value: 'web.example' },
        { type: 'DNS', value: 'localhost' },
        { type: 'IP', value: '127.0.0.1' },
        { type: 'IP', value: '::1' },
      ],
    });
    expect(details.subject.equals(details.issuer)).toBe(true);
    expect(details.notAfter.toISOString()).toBe('2126-10-29T04:01:42.000Z');
    expect(details.extensions.map(({ id }) => id)).toEqual(['2.5.29.19', '2.5.29.17', '2.5.29.14']);
  });

  test('keep names as they stand in it', () => {
    const names = certificateDetails(oddCertificate).subjectAltName!.names;
    expect(names.map(({ type, value }) => `${type}:${value}`)).toEqual([
      'DNS:Web.Example',
      `other:${Buffer.from('a@example.com').toString('hex')}`,
      'DNS:a,b',
      'IP:::ffff:1.2.3.4',
      `other:${Buffer.from('https://example.com/,x').toString('hex')}`,
      'DNS:1.2.3.4',
      'DNS:bad host',
      'IP:2001:db8::1',
      'DNS:*.example.com',
      'DNS:trailing.',
    ]);
  });

  test('are undefined for what it does not have', () => {
    expect(certificateDetails(bareCertificate).subjectAltName).toBeUndefined();
    expect(certificateDetails(clientCertificate).publicKey).toEqual({
      type: 'ec',
      curve: 'secp384r1',
      bits: undefined,
    });
  });

  test('of an extension that is malformed are undefined, and it is in the list', () => {
    // The basicConstraints of the server's, as a sequence that holds nothing readable.
    const raw = Buffer.from(serverCertificate.raw);
    const at = raw.indexOf(der('06 03 55 1d 13 04 02 30 00'));
    raw[at + 7] = 0x31;
    const details = certificateDetails(new X509Certificate(raw));
    expect(details.basicConstraints).toBeUndefined();
    expect(details.extensions[0]).toMatchObject({ id: '2.5.29.19', critical: false });
  });
});
