import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { findOpenssl } from '../../lib/index.js';
import { inTurns } from '../support/form.js';
import { useOneProcess } from '../support/one-process.js';
import { cleanEnvironment, main, program, quick, shell, succeeds } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';
import { certificate } from './certificates.js';
import { sixFiles } from './six-files.js';

const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const certificateTitles = ['CA', 'server', 'client'];

describe('stdout and stderr', () => {
  test('the result stands on the one, progress and notes on the other', async () => {
    const { stdout, stderr } = await succeeds(temporary(), ['all', ...quick]);
    expect(stdout).toMatch(/^Created in /);
    expect(stdout).not.toMatch(/done:|note:/);
    for (const whose of certificateTitles)
      expect(stderr).toMatch(new RegExp(`^done: private key of the ${whose} \\(\\d+\\.\\d s\\)$`, 'm'));
    expect(stderr.split('\n').filter((line) => line !== '' && !/^(done|note): /.test(line))).toEqual([]);
  });

  test('no control sequence stands on either', async () => {
    const { stdout, stderr } = await succeeds(temporary(), ['all', ...quick], {
      env: { TERM: 'xterm-256color' },
    });
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });
});

describe('--quiet', () => {
  test('prints nothing where all goes well', async () => {
    const outcome = await program(temporary(), ['all', ...quick, '--quiet']);
    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);
  });

  test('prints the error', async () => {
    const outcome = await program(temporary(), ['all', '--host', 'a', '--quiet']);
    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^error: /) });
  });
});

describe('--verbose', () => {
  test('shows the openssl and each command as it was run', async () => {
    const { stderr } = await oneProcess.succeeds(temporary(), ['all', ...quick, '--verbose']);
    const { path, version } = await findOpenssl();
    expect(stderr).toContain(`${path}: ${version.text}`);
    const commands = [...stderr.matchAll(/^\$ openssl (\w+) /gm)].map(([, command]) => command).sort();
    expect(commands).toEqual(
      [...['genpkey', 'genpkey', 'genpkey', 'req', 'req', 'req', 'x509', 'x509', 'verify', 'verify']].sort(),
    );
  });

  test("shows OpenSSL's own words for an error", async () => {
    const args = ['step', 'req', '--key', 'k.pem', '--subj', '/CN=a', '--out', 'a.csr'];
    await oneProcess.succeeds(temporary(), ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', 'p.pem']);
    await shell(temporary(), 'echo no key > k.pem');
    const quietly = await oneProcess.program(temporary(), args);
    expect(quietly.stderr).not.toContain('  openssl: ');
    const verbosely = await oneProcess.program(temporary(), [...args, '--verbose']);
    expect(verbosely.code).toBe(1);
    expect(verbosely.stderr).toContain('  openssl: ');
    expect(verbosely.stderr).toContain(quietly.stderr.trimEnd());
  });
});

describe('--json', () => {
  test('prints one object that says what was made', async () => {
    const { stdout, stderr } = await succeeds(temporary(), ['all', ...quick, '--json']);
    const { path, version } = await findOpenssl();
    const server = await certificate(temporary(), 'server-cert.pem');
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      command: 'all',
      dryRun: false,
      directory: join(temporary(), 'docker-tls'),
      recipe: 'recommended',
      made: expect.arrayContaining([
        { path: 'ca-key.pem', kind: 'private-key', mode: '0400' },
        { path: 'cert.pem', kind: 'certificate', mode: '0444' },
      ]),
      kept: [],
      names: ['DNS:docker.example', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'],
      notes: [{ code: 'CA_KEY_UNENCRYPTED', text: expect.any(String) }],
      openssl: { path, version: version.text },
      certificates: {
        server: {
          subject: 'CN=docker.example',
          serial: server.serialNumber,
          names: ['DNS:docker.example', 'DNS:localhost', 'IP:127.0.0.1', 'IP:::1'],
          notAfter: new Date(server.validTo).toISOString(),
          fingerprint256: server.fingerprint256,
        },
        client: { subject: 'CN=client' },
        ca: { names: [] },
      },
      next: {
        daemon: [expect.stringMatching(/^dockerd --tlsverify /)],
        client: [
          expect.stringMatching(/^export DOCKER_HOST=tcp:\/\/docker\.example:2376 /),
          'docker version',
        ],
      },
    });
  });

  test('says what was kept', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    const { stdout } = await oneProcess.succeeds(temporary(), ['all', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      made: [],
      kept: ['ca-key.pem', 'ca.pem', 'server-key.pem', 'server-cert.pem', 'key.pem', 'cert.pem'],
      commands: [],
      openssl: null,
    });
  });

  test.each([
    [['all', '--host', 'a b'], 2, 'all', { code: 'ERR_INPUT', option: 'hosts' }],
    [['all', '--key', 'dsa', ...quick.slice(0, 2)], 2, 'all', { code: 'ERR_INPUT', option: 'key' }],
    [['all', '--host', 'a'], 1, 'all', { code: 'ERR_PASSPHRASE_NEEDED', path: expect.any(String) }],
    [['client', '--key', 'ec:p256'], 1, 'client', { code: 'ERR_CA_MISSING', path: expect.any(String) }],
    [['all', ...quick, '--openssl', '/bin/false'], 1, 'all', { code: 'ERR_OPENSSL_NOT_FOUND' }],
    [['all', '--nonsense'], 2, 'all', { code: 'ERR_USAGE' }],
    [['all', '--host'], 2, 'all', { code: 'ERR_USAGE' }],
    [['nonsense'], 2, '', { code: 'ERR_USAGE' }],
    [[], 2, '', { code: 'ERR_USAGE' }],
    [['step', 'rsa', '--in', 'missing', '--out', 'o'], 1, 'step rsa', { code: 'ERR_FILE' }],
  ])('prints one object also for the error of %j', async (args, code, command, error) => {
    const before = await tree(temporary());
    const outcome = await oneProcess.program(temporary(), [...args, '--json']);
    expect(outcome).toMatchObject({ code, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      ok: false,
      command,
      error: { ...error, message: expect.any(String) },
    });
    expect(await tree(temporary())).toEqual(before);
    expect((await oneProcess.program(temporary(), args)).code).toBe(code);
  });

  test("holds OpenSSL's reason, its command and its words", async () => {
    await shell(temporary(), 'echo no key > k.pem');
    const args = ['step', 'req', '--key', 'k.pem', '--subj', '/CN=a', '--out', 'a.csr', '--json'];
    const outcome = await oneProcess.program(temporary(), args);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      ok: false,
      error: {
        code: 'ERR_OPENSSL_FAILED',
        reason: 'not-a-key',
        opensslCommand: expect.stringMatching(/^openssl req /),
        exitCode: expect.any(Number),
        stderr: expect.stringMatching(/./),
      },
    });
  });
});

describe('a pipe that is closed early', () => {
  /** Runs the program and closes its stdout, its stderr or both before it can write there. */
  async function closing(streams: readonly ('stdout' | 'stderr')[], args: readonly string[]) {
    const child = spawn(process.execPath, [main, ...args], {
      cwd: temporary(),
      env: cleanEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of streams) child[stream].destroy();
    const rest = streams.includes('stderr') ? '' : text(child.stderr);
    const [[code], stderr] = await Promise.all([once(child, 'exit'), rest]);
    return { code: code as number | null, stderr };
  }

  test.each([[['--help']], [['all', '--help']], [['all', ...quick, '--dry-run']], [['all', ...quick]]])(
    'ends %j without a word on it',
    async (args) => {
      const { code, stderr } = await closing(['stdout'], args);
      expect(code).toBe(0);
      expect(stderr).not.toMatch(/EPIPE|Error|^ +at /m);
    },
  );

  inTurns(1, 1).each([[['stdout'] as const], [['stderr'] as const], [['stdout', 'stderr'] as const]])(
    'of %j does not keep the files from being made, and leaves nothing else behind',
    async (streams) => {
      expect((await closing(streams, ['all', ...quick])).code).toBe(0);
      expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);
      expect(Object.keys(await modes(temporary())).filter((path) => path.startsWith('.'))).toEqual([]);
    },
  );

  test('can be head', async () => {
    const { stdout, stderr } = await shell(
      temporary(),
      `docker-tls-openssl all ${quick.join(' ')} --dry-run | head -1`,
    );
    expect(stdout).toMatch(/^openssl genpkey [^\n]+\n$/);
    expect(stderr).not.toContain('EPIPE');
  });
});

describe('the memory of a run that makes certificates', () => {
  test('is kept small: the space for new objects does not grow with what survives', async () => {
    const report = join(temporary(), 'report');
    const hook = join(temporary(), 'hook.cjs');
    // A million objects that survive let that space grow to its limit, unless it is not to.
    const lines = [
      "process.on('exit', () => {",
      '  const kept = Array.from({ length: 1e6 }, (_, at) => ({ at }));',
      "  const { space_size } = require('node:v8').getHeapSpaceStatistics().find((one) => one.space_name === 'new_space');",
      `  require('node:fs').writeFileSync(${JSON.stringify(report)}, String(kept.length && space_size));`,
      '});',
    ];
    await writeFile(hook, lines.join('\n'));
    await succeeds(temporary(), ['ca', '--key', 'ec:p256', '--no-passphrase', '--quiet'], {
      env: { NODE_OPTIONS: `--require ${hook}` },
    });
    expect(Number(await readFile(report, 'utf8')) / 2 ** 20).toBeLessThan(12);
  });
});
