import { describe, expect, test } from '@jest/globals';
import {
  addPassphrase,
  commandLine,
  pkeyStep,
  planLines,
  reqStep,
  reqX509Step,
  rsaStep,
  x509ReqStep,
} from '../../lib/index.js';
import { inputsOf, tokenOf } from '../../lib/plan/schedule.js';
import type { OpensslStep } from '../../lib/plan/step.js';
import { withTokenAccess } from '../../lib/plan/token-access.js';
import { uriIn, uriText } from '../../lib/set/remembered-key.js';
import { x509ToReqStep } from '../../lib/steps/x509-to-req.js';
import { keyFile, parseKeyRef, type KeyRef } from '../../lib/x509/key-ref.js';
import { refusal } from './refusal.js';

const token = 'pkcs11:token=ca;object=key;type=private';

test.each<[string, KeyRef]>([
  ['ca-key.pem', { kind: 'file', path: 'ca-key.pem' }],
  ['/etc/pkcs11:key', { kind: 'file', path: '/etc/pkcs11:key' }],
  ['./pkcs11:key', { kind: 'file', path: './pkcs11:key' }],
  [token, { kind: 'pkcs11', uri: token }],
  ['PKCS11:token=ca;id=%01', { kind: 'pkcs11', uri: 'pkcs11:token=ca;id=%01' }],
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

describe('where only a file can be used, a key in a token is refused, and the option named', () => {
  test.each<[string, () => unknown]>([
    ['in', () => rsaStep({ in: token, out: 'o' })],
    ['in', () => pkeyStep({ in: token, out: 'o' })],
  ])('%s', (option, make) => {
    expect(refusal(make)).toBe(
      `ERR_INPUT ${option}: a key in a token (pkcs11:) cannot be used here: only files can`,
    );
  });

  test('by the passphrase of a key', async () => {
    await expect(addPassphrase({ key: token, passphrase: 'correct horse' })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      option: 'key',
    });
  });
});

describe('every step that signs takes a key in a token', () => {
  const signing = { in: 'csr', out: 'pem', passin: '1234' };
  const key = `${token}?module-path=/usr/lib/my%20module.so`;
  const access = (step: OpensslStep, how: 'engine' | 'provider'): string =>
    planLines(
      withTokenAccess({ recipe: '', steps: [step], replaces: [], notes: [], departures: [] }, how),
    ).join();
  test.each<[string, OpensslStep]>([
    ['-key', reqStep({ key, passin: '1234', subj: '/CN=a', out: 'o' })],
    ['-key', reqX509Step({ key, passin: '1234', subj: '/CN=a', out: 'o' })],
    ['-CAkey', x509ReqStep({ ...signing, ca: 'ca.pem', caKey: key })],
    ['-signkey', x509ReqStep({ ...signing, signKey: { kind: 'pkcs11', uri: key } })],
    ['-signkey', x509ToReqStep({ ...signing, signKey: key })],
  ])('%s', (flag, step) => {
    const form = flag === '-CAkey' ? '-CAkeyform' : '-keyform';
    expect(access(step, 'provider')).toContain(` ${flag} '${token}' -passin fd:3 `);
    expect(access(step, 'engine')).toContain(
      ` ${flag} '${token}' ${form} engine -engine pkcs11 -passin fd:3 `,
    );
    expect(commandLine(step)).toBe(access(step, 'provider'));
    expect(tokenOf(step)).toEqual({ uri: token, module: '/usr/lib/my module.so' });
    expect(inputsOf({ steps: [step] })).not.toContain(token);
  });
});

describe('a URI that cannot be used is refused, and never repeated', () => {
  test.each([
    ['pkcs11:token=ca;object=a?pin-value=1234', 'contains a PIN or says where it is'],
    ['pkcs11:token=ca;object=a;PIN-VALUE=1234', 'contains a PIN or says where it is'],
    ['pkcs11:object=a?pin-source=file:/etc/1234', 'contains a PIN or says where it is'],
    ['pkcs11:object=a?pin-source=|cat%201234', 'contains a PIN or says where it is'],
    ['pkcs11:token=1234', 'does not name a key'],
    ['pkcs11:', 'contains characters that it may not contain'],
    ['pkcs11:object', 'has an attribute without a value'],
    ['pkcs11:object=a b1234', 'contains characters that it may not contain'],
    ['pkcs11:object=a\nobject=1234', 'contains characters that it may not contain'],
    ['pkcs11:object=a%zz1234', 'contains characters that it may not contain'],
    [
      'pkcs11:object=a?module-path=lib1234.so',
      'has something other than an absolute module-path after its question mark',
    ],
    [
      'pkcs11:object=a?module-path=/l%00ib1234.so',
      'has something other than an absolute module-path after its question mark',
    ],
    [
      'pkcs11:object=a?module-name=1234',
      'has something other than an absolute module-path after its question mark',
    ],
  ])('%s', (uri, why) => {
    for (const given of [uri, { kind: 'pkcs11', uri } as const]) {
      expect(refusal(() => parseKeyRef(given, 'caKey'))).toBe(`ERR_INPUT caKey: the PKCS #11 URI ${why}`);
      expect(refusal(() => parseKeyRef(given, 'caKey'))).not.toContain('1234');
    }
  });
});

test('a file that remembers a key holds the URI alone', () => {
  const ref = { kind: 'pkcs11', uri: token } as const;
  expect(uriIn(uriText(ref))).toEqual(ref);
  for (const text of ['', 'ca-key.pem\n', `${token}\n\n`, `${token}?pin-value=1234\n`, ` ${token}\n`])
    expect(uriIn(text)).toBeUndefined();
  expect(() => uriText({ kind: 'file', path: 'ca-key.pem' })).toThrow(TypeError);
});
