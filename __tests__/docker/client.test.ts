import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { all, client, daemonConfiguration, readCredentials, syncContext } from '../../lib/index.js';
import { docker, dockerBuilds, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { useProgram } from '../support/one-process.js';
import { shell, type Outcome } from '../support/program.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { leftToWhole, rows } from '../support/form.js';

const { program, succeeds } = useProgram();
const builds = await dockerBuilds();
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
/** A path with what has a meaning to shells, to CSV and to curl. */
const set = (): string => join(shared(), `it's "my", $HOME: a\\b`);
const renewed = (): string => join(shared(), 'renewed');

beforeAll(async () => {
  const options = { hosts: ['127.0.0.1'], key: 'ec:p256', passphrase: null };
  await all({ ...options, directory: set() });
  await cp(set(), renewed(), { recursive: true });
  await client({ directory: renewed(), key: 'ec:p256', force: ['client'] });
});

describe.each(rows(builds, 2, 1))('with $name', (build) => {
  let daemon: RunningDockerd;
  let home: string;
  let env: Record<string, string>;
  const host = (): string => `127.0.0.1:${daemon.port}`;
  const flags = (directory = set()): string[] => ['--dir', directory, '--host', host()];

  beforeAll(async () => {
    const server = await readCredentials('server', { directory: set() });
    const args = daemonConfiguration(server).arguments.filter((word) => word.startsWith('--tls'));
    daemon = await startDockerd(build, { args });
  }, 90_000);
  afterAll(async () => {
    await daemon.stop();
  }, 60_000);
  beforeEach(async () => {
    home = join(temporary(), 'home');
    await mkdir(home);
    env = { HOME: home, PATH: [dirname(build.docker), process.env['PATH']].join(delimiter) };
  });

  const version = (more: Record<string, string>, args: string[] = []): ReturnType<typeof docker> =>
    docker(build, [...args, 'version', '--format', '{{.Server.Version}}'], { HOME: home, ...more });
  const answered = expect.objectContaining({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  const run = (...args: string[]): Promise<Outcome> => succeeds(temporary(), args, { env });

  test('what env prints is all that a shell needs', async () => {
    const words = flags().map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
    const line = `eval "$(docker-tls-openssl env ${words.join(' ')})"\ndocker version --format '{{.Server.Version}}'`;
    expect(await shell(temporary(), line, { env })).toEqual(answered);
  });

  test('what is installed into ~/.docker is found there', async () => {
    await run('install', 'client', ...flags(), '--apply');
    expect(await modes(join(home, '.docker'))).toEqual({
      '/': '0700',
      'ca.pem': '0444',
      'cert.pem': '0444',
      'key.pem': '0400',
    });
    const url = { DOCKER_HOST: `tcp://${host()}` };
    expect(await version({ ...url, DOCKER_TLS_VERIFY: '1' })).toEqual(answered);
    expect(await version(url, ['--tlsverify'])).toEqual(answered);
  });

  describe('a context', () => {
    const context = (...args: string[]): Promise<Outcome> => run('context', 'remote', ...args);
    const list = async (): Promise<string> =>
      (await docker(build, ['context', 'ls', '--format', '{{.Name}}'], { HOME: home })).stdout;

    test('is made, and is used once that is asked for', async () => {
      expect((await context(...flags(), '--apply')).stdout).toMatch(/^Created the context remote: tcp:/);
      expect(await version({}, ['--context', 'remote'])).toEqual(answered);
      expect((await context(...flags(), '--use', '--apply')).stdout).toMatch(/It is the current context/);
      expect(await version({})).toEqual(answered);
      const again = await context(...flags(), '--use', '--apply');
      expect(again).toMatchObject({
        stdout: expect.stringMatching(/^Nothing to do: the context .* is up to date/),
        stderr: '',
      });
    });

    test('is not made without --apply, and the command that is printed makes it', async () => {
      for (const more of [[], ['--dry-run']]) {
        const { stdout, stderr } = await context(...flags(), ...more);
        expect(stdout).toMatch(/^docker context create remote --docker .*\n$/);
        expect(stderr).toMatch(/^note: there is no context remote yet. To apply: /);
        expect(await readdir(home)).toEqual([]);
      }
      const { stdout } = await context(...flags());
      expect(await shell(temporary(), stdout, { env })).toMatchObject({ code: 0 });
      expect(await version({}, ['--context', 'remote'])).toEqual(answered);
      expect((await context(...flags())).stdout).toMatch(/is up to date/);
    });

    test('gets the renewed files, and keeps its host without --host, and its metadata', async () => {
      await context(...flags(), '--apply');
      const about = join(home, '.docker', 'contexts', 'meta');
      const meta = join(about, (await readdir(about))[0]!, 'meta.json');
      const read = async (): Promise<object> => JSON.parse(await readFile(meta, 'utf8')) as object;
      const Metadata = { Description: 'ours', GODEBUG: 'x509negativeserial=1' };
      await writeFile(meta, JSON.stringify({ ...(await read()), Metadata }));
      const { stdout, stderr } = await context('--dir', renewed());
      expect(stdout).toMatch(/^docker context update remote --docker /);
      expect(stderr).toContain('the context remote differs: cert.pem, key.pem.');
      expect((await context('--dir', renewed(), '--apply')).stdout).toBe(
        [
          `Updated the context remote: tcp://${host()} (cert.pem, key.pem)`,
          '',
          'To use it:',
          '  docker --context remote version',
          '  docker context use remote\n',
        ].join('\n'),
      );
      expect(await read()).toMatchObject({ Metadata });
      const stored = join(home, '.docker', 'contexts', 'tls');
      const [id] = await readdir(stored);
      for (const name of ['ca.pem', 'cert.pem', 'key.pem'])
        expect(await readFile(join(stored, id!, 'docker', name))).toEqual(
          await readFile(join(renewed(), name)),
        );
      expect(await version({}, ['--context', 'remote'])).toEqual(answered);
    });

    leftToWhole('gets back what an update without the files has dropped', async () => {
      await context(...flags(), '--apply');
      const bare = ['context', 'update', 'remote', '--docker', `host=tcp://${host()}`];
      expect(await docker(build, bare, { HOME: home })).toMatchObject({ code: 0 });
      expect((await version({}, ['--context', 'remote'])).code).not.toBe(0);
      const { differences } = JSON.parse((await context(...flags(), '--apply', '--json')).stdout);
      expect(differences).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
      expect(await version({}, ['--context', 'remote'])).toEqual(answered);
    });

    test('checks the server again where it was told not to', async () => {
      const { ca, certificate, key } = await readCredentials('client', { directory: renewed() });
      const skipping = `host=tcp://${host()},ca=${ca},cert=${certificate},key=${key},skip-tls-verify=true`;
      await docker(build, ['context', 'create', 'remote', '--docker', skipping], { HOME: home });
      const options = { directory: renewed(), docker: build.docker, configDirectory: join(home, '.docker') };
      expect(await syncContext('remote', { ...options, apply: true })).toMatchObject({
        differences: ['skip-tls-verify'],
      });
      expect(await syncContext('remote', options)).toMatchObject({
        ...{ state: 'current', commands: [], applied: false },
      });
    });

    leftToWhole('lies where DOCKER_CONFIG says', async () => {
      const elsewhere = join(temporary(), 'elsewhere');
      env['DOCKER_CONFIG'] = elsewhere;
      await context(...flags(), '--apply');
      expect(await readdir(elsewhere)).toContain('contexts');
      expect(await list()).toBe('default\n');
    });

    test('has a name that docker takes', async () => {
      const configDirectory = join(home, '.docker');
      const options = { directory: set(), host: host(), docker: build.docker, configDirectory };
      for (const name of ['default', 'a', 'a b', '.a', 'a:b', 'ä1']) {
        const refused = await docker(build, ['context', 'create', '--', name], { HOME: home });
        expect(refused.code).not.toBe(0);
        expect(await errorOf(() => syncContext(name, options))).toMatchObject({ option: 'context' });
      }
      const names = ['0_-', 'A.b', 'a+b', 'ab', 'x'.repeat(200)];
      for (const name of names) await syncContext(name, { ...options, apply: true });
      expect((await list()).trim().split('\n')).toEqual(expect.arrayContaining(names));
    });

    test.each([
      ['belongs to another user', (path: string) => chown(path, 65534, 65534)],
      ['others can write in', (path: string) => chmod(path, 0o777)],
    ])('is not put into a directory that %s', async (_, change) => {
      const configDirectory = join(home, 'others');
      await mkdir(join(configDirectory, 'contexts', 'tls'), { recursive: true });
      await change(join(configDirectory, 'contexts', 'tls'));
      const options = { directory: set(), host: host(), apply: true, docker: build.docker, configDirectory };
      expect(await errorOf(() => syncContext('remote', options))).toMatchObject({
        code: 'ERR_UNSAFE',
        path: join(configDirectory, 'contexts', 'tls'),
      });
      expect(await readdir(join(configDirectory, 'contexts'))).toEqual(['tls']);
      await rm(configDirectory, { recursive: true });
    });

    test('that docker refuses to make is told in its words', async () => {
      const options = { directory: set(), host: host(), apply: true, configDirectory: join(home, 'odd') };
      await mkdir(join(home, 'odd'));
      await writeFile(join(home, 'odd', 'contexts'), '');
      const error = await errorOf(() => syncContext('remote', { ...options, docker: build.docker }));
      expect(error).toMatchObject({
        code: 'ERR_DOCKER_FAILED',
        message: expect.stringMatching(/context create remote .* failed: .*not a directory/),
      });
    });
  });

  describe('the piece for', () => {
    const snippet = async (name: string): Promise<string> => (await run('snippet', name, ...flags())).stdout;

    test('curl gets an answer', async () => {
      const { code, stdout, stderr } = await shell(temporary(), await snippet('curl'));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(JSON.parse(stdout)).toHaveProperty('ApiVersion');
    });

    test('Node gets an answer', async () => {
      await symlink(
        fileURLToPath(new URL('../../node_modules', import.meta.url)),
        join(temporary(), 'node_modules'),
      );
      await writeFile(join(temporary(), 'piece.mjs'), await snippet('node'));
      const { stdout } = await promisify(execFile)(process.execPath, ['piece.mjs'], { cwd: temporary() });
      expect(stdout).toMatch(/ApiVersion: '/);
    });

    test('Python gets an answer', async () => {
      await writeFile(join(temporary(), 'piece.py'), await snippet('python'));
      // REQUESTS_CA_BUNDLE would win over the CA in it.
      const options = { cwd: temporary(), env: { PATH: process.env['PATH'] } };
      const { stdout } = await promisify(execFile)('python3', ['piece.py'], options);
      expect(stdout).toMatch(/'ApiVersion': '/);
    });

    afterEach(async () => {
      await rm(join(temporary(), 'node_modules'), { force: true });
    });
  });
});

test('without docker, a context says that it does not exist', async () => {
  const flags = ['--dir', set(), '--host', 'docker.example', '--apply'];
  const outcome = await program(temporary(), ['context', 'remote', ...flags], {
    env: { PATH: '/nowhere', HOME: temporary() },
  });
  expect(outcome).toMatchObject({
    code: 1,
    stdout: '',
    stderr: 'error: cannot start docker: it does not exist\nhint: install it, or run this where docker is\n',
  });
});
