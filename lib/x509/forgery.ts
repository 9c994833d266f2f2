import { generateKeyPairSync, sign, type X509Certificate } from 'node:crypto';
import { certificateFields } from './certificate-fields.js';
import { contextTag, TAG } from './der.js';
import { der, derInteger } from './der-write.js';

/** A certificate and its key, in PEM. */
export interface Forgery {
  readonly certificate: string;
  readonly key: string;
}

/** AlgorithmIdentifier of 1.2.840.10045.4.3.2. */
const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

/**
 * A certificate that says all that the given one says, and is signed by a key of its own: what anybody can make who has seen
 * it. Its issuer is the same, or with `ownIssuer` itself. All in memory: it is worth nothing afterwards.
 */
export function forge(certificate: X509Certificate, ownIssuer = false): Forgery {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { version, serial, issuer, validity, subject, optional } = certificateFields(certificate.raw);
  const signed = der(
    TAG.sequence,
    // Left out where it is 1.
    ...(version === 1 ? [] : [der(contextTag(0, true), derInteger(BigInt(version - 1)))]),
    serial.octets,
    ecdsaWithSha256,
    (ownIssuer ? subject : issuer).octets,
    validity.octets,
    subject.octets,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...optional.map(({ octets }) => octets),
  );
  const signature = der(TAG.bitString, Buffer.of(0), sign('sha256', signed, privateKey));
  const lines =
    der(TAG.sequence, signed, ecdsaWithSha256, signature)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
