import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import {
  all,
  daemonConfiguration,
  readCredentials,
  snippet,
  snippets,
  type SnippetName,
} from '../../lib/index.js';
import { busyboxImage } from '../support/busybox-image.js';
import {
  docker,
  dockerBuilds,
  freePort,
  startDockerd,
  type DockerBuild,
  type RunningDockerd,
} from '../support/dockerd.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

/* What `.ci/snippet-tools` brings runs the snippets. Only the whole form does it. */

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../..', import.meta.url));
const [build] = (await dockerBuilds()) as [DockerBuild, DockerBuild];
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);
/** A path with what has a meaning to shells, to CSV, to YAML and to Ansible, which takes no variable. */
const set = (): string => join(shared(), `it's "my", $: a\\b {{ x }} ü`);
let tools: string;
let daemon: RunningDockerd;
let env: Record<string, string>;
const sid = (...names: string[]): string => join(tools, 'sid', 'root', 'usr', ...names);
const host = (): string => `127.0.0.1:${daemon.port}`;
const piece = async (name: SnippetName, file: string): Promise<string> => {
  const { text } = await snippet(name, { directory: set(), host: host() });
  await writeFile(at(file), text);
  return text;
};

beforeAll(async () => {
  tools = (await run(join(repository, '.ci', 'snippet-tools'), { timeout: 600_000 })).stdout.trim();
  await all({ hosts: ['127.0.0.1'], key: 'ec:p256', passphrase: null, directory: set() });
  const server = await readCredentials('server', { directory: set() });
  const args = daemonConfiguration(server).arguments.filter((word) => word.startsWith('--tls'));
  daemon = await startDockerd(build, { args });
}, 700_000);
afterAll(async () => {
  await daemon.stop();
}, 60_000);
beforeEach(() => {
  env = { HOME: temporary(), PATH: build.path };
});

const usePlugin = async (name: string): Promise<void> => {
  await mkdir(at('.docker', 'cli-plugins'), { recursive: true });
  await symlink(sid('libexec', 'docker', 'cli-plugins', name), at('.docker', 'cli-plugins', name));
};

test('buildx lists the builders, and builds with the one of the context', async () => {
  await usePlugin('docker-buildx');
  await piece('buildx', 'piece.sh');
  const { stdout } = await run('sh', ['-e', 'piece.sh'], { cwd: temporary(), env });
  expect(stdout).toMatch(/^remote-builder\*? +docker-container/m);
  // What it says of the context's own builder it has from the daemon.
  expect(stdout).toMatch(/ remote +\\_ remote +running/);
  await writeFile(at('Dockerfile'), 'FROM scratch\nLABEL a=b\n');
  const image = ['--context', 'remote', 'buildx', 'build', '--tag', 'made', '.'];
  await run(build.docker, image, { cwd: temporary(), env });
  const images = await run(build.docker, ['--context', 'remote', 'images', '--quiet', 'made'], { env });
  expect(images.stdout).toMatch(/^[\da-f]{12}\n$/);
}, 120_000);

test('the driver remote of buildx shows the certificate to a buildkitd', async () => {
  await usePlugin('docker-buildx');
  const { ca, certificate, key } = await readCredentials('server', { directory: set() });
  const [trusted, cert, secret] = await Promise.all([ca, certificate, key].map((path) => readFile(path)));
  const server = createServer({
    ...{ ca: trusted, cert, key: secret, ALPNProtocols: ['h2'] },
    ...{ requestCert: true, rejectUnauthorized: true },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connected = once(server, 'secureConnection') as Promise<[TLSSocket]>;
  const [, create] = /^# {3}(docker buildx create .*)$/m.exec(
    (await piece('buildx', 'piece.sh')).replace(/.*--builder.*\n/, ''),
  )!;
  const address = `:${(server.address() as AddressInfo).port}`;
  const lines = [create!.replace(':1234', address), 'docker buildx inspect --bootstrap buildkitd'];
  const inspecting = run('sh', ['-ec', lines.join('\n')], { env, timeout: 5000 }).catch(() => undefined);
  const [socket] = await connected;
  expect(socket.getPeerCertificate().subject).toMatchObject({ CN: 'client' });
  socket.destroy();
  server.close();
  await inspecting;
}, 60_000);

test('Docker Compose reads each of the files, with the paths that are meant', async () => {
  await usePlugin('docker-compose');
  for (const { name, inContainer } of snippets()) {
    if (!inContainer) continue;
    await piece(name, `${name}.yml`);
    const { stdout } = await run(build.docker, ['compose', '-f', `${name}.yml`, 'config'], {
      cwd: temporary(),
      env,
    });
    const { services } = parse(stdout) as {
      services: Record<string, { volumes: { type: string; source: string }[] }>;
    };
    const [{ volumes }] = Object.values(services) as [{ volumes: { type: string; source: string }[] }];
    // Its output is such a file again.
    const sources = volumes.filter(({ type }) => type === 'bind').map(({ source }) => source);
    expect(sources.map((source) => source.replaceAll('$$', '$'))).toEqual(
      ['ca.pem', 'cert.pem', 'key.pem'].map((file) => join(set(), file)),
    );
  }
}, 120_000);

test('Prometheus finds a container of the daemon', async () => {
  const local = (...args: string[]): Promise<{ code: number; stderr: string }> =>
    docker(build, args, {
      DOCKER_HOST: `tcp://${host()}`,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: set(),
    });
  expect(await local('import', await busyboxImage(temporary()), 'box')).toMatchObject({ code: 0 });
  const sleeping = ['--detach', '--network=host', '--label=prometheus-job=sleep', '--name=sleeps', 'box'];
  expect(await local('run', ...sleeping, '/bin/sleep', '1000')).toMatchObject({ code: 0 });
  await piece('prometheus', 'prometheus.yml');
  await run(sid('bin', 'promtool'), ['check', 'config', 'prometheus.yml'], { cwd: temporary(), env });
  const port = await freePort();
  const flags = [
    `--config.file=${at('prometheus.yml')}`,
    `--storage.tsdb.path=${at('data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn(sid('bin', 'prometheus'), flags, { cwd: temporary(), env, stdio: 'ignore' });
  try {
    await until(async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets`).then(
        (response) => response.text(),
        () => '',
      );
      await sleep(50);
      return answer.includes('"__meta_docker_container_name":"/sleeps"');
    });
  } finally {
    child.kill();
    await once(child, 'close');
    await local('rm', '--force', 'sleeps');
  }
}, 180_000);

test('Ansible asks the daemon', async () => {
  await piece('ansible', 'piece.yml');
  const collections = join(tools, 'bookworm', 'root', 'usr', 'lib', 'python3', 'dist-packages');
  const { stdout } = await run('ansible-playbook', ['piece.yml'], {
    cwd: temporary(),
    env: {
      ...env,
      LC_ALL: 'C.UTF-8',
      ANSIBLE_COLLECTIONS_PATHS: collections,
      ANSIBLE_LOCALHOST_WARNING: 'false',
    },
  });
  expect(stdout).toMatch(/"daemon\.host_info\.ServerVersion": "20\.10\./);
}, 180_000);

test('Testcontainers for Node.js asks the daemon', async () => {
  await symlink(join(tools, 'npm', 'node_modules'), at('node_modules'));
  await piece('testcontainers-node', 'piece.sh');
  const lines = [
    "import { getContainerRuntimeClient } from 'testcontainers';",
    'const { info } = await getContainerRuntimeClient();',
    'console.log(info.containerRuntime.hostIps, info.containerRuntime.serverVersion);',
  ];
  await writeFile(at('piece.mjs'), lines.join('\n'));
  const { stdout } = await run('sh', ['-ec', `. ./piece.sh; '${process.execPath}' piece.mjs`], {
    cwd: temporary(),
    env,
  });
  expect(stdout).toMatch(/ (20\.10\.|')/);
}, 120_000);

test('the program for Pulumi has no fault against the types of @pulumi/docker', async () => {
  await symlink(join(tools, 'npm', 'node_modules'), at('node_modules'));
  await writeFile(at('package.json'), '{ "type": "module" }');
  await piece('pulumi', 'piece.ts');
  const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  const flags = ['--noEmit', '--skipLibCheck', '--module', 'nodenext', 'piece.ts'];
  await run(process.execPath, [tsc, '--ignoreConfig', ...flags], { cwd: temporary(), env });
}, 300_000);

test("HashiCorp's parser reads the same from the file for Terraform", async () => {
  await symlink(join(tools, 'npm', 'node_modules'), at('node_modules'));
  await piece('terraform', 'piece.tf');
  const lines = [
    "import { parse } from '@cdktf/hcl2json';",
    "import { readFileSync } from 'node:fs';",
    "console.log(JSON.stringify(await parse('piece.tf', readFileSync('piece.tf', 'utf8'))));",
  ];
  await writeFile(at('piece.mjs'), lines.join('\n'));
  const { stdout } = await run(process.execPath, ['piece.mjs'], { cwd: temporary(), env });
  const { provider } = JSON.parse(stdout) as { provider: { docker: [Record<string, string>] } };
  const [{ host: address, ...files }] = provider.docker;
  expect(address).toBe(`tcp://${host()}`);
  expect(Object.keys(files).sort()).toEqual(['ca_material', 'cert_material', 'key_material']);
  for (const call of Object.values(files)) expect(call).toMatch(/^\$\{file\(".*\.pem"\)\}$/);
}, 60_000);
