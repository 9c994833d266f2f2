import { describe, expect, test } from '@jest/globals';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { all, can, findOpenssl } from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { opensslAsNobody } from '../support/fake-openssl.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { leftToWhole, rows } from '../support/form.js';

const temporary = useTemporaryDirectory();
const { version } = await findOpenssl();

const sixFiles = {
  '/': '0700',
  'ca-key.pem': '0400',
  'ca.pem': '0444',
  'cert.pem': '0444',
  'key.pem': '0400',
  'server-cert.pem': '0444',
  'server-key.pem': '0400',
};

describe('the files', () => {
  const kinds = ['rsa:2048', 'rsa:3072', 'ec:p256', 'ec:p384'];

  test.each(rows(kinds, 3))('with keys of kind %s they are the six of the tutorials', async (key) => {
    const options = request(temporary(), { key });
    const issued = await all(options);
    expect(await modes(options.directory)).toEqual(sixFiles);
    expect(issued.made.map(({ path }) => path).sort()).toEqual(Object.keys(sixFiles).slice(1));
    expect(issued.kept).toEqual([]);
    expect(Object.keys(await modes(temporary())).filter((path) => path.startsWith('.'))).toEqual([]);
  });

  test('with Ed25519 keys they are the same six, or an openssl that cannot make them is named', async () => {
    const options = request(temporary(), { key: 'ed25519' });
    if (can(version, 'ed25519')) {
      const { notes } = await all(options);
      expect(await modes(options.directory)).toEqual(sixFiles);
      expect(notes.map(({ code }) => code)).toContain('ED25519_CLIENTS');
    } else {
      expect(await failure(temporary(), () => all(options))).toMatchObject({ code: 'ERR_OPENSSL_TOO_OLD' });
    }
  });

  leftToWhole('without a kind the keys are RSA with 4096 bits', async () => {
    const { certificates } = await all({ ...request(temporary()), key: undefined });
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);
    for (const certificate of Object.values(certificates)) {
      expect(certificate.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 4096 });
    }
  });
});

describe('the modes', () => {
  test.each(rows(['000', '022', '077', '777'], 4, 3))('are the same under umask %s', async (mask) => {
    const options = request(temporary(), { passphrase: 'correct horse' });
    const further = { ...options, name: 'web1' };
    const before = process.umask(parseInt(mask, 8));
    try {
      await all(options);
      await all(further);
    } finally {
      process.umask(before);
    }
    expect(await modes(options.directory)).toEqual({
      ...sixFiles,
      'clients/': '0700',
      'clients/web1/': '0700',
      'clients/web1/ca.pem': '0444',
      'clients/web1/cert.pem': '0444',
      'clients/web1/key.pem': '0400',
      'servers/': '0700',
      'servers/web1/': '0700',
      'servers/web1/ca.pem': '0444',
      'servers/web1/server-cert.pem': '0444',
      'servers/web1/server-key.pem': '0400',
    });
  });

  test('are the same under the strictest umask for a user to whom modes mean something', async () => {
    const options = request(temporary(), { openssl: await opensslAsNobody(temporary()) });
    await chown(temporary(), 65_534, 65_534);
    const before = process.umask(0o777);
    process.seteuid!(65_534);
    try {
      await all(options);
    } finally {
      process.seteuid!(0);
      process.umask(before);
    }
    expect(await modes(options.directory)).toEqual(sixFiles);
  });

  test('of a directory that was there before stay as they were', async () => {
    const options = request(temporary());
    await mkdir(options.directory, { mode: 0o755 });
    await all(options);
    expect(await modes(options.directory)).toEqual({ ...sixFiles, '/': '0755' });
  });
});

describe('the directory', () => {
  test('is made with those above it', async () => {
    const options = request(temporary(), { directory: join(temporary(), 'some', 'where', 'docker-tls') });
    await all(options);
    expect(await modes(options.directory)).toEqual(sixFiles);
  });

  test.each(
    rows(
      ['with a blank', "it's", '$HOME', 'a#b', '-out', 'pkcs11:key', 'größe', 'comma,semicolon;', 'a\nb'],
      3,
    ),
  )('can be called %j', async (name) => {
    const options = request(temporary(), { directory: join(temporary(), name), passphrase: 'correct horse' });
    await all(options);
    await all({ ...options, name: 'web1' });
    expect(await modes(options.directory)).toMatchObject(sixFiles);
  });
});
