import { describe, expect, test } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { forge } from '../../lib/x509/forgery.js';
import { bareCertificate, clientCertificate, oddCertificate, serverCertificate } from './certificates.js';

describe('a forged certificate', () => {
  test.each([
    ['a server', serverCertificate],
    ['a client', clientCertificate],
    ['odd names', oddCertificate],
    ['few fields', bareCertificate],
  ])('of %s says the same, and is of another key', (_, original) => {
    const { certificate, key } = forge(original);
    const forged = new X509Certificate(certificate);
    for (const field of [
      'subject',
      'issuer',
      'subjectAltName',
      'serialNumber',
      'validFrom',
      'validTo',
    ] as const)
      expect(forged[field]).toBe(original[field]);
    expect(forged.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(forged.verify(forged.publicKey)).toBe(true);
    expect(original.checkPrivateKey(createPrivateKey(key))).toBe(false);
    expect(forged.verify(original.publicKey)).toBe(false);
  });

  test('can be its own issuer', () => {
    const forged = new X509Certificate(forge(clientCertificate, true).certificate);
    expect(forged).toMatchObject({ subject: clientCertificate.subject, issuer: clientCertificate.subject });
    expect(forged.verify(forged.publicKey)).toBe(true);
  });

  test('is another one each time', () => {
    expect(forge(clientCertificate).key).not.toBe(forge(clientCertificate).key);
  });
});
