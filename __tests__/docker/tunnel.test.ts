import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { json, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { all, reloadingAgent, renew, tunnel, type Tunnel } from '../../lib/index.js';
import { busyboxImage } from '../support/busybox-image.js';
import { docker, dockerBuilds, type DockerResult, type RunningDockerd } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { command } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { startTlsDockerd } from '../support/tls-dockerd.js';

const shared = useSharedDirectory();
const set = (): string => join(shared(), 'set');
const open: Tunnel[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const openTunnel = async (listen: string, port: number, signal?: AbortSignal): Promise<Tunnel> => {
  const one = await tunnel({ listen, set: { directory: set(), host: `127.0.0.1:${port}` }, signal });
  open.push(one);
  return one;
};

beforeAll(() => makeSet({ directory: set(), hosts: ['127.0.0.1'], key: 'ec:p256', passphrase: null }));

/** The runc of the other build does not start a container on every kernel. */
const [build] = await dockerBuilds();
if (!build) throw new Error('a build of docker is needed');

describe('a tunnel to a daemon', () => {
  let daemon: RunningDockerd;
  const path = (): string => join(shared(), 'docker.sock');
  const run = (...args: string[]): Promise<DockerResult> =>
    docker(build, ['-H', `unix://${path()}`, ...args]);
  const succeeds = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
    return stdout;
  };

  beforeAll(async () => {
    daemon = await startTlsDockerd(build, set());
  }, 90_000);
  afterAll(() => daemon.stop(), 60_000);

  test('leads docker there, for the owner of the socket alone', async () => {
    const { endpoint } = await openTunnel(`unix:${path()}`, daemon.port);
    expect(endpoint).toEqual({ host: '127.0.0.1', port: daemon.port });
    const stats = await stat(path());
    expect(stats.isSocket()).toBe(true);
    expect(stats.mode & 0o777).toBe(0o600);
    expect(await run('version', '--format', '{{.Server.Version}}')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });

  test('carries both halves of a connection by themselves', async () => {
    await openTunnel(`unix:${path()}`, daemon.port);
    await succeeds('import', await busyboxImage(shared()), 'busybox');
    const start = ['run', '--detach', '--tty', '--network=none', '--name=box'];
    await succeeds(...start, 'busybox', '/bin/sleep', '600');
    // The end of stdin reaches the container, and what it says after that comes back.
    const child = spawn(
      build.docker,
      ['-H', `unix://${path()}`, 'exec', '-i', 'box', 'sh', '-c', 'cat; echo after the end'],
      { env: { PATH: build.path, HOME: shared() }, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const lines = 'one line of many\n'.repeat(20_000);
    child.stdin.end(lines);
    expect(await text(child.stdout)).toBe(`${lines}after the end\n`);
    // Attach to what ends by itself.
    const line = ['/bin/sh', '-c', 'echo attached'];
    expect(await succeeds('run', '--rm', '--network=none', 'busybox', ...line)).toBe('attached\n');
    await succeeds('rm', '--force', 'box');
  });

  test('closes with its signal, and removes its socket', async () => {
    const controller = new AbortController();
    const { closed } = await openTunnel(`unix:${path()}`, daemon.port, controller.signal);
    const following = run('events');
    controller.abort();
    await closed;
    await following;
    await expect(stat(path())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('says in HTTP that a daemon is not reached', async () => {
    const taken = await openTunnel(`unix:${path()}`, 1);
    const { code, stderr } = await run('version');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/the tunnel does not reach 127\.0\.0\.1:1: .*ECONNREFUSED/);
    await taken.close();
  });
});

describe('the socket of a tunnel', () => {
  const at = (name: string): string => join(shared(), name);
  const failing = (listen: string): Promise<unknown> => errorOf(() => openTunnel(listen, 2376));

  /** A socket whose process was killed. */
  const leaveSocket = async (path: string): Promise<void> => {
    const text =
      "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))";
    await once(spawn(process.execPath, ['-e', text, path]), 'exit');
    expect((await stat(path)).isSocket()).toBe(true);
  };

  test('takes the place of a dead one, and of nothing else', async () => {
    const dead = at('dead.sock');
    await leaveSocket(dead);
    await (await openTunnel(`unix://${dead}`, 2376)).close();

    await writeFile(at('file'), 'mine');
    expect(await failing(`unix:${at('file')}`)).toMatchObject({ code: 'ERR_EXISTS', path: at('file') });
    expect(await readFile(at('file'), 'utf8')).toBe('mine');
    await symlink(at('file'), at('link'));
    expect(await failing(`unix:${at('link')}`)).toMatchObject({ code: 'ERR_EXISTS' });

    const other = createServer().listen(at('used.sock'));
    await once(other, 'listening');
    expect(await failing(`unix:${at('used.sock')}`)).toMatchObject({ code: 'ERR_EXISTS' });
    other.close();
  });

  test('is in no directory that others can change', async () => {
    await mkdir(at('open'), { mode: 0o777 });
    await chmod(at('open'), 0o777);
    await leaveSocket(at('open/a.sock'));
    expect(await failing(`unix:${at('open/a.sock')}`)).toMatchObject({ code: 'ERR_UNSAFE' });
    // In such a directory another socket can take its place at any moment.
    expect((await stat(at('open/a.sock'))).isSocket()).toBe(true);
  });

  test.each(['/var/run/docker.sock', 'tcp://127.0.0.1:2375', 'unix:', `unix:/${'a'.repeat(120)}`])(
    'is named as unix:PATH, not %j',
    async (listen) => {
      expect(await failing(listen)).toMatchObject({ code: 'ERR_INPUT', option: 'listen' });
    },
  );

  test('stays closed where the signal has aborted before', async () => {
    const error = await errorOf(() => openTunnel(`unix:${at('late.sock')}`, 2376, AbortSignal.abort()));
    expect(error).toMatchObject({ code: 'ERR_ABORTED' });
  });
});

describe('the connections of a tunnel', () => {
  /** A server that counts who comes. */
  async function startServer(tls: SecureContextOptions): Promise<{ port: number; seen: TLSSocket[] }> {
    const seen: TLSSocket[] = [];
    const server = createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false });
    server.on('secureConnection', (socket) => {
      seen.push(socket.on('error', () => undefined));
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
    server.listen(0, '127.0.0.1').unref();
    await once(server, 'listening');
    return { port: (server.address() as { port: number }).port, seen };
  }

  test('are none after it was closed', async () => {
    const own = join(shared(), 'closing');
    await cp(set(), own, { recursive: true });
    const [cert, key] = await Promise.all(
      ['server-cert.pem', 'server-key.pem'].map((name) => readFile(join(own, name))),
    );
    const { port, seen } = await startServer({ cert, key });
    const path = join(shared(), 'closing.sock');
    const first = await tunnel({
      listen: `unix:${path}`,
      set: { directory: own, host: `127.0.0.1:${port}` },
    });
    // Files that do not belong together are read again a moment later.
    await rm(join(own, 'cert.pem'));
    await writeFile(join(own, 'cert.pem'), cert!);
    const local = connect(path);
    await once(local, 'connect');
    await sleep(30);
    await first.close();
    local.destroy();
    await sleep(500);
    expect(seen).toHaveLength(0);
  });

  /** A tunnel to what listens there, and a connection of it. */
  async function enter(name: string, server: Server, timeoutMs?: number): Promise<Socket> {
    server.listen(0, '127.0.0.1').unref();
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const path = join(shared(), name);
    const host = `127.0.0.1:${port}`;
    open.push(await tunnel({ listen: `unix:${path}`, set: { directory: set(), host }, timeoutMs }));
    return connect(path);
  }

  test('end where something listens that speaks no TLS', async () => {
    const local = await enter('silent.sock', createServer(), 200);
    expect(await text(local)).toMatch(/^HTTP\/1\.1 502 .*no TLS within 0\.2 s/s);
  });

  // Of a host that is gone nothing comes any more, not even the end.
  test('notice a daemon that is gone', async () => {
    const [cert, key] = await Promise.all(
      ['server-cert.pem', 'server-key.pem'].map((name) => readFile(join(set(), name))),
    );
    const server = createTlsServer({ cert, key }, (socket) => socket.on('error', () => undefined).write('.'));
    const local = await enter('idle.sock', server);
    await once(local, 'data');
    const port = (server.address() as { port: number }).port.toString(16).toUpperCase().padStart(4, '0');
    const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n');
    const timers = rows
      .filter((row) => row.includes(` 0100007F:${port} 01 `))
      .map((row) => row.split(/\s+/)[6]);
    expect(timers).toEqual([expect.stringMatching(/^02:/)]); // keepalive
    local.destroy();
  });

  test('verify the daemon, whatever the environment says of others', async () => {
    const { keyPem, pem } = await all({ directory: null, hosts: ['127.0.0.1'], key: 'ec:p256' });
    const { port } = await startServer({ cert: pem.server!, key: keyPem.server! });
    const script = `
      import { once } from 'node:events';
      import { get as getHttp } from 'node:http';
      import { get } from 'node:https';
      import { reloadingAgent, tunnel } from 'docker-tls-openssl';
      const set = { directory: ${JSON.stringify(set())}, host: '127.0.0.1:${port}' };
      const open = await tunnel({ listen: ${JSON.stringify(`unix:${join(shared(), 'env.sock')}`)}, set });
      const [{ statusCode }] = await once(getHttp({ socketPath: open.path, agent: false }), 'response');
      await open.close();
      const agent = await reloadingAgent(set);
      const asked = get({ host: '127.0.0.1', port: ${port}, agent });
      const answer = await once(asked, 'response').then(() => 'answered', ({ code }) => code);
      console.log(statusCode, answer);
      process.exit();`;
    const args = ['--input-type=module', '-e', script];
    const env = { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } };
    const { stdout } = await command(join(import.meta.dirname, '../support'), process.execPath, args, env);
    expect(stdout).toMatch(/^502 (?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\n$/);
  });
});

describe('an agent that reloads', () => {
  /** A server that tells each client the serial number of its certificate, and takes sessions up again. */
  async function startServer(directory: string): Promise<{ port: number; seen: string[]; close(): void }> {
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', 'server-cert.pem', 'server-key.pem'].map((name) => readFile(join(directory, name))),
    );
    const seen: string[] = [];
    const server = createTlsServer({ ca, cert, key, requestCert: true, rejectUnauthorized: true } as object);
    server.on('secureConnection', (socket: TLSSocket) => {
      const { serialNumber } = socket.getPeerCertificate();
      seen.push(serialNumber);
      socket
        .on('error', () => undefined)
        .on('data', () => {
          const body = JSON.stringify({ serialNumber, resumed: socket.isSessionReused() });
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as { port: number }).port, seen, close: () => server.close() };
  }

  const ask = async (options: RequestOptions): Promise<{ serialNumber: string; resumed: boolean }> => {
    const asked = request({ host: '127.0.0.1', path: '/', ...options }).end();
    const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
    return (await json(answer)) as { serialNumber: string; resumed: boolean };
  };

  test('shows a renewed certificate on its next connection, also where a session could be resumed', async () => {
    const own = join(shared(), 'own');
    await cp(set(), own, { recursive: true });
    const server = await startServer(own);
    const agent = await reloadingAgent({ directory: own });
    const { port } = server;
    const before = await ask({ port, agent });
    expect((await ask({ port, agent })).serialNumber).toBe(before.serialNumber);
    const { certificates } = await renew({ directory: own, names: ['client'], passphrase: null });
    const after = await ask({ port, agent });
    expect(after.serialNumber).toBe(certificates.get('cert.pem')!.serialNumber);
    expect(after).toMatchObject({ resumed: false });
    expect(after.serialNumber).not.toBe(before.serialNumber);
    // Files that do not belong together for a moment are not shown to anyone.
    await writeFile(join(own, 'cert.pem.new'), await readFile(join(own, 'server-cert.pem')));
    await rename(join(own, 'cert.pem.new'), join(own, 'cert.pem'));
    expect(await ask({ port, agent })).toMatchObject({ serialNumber: after.serialNumber });
    await rm(join(own, 'key.pem'));
    expect(await ask({ port, agent })).toMatchObject({ serialNumber: after.serialNumber });
    server.close();
  });

  // The first one would accept any daemon.
  test.each(['rejectUnauthorized', 'ca', 'keepAliv'])('is refused with the option %s', async (option) => {
    const options = { [option]: false };
    expect(await errorOf(() => reloadingAgent({ directory: set() }, options))).toMatchObject({
      ...{ code: 'ERR_INPUT', option },
    });
  });

  test('is refused without files', async () => {
    expect(await errorOf(() => reloadingAgent({ directory: shared(), host: 'a' }))).toMatchObject({
      code: 'ERR_INCOMPLETE',
    });
  });
});
