import { beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeSet } from '../support/made-sets.js';
import { useOneProcess } from '../support/one-process.js';
import { hintedCommand, shell, type Outcome } from '../support/program.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(temporary(), ...names);
const docker = (...names: string[]): string => at('home', '.docker', ...names);
const env = (): { env: Record<string, string> } => ({ env: { HOME: at('home') } });
const install = (...args: string[]): Promise<Outcome> =>
  oneProcess.succeeds(temporary(), ['install', 'client', ...args], env());

beforeEach(async () => {
  await mkdir(at('home'));
  await makeSet(request(temporary()));
});

test('says what it would do and how to do it, and changes nothing', async () => {
  const before = await tree(temporary());
  const outcomes = [await install(), await install('--dry-run')];
  for (const { stdout, stderr } of outcomes) {
    expect(stdout).toBe(
      [
        `Preview: these files would be copied to ${docker()}:`,
        '  ca.pem    0444  from docker-tls/ca.pem',
        '  cert.pem  0444  from docker-tls/cert.pem',
        '  key.pem   0400  from docker-tls/key.pem',
        '',
        'To apply:',
        '  docker-tls-openssl install client --apply\n',
      ].join('\n'),
    );
    expect(stderr).toBe('');
  }
  expect(await tree(temporary())).toEqual(before);
  const command = outcomes[0]!.stdout.trim().split('\n').at(-1)!;
  expect(await shell(temporary(), command, env())).toMatchObject({ code: 0 });
  expect(await modes(docker())).toEqual({
    '/': '0700',
    'ca.pem': '0444',
    'cert.pem': '0444',
    'key.pem': '0400',
  });
});

test('puts the very files there, and says how to use them', async () => {
  const { stdout } = await install('--apply');
  expect(stdout).toContain(
    '\nTo use it:\n  export DOCKER_HOST=tcp://docker.example:2376 DOCKER_TLS_VERIFY=1\n',
  );
  for (const name of ['ca.pem', 'cert.pem', 'key.pem'])
    expect(await readFile(docker(name))).toEqual(await readFile(at('docker-tls', name)));
});

test('again changes nothing', async () => {
  await install('--apply');
  const before = await tree(temporary());
  for (const args of [[], ['--apply']])
    expect((await install(...args)).stdout).toContain(
      `Nothing to do: all three files are already in ${docker()}.\n`,
    );
  expect(await tree(temporary())).toEqual(before);
});

test('keeps what was there beside it', async () => {
  await mkdir(docker());
  await writeFile(docker('key.pem'), 'my own', { mode: 0o600 });
  const { files } = JSON.parse((await install('--apply', '--json')).stdout) as {
    files: { name: string; state: string; aside: string | null }[];
  };
  expect(files.map(({ name, state }) => `${name} ${state}`)).toEqual([
    'ca.pem absent',
    'cert.pem absent',
    'key.pem differs',
  ]);
  const aside = files[2]!.aside!;
  expect(aside).toMatch(/^key\.pem\.before-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
  expect(await readFile(docker(aside), 'utf8')).toBe('my own');
});

test('goes where --to says, and then docker has to be told', async () => {
  const { stdout } = await install('--to', 'certs', '--apply');
  expect(stdout).toContain(`DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${at('certs')}\n`);
  expect(await modes(at('certs'))).toMatchObject({ '/': '0700', 'key.pem': '0400' });
});

test('takes the files of a set of other names, and a further client', async () => {
  const pass = ['--passphrase-file', 'pass'];
  await writeFile(at('pass'), 'correct horse battery\n');
  await oneProcess.succeeds(temporary(), [
    'all',
    '--recipe',
    'training',
    '--host',
    'h',
    ...pass,
    '--dir',
    'training',
  ]);
  await install('--dir', 'training', '--to', 'one', '--apply');
  expect(await readFile(at('one', 'key.pem'))).toEqual(await readFile(at('training', 'client-key.pem')));
  await oneProcess.succeeds(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256']);
  await install('--name', 'alice', '--to', 'two', '--apply');
  expect(await readFile(at('two', 'key.pem'))).toEqual(
    await readFile(at('docker-tls/clients/alice/key.pem')),
  );
});

describe('is refused', () => {
  const said = (...args: string[]): Promise<string> =>
    oneProcess.refuses(temporary(), 1, ['install', 'client', '--apply', ...args], env());

  test('through a link, with the way around it', async () => {
    await mkdir(at('real'), { mode: 0o700 });
    await symlink(at('real'), docker());
    const words = await said();
    expect(words).toContain('it is a symbolic link');
    expect(words).toContain(`name the directory itself: --to ${at('real')}`);
  });

  test('into a directory where others can write', async () => {
    await mkdir(docker());
    await chmod(docker(), 0o777);
    expect(await said()).toContain('others can change it (mode 0777)');
  });

  test('where there is no client', async () => {
    expect(hintedCommand(await said('--name', 'bob'))).toBe('docker-tls-openssl client --name bob`');
  });

  test('with --apply and --dry-run at once', async () => {
    const { code } = await oneProcess.program(
      temporary(),
      ['install', 'client', '--apply', '--dry-run'],
      env(),
    );
    expect(code).toBe(2);
  });

  test('for a host that is none, before anything is done', async () => {
    const args = ['install', 'client', '--apply', '--host', 'a b', '--json'];
    const { code, stdout } = await oneProcess.program(temporary(), args, env());
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
      code: 2,
      ok: false,
      command: 'install client',
      error: { code: 'ERR_INPUT' },
    });
    expect(await modes(at('home'))).toEqual({ '/': expect.any(String) });
  });

  test('without a word of what to install', async () => {
    expect(await oneProcess.refuses(temporary(), 2, ['install'])).toContain(
      'no target was given: expected client or daemon',
    );
  });
});
