import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findOpenssl } from '../../lib/index.js';
import type { ClientId } from '../../lib/judge/clients.js';
import { cacheDirectory } from './cache.js';
import { docker, type DockerBuild } from './dockerd.js';

/** Where a server is called, and the set whose ca.pem, cert.pem and key.pem the client takes. */
export interface Call {
  readonly host: string;
  readonly port: number;
  readonly directory: string;
}

/** What a client prints that does not accept the server; undefined for one that does. */
export type Answer = string | undefined;

/** Answers as a daemon does that is asked for its version, with a set's server certificate. */
export async function startTlsServer(directory: string): Promise<{ port: number; stop(): Promise<void> }> {
  const [cert, key] = await Promise.all(
    ['server-cert.pem', 'server-key.pem'].map((name) => readFile(join(directory, name))),
  );
  const version = { Version: '1', ApiVersion: '1.41', MinAPIVersion: '1.12', Os: 'linux', Arch: 'amd64' };
  // Also what a newer openssl would rather not show.
  const server: Server = createServer({ cert, key, ciphers: 'DEFAULT:@SECLEVEL=0' }, (_, response) =>
    response
      .setHeader('Api-Version', '1.41')
      .setHeader('Content-Type', 'application/json')
      .end(JSON.stringify(version)),
  );
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    port,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export async function askDocker(
  build: DockerBuild,
  { host, port, directory }: Call,
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const file = (flag: string, name: string): string => `--${flag}=${join(directory, name)}`;
  const tls = [
    '--tlsverify',
    file('tlscacert', 'ca.pem'),
    file('tlscert', 'cert.pem'),
    file('tlskey', 'key.pem'),
  ];
  const { code, stderr } = await docker(build, [...tls, `-H=tcp://${host}:${port}`, 'version'], env);
  return code === 0 ? undefined : stderr;
}

const python = `
import json, socket, ssl, sys
for line in sys.stdin:
    host, port, directory, client = line.rstrip('\\n').split('\\t')
    try:
        context = ssl.create_default_context(cafile=directory + '/ca.pem')
        # What Python 3.13 turns on.
        flags = ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags = (context.verify_flags & ~flags) | (flags if client == 'python-3.13' else 0)
        # What urllib3 2 turns off.
        context.hostname_checks_common_name = False
        context.load_cert_chain(directory + '/cert.pem', directory + '/key.pem', password=lambda: '')
        with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=host): pass
        print('null', flush=True)
    except Exception as error:
        print(json.dumps(str(error)), flush=True)
`;

/** One program for many calls, for its start takes longer than all that it does. */
export interface StartedClient {
  readonly ask: (call: Call, client?: ClientId) => Promise<Answer>;
  readonly stop: () => void;
}

/** Of either version's behaviour: `ask` says of which. */
export function startPython(): StartedClient {
  return start('python3', ['-c', python]);
}

export function startJava(): StartedClient {
  // The first tier of its compiler is enough for so little.
  return start(fetched('java'), ['-XX:TieredStopAtLevel=1', beside('tls-client.java')]);
}

/** Deno, which has rustls. */
export function startRustls(): StartedClient {
  // Or else it keeps notes in the home folder.
  const env = { DENO_DIR: join(cacheDirectory(), 'tls-clients', 'deno-dir') };
  return start(fetched('deno'), ['run', '--quiet', '--allow-all', beside('tls-client-deno.js')], env);
}

/** Bun, which has BoringSSL. */
export function startBoringssl(): StartedClient {
  return start(fetched('bun'), [beside('tls-client-bun.js')]);
}

function beside(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

function fetched(program: string): string {
  const path = join(cacheDirectory(), 'tls-clients', 'bin', program);
  if (!existsSync(path)) throw new Error(`${path} is missing. Bring it with: .ci/tls-clients`);
  return path;
}

/** It takes a line for a call, and answers with a line of JSON. */
function start(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): StartedClient {
  const child = spawn(file, args, { env: { ...environment, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    ask: async ({ host, port, directory }, client) => {
      child.stdin.write(`${[host, port, directory, client].join('\t')}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${file} has ended`);
      return (JSON.parse(value) as string | null) ?? undefined;
    },
    stop: () => child.stdin.end(),
  };
}

/** As docker-modem asks. */
export async function askNode({ host, port, directory }: Call): Promise<Answer> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(directory, name))),
  );
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(`${error.code}: ${error.message}`);
    try {
      request({ host, port, ca, cert, key, agent: false, path: '/version' }, (response) => {
        response.resume().on('end', () => resolve(undefined));
      })
        .on('error', failed)
        .end();
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
    }
  });
}

export async function askCurl({ host, port, directory }: Call): Promise<Answer> {
  const pair = ['--cert', join(directory, 'cert.pem'), '--key', join(directory, 'key.pem')];
  const args = [
    '-q',
    '-sS',
    '-o',
    '/dev/null',
    '--cacert',
    join(directory, 'ca.pem'),
    ...pair,
    `https://${host}:${port}/`,
  ];
  const { code, stderr } = await run('curl', args);
  return code === 0 ? undefined : stderr;
}

export async function askGnutls({ host, port, directory }: Call): Promise<Answer> {
  const args = [
    `--x509cafile=${join(directory, 'ca.pem')}`,
    `--x509certfile=${join(directory, 'cert.pem')}`,
    `--x509keyfile=${join(directory, 'key.pem')}`,
    `--verify-hostname=${host}`,
    `--port=${port}`,
    '127.0.0.1',
  ];
  const { code, stdout, stderr } = await run('gnutls-cli', args);
  return code === 0 ? undefined : stdout + stderr;
}

let empty: Promise<string> | undefined;

/** Making one takes longer than the handshake. */
function emptyDatabase(): Promise<string> {
  return (empty ??= (async () => {
    const database = await mkdtemp(join(tmpdir(), 'docker-tls-nss-'));
    await run('certutil', ['-N', '--empty-password', '-d', `sql:${database}`]);
    return database;
  })());
}

/** Removes what `askNss` keeps between its calls. */
export async function forgetNss(): Promise<void> {
  if (empty) await rm(await empty, { recursive: true, force: true });
  empty = undefined;
}

/** NSS takes a CA from a database. */
export async function askNss({ host, port, directory }: Call): Promise<Answer> {
  const database = await mkdtemp(join(tmpdir(), 'docker-tls-nss-'));
  try {
    await cp(await emptyDatabase(), database, { recursive: true });
    const ca = ['-n', 'ca', '-t', 'CT,,', '-i', join(directory, 'ca.pem')];
    const added = await run('certutil', ['-A', ...ca, '-d', `sql:${database}`]);
    if (added.code !== 0) return added.stderr;
    const { code, stdout, stderr } = await run('tstclnt', [
      '-4',
      '-Q',
      '-h',
      host,
      '-p',
      String(port),
      '-d',
      `sql:${database}`,
    ]);
    return code === 0 ? undefined : stdout + stderr;
  } finally {
    await rm(database, { recursive: true, force: true });
  }
}

export async function askOpenssl({ host, directory }: Call, strict: boolean): Promise<Answer> {
  const { path } = await findOpenssl();
  const called = [/^[\d.]+$/.test(host) ? '-verify_ip' : '-verify_hostname', host];
  const args = ['verify', ...(strict ? ['-x509_strict'] : []), '-purpose', 'sslserver', ...called];
  const { code, stderr } = await run(path, [
    ...args,
    ...[
      '-no-CApath',
      '-no-CAstore',
      '-CAfile',
      join(directory, 'ca.pem'),
      join(directory, 'server-cert.pem'),
    ],
  ]);
  return code === 0 ? undefined : stderr;
}

/** English, and nothing of the caller's. */
const environment = { PATH: process.env['PATH'], HOME: '/nonexistent', LC_ALL: 'C.UTF-8' };

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program without anything at its standard input. */
function run(file: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, args, { env: environment, timeout: 20_000 }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(new Error(`${file}: ${error.message}`, { cause: error }));
    });
    child.stdin?.end();
  });
}
