import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { useOneProcess } from '../support/one-process.js';
import { shell } from '../support/program.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { sixFiles } from './six-files.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const quick = ['--key', 'ec:p256', '--no-passphrase'] as const;
const output = async (...args: string[]): Promise<string> =>
  (await oneProcess.succeeds(shared(), args)).stdout;
const json = async (...args: string[]): Promise<Record<string, unknown>> =>
  JSON.parse(await output(...args, '--json')) as Record<string, unknown>;

let made: { stdout: string; stderr: string };
beforeAll(async () => {
  made = await oneProcess.succeeds(shared(), ['all', ...quick, '--host', 'tcp://docker.example:2377']);
  await mkdir(join(shared(), 'root', 'etc'), { recursive: true });
});

test('all says that it remembers the port, and what the file is', async () => {
  expect(made.stderr).toContain('note: port 2377 is remembered for the commands that name this daemon\n');
  expect(made.stdout).toMatch(/^ {2}endpoint\.json +the daemon's port$/m);
  expect(made.stdout).toMatch(/^ {2}docker-tls-openssl connect tcp:\/\/docker\.example:2377( |$)/m);
  expect(made.stdout).not.toContain('2376');
  expect(await modes(join(shared(), 'docker-tls'))).toEqual({ ...sixFiles, 'endpoint.json': '0444' });
});

describe('the port that is remembered is that of', () => {
  test.each([
    ['env', ['env'], 'DOCKER_HOST=tcp://docker.example:2377'],
    ['env with a host', ['env', '--host', 'other'], 'DOCKER_HOST=tcp://other:2377'],
    ['env with a port', ['env', '--host', 'other:2376'], 'DOCKER_HOST=tcp://other:2376'],
    ['context', ['context', 'prod'], 'host=tcp://docker.example:2377,'],
    ['context with a port', ['context', 'prod', '--host', 'other:2376'], 'host=tcp://other:2376,'],
    ['snippet', ['snippet', 'curl'], 'https://docker.example:2377/version'],
    ['snippet with a port', ['snippet', 'curl', '--host', 'h:99'], 'https://h:99/version'],
    ['modes', ['modes'], 'docker.example:2377'],
    ['daemon', ['daemon', '--format', 'command'], '-H tcp://0.0.0.0:2377'],
    ['bundle', ['bundle', '--server', '--dry-run'], 'endpoint.json'],
    [
      'script',
      ['script', ...quick, '--host', 'h:2379'],
      'cat > endpoint.json <<\'EOF\'\n{ "port": 2379 }\nEOF',
    ],
  ])('%s', async (_, args, expected) => {
    expect(await output(...args)).toContain(expected);
  });

  test('daemon, in each of its texts and in its warning', async () => {
    const { texts, warning } = await json('daemon', '--mode', 'tls');
    for (const text of Object.values(texts as Record<string, string>)) {
      expect(text).toContain('tcp://0.0.0.0:2377');
      expect(text).not.toContain('2376');
    }
    expect(warning).toMatch(/anyone who can reach port 2377 is root/);
  });

  test.each([
    [[], 'tcp://0.0.0.0:2377'],
    [['--listen', '10.0.0.5'], 'tcp://10.0.0.5:2377'],
    [['--listen', '10.0.0.5:2376'], 'tcp://10.0.0.5:2376'],
  ])('install daemon with %j: %s', async (args, listen) => {
    expect(await json('install', 'daemon', '--root', 'root', ...args)).toMatchObject({ listen });
  });

  test('the proof that install daemon names', async () => {
    const root = join(temporary(), 'root');
    await mkdir(join(root, 'etc'), { recursive: true });
    const install = (...args: string[]): Promise<string> =>
      output('install', 'daemon', '--root', root, '--dockerd', 'none', '--apply', ...args);
    expect(await install()).toContain('  docker-tls-openssl connect docker.example:2377\n');
    expect(await install('--listen', '0.0.0.0:2376')).toMatch(
      / {2}docker-tls-openssl connect docker\.example$/m,
    );
  });

  test('connect', async () => {
    const { code, stdout } = await oneProcess.program(shared(), ['connect', 'localhost', '--timeout', '2']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^tcp:\/\/localhost:2377, /);
  });

  test('what install client says about its use', async () => {
    const to = join(temporary(), 'client');
    for (const [host, expected] of [
      [[], 'docker.example:2377'],
      [['--host', 'other'], 'other:2377'],
    ] as const)
      expect(await output('install', 'client', '--to', to, '--apply', ...host)).toContain(expected);
  });
});

test('the script remembers it, too', async () => {
  const { stdout } = await oneProcess.succeeds(temporary(), ['script', ...quick, '--host', 'h:2379']);
  const { code, stderr } = await shell(temporary(), `sh -s made <<'SCRIPT_END'\n${stdout}SCRIPT_END`);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect((await modes(join(temporary(), 'made')))['endpoint.json']).toBe('0444');
  const { stdout: env } = await oneProcess.succeeds(temporary(), ['env', '--dir', 'made']);
  expect(env).toContain('DOCKER_HOST=tcp://h:2379');
});

test('two ports are refused', async () => {
  const args = ['all', ...quick, '--host', 'a:1', '--host', 'b:2'];
  const { code, stderr } = await oneProcess.program(temporary(), args);
  expect(code).toBe(2);
  expect(stderr).toContain('--host: two ports were given, 1 and 2, but only one can be remembered\n');
  expect(await modes(temporary())).toEqual({ '/': '0700' });
});
