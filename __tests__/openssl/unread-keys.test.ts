import { beforeEach, expect, test } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { client, explain, inspect, pkey, readCredentials, verifyDirectory } from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { only } from '../support/only.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { unknownKey, withUnknownKey } from '../support/unknown-key.js';

// A CA with a key that an openssl reads and this Node does not, such as ML-DSA on Node 20: nothing is wrong with it.

const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), 'docker-tls', ...names);
const directory = (): string => at();

beforeEach(async () => {
  await makeSet(request(temporary()));
  await withUnknownKey(at('ca.pem'));
  await rm(at('ca-key.pem'));
  await writeFile(at('ca-key.pem'), unknownKey(), { mode: 0o400 });
});

test('nothing is called broken, and what was not checked is told', async () => {
  const { ok, findings } = await verifyDirectory({ directory: directory() });
  expect(ok).toBe(true);
  expect(findings.map(({ file, id }) => `${file}: ${id}`).sort()).toEqual([
    'ca-key.pem: ca-key-unencrypted',
    'ca-key.pem: key-unknown',
    'cert.pem: signature-unknown',
    'server-cert.pem: signature-unknown',
  ]);
  for (const { fix } of findings) expect(fix).not.toMatch(/\brm\b|force|new set/);
});

test('what clients say is unknown, not refused', async () => {
  const { accepted, certificates } = await explain({ directory: directory() });
  expect(accepted).toBe(false);
  for (const { reasons, verdicts } of certificates) {
    expect(reasons).toEqual([]);
    for (const { unknown } of verdicts) expect(unknown).toMatch(/^no client was measured with a key of /);
  }
});

test('its certificates and keys are shown together', async () => {
  const { certificates, strayKeys } = await inspect({ path: directory() });
  expect(strayKeys).toEqual([]);
  const ca = certificates.find(({ path }) => path === 'ca.pem');
  expect(ca).toMatchObject({ privateKey: { path: 'ca-key.pem', encrypted: false } });
  for (const { path, signedBy } of certificates) expect([path, signedBy?.path]).toEqual([path, 'ca.pem']);
});

test('what needs the key refuses, changes nothing, and advises neither a new CA nor force', async () => {
  const before = await tree(temporary());
  const errors = [
    await errorOf(() => client(only('client', { directory: directory(), name: 'alice', key: 'ec:p256' }))),
    await errorOf(() => readCredentials('client', { directory: directory() })),
  ];
  for (const error of errors) {
    expect(error).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      message: expect.stringContaining('this Node cannot read'),
    });
    expect(error).toMatchObject({ hint: expect.not.stringMatching(/force|new set|backup/) });
  }
  expect(await tree(temporary())).toEqual(before);
});

test('an openssl that cannot read it is told apart from a file that is no key', async () => {
  const error = await errorOf(() => pkey({ in: at('ca-key.pem'), out: join(temporary(), 'out.pem') }));
  expect(error).toMatchObject({
    code: 'ERR_OPENSSL_FAILED',
    message: expect.stringContaining('ca-key.pem holds a key of 2.16.'),
    hint: 'use an openssl that knows this kind of key',
  });
});
