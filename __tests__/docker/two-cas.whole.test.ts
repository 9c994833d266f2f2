import { beforeAll, describe, expect, test } from '@jest/globals';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { all, connect, explain, verifyDirectory } from '../../lib/index.js';
import { dockerBuilds, startDockerd } from '../support/dockerd.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const newest = (await dockerBuilds()).at(-1)!;
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);

/** Copies files of the sets `servers` and `clients`, each of which has a CA of its own. */
async function folder(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [to, from] of Object.entries(files)) {
    await mkdir(dirname(at(name, to)), { recursive: true, mode: 0o700 });
    await copyFile(at(from), at(name, to));
  }
}

const host = {
  'ca.pem': 'clients/ca.pem',
  'server-cert.pem': 'servers/server-cert.pem',
  'server-key.pem': 'servers/server-key.pem',
};
const client = {
  'ca.pem': 'servers/ca.pem',
  'cert.pem': 'clients/cert.pem',
  'key.pem': 'clients/key.pem',
};

beforeAll(async () => {
  for (const directory of [at('servers'), at('clients')])
    await all({ directory, hosts: ['127.0.0.1'], passphrase: null, key: 'ec:p256' });
  await folder('host', host);
  await folder('client', client);
  await folder('flat', { ...host, ...client, 'clients-ca.pem': 'clients/ca.pem' });
  const both = [
    ...Object.entries(host).map(([name, from]) => [`server/${name.replace('server-', '')}`, from] as const),
    ...Object.entries(client).map(([name, from]) => [`client/${name}`, from] as const),
  ];
  await folder('both', Object.fromEntries(both));
});

describe('where servers and clients have CAs of their own', () => {
  test('the daemon lets the client in, and connect finds nothing wrong', async () => {
    const file = (flag: string, name: string): string => `--${flag}=${at('host', name)}`;
    const pair = [file('tlscert', 'server-cert.pem'), file('tlskey', 'server-key.pem')];
    const daemon = await startDockerd(newest, {
      args: ['--tlsverify', file('tlscacert', 'ca.pem'), ...pair],
    });
    try {
      const { ok, checks } = await connect({ directory: at('client'), endpoint: `127.0.0.1:${daemon.port}` });
      expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
      expect(ok).toBe(true);
    } finally {
      await daemon.stop();
    }
  });

  test.each([
    ['host', 'server-cert.pem'],
    ['client', 'cert.pem'],
    ['flat', 'cert.pem'],
  ])('verify warns of the CA that is not there, and finds no error: %s', async (name, file) => {
    const { ok, findings } = await verifyDirectory({ directory: at(name) });
    expect(ok).toBe(true);
    expect(findings.map(({ id, file: of }) => `${of} ${id}`)).toEqual([`${file} signed-by-another-ca`]);
  });

  test.each([
    ['host', 'server', 'docker', 'dockerd'],
    ['client', 'client', 'dockerd', 'docker'],
    ['flat', 'client', 'dockerd', 'docker'],
  ])('explain does not know what the other side trusts: %s', async (name, role, peer, holder) => {
    const { accepted, certificates } = await explain({ directory: at(name) });
    expect(accepted).toBe(false);
    const { reasons, verdicts } = certificates.find((one) => one.role === role)!;
    expect(reasons).toEqual([]);
    expect(verdicts.find((one) => one.client === peer)).toMatchObject({
      accepted: false,
      unknown: 'ca.pem is not the CA that signed it, and what the other side trusts is not here',
    });
    expect(verdicts.find((one) => one.client === holder)).toMatchObject({ accepted: true });
  });

  test('both take the CA of each side from the other, where both are there', async () => {
    expect((await verifyDirectory({ directory: at('both') })).findings).toEqual([]);
    expect((await explain({ directory: at('both') })).accepted).toBe(true);
  });

  test('a pair beside the CA of neither is still an error', async () => {
    await folder('neither', { ...host, ...client });
    const { findings } = await verifyDirectory({ directory: at('neither') });
    expect(findings.map(({ id }) => id)).toEqual(['unknown-ca']);
  });
});
