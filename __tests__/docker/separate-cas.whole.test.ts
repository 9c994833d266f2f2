import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, copyFile, mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { client, connect, crl, installDaemon, revoke, server, snippet } from '../../lib/index.js';
import { docker, dockerBuilds, freePort, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { dockerCe, makeImage } from '../support/host-images.js';
import { makeSet } from '../support/made-sets.js';
import { startProxy, type RunningProxy } from '../support/proxies.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const newest = (await dockerBuilds()).at(-1)!;
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const options = { key: 'ec:p256', passphrase: null, hosts: ['127.0.0.1'] } as const;

beforeAll(async () => {
  await makeSet({ ...options, directory: at('set'), separateCas: true });
  await server({ directory: at('set'), name: 'web', hosts: ['127.0.0.1'] });
  await client({ directory: at('set'), name: 'alice' });
  await makeSet({ ...options, directory: at('other') });
});

/** The daemon's files as `installDaemon` puts them on a host. */
async function installed(name: string | undefined): Promise<string> {
  const root = at(`image-${name ?? 'default'}`);
  await makeImage(root, dockerCe);
  await installDaemon({ directory: at('set'), name, root, apply: true, dockerd: '/nonexistent' });
  return join(root, 'etc/docker/tls');
}

describe.each([['the default server', undefined] as const, ['a named server', 'web'] as const])(
  'a daemon with the installed files of %s',
  (_, name) => {
    let daemon: RunningDockerd;
    let files: string;

    beforeAll(async () => {
      files = await installed(name);
      const file = (flag: string, of: string): string => `--${flag}=${join(files, of)}`;
      daemon = await startDockerd(newest, {
        args: [
          ...['--tlsverify', file('tlscacert', 'ca.pem')],
          ...[file('tlscert', 'server-cert.pem'), file('tlskey', 'server-key.pem')],
        ],
      });
    }, 90_000);
    afterAll(() => daemon.stop(), 60_000);

    const call = (directory: string, cert = 'cert', key = 'key') =>
      docker(newest, [
        ...['--tlsverify', `--tlscacert=${join(directory, 'ca.pem')}`],
        ...[`--tlscert=${join(directory, `${cert}.pem`)}`, `--tlskey=${join(directory, `${key}.pem`)}`],
        ...['-H', `tcp://127.0.0.1:${daemon.port}`, 'version'],
      ]);

    test('trusts the CA of the clients, and that alone', async () => {
      const [there, ours] = [join(files, 'ca.pem'), at('set', 'client-ca.pem')];
      expect(await readFile(there, 'utf8')).toBe(await readFile(ours, 'utf8'));
    });

    test.each([['set'], ['set/clients/alice']])('lets in the client of %s', async (directory) => {
      expect(await call(at(directory))).toMatchObject({ code: 0 });
    });

    test("a server's own certificate is none of a client, though its CA is in the set", async () => {
      const { code, stderr } = await call(at('set'), 'server-cert', 'server-key');
      expect(code).not.toBe(0);
      expect(stderr).toMatch(/certificate/);
    });

    test('refuses the client of another set', async () => {
      expect((await call(at('other'))).code).not.toBe(0);
    });

    test('connect does not send a refused client to the CA of the servers', async () => {
      const directory = at(`foreign-${name ?? 'default'}`);
      await mkdir(directory, { mode: 0o700 });
      await copyFile(at('set', 'ca.pem'), join(directory, 'ca.pem'));
      for (const file of ['cert.pem', 'key.pem']) await copyFile(at('other', file), join(directory, file));
      const { checks } = await connect({ directory, endpoint: `127.0.0.1:${daemon.port}` });
      const [refused] = checks.filter(({ state }) => state === 'failed');
      expect(refused?.fix).toContain(`start the daemon with the CA that signed ${directory}/cert.pem as`);
    });

    test.each([[undefined], ['alice']])('connect finds nothing wrong: %s', async (of) => {
      const endpoint = `127.0.0.1:${daemon.port}`;
      const { ok, checks } = await connect({ directory: at('set'), name: of, endpoint });
      expect(checks.filter(({ state }) => state === 'failed')).toEqual([]);
      expect(ok).toBe(true);
    });
  },
);

describe('nginx before the daemon', () => {
  /** Stands for dockerd behind the proxy. */
  const daemon = createServer((_, response) => response.end('OK'));
  let proxy: RunningProxy;
  let port: number;

  beforeAll(async () => {
    const directory = at('set');
    await client({ directory, name: 'mallory' });
    await revoke(['mallory'], { directory });
    // A list of the servers' CA says nothing about clients.
    await crl({ directory, role: 'server' });
    await chmod(shared(), 0o711);
    const socket = at('docker.sock');
    await new Promise<void>((resolve) => daemon.listen(socket, resolve));
    await chmod(socket, 0o777);
    port = await freePort();
    const { text } = await snippet('nginx', { directory, host: `127.0.0.1:${port}` });
    proxy = await startProxy('nginx', text, { directory: at(), certificates: directory, port, socket });
  });
  afterAll(async () => {
    await proxy.stop();
    daemon.close();
  });

  const ask = async (cert: string, key: string): Promise<string> => {
    const [ca, own, secret] = await Promise.all(
      ['ca.pem', cert, key].map((file) => readFile(at('set', file))),
    );
    return new Promise((resolve) => {
      const asked = request(
        { host: '127.0.0.1', port, ca, cert: own, key: secret, agent: false },
        (response) => {
          response.resume();
          resolve(`${response.statusCode ?? 0}`);
        },
      );
      asked.on('error', () => resolve('refused')).end();
    });
  };

  test.each([
    ['a client', 'clients/alice/cert.pem', 'clients/alice/key.pem', /^200$/],
    ['a client that was revoked', 'clients/mallory/cert.pem', 'clients/mallory/key.pem', /^(?:400|refused)$/],
    ['a server', 'servers/web/server-cert.pem', 'servers/web/server-key.pem', /^(?:400|refused)$/],
  ])('judges by the CA of the clients, and its list: %s', async (_, cert, key, answer) => {
    expect(await ask(cert, key)).toMatch(answer);
  });
});
