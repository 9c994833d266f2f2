import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, type KeyExportOptions, type KeyObject } from 'node:crypto';
import { DerError } from '../../lib/x509/der.js';
import { keyEncryption } from '../../lib/x509/key-encryption.js';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
const passphrase = 'correct horse';

function pem(key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1', cipher?: string): string {
  const encryption = cipher === undefined ? {} : { cipher, passphrase };
  return String(key.export({ type, format: 'pem', ...encryption } as KeyExportOptions<'pem'>));
}

/** DER, by hand: a value of its tag. */
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, content.length]), content]);
};
const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const octets = der(0x04, Buffer.alloc(8));
const number = (hex: string): Buffer => der(0x02, Buffer.from(hex, 'hex'));
const encrypted = (...algorithm: Uint8Array[]): string =>
  [
    '-----BEGIN ENCRYPTED PRIVATE KEY-----',
    sequence(sequence(...algorithm), octets).toString('base64'),
    '-----END ENCRYPTED PRIVATE KEY-----',
    '',
  ].join('\n');

const pbes2 = oid('2a864886f70d01050d');
const pbkdf2 = oid('2a864886f70d01050c');
const aes256 = sequence(oid('60864801650304012a'), octets);

describe('of a key that is not encrypted there is no encryption', () => {
  test.each([
    ['in PKCS#8', pem(ec, 'pkcs8')],
    ['in PKCS#1', pem(rsa, 'pkcs1')],
    ['in SEC 1', pem(ec, 'sec1')],
    ['and that is none', 'nothing'],
    ['and stands behind a text', `Bag Attributes\n${pem(ec, 'pkcs8')}`],
  ])('%s', (_, text) => {
    expect(keyEncryption(text)).toBeUndefined();
  });
});

describe('it tells cipher and derivation', () => {
  test.each(['aes-256-cbc', 'aes-192-cbc', 'aes-128-cbc', 'des-ede3-cbc'])('of PKCS#8 with %s', (cipher) => {
    for (const key of [ec, rsa])
      expect(keyEncryption(pem(key, 'pkcs8', cipher))).toEqual({
        form: 'pkcs8',
        cipher,
        kdf: { name: 'pbkdf2', iterations: 2048, prf: 'hmac-sha256' },
      });
  });

  test.each(['aes-256-cbc', 'des-ede3-cbc'])('of the older form with %s', (cipher) => {
    const expected = { form: 'traditional', cipher, kdf: { name: 'md5', iterations: 1 } };
    for (const text of [pem(rsa, 'pkcs1', cipher), pem(ec, 'sec1', cipher)]) {
      expect(keyEncryption(text)).toEqual(expected);
      expect(keyEncryption(text.replaceAll('\n', '\r\n'))).toEqual(expected);
    }
  });

  test.each<[string, string, object]>([
    [
      'PBKDF2 without a function, which is HMAC-SHA1',
      encrypted(pbes2, sequence(sequence(pbkdf2, sequence(octets, number('0800'))), aes256)),
      { cipher: 'aes-256-cbc', kdf: { name: 'pbkdf2', iterations: 2048, prf: 'hmac-sha1' } },
    ],
    [
      'PBKDF2 with a length, and a function that has no name here',
      encrypted(
        pbes2,
        sequence(
          sequence(pbkdf2, sequence(octets, number('00c350'), number('20'), sequence(oid('2a0304')))),
          aes256,
        ),
      ),
      { cipher: 'aes-256-cbc', kdf: { name: 'pbkdf2', iterations: 50_000, prf: '1.2.3.4' } },
    ],
    [
      'scrypt',
      encrypted(pbes2, sequence(sequence(oid('2b06010401da47040b'), sequence(octets)), aes256)),
      { cipher: 'aes-256-cbc', kdf: { name: 'scrypt' } },
    ],
    [
      'a derivation and a cipher without names here',
      encrypted(pbes2, sequence(sequence(oid('2a0304')), sequence(oid('2a0305'), octets))),
      { cipher: '1.2.3.5', kdf: { name: '1.2.3.4' } },
    ],
    [
      'PBES1 with MD5 and DES',
      encrypted(oid('2a864886f70d010503'), sequence(octets, number('0800'))),
      { cipher: 'des-cbc', kdf: { name: '1.2.840.113549.1.5.3', iterations: 2048 } },
    ],
    [
      'PKCS#12 with SHA-1 and triple DES',
      encrypted(oid('2a864886f70d010c0103'), sequence(octets, number('0800'))),
      { cipher: 'des-ede3-cbc', kdf: { name: '1.2.840.113549.1.12.1.3', iterations: 2048 } },
    ],
  ])('of %s', (_, text, expected) => {
    expect(keyEncryption(text)).toEqual({ form: 'pkcs8', ...expected });
  });
});

test.each([
  ['nothing', ''],
  ['a text', Buffer.from('nothing at all').toString('base64')],
  ['a sequence that is empty', 'MAA='],
  ['its first half', pem(ec, 'pkcs8', 'aes-256-cbc').split('\n').slice(1, 3).join('\n')],
])('what holds %s is refused', (_, body) => {
  const text = `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${body}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
  expect(() => keyEncryption(text)).toThrow(DerError);
});
