import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { can, parseVersion, tokenAccess } from '../../lib/openssl/capabilities.js';
import { ownConfig, providerConfig } from '../../lib/openssl/config.js';
import { tokenEnvironment } from '../../lib/openssl/token.js';
import { tokenFailure } from '../../lib/openssl/token-reasons.js';
import { dependencies } from '../../lib/plan/schedule.js';
import { x509ReqStep } from '../../lib/steps/x509-req.js';

const version = parseVersion('OpenSSL 3.5.0 8 Apr 2025')!;
const uri = 'pkcs11:token=my%20ca;object=key';
const wrong = 'Error 160 returned by C_Login';
const token = (label: string, flags = ''): string =>
  `Token Info:\n  Label:            [${label}]\n  ${flags}\n`;

test.each([
  ['nothing is known of it', '', 'because a few wrong ones lock most tokens'],
  ['it was not the first', token('my ca', 'CKF_USER_PIN_COUNT_LOW'), 'it was not the first wrong one'],
  ['it was the last', token('my ca', 'CKF_USER_PIN_FINAL_TRY'), 'it may be locked now'],
  [
    'another token has few left',
    token('other', 'CKF_USER_PIN_FINAL_TRY') + token('my ca'),
    'lock most tokens',
  ],
])('how many tries are left is said only where the token tells: %s', (_, trace, hint) => {
  const failure = tokenFailure('', { version, uri, trace: `${trace}${wrong}` });
  expect(failure?.reason).toBe('wrong-pin');
  expect(failure?.hint).toContain(hint);
});

test.each([
  ['UTF-8', 'pkcs11:token=Sch%c3%bcssel;object=key', 'Sch\xc3\xbcssel'],
  ['other bytes', 'pkcs11:token=%ff%FE;object=key', '\xff\xfe'],
])('a label is compared byte for byte: %s', (_, named, label) => {
  const trace = `${token(label, 'CKF_USER_PIN_FINAL_TRY')}${wrong}`;
  expect(tokenFailure('', { version, uri: named, trace })?.hint).toContain('it may be locked now');
});

test('a token that says that it is locked is not asked', () => {
  const trace = 'PIN marked as locked, canceling login';
  expect(tokenFailure('Could not find private key from x', { version, uri, trace })?.reason).toBe(
    'pin-locked',
  );
});

test('what says nothing about a token is explained otherwise', () => {
  expect(tokenFailure('No space left on device', { version, uri, trace: 'Calling C_Login' })).toBeUndefined();
  expect(tokenFailure('Could not find private key from x', { version, uri, trace: '' })).toBeUndefined();
});

test.each([
  ['OpenSSL 3.0.19', 'engine', true],
  ['OpenSSL 3.4.1', 'engine', true],
  ['OpenSSL 3.5.0', 'provider', true],
  ['OpenSSL 4.0.0', 'provider', true],
  ['OpenSSL 1.1.1w', 'engine', false],
  ['LibreSSL 4.1.0', 'engine', false],
])('%s: %s', (text, access, isAble) => {
  const parsed = parseVersion(text)!;
  expect(can(parsed, 'token-keys')).toBe(isAble);
  if (isAble) expect(tokenAccess(parsed)).toBe(access);
});

test("the provider's configuration is the usual one, and the provider", async () => {
  const [usual, own] = await Promise.all(
    [ownConfig(), providerConfig()].map((path) => readFile(path, 'utf8')),
  );
  expect(own).toContain(usual);
  expect(own).toMatch(/^pkcs11-module-quirks = no-deinit$/m);
  expect(fileURLToPath(new URL('../../templates/openssl-pkcs11.cnf', import.meta.url))).toBe(
    providerConfig(),
  );
});

describe('what openssl sees of the environment', () => {
  const own = {
    SOFTHSM2_CONF: 'c',
    OPENSSL_CONF: 'x',
    OPENSSL_MODULES: 'x',
    SSLKEYLOGFILE: 'x',
    PKCS11_PROVIDER_DEBUG: 'x',
  };
  const use = { module: undefined, trace: 't' };

  test('its own variables are ours, and those of the module stay', () => {
    const env = tokenEnvironment(own, { ...use, access: 'engine' });
    expect(env).toMatchObject({ SOFTHSM2_CONF: 'c', OPENSSL_CONF: ownConfig() });
    for (const name of ['OPENSSL_MODULES', 'SSLKEYLOGFILE', 'PKCS11_PROVIDER_DEBUG'])
      expect(env).not.toHaveProperty(name);
    expect(tokenEnvironment(own, { ...use, access: 'provider' })['PKCS11_PROVIDER_DEBUG']).toBe(
      'file:t,level:1',
    );
  });

  test.each([
    ['engine', 'PKCS11_MODULE_PATH'],
    ['provider', 'PKCS11_PROVIDER_MODULE'],
  ] as const)('the module of the URI comes before that of the environment: %s', (access, name) => {
    const env = { PKCS11_MODULE_PATH: '/env.so' };
    expect(tokenEnvironment(env, { ...use, access })[name]).toBe('/env.so');
    expect(tokenEnvironment(env, { ...use, access, module: '/uri.so' })[name]).toBe('/uri.so');
    const none = tokenEnvironment({ PKCS11_MODULE_PATH: '' }, { ...use, access });
    expect(none[name] ?? '').toBe('');
  });
});

test('what uses a token runs one after the other: a wrong PIN is tried once', () => {
  const sign = (name: string, object: string) =>
    x509ReqStep({ in: `${name}.csr`, ca: 'ca.pem', caKey: `pkcs11:object=${object}`, out: `${name}.pem` });
  const steps = [sign('a', 'one'), sign('b', 'one'), sign('c', 'two')];
  expect(dependencies(steps)).toEqual([[], [0], [1]]);
});
