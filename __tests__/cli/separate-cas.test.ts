import { describe, expect, test } from '@jest/globals';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyDirectory } from '../../lib/index.js';
import { useOneProcess } from '../support/one-process.js';
import { command, quick } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const { succeeds, refuses } = useOneProcess();
const separate = [...quick, '--separate-cas'];
const directory = (): string => join(temporary(), 'docker-tls');

describe('--separate-cas', () => {
  test('says which CA is whose, and which files a server and a client have', async () => {
    const { stdout, stderr } = await succeeds(temporary(), ['all', ...separate]);
    expect(stdout).toContain("  ca-key.pem         the server CA's private key. Keep it safe");
    expect(stdout).toMatch(/\n {2}ca\.pem {13}the server CA, which clients trust, valid until /);
    expect(stdout).toContain(
      "  client-ca-key.pem  the client CA's private key: anyone who has it can create clients",
    );
    expect(stdout).toMatch(/\n {2}client-ca\.pem {6}the client CA, which daemons trust, valid until /);
    expect(stderr).toContain(
      'ca-key.pem is not encrypted: anyone who can read that file can create servers that',
    );
    expect(stderr).toContain(
      'client-ca-key.pem is not encrypted: anyone who can read that file can create clients',
    );

    const web = ['server', '--name', 'web', '--host', 'web.example'];
    expect((await succeeds(temporary(), web)).stdout).toContain(
      'servers/web/ca.pem           a copy of client-ca.pem',
    );
    const alice = await succeeds(temporary(), ['client', '--name', 'alice']);
    expect(alice.stdout).toContain('clients/alice/ca.pem    a copy of ca.pem');
    const { stdout: daemon } = await succeeds(temporary(), ['daemon']);
    expect(daemon).toContain(`--tlscacert=${directory()}/client-ca.pem`);
    const { stdout: named } = await succeeds(temporary(), ['daemon', '--name', 'web']);
    expect(named).toContain(`--tlscacert=${directory()}/servers/web/ca.pem`);
  });

  test('is all in the script, which makes such a set', async () => {
    const { stdout } = await succeeds(temporary(), ['script', ...separate]);
    await writeFile(join(temporary(), 'make.sh'), stdout);
    expect((await command(temporary(), '/bin/sh', ['make.sh'], {})).code).toBe(0);
    const { ok, findings } = await verifyDirectory({ directory: directory() });
    expect(ok).toBe(true);
    expect(findings.map(({ file, id }) => `${file} ${id}`)).toEqual([
      'ca-key.pem ca-key-unencrypted',
      'client-ca-key.pem ca-key-unencrypted',
    ]);
  });

  test('is in what --json prints, of a dry run too', async () => {
    const parsed = async (...flags: string[]) =>
      JSON.parse((await succeeds(temporary(), ['all', ...separate, '--json', ...flags])).stdout) as {
        made: { path: string; kind: string; mode: string }[];
        certificates: Record<string, { subject: string }>;
      };
    const { made } = await parsed('--dry-run');
    expect(made).toContainEqual({ path: 'client-ca-key.pem', kind: 'private-key', mode: '0400' });
    const { certificates } = await parsed();
    expect(Object.keys(certificates)).toEqual(['ca', 'server', 'client', 'clientCa']);
    expect(certificates['clientCa']?.subject).toMatch(/^CN=Docker TLS client CA/);
  });

  test('is refused beside one CA, with what to do', async () => {
    await succeeds(temporary(), ['all', ...quick, '--quiet']);
    expect(await refuses(temporary(), 1, ['all', ...separate])).toMatch(
      /^error: nothing was changed: .*\/docker-tls has one CA for servers and clients\nhint: create a new set beside it with `docker-tls-openssl all --separate-cas --dir .*docker-tls-new`\n$/,
    );
  });
});

test('renew ca and crl say which role they need', async () => {
  await succeeds(temporary(), ['all', ...separate, '--quiet']);
  expect(await refuses(temporary(), 2, ['renew', 'ca', '--new-key', '--no-passphrase'])).toBe(
    `error: --role: ${directory()} has separate CAs for servers and clients\nhint: choose one: \`docker-tls-openssl renew ca --role server --new-key\`, or \`docker-tls-openssl renew ca --role client --new-key\`\n`,
  );
  const server = ['renew', 'ca', '--role', 'server', '--json'];
  const renewed = JSON.parse((await succeeds(temporary(), server)).stdout) as object;
  expect(renewed).toMatchObject({ path: 'ca.pem', role: 'server', stage: 'renewed' });
  const { stdout } = await succeeds(temporary(), [
    'renew',
    'ca',
    '--role',
    'server',
    '--new-key',
    '--no-passphrase',
  ]);
  expect(stdout).toContain(
    '\n  1. Copy ca.pem to every client: they trust both CAs then.\n  2. docker-tls-openssl renew server --dir',
  );
  await succeeds(temporary(), ['crl', '--role', 'server']);
  expect(await readFile(join(directory(), 'server-crl.pem'), 'utf8')).toContain('BEGIN X509 CRL');
  const revoked = await succeeds(temporary(), ['revoke', 'docker.example', '--yes']);
  expect(revoked.stdout).toContain(
    'docker checks no revocation: it still trusts a revoked server. A roll-over locks it out:',
  );
});
