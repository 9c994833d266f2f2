import { describe, expect, test } from '@jest/globals';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { opensslOutput } from '../support/openssl.js';
import { quick, shell } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { rows } from '../support/form.js';
import { certificate, names } from './certificates.js';
import { sixFiles } from './six-files.js';

const { program, succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();

describe('all', () => {
  test('makes the six files with their modes, and nothing beside them', async () => {
    const { code, stdout } = await program(temporary(), ['all', ...quick]);
    expect(code).toBe(0);
    for (const file of Object.keys(sixFiles).slice(1)) expect(stdout).toContain(`  ${file} `);
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);
    expect(Object.keys(await modes(temporary())).filter((path) => !path.startsWith('docker-tls'))).toEqual([
      '/',
    ]);
  });

  test('makes certificates that verify', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    const directory = join(temporary(), 'docker-tls');
    const verified = await opensslOutput(['verify', '-CAfile', 'ca.pem', 'server-cert.pem'], directory);
    expect(verified).toContain('server-cert.pem: OK');
    expect(await opensslOutput(['verify', '-CAfile', 'ca.pem', 'cert.pem'], directory)).toContain(
      'cert.pem: OK',
    );
  });

  test('puts them where --dir says, and makes the directories above it', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['all', ...quick, '--dir', 'some/where']);
    expect(await modes(join(temporary(), 'some', 'where'))).toEqual(sixFiles);
    expect(stdout).toContain(`Created in ${join(temporary(), 'some', 'where')}:`);
  });

  test('without --host is for this machine, and says so', async () => {
    const { stderr } = await succeeds(temporary(), ['all', '--key', 'ec:p256', '--no-passphrase']);
    expect(stderr).toContain('note: no --host given: the certificate is for this machine, ');
    expect(names(await certificate(temporary(), 'server-cert.pem'))[0]).toBe(
      `DNS:${hostname().toLowerCase()}`,
    );
  });
});

describe('what to do next', () => {
  /** The line of stdout that begins with `word`, without its indentation. */
  const lineOf = (stdout: string, word: string): string =>
    stdout
      .split('\n')
      .map((line) => line.trim())
      .find((line) => line.startsWith(word)) ?? '';

  test.each(
    rows(
      ['docker-tls', 'with a blank', `it's "quoted"`, '$HOME', 'a;b&c', '-dir', 'größe', 'back\\slash'],
      3,
    ),
  )('is ready to be copied where the directory is called %j', async (name) => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['all', ...quick, `--dir=${name}`]);
    const directory = join(temporary(), name);

    const exported = await shell(
      temporary(),
      `${lineOf(stdout, 'export ')}\nprintf '%s\\n' "$DOCKER_HOST" "$DOCKER_TLS_VERIFY" "$DOCKER_CERT_PATH"`,
    );
    expect(exported.stdout).toBe(`tcp://docker.example:2376\n1\n${directory}\n`);

    const alone = await oneProcess.succeeds(temporary(), ['server', `--dir=${name}`]);
    const lines = `${stdout}\n${alone.stdout}`
      .split('\n')
      .filter((line) => line.startsWith('  docker-tls-openssl '));
    const typed = await shell(
      temporary(),
      `unalias docker-tls-openssl\nprinted() { printf '%s\\0' "$@"; echo; }
${lines.join('\n').replaceAll('docker-tls-openssl ', 'printed ')}`,
    );
    expect(
      typed.stdout
        .trimEnd()
        .split('\0\n')
        .map((words) => words.split('\0').filter(Boolean)),
    ).toEqual([
      ['install', 'daemon', '--apply', '--restart', '--dir', directory],
      ['bundle', '--server', '--dir', directory],
      ['bundle', '--dir', directory],
      ['connect', 'tcp://docker.example:2376', '--dir', directory],
      ['renew', '--install-timer', '--apply', '--dir', directory],
      ['install', 'daemon', '--apply', '--restart', '--dir', directory],
      ['bundle', '--server', '--dir', directory],
    ]);
  });

  test('of a named set names it in each command', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['all', ...quick, '--name', 'web1']);
    const where = `--dir ${join(temporary(), 'docker-tls')}`;
    expect(stdout).not.toContain('dockerd ');
    expect(stdout).toContain(`  docker-tls-openssl install daemon --name web1 --apply --restart ${where}\n`);
    expect(stdout).toContain(`  docker-tls-openssl bundle web1 --server ${where}\n`);
    expect(stdout).toContain(`  docker-tls-openssl connect tcp://docker.example:2376 --name web1 ${where}\n`);
  });

  test('names an IPv6 address in brackets', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), [
      ...['all', '--ip', '2001:db8::1', '--key', 'ec:p256', '--no-passphrase'],
    ]);
    const { stdout: host } = await shell(
      temporary(),
      `${lineOf(stdout, 'export ')}\nprintf %s "$DOCKER_HOST"`,
    );
    expect(host).toBe('tcp://[2001:db8::1]:2376');
  });

  test('names the directory of a further server and a further client', async () => {
    await oneProcess.succeeds(temporary(), ['ca', '--key', 'ec:p256', '--no-passphrase']);
    const server = await oneProcess.succeeds(temporary(), [
      ...['server', '--name', 'web1', '--host', 'web1.example', '--key', 'ec:p256'],
    ]);
    expect(lineOf(server.stdout, 'docker-tls-openssl install')).toContain(' --name web1 ');
    expect(lineOf(server.stdout, 'docker-tls-openssl bundle')).toContain(' web1 --server ');
    const client = await oneProcess.succeeds(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256']);
    expect(lineOf(client.stdout, 'docker-tls-openssl bundle')).toContain(' alice ');
    expect(lineOf(client.stdout, 'export ')).toMatch(/\/docker-tls\/clients\/alice$/);
  });
});

describe('a directory that already exists', () => {
  test('is used as it is', async () => {
    await mkdir(join(temporary(), 'docker-tls'), { mode: 0o755 });
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual({ ...sixFiles, '/': '0755' });
  });
});
