import { join } from 'node:path';
import type { ClientId } from '../../lib/judge/clients.js';
import { findOpenssl } from '../../lib/index.js';
import { cacheDirectory } from './cache.js';
import { run, type Answer, type Call, type Root } from './client-process.js';
import { docker, dockerBuilds, newerDocker, type DockerBuild } from './dockerd.js';
import * as clients from './tls-clients.js';

/** A client in one version, and how it is asked. */
export interface Program {
  readonly client: ClientId;
  /** Its name with its version, `Node 22.23.5`. Undefined for another that imitates the client, which is no measurement. */
  readonly version?: () => Promise<string>;
  readonly ask: (call: Call) => Promise<Answer>;
  readonly stop?: () => void;
}

const system = '/usr/bin/python3';
const fetched = (name: string): string => join(cacheDirectory(), 'tls-clients', 'bin', name);
const newer = (...names: string[]): string => join(cacheDirectory(), 'newer-clients', ...names);

/** The clients of the gate. */
export async function gatePrograms(): Promise<Program[]> {
  const [python, java] = [clients.startPython(system), fetched('java')];
  return [
    ...(await dockerBuilds()).map(dockerProgram),
    { client: 'python', version: () => pythonVersion(system), ...python },
    { client: 'python-3.13', ask: (call) => python.ask(call, 'python-3.13') },
    { client: 'docker-sdk-urllib3-1', version: () => sdkVersion(system), ...clients.startDockerSdk(system) },
    { client: 'node', version: () => nodeVersion(process.execPath), ask: clients.askNode },
    ...oneOfEach(),
    { client: 'java', version: called('Java', [java, '-version']), ...clients.startJava(java) },
    { client: 'rustls', version: called('Deno', [fetched('deno'), '--version']), ...clients.startRustls() },
    {
      client: 'boringssl',
      version: called('Bun', [fetched('bun'), '--version']),
      ...clients.startBoringssl(),
    },
    { client: 'openssl', version: () => opensslVersion(), ask: (call) => clients.askOpenssl(call, false) },
    {
      client: 'openssl-strict',
      version: async () => `${await opensslVersion()} -x509_strict`,
      ask: (call) => clients.askOpenssl(call, true),
    },
  ];
}

/** The clients that `npm run clients` brings besides. */
export async function newerPrograms(): Promise<Program[]> {
  const [trixie, sid] = [newer('trixie', 'root'), newer('sid', 'root')];
  const java = '/usr/lib/jvm/java-25-openjdk-amd64/bin/java';
  const go = join(sid, 'usr', 'lib', 'go-1.27', 'bin', 'go');
  const nodes = ['node-22', 'node-24', 'node-26'].map((name) => newer('bin', name));
  const pythons = [
    ['/usr/bin/python3.13', trixie, 'docker-sdk'],
    ['/usr/bin/python3.14', sid, 'docker-sdk-3.13'],
  ] as const;
  return [
    dockerProgram(await newerDocker()),
    {
      client: 'podman',
      version: called('Podman', ['/usr/bin/podman-remote', '--version'], sid),
      ask: (call) => clients.askPodman(call, sid),
    },
    { client: 'go', version: called('Go', [go, 'version']), ...clients.startGo(newer('bin', 'go-client')) },
    ...nodes.map((file): Program => ({
      client: 'node',
      version: () => nodeVersion(file),
      ...clients.startNode(file),
    })),
    ...pythons.flatMap(([file, root, sdk]): Program[] => [
      { client: 'python-3.13', version: () => pythonVersion(file, root), ...clients.startPython(file, root) },
      { client: sdk, version: () => sdkVersion(file, root), ...clients.startDockerSdk(file, root) },
    ]),
    ...oneOfEach(sid),
    { client: 'java', version: called('Java', [java, '-version'], sid), ...clients.startJava(java, sid) },
  ];
}

/** Clients that are called alike in every root. */
function oneOfEach(root?: Root): Program[] {
  return [
    { client: 'curl', version: () => curlVersion(root), ask: (call) => clients.askCurl(call, root) },
    {
      client: 'gnutls',
      version: called('GnuTLS', ['gnutls-cli', '--version'], root),
      ask: (call) => clients.askGnutls(call, root),
    },
    {
      client: 'nss',
      version: async () => `NSS ${await clients.nssVersion(root)}`,
      ask: (call) => clients.askNss(call, root),
    },
  ];
}

function dockerProgram(build: DockerBuild): Program {
  return {
    client: 'docker',
    version: async () => {
      const { stdout } = await docker(build, ['version', '--format', '{{.Client.GoVersion}}']);
      return `docker ${versionIn((await docker(build, ['--version'])).stdout)} (${stdout.trim().replace(/^go/, 'Go ')})`;
    },
    ask: (call) => clients.askDocker(build, call),
  };
}

function called(name: string, [file = '', ...args]: readonly string[], root?: Root): () => Promise<string> {
  return async () => {
    const { stdout, stderr } = await run(file, args, { root });
    return `${name} ${versionIn(stdout + stderr)}`;
  };
}

function versionIn(text: string): string {
  const version = /\d+(\.\d+)+/.exec(text)?.[0];
  if (version === undefined) throw new Error(`there is no version in: ${text}`);
  return version;
}

async function pythonVersion(file: string, root?: Root): Promise<string> {
  const versions = 'import ssl, platform; print(platform.python_version(), ssl.OPENSSL_VERSION)';
  const [python, openssl] = (await run(file, ['-c', versions], { root })).stdout.split(' OpenSSL ');
  return `Python ${python} (OpenSSL ${versionIn(openssl ?? '')})`;
}

async function sdkVersion(file: string, root?: Root): Promise<string> {
  const versions =
    'import docker, urllib3, platform; print(docker.__version__, urllib3.__version__, platform.python_version())';
  const [sdk, urllib3, python] = (await run(file, ['-c', versions], { root })).stdout.trim().split(' ');
  return `docker SDK ${sdk} (urllib3 ${urllib3}, Python ${python})`;
}

async function nodeVersion(file: string): Promise<string> {
  const { stdout } = await run(file, ['--print', 'process.versions.node + " " + process.versions.openssl']);
  const [node, openssl] = stdout.trim().split(' ');
  return `Node ${node} (OpenSSL ${openssl})`;
}

async function curlVersion(root?: Root): Promise<string> {
  const { stdout } = await run('curl', ['--version'], { root });
  const [, version, openssl] = /^curl (\S+).*OpenSSL\/(\S+)/.exec(stdout) ?? [];
  return `curl ${version} (OpenSSL ${openssl})`;
}

async function opensslVersion(): Promise<string> {
  const { path } = await findOpenssl();
  return `openssl ${versionIn((await run(path, ['version'])).stdout)}`;
}
