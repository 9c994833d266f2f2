import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ca } from '../../lib/index.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { opensslOutput } from '../support/openssl.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';
import { certificate, names } from './certificates.js';
import { sixFiles } from './six-files.js';
import { only } from '../support/only.js';

const { refuses, succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const withCa = useSharedDirectory();
const oneProcess = useOneProcess();
const key = ['--key', 'ec:p256'];

describe('ca', () => {
  test('makes the CA alone, and says what comes next', async () => {
    const { stdout } = await succeeds(temporary(), ['ca', ...key, '--no-passphrase']);
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual({
      '/': '0700',
      'ca-key.pem': '0400',
      'ca.pem': '0444',
    });
    expect(stdout).toContain('docker-tls-openssl server --host HOST');
    expect(stdout).toContain('docker-tls-openssl client');
  });

  test('takes no flag of a server or a client', async () => {
    expect(
      await oneProcess.refuses(temporary(), 2, ['ca', ...key, '--no-passphrase', '--host', 'a']),
    ).toContain('unknown option --host');
  });
});

describe.each([
  ['server', ['server', '--host', 'docker.example', ...key]],
  ['client', ['client', ...key]],
])('%s', (_, command) => {
  test('without a CA is refused, and says how to get one', async () => {
    const said = await refuses(temporary(), 1, command);
    expect(said).toContain(`there is no CA in ${join(temporary(), 'docker-tls')}`);
    expect(said).toContain('docker-tls-openssl ca');
  });

  test('without the private key of the CA is refused, and says where it belongs', async () => {
    await oneProcess.succeeds(temporary(), ['ca', ...key, '--no-passphrase']);
    await rm(join(temporary(), 'docker-tls', 'ca-key.pem'));
    const said = await oneProcess.refuses(temporary(), 1, command);
    expect(said).toMatch(/ca\.pem exists, but the CA's private key .*ca-key\.pem does not\n/);
    expect(said).toContain('hint: to sign, put ca-key.pem beside it');
  });

  test('takes no flag of a new CA', async () => {
    expect(await oneProcess.refuses(temporary(), 2, [...command, '--ca-days', '100'])).toContain(
      'unknown option --ca-days',
    );
  });
});

describe('with a CA that is there', () => {
  beforeAll(async () => {
    await ca(only('ca', request(withCa())));
  });
  beforeEach(async () => {
    await cp(withCa(), temporary(), { recursive: true, preserveTimestamps: true });
  });

  test('server and client complete the set that all makes', async () => {
    const before = await tree(join(temporary(), 'docker-tls'));
    await oneProcess.succeeds(temporary(), ['server', '--host', 'docker.example', ...key]);
    await oneProcess.succeeds(temporary(), ['client', ...key]);
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);
    expect(await tree(join(temporary(), 'docker-tls'))).toEqual(expect.arrayContaining(before));
    const again = await oneProcess.succeeds(temporary(), ['all', '--host', 'docker.example']);
    expect(again.stdout).toContain('Nothing to do. Already in ');
  });

  test('a further server and a further client are complete directories of their own', async () => {
    await succeeds(temporary(), ['server', '--name', 'web1', '--host', 'web1.example', ...key]);
    await succeeds(temporary(), ['client', '--name', 'alice', ...key]);
    expect(await modes(join(temporary(), 'docker-tls', 'servers'))).toEqual({
      '/': '0700',
      'web1/': '0700',
      'web1/ca.pem': '0444',
      'web1/server-cert.pem': '0444',
      'web1/server-key.pem': '0400',
    });
    expect(await modes(join(temporary(), 'docker-tls', 'clients'))).toEqual({
      '/': '0700',
      'alice/': '0700',
      'alice/ca.pem': '0444',
      'alice/cert.pem': '0444',
      'alice/key.pem': '0400',
    });
    expect(names(await certificate(temporary(), 'servers/web1/server-cert.pem'))[0]).toBe('DNS:web1.example');
    expect((await certificate(temporary(), 'clients/alice/cert.pem')).subject).toBe('CN=alice');
    for (const [folder, file] of [
      ['servers/web1', 'server-cert.pem'],
      ['clients/alice', 'cert.pem'],
    ] as const) {
      const directory = join(temporary(), 'docker-tls', folder);
      expect(await opensslOutput(['verify', '-CAfile', 'ca.pem', file], directory)).toContain('OK');
    }
  });

  test('a further client can have another common name than its directory', async () => {
    await oneProcess.succeeds(temporary(), [
      'client',
      '--name',
      'alice',
      '--client-name',
      'Alice Meier',
      ...key,
    ]);
    expect((await certificate(temporary(), 'clients/alice/cert.pem')).subject).toBe('CN=Alice Meier');
  });

  test('a further server without a host is refused', async () => {
    const said = await oneProcess.refuses(temporary(), 2, ['server', '--name', 'web1', ...key]);
    expect(said).toContain('no name or address was given for the server web1');
  });

  test.each(['', '..', 'a/b', '/etc', 'Alice', 'a b', '-a', 'a.', 'x'.repeat(64)])(
    'the name %j is refused',
    async (name) => {
      const said = await oneProcess.refuses(temporary(), 2, ['client', `--name=${name}`, ...key]);
      expect(said).toContain('cannot be used as a name');
    },
  );
});
