import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { applyFleet, collectCsrs, type CollectedCsrs, signFleet } from '../../lib/index.js';
import { readSigningRequest } from '../../lib/x509/signing-request.js';
import type { FleetFile } from '../../lib/fleet/file/fleet-file.js';
import { errorOf } from '../support/failure.js';
import { fleetIn, passphrase, sendCsr } from '../support/fleet-scene.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);
let sshd: ChildProcess | undefined;
let port: number;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** A real sshd on loopback, with a host key and a client's key of its own, for the user who runs the tests. */
beforeAll(async () => {
  const folder = join(shared(), 'sshd');
  await mkdir(folder, { mode: 0o700 });
  for (const key of ['host', 'user'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
  await cp(join(folder, 'user.pub'), join(folder, 'authorized'));
  port = await freePort();
  const lines = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized`,
    `PidFile ${folder}/pid`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
  ];
  await writeFile(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
  // It wants a directory in /run, which is one of its own here.
  const line = `mount -t tmpfs none /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f '${folder}/sshd_config'`;
  sshd = spawn('unshare', ['--mount', 'sh', '-c', line], { stdio: 'ignore' });
  const known = `[127.0.0.1]:${port} ${await readFile(join(folder, 'host.pub'), 'utf8')}`;
  await writeFile(join(folder, 'known'), known);
  const config = [
    'Host *',
    '  HostName 127.0.0.1',
    `  Port ${port}`,
    `  IdentityFile ${folder}/user`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${folder}/known`,
    `  HostKeyAlias [127.0.0.1]:${port}`,
    'Host gone',
    '  Port 1',
  ];
  // The first value that is found counts.
  await writeFile(join(folder, 'config'), `${[...config.slice(7), ...config.slice(0, 7)].join('\n')}\n`);
  const ssh = promisify(execFile);
  const args = ['-F', join(folder, 'config'), '-o', 'BatchMode=yes', 'web1', 'true'];
  await until(() =>
    ssh('ssh', args).then(
      () => true,
      () => false,
    ),
  );
}, 60_000);

afterAll(() => {
  sshd?.kill();
});

/** Each host has a directory of its own for the daemon's files, as if it were a machine of its own. */
async function collect(
  fleet: FleetFile,
  name: string,
  options: Parameters<typeof collectCsrs>[1] = {},
): Promise<CollectedCsrs> {
  const sshConfig = join(shared(), 'sshd/config');
  return collectCsrs(fleet, { hosts: [name], sshConfig, to: at('machines', name), ...options });
}

test('a host makes a key that stays there, its CSR comes, and is signed', async () => {
  const fleet = fleetIn(temporary());
  const { collected, failed } = await collect(fleet, 'web1');
  expect(failed).toEqual([]);
  expect(collected).toEqual([
    { kind: 'host', name: 'web1', file: at('csrs/servers/web1.csr'), state: 'new', keyType: 'ec:p256' },
  ]);
  const key = at('machines/web1/server-key.pem');
  expect((await stat(key)).mode & 0o777).toBe(0o400);
  expect((await stat(at('machines/web1'))).mode & 0o777).toBe(0o700);
  const request = readSigningRequest(await readFile(at('csrs/servers/web1.csr'), 'utf8'));
  expect([request.commonName, request.role]).toEqual(['web1.example.com', 'server']);
  await applyFleet({ ...fleet, hosts: { web1: fleet.hosts['web1']! }, clients: {} }, { passphrase });
  const certificate = new X509Certificate(await readFile(at('ca/servers/web1/server-cert.pem')));
  expect(certificate.publicKey.equals(createPublicKey(await readFile(key)))).toBe(true);
  expect(existsSync(at('ca/servers/web1/server-key.pem'))).toBe(false);

  // A second time nothing is new; other names are asked for with the same key.
  const inode = (await stat(key)).ino;
  expect((await collect(fleet, 'web1')).collected).toMatchObject([{ state: 'unchanged' }]);
  const renamed = { ...fleet, hosts: { web1: { names: ['www.example.com'] } }, clients: {} };
  expect((await collect(renamed, 'web1')).collected).toMatchObject([{ state: 'replaced' }]);
  expect((await stat(key)).ino).toBe(inode);
  expect((await signFleet(renamed, { passphrase })).done).toMatchObject([{ name: 'web1', action: 'renew' }]);
  // Installed again, it has a new key.
  await rm(at('machines/web1'), { recursive: true });
  expect((await collect(renamed, 'web1')).collected).toMatchObject([{ state: 'replaced' }]);
  expect((await signFleet(renamed, { passphrase })).done).toMatchObject([{ name: 'web1', action: 'sign' }]);
});

test('a host that cannot be reached, or has a link where its key would be, does not stop the others', async () => {
  const hosts = {
    gone: { names: ['gone.example.com'] },
    web1: { names: ['web1.example.com'] },
  };
  const fleet = fleetIn(temporary(), { hosts, clients: {} });
  const { collected, failed } = await collect(fleet, 'web1', { hosts: [] });
  expect(collected.map(({ name }) => name)).toEqual(['web1']);
  expect(failed).toMatchObject([
    { kind: 'host', name: 'gone', why: expect.stringMatching(/^ssh failed: .*refused/) },
  ]);
  await mkdir(at('machines/elsewhere'), { recursive: true });
  execFileSync('ln', ['-s', at('machines/elsewhere'), at('machines/linked')]);
  const linked = await collect(fleet, 'web1', { to: at('machines/linked') });
  expect(linked.failed).toMatchObject([
    { why: `its script failed: ${at('machines/linked')} is a symbolic link` },
  ]);
});

describe('what comes from files', () => {
  test('is stored where it belongs to the host or the client that it is named for', async () => {
    const fleet = fleetIn(temporary(), { clients: { alice: { keys: 'on-host' } } });
    await sendCsr(at('made'), 'web1', ['web1.example.com', '10.0.0.5']);
    await sendCsr(at('made'), 'web2', ['web1.example.com'], 'other');
    const from = at('made/csrs/servers');
    await writeFile(join(from, 'alice.csr'), 'nothing');
    const { collected, failed } = await collectCsrs(fleet, { from });
    expect(collected.map(({ name, state }) => [name, state])).toEqual([['web1', 'new']]);
    expect(failed.map(({ name, why }) => [name, why])).toEqual([
      ['web2', expect.stringContaining('its CSR is for others: it is for "web1.example.com"')],
      ['alice', expect.stringContaining('what came is not a CSR that can be signed')],
    ]);
    expect(existsSync(at('csrs/servers/web2.csr'))).toBe(false);
    await chmod(from, 0o777);
    expect(await errorOf(() => collectCsrs(fleet, { from }))).toMatchObject({ code: 'ERR_UNSAFE' });
  });

  test('goes by what it asks for where a host and a client have one name, and only there', async () => {
    const clients = { web1: { keys: 'on-host' }, alice: { keys: 'on-host' } } as const;
    const fleet = fleetIn(temporary(), { clients });
    await sendCsr(at('made'), 'web1', ['web1.example.com', '10.0.0.5']);
    const from = at('made/csrs/servers');
    await cp(join(from, 'web1.csr'), join(from, 'alice.csr'));
    const { collected, failed } = await collectCsrs(fleet, { from });
    expect(collected.map(({ kind, name }) => [kind, name])).toEqual([['host', 'web1']]);
    expect(failed.map(({ kind, name }) => [kind, name])).toEqual([['client', 'alice']]);
  });
});

test.each([
  [{ hosts: ['db'] }, 'hosts'],
  [{ hosts: ['web4'] }, 'hosts'],
  [{ parallel: 0 }, 'parallel'],
  [{ to: 'relative' }, 'to'],
])('%j is refused', async (options, option) => {
  const error = await errorOf(() => collectCsrs(fleetIn(temporary()), options));
  expect(error).toMatchObject({ code: 'ERR_INPUT', option });
});
