import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:https';
import type { LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOpenssl } from '../../lib/index.js';
import { cacheDirectory } from './cache.js';
import {
  beside,
  run,
  start,
  withHosts,
  type Answer,
  type Call,
  type Root,
  type StartedClient,
} from './client-process.js';
import { docker, type DockerBuild } from './dockerd.js';

export type { Answer, Call, StartedClient };

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
      .setHeader('Libpod-API-Version', '5.0.0')
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
  const args = [...tls, `-H=tcp://${host}:${port}`, 'version'];
  const { code, stderr } = await docker(build, args, env, withHosts());
  return code === 0 ? undefined : stderr;
}

/** Of either version's behaviour: `ask` says of which. */
export function startPython(file = '/usr/bin/python3', root?: Root): StartedClient {
  return start(file, [beside('tls-client.py', root)], { root });
}

/** The docker SDK of that Python. */
export function startDockerSdk(
  file = '/usr/bin/python3',
  root?: Root,
  env?: Readonly<Record<string, string>>,
): StartedClient {
  return start(file, [beside('tls-client.py', root), 'docker'], { root, ...(env ? { env } : {}) });
}

export function startJava(file = fetched('java'), root?: Root): StartedClient {
  // The first tier of its compiler is enough for so little.
  return start(file, ['-XX:TieredStopAtLevel=1', beside('tls-client.java', root)], { root });
}

/** Deno, which has rustls. */
export function startRustls(): StartedClient {
  // Or else it keeps notes in the home folder.
  const env = { DENO_DIR: join(cacheDirectory(), 'tls-clients', 'deno-dir') };
  return start(fetched('deno'), ['run', '--quiet', '--allow-all', beside('tls-client-deno.js')], { env });
}

/** Bun, which has BoringSSL. */
export function startBoringssl(): StartedClient {
  return start(fetched('bun'), [beside('tls-client-https.js')]);
}

export function startNode(file: string): StartedClient {
  return start(file, [beside('tls-client-https.js')]);
}

/** A program in Go with Go's own defaults. */
export function startGo(file: string): StartedClient {
  return start(file, []);
}

function fetched(program: string): string {
  const path = join(cacheDirectory(), 'tls-clients', 'bin', program);
  if (!existsSync(path)) throw new Error(`${path} is missing. Bring it with: .ci/tls-clients`);
  return path;
}

/** This process does not have the hosts of `withHosts`. */
const lookup: LookupFunction = (_, { all }, answer) => {
  if (all === true) answer(null, [{ address: '127.0.0.1', family: 4 }]);
  else answer(null, '127.0.0.1', 4);
};

/** As docker-modem asks. */
export async function askNode({ host, port, directory }: Call): Promise<Answer> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(directory, name))),
  );
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void => resolve(`${error.code}: ${error.message}`);
    try {
      request({ host, port, ca, cert, key, agent: false, path: '/version', lookup }, (response) => {
        response.resume().on('end', () => resolve(undefined));
      })
        .on('error', failed)
        .end();
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
    }
  });
}

export async function askCurl({ host, port, directory }: Call, root?: Root): Promise<Answer> {
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
  const { code, stderr } = await run('curl', args, { root });
  return code === 0 ? undefined : stderr;
}

export async function askGnutls({ host, port, directory }: Call, root?: Root): Promise<Answer> {
  const args = [
    `--x509cafile=${join(directory, 'ca.pem')}`,
    `--x509certfile=${join(directory, 'cert.pem')}`,
    `--x509keyfile=${join(directory, 'key.pem')}`,
    `--verify-hostname=${host}`,
    `--port=${port}`,
    '127.0.0.1',
  ];
  const { code, stdout, stderr } = await run('gnutls-cli', args, { root });
  return code === 0 ? undefined : stdout + stderr;
}

const empty = new Map<Root, Promise<string>>();

/** Making one takes longer than the handshake. */
function emptyDatabase(root: Root): Promise<string> {
  const known = empty.get(root);
  if (known !== undefined) return known;
  const made = (async () => {
    const database = await mkdtemp(join(tmpdir(), 'docker-tls-nss-'));
    await run('certutil', ['-N', '--empty-password', '-d', `sql:${database}`], { root });
    return database;
  })();
  empty.set(root, made);
  return made;
}

/** None of its programs tells it but with a database. */
export async function nssVersion(root?: Root): Promise<string> {
  const { stdout } = await run('modutil', ['-list', '-dbdir', `sql:${await emptyDatabase(root)}`], { root });
  const version = /library-version=([\d.]+)/.exec(stdout)?.[1];
  if (version === undefined) throw new Error(`modutil does not tell the version of NSS: ${stdout}`);
  return version;
}

/** Removes what `askNss` keeps between its calls. */
export async function forgetNss(): Promise<void> {
  for (const database of empty.values()) await rm(await database, { recursive: true, force: true });
  empty.clear();
}

/** NSS takes a CA from a database. */
export async function askNss({ host, port, directory }: Call, root?: Root): Promise<Answer> {
  const database = await mkdtemp(join(tmpdir(), 'docker-tls-nss-'));
  try {
    await cp(await emptyDatabase(root), database, { recursive: true });
    const ca = ['-n', 'ca', '-t', 'CT,,', '-i', join(directory, 'ca.pem')];
    const added = await run('certutil', ['-A', ...ca, '-d', `sql:${database}`], { root });
    if (added.code !== 0) return added.stderr;
    const call = ['-4', '-Q', '-h', host, '-p', String(port), '-d', `sql:${database}`];
    const { code, stdout, stderr } = await run('tstclnt', call, { root });
    return code === 0 ? undefined : stdout + stderr;
  } finally {
    await rm(database, { recursive: true, force: true });
  }
}

/** Podman's client alone. */
export async function askPodman({ host, port, directory }: Call, root: Root): Promise<Answer> {
  const file = (flag: string, name: string): string => `--tls-${flag}=${join(directory, name)}`;
  const tls = [file('ca', 'ca.pem'), file('cert', 'cert.pem'), file('key', 'key.pem')];
  const args = [`--url=tcp://${host}:${port}`, ...tls, 'version'];
  const { code, stderr } = await run('/usr/bin/podman-remote', args, { root });
  return code === 0 ? undefined : stderr;
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
      // As a connection has it: it takes an intermediate from the file.
      ...['-untrusted', join(directory, 'server-cert.pem'), join(directory, 'server-cert.pem')],
    ],
  ]);
  return code === 0 ? undefined : stderr;
}
