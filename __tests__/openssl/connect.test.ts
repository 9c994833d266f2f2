import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import {
  connect as connectTcp,
  createServer as createTcp,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTls, type TlsOptions, type TLSSocket } from 'node:tls';
import { all, connect, server, type Connection, type ConnectOptions } from '../../lib/index.js';
import { fixOf, notPassed } from '../support/checks.js';
import { freePort } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { program } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { only } from '../support/only.js';

const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const read = (...names: string[]): string => readFileSync(at(...names), 'utf8');
const root = 'anyone who can reach this port is root on the host';

beforeAll(async () => {
  const options = { key: 'ec:p256', passphrase: null, localhost: false } as const;
  await all({ ...options, directory: at('ours'), hosts: ['127.0.0.1'] });
  await all({ ...options, directory: at('others'), hosts: ['127.0.0.1'] });
  await all({
    directory: at('by-common-name'),
    recipe: 'training',
    hosts: ['docker.example'],
    passphrase: 'secret',
  });
  await server(only('server', { ...options, directory: at('ours'), name: 'web1', hosts: ['web1.example'] }));
  await cp(at('ours'), at('half'), { recursive: true });
  await rm(at('half', 'key.pem'));
});

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A daemon as it should be, but for what is given. */
function daemon(
  answer: RequestListener = version,
  options: ServerOptions = {},
  set = 'ours',
): Promise<number> {
  const pair = { cert: read(set, 'server-cert.pem'), key: read(set, 'server-key.pem') };
  const verify = { ca: read(set, 'ca.pem'), requestCert: true, rejectUnauthorized: true };
  const server = createHttps({ ...pair, ...verify, ...options }, answer);
  server.on('clientError', () => undefined); // Node closes where a signature is wrong, whatever it was told
  return listening(server);
}

/** Whether one more connection is taken within a moment. */
async function isTaken(port: number): Promise<boolean> {
  const socket = connectTcp(port, '127.0.0.1');
  sockets.add(socket);
  return Promise.race([once(socket, 'connect').then(() => true), sleep(100, false)]);
}

/** What a server says of its client. */
type Verdict = Pick<TLSSocket, 'authorized' | 'authorizationError' | 'getPeerX509Certificate'>;

const version: RequestListener = (_, response) =>
  void response.end(JSON.stringify({ Version: '99.0', ApiVersion: '1.99' }));

const says =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(body);

function look(port: number, options: ConnectOptions = {}): Promise<Connection> {
  return connect({
    endpoint: `127.0.0.1:${port}`,
    directory: at('ours'),
    timeoutMs: 2_000,
    env: {},
    ...options,
  });
}

describe('what is no daemon with TLS', () => {
  test('lets every packet vanish', async () => {
    // A stopped process takes as many connections as its backlog holds, and the kernel drops what comes then.
    const listen =
      "require('net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},function(){console.log(this.address().port)})";
    const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const port = Number(line.toString());
      child.kill('SIGSTOP');
      for (let taken = 0; taken < 4; taken++) sockets.add(connectTcp(port, '127.0.0.1'));
      await until(async () => !(await isTaken(port)));
      expect(notPassed(await look(port, { timeoutMs: 300 }))).toEqual({
        listens: `no answer within 0.3 s: the host is down, or a firewall drops packets to port ${port}`,
      });
    } finally {
      child.kill('SIGKILL');
    }
  });

  test('takes a connection and is silent', async () => {
    const connection = await look(await listening(createTcp()), { timeoutMs: 300 });
    expect(notPassed(connection)).toEqual({
      tls: 'the connection is accepted, but nothing arrives within 0.3 s',
    });
    expect(connection.checks.find(({ id }) => id === 'plain')).toMatchObject({ state: 'skipped' });
  });

  test('closes the connection at once', async () => {
    const connection = await look(await listening(createTcp((socket) => socket.destroy())));
    expect(notPassed(connection)).toEqual({ tls: 'the connection is closed immediately' });
  });

  test('speaks something else', async () => {
    const connection = await look(
      await listening(createTcp((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))),
    );
    expect(notPassed(connection)).toEqual({ tls: 'the server there does not speak TLS' });
    expect(fixOf(connection, 'tls')).toBe("check the port: Docker's for TLS is 2376");
  });

  test('speaks plain HTTP, and is not Docker', async () => {
    const connection = await look(await listening(createHttp(says(404, 'not found'))));
    expect(notPassed(connection)).toEqual({ tls: 'the port speaks plain HTTP' });
    expect(connection.checks.find(({ id }) => id === 'plain')).toMatchObject({
      detail: 'HTTP 404: not found',
    });
  });

  test('is Docker in plain HTTP behind a plugin that refuses', async () => {
    const refuse: RequestListener = (_, response) =>
      void response.writeHead(403).end('{"message":"authorization denied by plugin p: no"}');
    expect(notPassed(await look(await listening(createHttp(refuse))))).toMatchObject({
      plain: expect.stringContaining(root),
    });
  });

  test('is a host that is not there', async () => {
    const connection = await look(2376, { endpoint: 'docker.invalid' });
    expect(notPassed(connection).listens).toMatch(
      /^there is no host named docker\.invalid$|^no name server answered for docker\.invalid$/,
    );
  });
});

describe('a daemon', () => {
  test('that is as it should be passes', async () => {
    const connection = await look(await daemon());
    expect(connection.checks.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(connection).toMatchObject({ ok: true, docker: { version: '99.0', apiVersion: '1.99' } });
  });

  test('that is open, behind what closes connections that come too soon, is not called safe', async () => {
    const open = await daemon(version, { requestCert: false });
    let free = true;
    const limiter = createTcp((socket) => {
      if (!free) return void socket.destroy();
      free = false;
      setTimeout(() => (free = true), 1_000).unref();
      const onward = connectTcp(open, '127.0.0.1');
      for (const each of [socket, onward]) each.on('error', () => undefined);
      socket.pipe(onward).pipe(socket);
    });
    expect(await look(await listening(limiter))).toMatchObject({ ok: false });
  });

  test('with TLS 1.2 passes', async () => {
    const connection = await look(await daemon(version, { maxVersion: 'TLSv1.2' }));
    expect(connection).toMatchObject({ ok: true, protocol: 'TLSv1.2' });
  });

  test('with an authorization plugin says why it refuses', async () => {
    const message = 'authorization denied by plugin p: no';
    const connection = await look(await daemon(says(403, JSON.stringify({ message }))));
    expect(notPassed(connection)).toEqual({ api: `HTTP 403: ${message}` });
    expect(fixOf(connection, 'api')).toContain("as 'client'");
  });

  test.each([
    [500, 'HTTP 500: it is broken', 'journalctl'],
    [404, 'HTTP 404: it is broken', 'the host and the port'],
    [200, "the server is not Docker's API", 'the host and the port'],
  ])('that answers %d is told', async (status, detail, fix) => {
    const connection = await look(await daemon(says(status, 'it is broken\nmore')));
    expect(notPassed(connection)).toEqual({ api: detail });
    expect(fixOf(connection, 'api')).toContain(fix);
  });

  test('that does not answer is told', async () => {
    const connection = await look(await daemon(() => undefined), { timeoutMs: 300 });
    expect(notPassed(connection)).toEqual({ api: 'no answer within 0.3 s' });
  });

  test.each([
    ['with whatever signature', /^CERT_SIGNATURE_FAILURE$/],
    ['of whatever issuer', /SELF_SIGNED|ISSUER|VERIFY_LEAF/],
  ])('that takes a certificate %s is told', async (_, overlooked) => {
    const lenient: RequestListener = (request, response) => {
      const client = request.socket as object as Verdict;
      const isOverlooked =
        client.getPeerX509Certificate() && overlooked.test(String(client.authorizationError));
      if (client.authorized || isOverlooked) version(request, response);
      else request.socket.destroy();
    };
    const connection = await look(await daemon(lenient, { rejectUnauthorized: false }));
    expect(notPassed(connection)).toEqual({ forged: expect.stringContaining(root) });
    expect(connection.checks.find(({ id }) => id === 'anonymous')).toMatchObject({
      detail: 'the connection is closed',
    });
  });

  test('behind an nginx, which refuses in HTTP, passes', async () => {
    const nginx: RequestListener = (request, response) => {
      const { authorized } = request.socket as object as Verdict;
      (authorized ? version : says(400, '<html>No required SSL certificate was sent'))(request, response);
    };
    expect(notPassed(await look(await daemon(nginx, { rejectUnauthorized: false })))).toEqual({});
  });

  test('that leaves it to what is behind is told', async () => {
    const connection = await look(await daemon(says(403, '{"message":"no"}'), { requestCert: false }));
    expect(notPassed(connection)).toMatchObject({ anonymous: 'no certificate is required: HTTP 403' });
  });

  test('whose certificate has a common name alone is for nobody', async () => {
    const directory = at('by-common-name');
    const connection = await look(await daemon(version, {}, 'by-common-name'), { directory });
    expect(notPassed(connection)).toEqual({
      name: 'it has no names; docker says: x509: certificate relies on legacy Common Name field, use SANs instead',
    });
  });

  test('that is a further server is told with its name', async () => {
    const pair = {
      cert: read('ours/servers/web1/server-cert.pem'),
      key: read('ours/servers/web1/server-key.pem'),
    };
    const connection = await look(await daemon(version, pair));
    expect(notPassed(connection)).toEqual({ name: 'it is for web1.example' });
    expect(fixOf(connection, 'name')).toContain(
      `\`server({ name: 'web1', hosts: ['web1.example'], force: ['server'], directory: '${at('ours')}' })\``,
    );
  });

  test('that shows a certificate of a client is told', async () => {
    const pair = { cert: read('ours', 'cert.pem'), key: read('ours', 'key.pem') };
    expect(notPassed(await look(await daemon(version, pair)))).toMatchObject({
      issuer: 'it is, but it is a client certificate, not a server certificate',
    });
  });
});

/** Takes connections of TLS by hand: `deed` gets each when its handshake is done, and what it runs over. */
function byHand(
  deed: (secure: TLSSocket, raw: Socket) => unknown,
  options: TlsOptions = {},
): Promise<number> {
  const pair = { cert: read('ours', 'server-cert.pem'), key: read('ours', 'server-key.pem') };
  const raws: Socket[] = [];
  const server = createTls({ ...pair, ...options }, (secure) => {
    secure.on('error', () => undefined);
    deed(
      secure,
      raws.find(({ remotePort }) => remotePort === secure.remotePort)!,
    );
  });
  server.on('tlsClientError', () => undefined);
  server.on('connection', (socket: Socket) => raws.push(socket.on('error', () => undefined)));
  return listening(server);
}

const apiOf = async (port: number): Promise<string | undefined> => notPassed(await look(port)).api;

describe('a server that does not answer the client', () => {
  const afterRequest =
    (work: (secure: TLSSocket, raw: Socket) => unknown) =>
    (secure: TLSSocket, raw: Socket): unknown =>
      secure.once('data', () => work(secure, raw));
  const closes = (secure: TLSSocket): unknown => secure.end();
  const resets = (_: TLSSocket, raw: Socket): unknown => raw.resetAndDestroy();
  const cuts = (secure: TLSSocket): unknown => secure.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{');

  test.each([
    ['closes after the handshake', closes, 'closed right after the TLS handshake'],
    ['resets after the handshake', resets, 'reset right after the TLS handshake'],
    ['takes the request and closes', afterRequest(closes), 'closed after the request'],
    ['takes the request and resets', afterRequest(resets), 'reset after the request'],
    ['closes in the answer', afterRequest(cuts), 'closed in the middle of the answer'],
  ])('because it %s is not said to trust another CA', async (_, deed, how) => {
    const connection = await look(await byHand(deed));
    expect(notPassed(connection)).toEqual({
      api: `the connection was ${how}, without an alert, so the reason is unknown`,
    });
    expect(fixOf(connection, 'api')).toMatch(
      /proxy.*: check the host and the port; check the server\'s log: /,
    );
    // That nobody is let in does not say that only the right ones are.
    const unknown = "unknown: the connection is closed with the client's own certificate, too";
    expect(notPassed(connection, 'skipped')).toEqual({ anonymous: unknown, forged: unknown });
  });

  test('because it closes in the handshake of TLS 1.2 is told as that', async () => {
    const options = { requestCert: true, rejectUnauthorized: true, maxVersion: 'TLSv1.2' } as const;
    const port = await byHand(() => undefined, options); // Node closes without an alert
    expect(await apiOf(port)).toBe(
      'the connection was closed during the TLS handshake, without an alert, so the reason is unknown',
    );
  });

  test('because it speaks something else inside TLS is told', async () => {
    expect(await apiOf(await byHand((secure) => secure.write('220 mail.example ESMTP\r\n')))).toBe(
      'the server does not speak HTTP inside TLS',
    );
  });

  test("because an nginx does not take its certificate is told in nginx's words", async () => {
    const page =
      '<html><head><title>400 The SSL certificate error</title></head>\r\n<center>nginx</center></html>';
    const port = await byHand((secure) =>
      secure.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n${page}`),
    );
    expect(await apiOf(port)).toBe('HTTP 400: 400 The SSL certificate error');
  });

  // RFC 8446, section 6: in the place of a ServerHello, as it needs no keys there.
  test.each([
    [42, 'bad certificate', 'the daemon trusts a different CA, or its clock is wrong'],
    [43, 'unsupported certificate', 'does not accept certificates of this kind'],
    [44, 'certificate revoked', 'considers this certificate revoked'],
    [45, 'certificate expired', 'by the clock of the daemon the certificate is not valid, but here it is'],
    [46, 'certificate unknown', 'the daemon trusts a different CA, or its clock is wrong'],
    [48, 'unknown ca', "does not trust this client's CA"],
    [49, 'access denied', 'this client is not allowed in'],
    [51, 'decrypt error', 'the proof that the client has its key'],
    [116, 'certificate required', 'no certificate arrived'],
  ])('because of alert %d, %s, is told what that means', async (number, words, meaning) => {
    const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, number]);
    const port = await listening(createTcp((socket) => socket.once('data', () => socket.end(alert))));
    const said = await apiOf(port);
    expect(said).toMatch(new RegExp(`^refused \\(${words}\\): `));
    expect(said).toContain(meaning);
  });

  test('with the alert of OpenSSL, after the handshake or in it, is told as one of another CA', async () => {
    for (const version of ['-tls1_3', '-tls1_2']) {
      const port = await freePort();
      const serve = ['s_server', '-accept', `127.0.0.1:${port}`, version, '-Verify', '1'];
      const files = ['-CAfile', at('others', 'ca.pem'), '-cert', at('ours', 'server-cert.pem')];
      const key = ['-verify_return_error', '-key', at('ours', 'server-key.pem')];
      const child = spawn(process.env['OPENSSL_BIN'] ?? 'openssl', [...serve, ...files, ...key], {
        stdio: ['pipe', 'pipe', 'ignore'], // at the end of its input it ends
      });
      try {
        await once(child.stdout, 'data'); // ACCEPT
        expect(await apiOf(port)).toBe("refused (unknown ca): the daemon does not trust this client's CA");
      } finally {
        child.kill('SIGKILL');
      }
    }
  });
});

describe('the dates', () => {
  const day = 86_400_000;

  test("of a machine whose clock is late are mended by the daemon's", async () => {
    const connection = await look(await daemon(), { now: new Date(Date.now() - 30 * day) });
    const early = expect.stringMatching(/^not valid before .* UTC$/);
    expect(notPassed(connection)).toEqual({
      'server-validity': early,
      'client-validity': early,
      'ca-validity': early,
    });
    expect(fixOf(connection, 'ca-validity')).toMatch(
      /^set this machine's clock, which says .* UTC: the daemon's says .* UTC$/,
    );
  });

  test('that are near are told, and pass', async () => {
    const connection = await look(await daemon(), { now: new Date(Date.now() + 340 * day) });
    expect(connection.ok).toBe(true);
    expect(connection.checks.find(({ id }) => id === 'client-validity')).toMatchObject({
      detail: expect.stringMatching(/^24 days left, until /),
      fix: expect.stringContaining("renew({ names: ['cert.pem'], directory: "),
    });
    expect(fixOf(connection, 'ca-validity')).toBeUndefined();
  });

  test('that are near are told with what renews', async () => {
    const fixAt = async (days: number, what: string): Promise<string | undefined> =>
      fixOf(await look(await daemon(), { now: new Date(Date.now() + days * day) }), `${what}-validity`);
    for (const [days, what, renewal] of [
      [340, 'server', "renew({ names: ['server-cert.pem'], "],
      [340, 'client', "renew({ names: ['cert.pem'], "],
      [3640, 'ca', 'renewCa({ '],
    ] as const)
      expect(await fixAt(days, what)).toContain(`\`${renewal}directory: '${at('ours')}' })\``);
  });
});

describe('where to', () => {
  test.each([
    [{ endpoint: 'unix:///var/run/docker.sock' }, '"unix:///var/run/docker.sock" is not reached over TCP'],
    [{ env: { DOCKER_HOST: 'ssh://me@host' } }, 'DOCKER_HOST: "ssh://me@host" is not reached over TCP'],
    [{ endpoint: 'h:0' }, '"h:0" has no port from 1 to 65535'],
  ])('%j is wrong', async (options, message) => {
    expect(await errorOf(() => connect({ env: {}, ...options }))).toMatchObject({
      code: 'ERR_INPUT',
      message,
    });
  });

  test('is on the command line a usage error', async () => {
    const { code, stderr } = await program(shared(), ['connect', 'ssh://host']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: "ssh://host" is not reached over TCP\nhint: give HOST, HOST:PORT or tcp://HOST:PORT\n',
    });
  });

  test('is DOCKER_HOST, with the files in DOCKER_CERT_PATH', async () => {
    const env = {
      DOCKER_HOST: `tcp://127.0.0.1:${await daemon()}`,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: at('ours'),
    };
    const connection = await connect({ env });
    expect(connection).toMatchObject({ ok: true, directory: at('ours') });
    expect(connection.checks.at(-1)).toMatchObject({ id: 'environment', state: 'passed' });
    const without = await connect({ env: { ...env, DOCKER_CERT_PATH: '' }, directory: at('ours') });
    expect(notPassed(without)).toEqual({ environment: expect.stringContaining('DOCKER_CERT_PATH') });
  });
});

test('files that cannot be used are told, and the rest is looked at', async () => {
  const connection = await look(await daemon(), { directory: at('half') });
  expect(notPassed(connection)).toEqual({ files: expect.stringContaining(at('half', 'key.pem')) });
  expect(notPassed(connection, 'skipped')).toMatchObject({ api: 'there is none to show' });
  expect(connection.checks.find(({ id }) => id === 'anonymous')).toMatchObject({ state: 'passed' });
});

test('stops when it is told to', async () => {
  const port = await listening(createTcp());
  const stopping = AbortSignal.timeout(50);
  expect(await errorOf(() => look(port, { signal: stopping }))).toMatchObject({ code: 'ERR_ABORTED' });
  expect(await errorOf(() => look(port, { signal: AbortSignal.abort() }))).toMatchObject({
    code: 'ERR_ABORTED',
  });
});
