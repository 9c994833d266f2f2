import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { client, crl, revoke, snippet } from '../../lib/index.js';
import { certificateOf, constraints } from '../support/by-hand.js';
import { busyboxImage } from '../support/busybox-image.js';
import { makeCrl } from '../support/crl.js';
import {
  docker,
  dockerBuilds,
  freePort,
  startDockerd,
  type DockerResult,
  type RunningDockerd,
} from '../support/dockerd.js';
import { rows } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { checkConfig, startProxy, type RunningProxy } from '../support/proxies.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const [build, newer] = await dockerBuilds();
if (!build || !newer) throw new Error('two builds of docker are needed');

const names = ['nginx', 'haproxy', 'caddy'] as const;
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const set = (...names: string[]): string => at('docker-tls', ...names);
const socket = (): string => at('docker.sock');
let daemon: RunningDockerd;

const local = async (...args: string[]): Promise<void> => {
  const { code, stderr } = await docker(build, args, { DOCKER_HOST: `unix://${socket()}` });
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
};

beforeAll(async () => {
  await makeSet({ directory: set(), hosts: ['localhost', '127.0.0.1'], key: 'ec:p256', passphrase: null });
  for (const name of ['alice', 'mallory']) await client({ directory: set(), name });
  // The proxies' workers are of other users.
  await chmod(shared(), 0o711);
  const args = [
    ...['--tlsverify', `--tlscacert=${set('ca.pem')}`, `--tlscert=${set('server-cert.pem')}`],
    ...[`--tlskey=${set('server-key.pem')}`, `--host=unix://${socket()}`],
  ];
  daemon = await startDockerd(build, { args });
  await local('import', await busyboxImage(shared()), 'box');
  const start = ['run', '--detach', '--tty', '--network=none'];
  await local(...start, '--name=idle', 'box', '/bin/sleep', '100000');
});
afterAll(async () => {
  await local('rm', '--force', 'idle').catch(() => undefined);
  await daemon.stop();
});

/** How docker reports that the proxy refuses a client that is revoked. nginx closes the connection without an alert, and how far Go has come then differs. */
const refusals = {
  nginx: /: (?:EOF|http: server closed idle connection)$/,
  haproxy:
    /: remote error: tls: (?:error decrypting message|revoked certificate)$|write: (?:broken pipe|connection reset)/,
  caddy: /: remote error: tls: bad certificate$|write: (?:broken pipe|connection reset)/,
};

describe.each(rows(names, 1))('behind %s', (name) => {
  let proxy: RunningProxy;
  let port: number;

  const print = async (): Promise<string> =>
    (await snippet(name, { directory: set(), host: `localhost:${port}` })).text;
  const environment = (who: string): Record<string, string> => ({
    DOCKER_HOST: `tcp://localhost:${port}`,
    DOCKER_TLS_VERIFY: '1',
    DOCKER_CERT_PATH: set('clients', who),
  });
  const as = (who: string, args: string[], starter: string[] = [], cli = build): Promise<DockerResult> =>
    docker(cli, args, environment(who), starter);
  const version = (who: string): Promise<DockerResult> =>
    as(who, ['version', '--format', 'server {{.Server.Version}}']);
  const accepted = async (who: string): Promise<boolean> => /^server \d/.test((await version(who)).stdout);
  /** Gives docker an input that ends, or a terminal. */
  const input = (text: string): string[] => ['sh', '-c', `printf '${text}' | "$@"`, 'sh'];
  const terminal = ['sh', '-c', 'script --quiet --return --command "$*" /dev/null', 'sh'];

  beforeAll(async () => {
    for (const name of ['authority', 'crl.pem']) await rm(set(name), { recursive: true, force: true });
    await crl({ directory: set() });
    port = await freePort();
    const options = { directory: at(), certificates: set(), port, socket: socket() };
    proxy = await startProxy(name, await print(), options);
  });
  afterAll(() => proxy.stop());

  test('every client of the CA gets through, also by an address', async () => {
    expect(await accepted('alice')).toBe(true);
    expect(await accepted('mallory')).toBe(true);
    const byAddress = { ...environment('alice'), DOCKER_HOST: `tcp://127.0.0.1:${port}` };
    expect(await docker(newer, ['ps', '--format={{.Names}}'], byAddress)).toMatchObject({ stdout: 'idle\n' });
  });

  test('whoever has no certificate is refused, and so is a server of the CA', async () => {
    const ca = await readFile(set('ca.pem'));
    expect(await ping(port, { ca })).not.toContain('OK');
    const server = {
      cert: await readFile(set('server-cert.pem')),
      key: await readFile(set('server-key.pem')),
    };
    expect(await ping(port, { ca, ...server })).not.toContain('OK');
    const alice = await credentials('alice');
    expect(await ping(port, alice)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n.*OK/s);
    expect(await ping(port, { ...alice, maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' })).not.toContain(
      'OK',
    );
  });

  test.each(rows([build, newer], 2, names.indexOf(name)))(
    'docker exec and attach work with a terminal, with $name',
    async (cli) => {
      const command = [
        'exec',
        '--interactive',
        '--tty',
        'idle',
        '/bin/sh',
        '-c',
        "'echo a; /bin/sleep 0.3; echo b'",
      ];
      expect((await as('alice', command, terminal, cli)).stdout).toMatch(/a\r\nb\r\n/);
      const speaks = ['box', '/bin/sh', '-c', '/bin/sleep 0.3; echo spoken'];
      await local('create', '--interactive', '--tty', '--network=none', '--name=speaks', ...speaks);
      const start = ['start', '--attach', '--interactive', 'speaks'];
      expect((await as('alice', start, terminal, cli)).stdout).toContain('spoken\r\n');
      await local('rm', 'speaks');
    },
  );

  if (name === 'caddy')
    test('docker exec shows nothing after its input has ended, as the configuration says', async () => {
      const slow = ['idle', '/bin/sh', '-c', '/bin/sleep 0.3; echo late'];
      expect((await as('alice', ['exec', ...slow])).stdout).toBe('');
      expect(await print()).toContain('show no output when they do not keep their input open');
    });
  else
    test.each(rows([build, newer], 2, names.indexOf(name)))(
      'docker exec and attach work after their input has ended, with $name',
      async (cli) => {
        const slow = ['idle', '/bin/sh', '-c', '/bin/cat; /bin/sleep 0.3; echo late'];
        expect(await as('alice', ['exec', ...slow], [], cli)).toMatchObject({ code: 0, stdout: 'late\n' });
        const interactive = ['exec', '--interactive', ...slow];
        const both = { code: 0, stdout: 'in late\n' };
        expect(await as('alice', interactive, input('in '), cli)).toMatchObject(both);
        await local('create', '--interactive', '--network=none', '--name=reads', 'box', ...slow.slice(1));
        const start = ['start', '--attach', '--interactive', 'reads'];
        expect(await as('alice', start, input('in '), cli)).toMatchObject(both);
        await local('rm', 'reads');
        const waits = ['box', '/bin/sh', '-c', '/bin/sleep 1; echo attached'];
        await local('run', '--detach', '--network=none', '--name=waits', ...waits);
        expect((await as('alice', ['attach', '--no-stdin', 'waits'], [], cli)).stdout).toBe('attached\n');
        await local('rm', 'waits');
      },
    );

  test('a client that is revoked is refused after a reload, and the others get through', async () => {
    const mallory = await credentials('mallory');
    let session: Buffer | undefined;
    await ping(port, mallory, (given) => (session = given));
    const open = await openEvents(port, mallory);

    await revoke(['mallory'], { directory: set(), reason: 'keyCompromise' });
    await proxy.reload(name === 'caddy' ? await print() : undefined);
    await until(async () => !(await accepted('mallory')));
    const refused = await version('mallory');
    expect(refused.code).not.toBe(0);
    expect(refused.stderr.trim()).toMatch(refusals[name]);
    expect(await accepted('alice')).toBe(true);
    // The connection of before ends, and its session cannot be resumed.
    await open.closed;
    expect(await ping(port, { ...mallory, session })).not.toContain('OK');
  });

  test('the log says who connected, and no secret of a request', async () => {
    await pingAs(port, 'forged" cn="alice\n"');
    await as('alice', ['exec', '--env=secret', 'idle', '/bin/sh', '-c', 'echo']);
    await docker(build, ['image', 'push', 'box'], environment('alice'));
    const serial = new X509Certificate(await readFile(set('clients/mallory/cert.pem'))).serialNumber;
    await until(() => Promise.resolve(proxy.log().includes('alice')));
    if (name === 'nginx')
      expect(proxy.log()).toContain(
        `verify="FAILED:certificate revoked" subject="CN=mallory" serial=${serial} `,
      );
    if (name === 'haproxy')
      expect(proxy.log()).toMatch(new RegExp(`refused.*cn="mallory" serial=${serial}\n`));
    if (name === 'caddy') expect(proxy.log()).toMatch(/"client_common_name":"alice","client_serial":"\d+"/);
    // Anyone can connect with a certificate of his own, and shall forge no line.
    expect(proxy.log().includes('forged')).toBe(name !== 'caddy');
    expect(proxy.log()).not.toMatch(/forged"|^"/m);
    expect(proxy.log()).not.toMatch(/X-Registry-Auth|Docker-Client|\?/i);
  });

  if (name !== 'caddy')
    test('every client is refused once the CRL has expired', async () => {
      const dates = ['-crl_lastupdate', '20200101000000Z', '-crl_nextupdate', '20200102000000Z'];
      await makeCrl(set(), { args: dates });
      await proxy.reload();
      await until(async () => !(await accepted('alice')));
    });
});

test.each(names)('%s reads the files of its configuration, whatever the path', async (name) => {
  const directory = at(`it's "my" {x ;#a\\b\`: ü${name === 'nginx' ? '' : '$HOME'}`);
  await cp(set(), directory, { recursive: true });
  await makeCrl(set(), { out: join(directory, 'crl.pem') });
  const port = await freePort();
  const { text } = await snippet(name, { directory, host: `localhost:${port}` });
  const own = await mkdtemp(at('checked-'));
  const check = checkConfig(name, text, { directory: own, certificates: directory, port, socket: socket() });
  await expect(check).resolves.toBeUndefined();
  if (name === 'caddy') return;
  await rm(join(directory, 'crl.pem'));
  const without = checkConfig(name, text, {
    directory: own,
    certificates: directory,
    port,
    socket: socket(),
  });
  await expect(without).rejects.toThrow('crl.pem');
});

/** Connects with a certificate that no CA signed. */
async function pingAs(port: number, name: string): Promise<void> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = Buffer.from(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const cert = Buffer.from(certificateOf({ name, keys, extensions: [constraints(false)] }));
  expect(await ping(port, { ca: await readFile(set('ca.pem')), cert, key })).not.toContain('OK');
}

interface Given {
  ca: Buffer;
  cert?: Buffer;
  key?: Buffer;
  session?: Buffer | undefined;
  maxVersion?: 'TLSv1.1' | 'TLSv1.2';
  ciphers?: string;
}

async function credentials(name: string): Promise<Given> {
  const read = (file: string): Promise<Buffer> => readFile(set('clients', name, file));
  return { ca: await read('ca.pem'), cert: await read('cert.pem'), key: await read('key.pem') };
}

/** What a client gets that asks for /_ping; empty if it is refused. */
async function ping(port: number, given: Given, onSession?: (session: Buffer) => void): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const minVersion = given.maxVersion ?? 'TLSv1.2';
    const connection: TLSSocket = connect({ host: 'localhost', port, minVersion, ...given }, () =>
      connection.write('GET /_ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    );
    connection.setEncoding('utf8').on('data', (text: string) => (answer += text));
    if (onSession) connection.on('session', onSession);
    connection.on('error', () => undefined).on('close', () => resolve(answer));
  });
}

/** Opens a stream that stays silent, and waits for its first line. */
async function openEvents(port: number, given: Given): Promise<{ closed: Promise<void> }> {
  const connection = connect({ host: 'localhost', port, ...given }, () =>
    connection.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  );
  const closed = new Promise<void>((resolve) => {
    connection.on('error', () => undefined).on('close', () => resolve());
  });
  const [answer] = (await once(connection, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK/);
  connection.resume();
  return { closed };
}
