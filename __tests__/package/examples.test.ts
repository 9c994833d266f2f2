import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const shared = useSharedDirectory();
const example = (folder: string, name: string, ...args: string[]): ReturnType<typeof command> =>
  command(folder, process.execPath, [join(examples, name), ...args], {});
const run = (name: string, ...args: string[]): ReturnType<typeof command> => example(shared(), name, ...args);

let made: Awaited<ReturnType<typeof command>>;

beforeAll(async () => {
  await writeFile(join(shared(), 'passphrase'), 'correct horse\n', { mode: 0o600 });
  made = await run('make-a-set.mjs', 'docker.example.com', '10.0.0.5');
});

test('each example has a test, and at most forty lines', async () => {
  const names = (await readdir(examples)).filter((name) => name.endsWith('.mjs')).sort();
  expect(names).toEqual([
    'add-a-client.mjs',
    'agent-that-reloads.mjs', // this and those below with a daemon in __tests__/docker/examples.test.ts
    'at-every-start.mjs',
    'call-the-api.mjs',
    'local-socket.mjs',
    'make-a-set.mjs',
    'renew-due.mjs',
    'set-for-a-job.mjs',
    'set-in-memory.mjs',
    'terraform-provider.mjs',
    'uses-a-daemon.test.mjs',
    'verify-a-directory.mjs',
    'watch-and-abort.mjs',
  ]);
  for (const name of names)
    expect((await readFile(join(examples, name), 'utf8')).split('\n').length).toBeLessThanOrEqual(41);
});

describe('make-a-set', () => {
  test('makes six files', () => {
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout.match(/^made .*\.pem$/gm)).toHaveLength(6);
    expect(made.stdout).toContain(`${join(shared(), 'docker-tls')}: 5 names\n`);
  });

  test('keeps them when it runs again', async () => {
    const { code, stdout } = await run('make-a-set.mjs', 'docker.example.com', '10.0.0.5');
    expect(code).toBe(0);
    expect(stdout.match(/^kept .*\.pem$/gm)).toHaveLength(6);
    expect(stdout).not.toContain('made ');
  });

  test('prints the code and the hint of an error', async () => {
    const { code, stderr } = await run('make-a-set.mjs', 'other.example.com');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERR_DIFFERS: .+\n.+/);
  });
});

test('add-a-client packs a new client', async () => {
  const { code, stdout, stderr } = await run('add-a-client.mjs', 'alice');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^alice: valid until .* GMT\nalice\.tar\.gz: ca\.pem, cert\.pem, key\.pem\n$/);
  expect((await stat(join(shared(), 'alice.tar.gz'))).mode & 0o777).toBe(0o600);
});

test('renew-due renews what is due, and only that', async () => {
  const nothing = await run('renew-due.mjs', 'docker-tls', '30d');
  expect(nothing).toMatchObject({ code: 0, stderr: '' });
  expect(nothing.stdout).toContain('ok server-cert.pem 364 days left\n');
  expect(nothing.stdout).not.toContain('renewed');

  const all = await run('renew-due.mjs', 'docker-tls', '1000d');
  expect(all).toMatchObject({ code: 0, stderr: '' });
  expect(all.stdout).toContain('renewed server-cert.pem for 365 days\n');
  expect(all.stdout).toMatch(/^replaced files: archive\/.+$/m);
});

describe('verify-a-directory', () => {
  test('prints nothing but the counts of a good one', async () => {
    const { code, stdout } = await run('verify-a-directory.mjs', 'docker-tls');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ certificates, \d+ keys, 0 findings\n$/);
  });

  test('exits with 4 where a file is damaged', async () => {
    await mkdir(join(shared(), 'damaged'));
    await writeFile(join(shared(), 'damaged', 'cert.pem'), '-----BEGIN CERTIFICATE-----\n');
    await writeFile(
      join(shared(), 'damaged', 'ca.pem'),
      await readFile(join(shared(), 'docker-tls', 'ca.pem')),
    );
    const { code, stdout } = await run('verify-a-directory.mjs', 'damaged');
    expect(code).toBe(4);
    expect(stdout).toMatch(/^error damaged: cert\.pem: .+\n {2}fix: .+$/m);
  });
});

test('set-for-a-job removes its files, also where the job fails', async () => {
  const { code, stdout, stderr } = await run(
    'set-for-a-job.mjs',
    'test -f "$DOCKER_CERT_PATH/key.pem" && echo there',
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [, path = ''] = /^there\nremoved (\S+)\n$/.exec(stdout) ?? [];
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await run('set-for-a-job.mjs', 'exit 3')).toMatchObject({
    code: 3,
    stdout: expect.stringMatching(/^removed/),
  });
});

test('set-in-memory prints a set as JSON, and leaves nothing behind', async () => {
  const { code, stdout, stderr } = await run('set-in-memory.mjs', 'docker.example.com');
  expect(code).toBe(0);
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
    'ca.pem',
    'server-cert.pem',
    'server-key.pem',
    'cert.pem',
    'key.pem',
  ]);
  expect(stderr).toMatch(/^openssl genpkey [^]*^5 files, none on disk\n$/m);
});

describe('watch-and-abort', () => {
  const folder = (): string => join(shared(), 'watched');

  test('prints the steps', async () => {
    await mkdir(folder());
    const { code, stdout } = await example(folder(), 'watch-and-abort.mjs', 'docker.example.com');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ steps\n/);
    expect(stdout).toMatch(/^\$ openssl genpkey .*-out server-key\.pem/m);
    expect(stdout).toMatch(/^6 files$/m);
  });

  test('leaves nothing behind when its time is over', async () => {
    const late = join(shared(), 'late');
    await mkdir(late);
    const { code, stderr } = await example(late, 'watch-and-abort.mjs', 'late.example.com', '1');
    expect({ code, stderr }).toEqual({ code: 130, stderr: 'aborted: nothing was changed\n' });
    expect(await readdir(late)).toEqual([]);
  });
});
