import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { keyTypeName, keyTypeNameOf, keyTypeNames, parseKeyType } from '../../lib/x509/key-type.js';
import { refusalError } from './refusal.js';

const names = 'rsa:4096, rsa:3072, rsa:2048, ec:p256, ec:p384, ed25519';

test.each([
  ['rsa:4096', { algorithm: 'rsa', bits: 4096 }],
  ['rsa:3072', { algorithm: 'rsa', bits: 3072 }],
  ['rsa:2048', { algorithm: 'rsa', bits: 2048 }],
  ['ec:p256', { algorithm: 'ec', curve: 'prime256v1' }],
  ['ec:p384', { algorithm: 'ec', curve: 'secp384r1' }],
  ['ed25519', { algorithm: 'ed25519' }],
  ['RSA:4096', { algorithm: 'rsa', bits: 4096 }],
  ['EC:P256', { algorithm: 'ec', curve: 'prime256v1' }],
  ['Ed25519', { algorithm: 'ed25519' }],
])('%s is read', (name, type) => {
  expect(parseKeyType(name)).toEqual(type);
  expect(keyTypeName(parseKeyType(name))).toBe(name.toLowerCase());
});

test('the names are in the order in which help shows them', () => {
  expect(keyTypeNames.join(', ')).toBe(names);
});

test.each([
  '',
  'rsa',
  'rsa:1024',
  'rsa:4097',
  'rsa: 4096',
  ' rsa:4096',
  'ec',
  'ec:p521',
  'ec:P-256',
  'prime256v1',
])('%j is refused, and the names are given', (name) => {
  const error = refusalError(() => parseKeyType(name));
  expect(error).toMatchObject({ option: 'key', message: `'${name}' is no kind of key` });
  expect(error.hint).toBe(`choose one of ${names}`);
});

test.each(['ed448', 'dsa', 'toString', 'constructor', '__proto__'])('%s is refused', (name) => {
  expect(refusalError(() => parseKeyType(name)).message).toBe(`'${name}' is no kind of key`);
});

describe('a key that was read is named', () => {
  test.each([
    ['rsa:2048', generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
    ['ec:p256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
    ['ec:p256', generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey],
    ['ec:p384', generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey],
    ['ec:secp521r1', generateKeyPairSync('ec', { namedCurve: 'secp521r1' }).publicKey],
    ['ed25519', generateKeyPairSync('ed25519').publicKey],
    ['ed448', generateKeyPairSync('ed448').publicKey],
  ])('%s', (name, key) => {
    expect(keyTypeNameOf(key)).toBe(name);
  });
});
