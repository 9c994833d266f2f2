import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { all, can, findOpenssl } from '../../lib/index.js';
import { clientOf, handshake } from '../support/handshake.js';
import { request } from '../support/request.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { rows } from '../support/form.js';

await useMadeRsaKeys();
const temporary = useTemporaryDirectory();
const { version } = await findOpenssl();
const kinds = ['rsa:2048', 'ec:p256', 'ec:p384', ...(can(version, 'ed25519') ? ['ed25519'] : [])];

describe.each(rows(kinds, 2, 1))('between a server and a client with keys of kind %s', (key) => {
  const shared = useSharedDirectory();
  let ours: string;
  let theirs: string;

  beforeAll(async () => {
    [ours, theirs] = [join(shared(), 'ours'), join(shared(), 'theirs')];
    await Promise.all([ours, theirs].map((directory) => all(request(shared(), { directory, key }))));
  });

  test('the certificates of one CA are accepted by both sides', async () => {
    expect(await handshake(ours, await clientOf(ours))).toBe('accepted');
  });

  test('the server refuses a client without a certificate', async () => {
    const { ca, servername } = await clientOf(ours);
    expect(await handshake(ours, { ca, servername })).toMatch(/^the server says/);
  });

  test('the server refuses a client of another CA', async () => {
    const { cert, key: clientKey } = await clientOf(theirs);
    const { ca, servername } = await clientOf(ours);
    expect(await handshake(ours, { ca, servername, cert, key: clientKey })).toMatch(
      /^the server says UNABLE_TO_/,
    );
  });

  test("the server refuses a server's certificate", async () => {
    const [cert, serverKey] = await Promise.all(
      ['server-cert.pem', 'server-key.pem'].map((file) => readFile(join(ours, file))),
    );
    const { ca, servername } = await clientOf(ours);
    expect(await handshake(ours, { ca, servername, cert, key: serverKey })).toBe(
      'the server says INVALID_PURPOSE',
    );
  });

  test('the client refuses a server of another CA', async () => {
    const { ca } = await clientOf(theirs);
    expect(await handshake(ours, { ...(await clientOf(ours)), ca })).toMatch(
      /^the client says (UNABLE_TO_|SELF_SIGNED_)/,
    );
  });

  test('the client refuses a server that is not the one it wanted', async () => {
    const client = { ...(await clientOf(ours)), servername: 'other.example' };
    expect(await handshake(ours, client)).toBe('the client says ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

test('a process that has looked into certificates can still use TLS', async () => {
  const options = request(temporary());
  await all(options);
  const bundle = join(temporary(), 'certificate.mjs');
  const [input, bundler] = ['lib/x509/certificate.ts', 'node_modules/rolldown/bin/cli.mjs'].map((path) =>
    fileURLToPath(new URL(`../../${path}`, import.meta.url)),
  ) as [string, string];
  await promisify(execFile)(process.execPath, [bundler, input, '--platform=node', '--file', bundle]);
  // In a process of its own, for here Node's TLS has been loaded long ago.
  const script = `
    import { X509Certificate } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    import * as ours from './certificate.mjs';
    const certificate = new X509Certificate(readFileSync('docker-tls/server-cert.pem'));
    for (const name of ['altNamesOf', 'commonNameOf', 'notAfter', 'notBefore']) ours[name](certificate);
    const { createSecureContext } = await import('node:tls');
    console.log(typeof createSecureContext);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: temporary(),
  });
  expect(stdout).toBe('function\n');
});
