import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../lib/index.js';
import { useOneProcess } from '../support/one-process.js';
import { quick, shell } from '../support/program.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(temporary(), ...names);

beforeAll(async () => {
  await oneProcess.succeeds(shared(), ['all', ...quick]);
  await oneProcess.succeeds(shared(), ['client', '--name', 'alice', '--key', 'ec:p256']);
  await oneProcess.succeeds(shared(), ['server', '--name', 'web1', '--host', 'web1', '--key', 'ec:p256']);
});
beforeEach(async () => {
  await cp(join(shared(), 'docker-tls'), at('docker-tls'), { recursive: true });
});

/** As tar lists it: mode, owner, name. */
function listed(path: string): string[] {
  const lines = execFileSync('tar', ['-tvzf', path, '--numeric-owner'], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.map((line) => line.replace(/^(\S+) (\S+) .* (\S+)$/, '$1 $2 $3'));
}

const ofClient = ['-r--r--r-- 0/0 ca.pem', '-r--r--r-- 0/0 cert.pem', '-r-------- 0/0 key.pem'];
const ofServer = ['-r--r--r-- 0/0 ca.pem', '-r--r--r-- 0/0 server-cert.pem', '-r-------- 0/0 server-key.pem'];

test.each([
  [[], 'client.tar.gz', ofClient, 'docker-tls/key.pem'],
  [['alice'], 'alice.tar.gz', ofClient, 'docker-tls/clients/alice/key.pem'],
  [['--server'], 'server.tar.gz', ofServer, 'docker-tls/server-key.pem'],
  [['web1', '--server'], 'web1.tar.gz', ofServer, 'docker-tls/servers/web1/server-key.pem'],
])('with %j it makes %s of just the three files', async (args, file, files, key) => {
  const { stdout, stderr } = await oneProcess.succeeds(temporary(), ['bundle', ...args]);
  expect(stdout).toContain(`Created ${file}:\n`);
  expect(stderr).toMatch(/^note: it contains the (client|server)'s private key: /);
  expect(listed(at(file))).toEqual(files);
  expect((await modes(temporary()))[file]).toBe('0600');
  execFileSync('tar', ['-xzf', at(file), '-C', temporary()]);
  expect(await readFile(at(files[2]!.split(' ')[2]!))).toEqual(await readFile(at(key)));
});

test('is unpacked by the line that it prints', async () => {
  const { stdout } = await oneProcess.succeeds(temporary(), ['bundle', '--output', 'a b.tar.gz']);
  const lines = stdout.split('On the client:\n')[1]!;
  await mkdir(at('elsewhere'));
  await cp(at('a b.tar.gz'), at('elsewhere', 'a b.tar.gz'));
  const after = await shell(at('elsewhere'), `set -e\n${lines}\necho "$DOCKER_HOST" "$DOCKER_CERT_PATH"`);
  expect(after).toEqual({
    code: 0,
    stdout: `tcp://docker.example:2376 ${at('elsewhere', 'docker-tls')}\n`,
    stderr: '',
  });
  expect(await modes(at('elsewhere', 'docker-tls'))).toMatchObject({ '/': '0700', 'key.pem': '0400' });
});

test('of a server is installed by the lines that it prints', async () => {
  const { stdout } = await oneProcess.succeeds(temporary(), ['bundle', '--server']);
  const [unpack = '', install = ''] = stdout
    .split('On the Docker host, as root:\n')[1]!
    .replaceAll('/root/docker-tls', at('unpacked'))
    .trimEnd()
    .split('\n');
  expect(await shell(temporary(), unpack)).toMatchObject({ code: 0 });
  expect(await modes(at('unpacked'))).toMatchObject({ '/': '0700', 'server-key.pem': '0400' });
  await mkdir(at('image', 'etc'), { recursive: true });
  const image = install.replace('--restart', `--root ${at('image')} --dockerd none`);
  expect(await shell(temporary(), image)).toMatchObject({ code: 0 });
  expect(await modes(at('image', 'etc', 'docker', 'tls'))).toMatchObject({ 'server-key.pem': '0400' });
});

test("gives a tutorial's files Docker's names", async () => {
  const text = ['all', '--recipe', 'openssl-cnf', '--ip', '10.0.0.5', '--dir', 'text'];
  await oneProcess.succeeds(temporary(), text);
  await oneProcess.succeeds(temporary(), ['bundle', '--server', '--dir', 'text']);
  expect(listed(at('server.tar.gz')).map((line) => line.split(' ')[2])).toEqual([
    'ca.pem',
    'server-cert.pem',
    'server-key.pem',
  ]);
});

test('is the same of the same files', async () => {
  const [one, two] = [
    await bundle('client', { directory: at('docker-tls') }),
    await bundle('client', { directory: at('docker-tls') }),
  ];
  expect(one.bytes.equals(two.bytes)).toBe(true);
});

test('goes to stdout with -', async () => {
  const line = 'docker-tls-openssl bundle alice --output - | tar -tzf - | sort | tr "\\n" " "';
  expect(await shell(temporary(), line)).toEqual({ code: 0, stdout: 'ca.pem cert.pem key.pem ', stderr: '' });
  expect(await modes(temporary())).not.toHaveProperty('alice.tar.gz');
});

test('tells the same as JSON', async () => {
  const { stdout, stderr } = await oneProcess.succeeds(temporary(), ['bundle', 'alice', '--json']);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    ok: true,
    command: 'bundle',
    dryRun: false,
    role: 'client',
    path: at('alice.tar.gz'),
    layout: 'docker',
    format: 'tar.gz',
    encryption: null,
    recipients: [],
    files: [
      { name: 'ca.pem', from: at('docker-tls/clients/alice/ca.pem'), mode: '0444' },
      { name: 'cert.pem', from: at('docker-tls/clients/alice/cert.pem'), mode: '0444' },
      { name: 'key.pem', from: at('docker-tls/clients/alice/key.pem'), mode: '0400' },
    ],
    notes: [],
  });
});

describe('a file that is there', () => {
  test('stays, unless --overwrite', async () => {
    await writeFile(at('client.tar.gz'), 'mine');
    expect(await oneProcess.refuses(temporary(), 1, ['bundle'])).toContain('or replace it with --overwrite');
    await oneProcess.succeeds(temporary(), ['bundle', '--overwrite']);
    expect(listed(at('client.tar.gz'))).toEqual(ofClient);
    expect((await modes(temporary()))['client.tar.gz']).toBe('0600');
  });
});

test('can lie where others write, too, for they cannot read it', async () => {
  await mkdir(at('shared'));
  await chmod(at('shared'), 0o1777);
  await oneProcess.succeeds(temporary(), ['bundle', '--output', 'shared/x.tar.gz']);
  expect((await modes(temporary()))['shared/x.tar.gz']).toBe('0600');
});

test('of a length that fills whole blocks is an archive all the same', async () => {
  // 10240 bytes is what tar archives are a multiple of: three headers and three files that come to just that.
  const ca = await readFile(at('docker-tls', 'ca.pem'), 'utf8');
  await chmod(at('docker-tls', 'ca.pem'), 0o644);
  await writeFile(at('docker-tls', 'ca.pem'), `${ca}${'\n'.repeat(6656 - ca.length)}`);
  await oneProcess.succeeds(temporary(), ['bundle']);
  const { stdout, stderr } = await shell(temporary(), 'tar -tzf client.tar.gz');
  expect({ stdout, stderr }).toEqual({ stdout: 'ca.pem\ncert.pem\nkey.pem\n', stderr: '' });
});

test.each([
  [['nobody'], 1, /create it with `docker-tls-openssl client --name nobody`/],
  [['nobody', '--server'], 1, /server --name nobody/],
  [['../x'], 2, /cannot be used as a name/],
  [['--output', '-', '--json'], 2, /cannot both write to stdout/],
])('%j is an error', async (args, code, said) => {
  const outcome = await oneProcess.program(temporary(), ['bundle', ...args]);
  expect(outcome.code).toBe(code);
  expect(`${outcome.stdout}${outcome.stderr}`).toMatch(said);
});

test('--dry-run says what would be packed, and writes nothing', async () => {
  const { stdout, stderr } = await oneProcess.succeeds(temporary(), ['bundle', '--dry-run']);
  expect({ stdout, stderr }).toEqual({
    stdout:
      '  ca.pem    0444  from docker-tls/ca.pem\n  cert.pem  0444  from docker-tls/cert.pem\n  key.pem   0400  from docker-tls/key.pem\n' +
      'Preview: these files would be packed into client.tar.gz.\n',
    stderr: '',
  });
  const shown = JSON.parse(
    (await oneProcess.succeeds(temporary(), ['bundle', '--dry-run', '--json'])).stdout,
  ) as object;
  expect(shown).toMatchObject({ ok: true, dryRun: true });
  expect(Object.keys(await modes(temporary()))).not.toContain('client.tar.gz');
});
