import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { on } from 'node:events';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { renew } from '../../lib/index.js';
import { docker, dockerBuilds, freePort, type RunningDockerd } from '../support/dockerd.js';
import { makeSet } from '../support/made-sets.js';
import { command } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { startTlsDockerd } from '../support/tls-dockerd.js';
import { until } from '../support/until.js';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const shared = useSharedDirectory();
const [build] = await dockerBuilds();
const set = (): string => join(shared(), 'docker-tls');

type Outcome = ReturnType<typeof command>;
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Outcome => {
  const [name = '', ...words] = args;
  return command(shared(), process.execPath, [join(examples, name), ...words], { env });
};

beforeAll(() => makeSet({ directory: set(), hosts: ['127.0.0.1'], key: 'ec:p256', passphrase: null }));

describe('against a daemon', () => {
  let daemon: RunningDockerd;
  const host = (): string => `127.0.0.1:${daemon.port}`;
  beforeAll(async () => {
    daemon = await startTlsDockerd(build!, set());
  }, 90_000);
  afterAll(() => daemon.stop(), 60_000);

  test('call-the-api asks for the version and the containers', async () => {
    const answered = {
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^https:\/\/127\.0\.0\.1:\d+: Docker [\d.]+\S*, API 1\.\d+, 0 containers\n$/,
      ),
    };
    expect(await run(['call-the-api.mjs', host()])).toMatchObject(answered);
    const env = { DOCKER_HOST: `tcp://${host()}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: set() };
    expect(await run(['call-the-api.mjs'], env)).toMatchObject(answered);
  });

  test('call-the-api prints the code and the hint of an error', async () => {
    const { code, stderr } = await run(['call-the-api.mjs'], { DOCKER_HOST: `tcp://${host()}` });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'ERR_INPUT: DOCKER_TLS_VERIFY is not set, so docker would not verify the daemon\nset it to 1\n',
    });
  });

  test('local-socket leads docker to the daemon until it is stopped', async () => {
    const path = join(shared(), 'docker.sock');
    const child = spawn(process.execPath, [join(examples, 'local-socket.mjs'), host(), path], {
      cwd: shared(),
    });
    const lines = on(createInterface(child.stdout), 'line') as AsyncIterableIterator<[string]>;
    expect((await lines.next()).value).toEqual([`DOCKER_HOST=unix://${path}`]);
    const { stdout } = await docker(build!, ['-H', `unix://${path}`, 'ps', '--format', '{{.ID}}']);
    expect(stdout).toBe('');
    const again = await run(['local-socket.mjs', host(), path]);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/^ERR_EXISTS: /) });
    child.kill('SIGINT');
    expect((await lines.next()).value).toEqual(['closed']);
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('agent-that-reloads shows the renewed certificate, and is not restarted', async () => {
    const args = [join(examples, 'agent-that-reloads.mjs'), host(), '1000'];
    const child = spawn(process.execPath, args, { cwd: shared() });
    const seen = new Set<string>();
    for await (const line of createInterface(child.stdout)) {
      expect(line).toMatch(/^API 1\.\d+, certificate [\dA-F]+$/);
      if (seen.size === 0) await renew({ directory: set(), names: ['client'], passphrase: null });
      if (seen.add(line).size === 2) child.kill();
    }
    expect(seen.size).toBe(2);
  });
});

test('at-every-start makes a set, keeps it, and reports what is renewed', async () => {
  const folder = join(shared(), 'started');
  await mkdir(folder);
  await writeFile(join(folder, 'passphrase'), 'correct horse\n', { mode: 0o600 });
  const start = (seconds: string): Outcome =>
    command(
      folder,
      process.execPath,
      [join(examples, 'at-every-start.mjs'), 'docker.example.com', seconds],
      {},
    );
  const directory = join(folder, 'docker-tls');
  expect(await start('0')).toMatchObject({ code: 0, stdout: `made ${directory}\n` });
  const child = spawn(process.execPath, [join(examples, 'at-every-start.mjs'), 'docker.example.com', '300'], {
    cwd: folder,
  });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await until(() => Promise.resolve(lines.length > 0));
  // What it has not seen before, it does not take for renewed.
  await until(async () => {
    await renew({ directory, names: ['client'], passphrase: 'correct horse' });
    await sleep(300);
    return lines.length > 1;
  });
  child.kill();
  expect(lines.slice(0, 2)).toEqual([`kept ${directory}`, 'renewed: cert.pem']);
});

test('terraform-provider prints what Terraform takes as JSON', async () => {
  const { code, stdout } = await run(['terraform-provider.mjs', 'docker.example.com']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    provider: {
      docker: {
        host: 'tcp://docker.example.com:2376',
        ca_material: await readFile(join(set(), 'ca.pem'), 'utf8'),
        cert_material: await readFile(join(set(), 'cert.pem'), 'utf8'),
        key_material: await readFile(join(set(), 'key.pem'), 'utf8'),
      },
    },
  });
});

test('the first lines of docs/library.md do what they say', async () => {
  const page = await readFile(join(examples, '../docs/library.md'), 'utf8');
  const [, lines = ''] = /^```ts\n([^]*?)^```$/m.exec(page) ?? [];
  expect(lines).toContain("const hosts = ['docker.example.com', '10.0.0.5'];");
  const folder = join(shared(), 'first-lines');
  const modules = join(folder, 'node_modules');
  await mkdir(modules, { recursive: true });
  await symlink(join(examples, '..'), join(modules, 'docker-tls-openssl'));
  await symlink(join(examples, '../node_modules/dockerode'), join(modules, 'dockerode'));
  const port = await freePort();
  const hosts = `['127.0.0.1:${port}', '10.0.0.5']`;
  const text = `const passphrase = 'correct horse';\n${lines.replace(/(?<=const hosts = )\[.*\]/, hosts)}`;
  await writeFile(join(folder, 'first.mjs'), text);
  const start = (): Outcome => command(folder, process.execPath, ['first.mjs'], {});
  // No daemon listens yet: the set is made, and the client has nobody to ask.
  const before = await start();
  expect(before.stdout).toBe('made: install the files, and restart the daemon\n');
  expect(before.stderr).toContain(`connect ECONNREFUSED 127.0.0.1:${port}`);
  const daemon = await startTlsDockerd(build!, join(folder, 'docker-tls'), port);
  try {
    expect(await start()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\{[^]*ApiVersion: '1\./),
    });
  } finally {
    await daemon.stop();
  }
}, 120_000);
