import { beforeAll, describe, expect, test } from '@jest/globals';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { useOneProcess } from '../support/one-process.js';
import { hintedCommand, quick, shell } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const shared = useSharedDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(shared(), ...names);
const env = (...args: string[]) => oneProcess.program(shared(), ['env', ...args]);
const run = (...args: string[]) => oneProcess.succeeds(shared(), ['env', ...args]);

beforeAll(async () => {
  await oneProcess.succeeds(shared(), ['all', ...quick, '--ip', '10.0.0.5']);
  await oneProcess.succeeds(shared(), ['client', '--name', 'alice', '--key', 'ec:p256']);
  // As the slides have it, without their passphrases.
  await cp(at('docker-tls'), at('training'), { recursive: true });
  for (const name of ['key.pem', 'cert.pem'])
    await rename(at('training', name), at('training', `client-${name}`));
  await cp(at('docker-tls', 'clients', 'alice'), at('alone'), { recursive: true });
});

test("prints the three variables, and how they get into a shell; nothing else's output stands in the way", async () => {
  expect(await run()).toEqual({
    code: 0,
    stdout: [
      'export DOCKER_HOST=tcp://docker.example:2376',
      'export DOCKER_TLS_VERIFY=1',
      `export DOCKER_CERT_PATH=${at('docker-tls')}`,
      '# Run this in your shell: eval "$(docker-tls-openssl env)"',
      '',
    ].join('\n'),
    stderr: '',
  });
});

test.each([
  [['--name', 'alice'], 'tcp://docker.example:2376', 'docker-tls/clients/alice'],
  [['--host', 'other:2377'], 'tcp://other:2377', 'docker-tls'],
  [['--host', '::1', '--dir', 'alone'], 'tcp://[::1]:2376', 'alone'],
])('with %j it is for %s and %s', async (args, host, path) => {
  const { environment } = JSON.parse((await run(...args, '--json')).stdout) as { environment: unknown };
  expect(environment).toEqual({ DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: at(path) });
});

test.each([
  ['/usr/bin/fish', [], /^set -gx DOCKER_HOST /],
  ['/bin/zsh', [], /^export DOCKER_HOST=/],
  ['/bin/zsh', ['--shell', 'powershell'], /^\$Env:DOCKER_HOST = /],
  ['', ['--shell', 'cmd'], /^SET "DOCKER_HOST=/],
])('with SHELL=%s and %j it speaks that language', async (SHELL, args, expected) => {
  const { stdout } = await oneProcess.succeeds(shared(), ['env', ...args], { env: { SHELL } });
  expect(stdout).toMatch(expected);
});

describe('the comment', () => {
  const odd = `it's $HOME "a" b`;
  const variables = 'printf "%s\\n" "$DOCKER_HOST" "$DOCKER_CERT_PATH"';

  test('is the command for a shell, wherever the files lie', async () => {
    await cp(at('docker-tls'), at(odd), { recursive: true });
    const { stdout } = await run('--dir', odd, '--name', 'alice');
    const command = /^# Run this in your shell: (.*)$/m.exec(stdout)![1]!;
    const after = await shell(shared(), `${command}\n${variables}`);
    expect(after).toEqual({
      code: 0,
      stdout: `tcp://docker.example:2376\n${at(odd, 'clients', 'alice')}\n`,
      stderr: '',
    });
  });

  test('is left out where it would not be one line', async () => {
    const broken = 'a\ntouch broken';
    await cp(at('docker-tls'), at(broken), { recursive: true });
    const line = `eval "$(docker-tls-openssl env --dir 'a\ntouch broken')"\n${variables}`;
    expect((await shell(shared(), line)).stdout).toBe(`tcp://docker.example:2376\n${at(broken)}\n`);
    expect(Object.keys(await modes(shared()))).not.toContain('broken');
    await rm(at(broken), { recursive: true });
  });
});

test('--unset looks at no files', async () => {
  const { stdout } = await run('--unset', '--dir', 'nowhere');
  expect(stdout).toBe(
    'unset DOCKER_HOST DOCKER_TLS_VERIFY DOCKER_CERT_PATH\n# Run this in your shell: eval "$(docker-tls-openssl env --unset)"\n',
  );
  const all = `export DOCKER_HOST=a DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=b\neval "$(docker-tls-openssl env --unset)"\nenv`;
  expect((await shell(shared(), all)).stdout).not.toContain('DOCKER_');
});

describe('is an error, with nothing on stdout, where', () => {
  test('the files have other names: the hint copies them', async () => {
    const outcome = await env('--dir', 'training');
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain(
      `here they are ${at('training', 'ca.pem')}, ${at('training', 'client-cert.pem')}`,
    );
    const home = at('home');
    await mkdir(home);
    await shell(shared(), hintedCommand(outcome.stderr).replace(/`$/, ''), { env: { HOME: home } });
    const { stdout } = await oneProcess.succeeds(
      shared(),
      ['env', '--dir', '.docker', '--host', 'h'].map((word) =>
        word === '.docker' ? join(home, word) : word,
      ),
    );
    expect(stdout).toContain(`export DOCKER_CERT_PATH=${home}/.docker\n`);
  });

  test('nothing has a name for the daemon', async () => {
    expect(await env('--dir', 'alone')).toEqual({
      code: 2,
      stdout: '',
      stderr: `error: --host: no server certificate in ${at('alone')} has a name for the daemon\nhint: give it with --host\n`,
    });
  });

  test.each([
    [
      ['--dir', 'nowhere'],
      1,
      /cert\.pem.*: missing\nhint: .* --dir, or create it with `docker-tls-openssl all --dir nowhere`/,
    ],
    [['--name', 'bob'], 1, /create it with `docker-tls-openssl client --name bob`/],
    [['--shell', 'csh'], 2, /Choices: "sh", "fish", "powershell", "cmd"/],
    [['--host', 'a', '--host', 'b'], 2, /--host can be given only once/],
    [['--host', 'unix:///var/run/docker.sock'], 2, /is not reached over TCP/],
  ])('%j is given', async (args, code, said) => {
    expect(await env(...args)).toEqual({ code, stdout: '', stderr: expect.stringMatching(said) });
  });

  test('cmd cannot hold the path', async () => {
    await cp(at('docker-tls'), at('100%'), { recursive: true });
    expect(await env('--dir', '100%', '--shell', 'cmd')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: --shell: cmd cannot hold "%" in DOCKER_CERT_PATH/),
    });
  });
});
