import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { commonNameOf, notAfter, notBefore } from '../../lib/internal.js';
import { extendedKeyUsageOf } from '../../lib/x509/certificate.js';
import { certificateSummary } from '../../lib/x509/certificate-summary.js';
import { DerError } from '../../lib/x509/der.js';
import { bareCertificate, clientCertificate, oddCertificate, serverCertificate } from './certificates.js';
import { inTurns } from '../support/form.js';

const all = { bareCertificate, clientCertificate, oddCertificate, serverCertificate };

/** The same from node:crypto. */
function byNode(certificate: X509Certificate): object {
  return {
    commonName: commonNameOf(certificate),
    serial: certificate.serialNumber,
    notBefore: notBefore(certificate),
    notAfter: notAfter(certificate),
    ca: certificate.ca,
    extendedKeyUsage: extendedKeyUsageOf(certificate),
    hasAltNames: certificate.subjectAltName !== undefined,
  };
}

/** With one octet that is another. */
function altered(raw: Buffer, at: number, by: number): Buffer {
  const copy = Buffer.from(raw);
  copy[at] = copy[at]! ^ by;
  return copy;
}

describe('the summary of a certificate', () => {
  test.each(Object.entries(all))('of %s is what node:crypto says', (_, certificate) => {
    expect(certificateSummary(certificate.raw)).toEqual(byNode(certificate));
  });

  test.each(Object.entries(all))('of %s is not had where it is cut off, or goes on', (_, { raw }) => {
    for (let length = 0; length < raw.length; length++)
      expect(() => certificateSummary(raw.subarray(0, length))).toThrow(DerError);
    expect(() => certificateSummary(Buffer.concat([raw, Buffer.from([0])]))).toThrow(DerError);
  });

  inTurns(2).each(Object.entries(all))(
    'of %s is refused with an octet altered, or what node:crypto says',
    (_, { raw }) => {
      const differing: string[] = [];
      for (let at = 0; at < raw.length; at++) {
        for (const by of [0x01, 0x02, 0x40, 0x80, 0xff]) {
          const copy = altered(raw, at, by);
          const [ours, theirs] = [
            () => certificateSummary(copy),
            () => byNode(new X509Certificate(copy)),
          ].map(tried);
          // Dates that are none are refused by us alone.
          if (ours !== undefined && JSON.stringify(ours) !== JSON.stringify(theirs))
            differing.push(`${at} ^ ${by}: ${JSON.stringify(ours)}, ${JSON.stringify(theirs)}`);
        }
      }
      expect(differing).toEqual([]);
    },
  );

  test.each([
    ['month', '990101'],
    ['day', '230230'],
  ])('is not had with a %s that is none', (_, date) => {
    const { raw } = serverCertificate;
    const copy = Buffer.from(raw);
    copy.write(date, copy.indexOf('261122'));
    if (date === '990101') copy.write('2699', raw.indexOf('261122'));
    expect(() => certificateSummary(copy)).toThrow(DerError);
  });
});

function tried(read: () => object): object | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
