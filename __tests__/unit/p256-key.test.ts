import { expect, test } from '@jest/globals';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { spki } from '../../lib/x509/spki.js';
import { readP256Key } from '../../lib/x509/p256-key.js';

const made = (namedCurve = 'P-256'): Buffer =>
  generateKeyPairSync('ec', { namedCurve }).privateKey.export({ type: 'pkcs8', format: 'der' });

test('reads the same key as node:crypto does', () => {
  for (let at = 0; at < 50; at++) {
    const der = made();
    const found = readP256Key(der);
    const other = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    expect(found?.belongsTogether).toBe(true);
    expect(found?.publicKey.object.equals(createPublicKey(other))).toBe(true);
    expect(found?.publicKey.text).toBe(spki(createPublicKey(other)));
  }
});

test('tells where the halves of a key do not belong together', () => {
  const [one, other] = [made(), made()];
  expect(readP256Key(Buffer.concat([one.subarray(0, 68), other.subarray(68)]))?.belongsTogether).toBe(false);
});

test('leaves every other form to node:crypto', () => {
  const der = made();
  expect(readP256Key(made('P-384'))).toBeUndefined();
  expect(readP256Key(Buffer.concat([der, Buffer.of(0)]))).toBeUndefined();
  expect(readP256Key(der.subarray(0, -1))).toBeUndefined();
  expect(readP256Key(Buffer.alloc(0))).toBeUndefined();
  for (let at = 0; at < der.length; at++) {
    const changed = Buffer.from(der);
    changed[at]! ^= 1;
    // A changed number is another key, or none; anything else is another form.
    expect(readP256Key(changed)?.belongsTogether ?? false).toBe(false);
  }
});
