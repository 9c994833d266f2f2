import { describe, expect, test } from '@jest/globals';
import { addPassphrase, pkeyStep, reqStep, reqX509Step, rsaStep, x509ReqStep } from '../../lib/index.js';
import { keyFile, parseKeyRef, type KeyRef } from '../../lib/x509/key-ref.js';
import { refusal } from './refusal.js';

const token = 'pkcs11:token=ca;object=key;type=private';

test.each<[string, KeyRef]>([
  ['ca-key.pem', { kind: 'file', path: 'ca-key.pem' }],
  ['/etc/pkcs11:key', { kind: 'file', path: '/etc/pkcs11:key' }],
  ['./pkcs11:key', { kind: 'file', path: './pkcs11:key' }],
  [token, { kind: 'pkcs11', uri: token }],
  ['PKCS11:token=ca', { kind: 'pkcs11', uri: 'PKCS11:token=ca' }],
])('%s is read', (given, ref) => {
  expect(parseKeyRef(given, 'key')).toEqual(ref);
  expect(parseKeyRef(ref, 'key')).toEqual(ref);
});

test('a file is given as a reference, too', () => {
  expect(keyFile({ kind: 'file', path: 'a.pem' }, 'key')).toBe('a.pem');
  expect(rsaStep({ in: { kind: 'file', path: 'a.pem' }, out: 'b.pem' })).toEqual(
    rsaStep({ in: 'a.pem', out: 'b.pem' }),
  );
});

describe('a key in a token is refused, and the option named', () => {
  const signing = { in: 'csr', out: 'pem' };
  test.each<[string, () => unknown]>([
    ['in', () => rsaStep({ in: token, out: 'o' })],
    ['in', () => pkeyStep({ in: token, out: 'o' })],
    ['key', () => reqStep({ key: token, subj: '/CN=a', out: 'o' })],
    ['key', () => reqX509Step({ key: token, subj: '/CN=a', out: 'o' })],
    ['caKey', () => x509ReqStep({ ...signing, ca: 'ca.pem', caKey: token })],
    ['signKey', () => x509ReqStep({ ...signing, signKey: { kind: 'pkcs11', uri: token } })],
  ])('%s', (option, make) => {
    expect(refusal(make)).toBe(
      `ERR_INPUT ${option}: a key in a token (pkcs11:) cannot be used: only files can`,
    );
  });

  test('by the passphrase of a key', async () => {
    await expect(addPassphrase({ key: token, passphrase: 'correct horse' })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      option: 'key',
    });
  });
});
