import { expect, test } from '@jest/globals';
import { asName, givenName, stemOf } from '../../lib/authority/import/names.js';

test.each([
  ['cert.pem', undefined],
  ['server-cert.pem', undefined],
  ['certs/client-cert.pem', undefined],
  ['server/cert.pem', undefined],
  ['issued/server.crt', undefined],
  ['web.pem', 'web'],
  ['web-server-cert.pem', 'web'],
  ['issued/Web.Example.crt', 'web.example'],
  ['clients/alice/cert.pem', 'alice'],
  ['machines/db/server.pem', 'db'],
  ['web.example/cert.pem', 'web.example'],
  ['web.example+2.pem', 'web.example'],
  ['_wildcard.example+1.pem', 'wildcard.example'],
  ['alice-client.pem', 'alice'],
  ['alice@example.com.crt', 'alice-example.com'],
  ['pki/certs_by_serial/95992A.pem', undefined],
  ['newcerts/01.pem', undefined],
  ['ä.pem', undefined],
])('the name that %s gives to a certificate', (path, name) => {
  expect(givenName(path)).toBe(name);
});

test.each([
  ['private/alice.key', 'issued/alice.crt'],
  ['rootCA-key.pem', 'rootCA.pem'],
  ['secrets/root_ca_key', 'certs/root_ca.crt'],
  ['web.key.pem', 'web.cert.pem'],
])('%s may be the key of %s by its name', (key, certificate) => {
  expect(stemOf(key)).toBe(stemOf(certificate));
});

test('a NAME begins with a letter or a digit, and is never too long', () => {
  expect(asName(`-.${'a'.repeat(70)}`)).toBe('a'.repeat(63));
  expect(asName('...')).toBeUndefined();
});
