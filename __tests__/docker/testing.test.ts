import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { startDockerd, useDockerd } from '../../lib/testing.js';
import { docker, dockerBuilds } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { command } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';

const temporary = useTemporaryDirectory();
const [build] = await dockerBuilds();
const root = fileURLToPath(new URL('../..', import.meta.url));

const folders = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('docker-tls-dockerd-'));
const mountsBelow = async (folder: string): Promise<number> =>
  (await readFile('/proc/self/mounts', 'utf8')).split(folder).length - 1;
const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.unref();
  });
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('a daemon for the tests of a file', () => {
  const dockerd = useDockerd({ beforeAll, afterAll }, { config: { labels: ['purpose=test'] } });

  test('answers dockerode and the docker CLI over mutual TLS', async () => {
    const { options, env } = dockerd();
    expect(await new Docker(options).info()).toMatchObject({ Labels: ['purpose=test'] });
    expect(await docker(build!, ['ps', '--format', '{{.ID}}'], env)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    const { DOCKER_CERT_PATH, ...without } = env;
    expect(await isThere(join(DOCKER_CERT_PATH!, 'key.pem'))).toBe(true);
    expect(await docker(build!, ['ps'], { ...without, DOCKER_TLS_VERIFY: '' })).toMatchObject({ code: 1 });
  });
});

test('a daemon has the set that it is given, and leaves that and nothing else behind', async () => {
  const directory = join(temporary(), 'set');
  await makeSet({ directory, hosts: ['127.0.0.1'], key: 'ec:p256', passphrase: null });
  const before = await folders();
  let port = 0;
  let own = '';
  {
    await using dockerd = await startDockerd({ tls: { directory } });
    ({ port } = dockerd);
    expect(dockerd.directory).toBe(directory);
    expect(await listens(port)).toBe(true);
    [own = ''] = (await folders()).filter((name) => !before.includes(name));
    expect(own).not.toBe('');
  }
  expect(await listens(port)).toBe(false);
  expect(await isThere(join(tmpdir(), own))).toBe(false);
  expect(await mountsBelow(own)).toBe(0);
  expect(await isThere(join(directory, 'server-key.pem'))).toBe(true);
});

test.each([
  ['that has started it', 'SIGKILL', false],
  ['and all that it has started', 'SIGTERM', true],
] as const)(
  'a daemon ends with the process %s, and leaves nothing behind',
  async (_, signal, all) => {
    const before = await folders();
    const script = join(root, '__tests__/support/start-dockerd.js');
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { port, directory } = JSON.parse(line) as { port: number; directory: string };
    const [own = ''] = (await folders()).filter((name) => !before.includes(name));
    expect(await listens(port)).toBe(true);
    // One of them can end before its turn has come.
    if (all) spawnSync('pkill', ['-TERM', '-f', own]);
    child.kill(signal);
    await until(async () => !(await isThere(join(tmpdir(), own))));
    expect(await listens(port)).toBe(false);
    expect(await mountsBelow(own)).toBe(0);
    await until(async () => !(await isThere(directory)));
  },
  120_000,
);

test('what keeps it from starting is an error with its log, and nothing stays', async () => {
  const before = await folders();
  expect(await errorOf(() => startDockerd({ dockerd: '/no/dockerd' }))).toMatchObject({
    code: 'ERR_DOCKER_NOT_FOUND',
  });
  expect(await errorOf(() => startDockerd({ args: ['--no-such-flag'] }))).toMatchObject({
    code: 'ERR_DOCKER_FAILED',
    stderr: expect.stringContaining('no-such-flag'),
  });
  expect(await errorOf(() => startDockerd({ tls: { directory: temporary() } }))).toMatchObject({
    code: 'ERR_INCOMPLETE',
  });
  expect(await folders()).toEqual(before);
});

test('what is mounted below a directory with a blank is unmounted, and stays', async () => {
  const [own, odd] = [join(temporary(), 'own'), join(temporary(), 'a b')];
  await mkdir(own);
  await mkdir(odd);
  await writeFile(join(own, 'file'), 'of the machine');
  const fake = join(temporary(), 'dockerd');
  const lines = [
    'for word; do case $word in --data-root=*) data=${word#*=} ;; --host=*) host=${word#*//} ;; esac; done',
    `mkdir "$data" && mount --bind ${own} "$data" && echo "API listen on $host\\"" && exec sleep 60`,
  ];
  await writeFile(fake, `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
  const script = `
    import { startDockerd } from 'docker-tls-openssl/testing';
    await (await startDockerd({ dockerd: ${JSON.stringify(fake)} })).stop();`;
  const args = ['--input-type=module', '-e', script];
  const folder = join(import.meta.dirname, '../support');
  expect(await command(folder, process.execPath, args, { env: { TMPDIR: odd } })).toMatchObject({ code: 0 });
  expect(await readFile(join(own, 'file'), 'utf8')).toBe('of the machine');
  expect(await readdir(odd)).toEqual([]);
});

test('node:test has one for its tests', async () => {
  const example = join(root, 'examples', 'uses-a-daemon.test.mjs');
  const { code, stdout } = await command(temporary(), process.execPath, ['--test', example], {});
  expect(stdout).toMatch(/^# pass 2$/m);
  expect(code).toBe(0);
}, 120_000);
