import { beforeAll, describe, expect, test } from '@jest/globals';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useOneProcess } from '../support/one-process.js';
import { quick, shell, type Outcome } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(shared(), ...names);
const daemon = (...args: string[]): Promise<Outcome> => oneProcess.succeeds(shared(), ['daemon', ...args]);

beforeAll(async () => {
  await oneProcess.succeeds(shared(), ['all', ...quick]);
  await oneProcess.succeeds(shared(), ['server', '--name', 'web1', '--host', 'web1', '--key', 'ec:p256']);
  await cp(at('docker-tls'), at('my tls'), { recursive: true });
});

test('prints all four texts, each under where it belongs', async () => {
  const { stdout, stderr } = await daemon();
  const headings = stdout.split('\n').filter((line) => /^\S/.test(line));
  expect(headings).toEqual([
    'Command line:',
    '/etc/docker/daemon.json:',
    '/etc/systemd/system/docker.service.d/tls.conf:',
    '/etc/sysconfig/docker:',
  ]);
  expect(stderr).toMatch(/^note: set the hosts in one place only: /);
});

describe('--format', () => {
  const words = `--tlsverify --tlscacert=DIR/ca.pem --tlscert=DIR/server-cert.pem --tlskey=DIR/server-key.pem -H unix:///var/run/docker.sock -H tcp://0.0.0.0:2376`;

  test.each([
    ['command', `dockerd ${words}\n`],
    ['systemd', `[Service]\nExecStart=\nExecStart=/usr/bin/dockerd ${words}\n`],
    ['sysconfig', `OPTIONS="${words}"\n`],
  ])('%s prints just that', async (format, expected) => {
    expect(await daemon('--format', format)).toEqual({
      code: 0,
      stdout: expected.replaceAll('DIR', at('docker-tls')),
      stderr: '',
    });
  });

  test('json prints just that, and the note is not in it', async () => {
    const { stdout, stderr } = await daemon('--format', 'json', '--name', 'web1');
    expect(JSON.parse(stdout)).toEqual({
      tlsverify: true,
      tlscacert: at('docker-tls/servers/web1/ca.pem'),
      tlscert: at('docker-tls/servers/web1/server-cert.pem'),
      tlskey: at('docker-tls/servers/web1/server-key.pem'),
      hosts: ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2376'],
    });
    expect(stderr).toMatch(/^note: set the hosts in one place only: /);
  });

  test('sysconfig gives a shell that reads it the words that are meant', async () => {
    const line =
      'docker-tls-openssl daemon --format sysconfig > options\n. ./options\nprintf "%s\\n" dockerd $OPTIONS';
    const { stdout } = await shell(shared(), line);
    const { stdout: command } = await daemon('--format', 'command');
    expect(stdout.trim().split('\n')).toEqual(command.trim().split(' '));
  });
});

describe('the mode that leaves the host open', () => {
  test.each([[], ['--format', 'command'], ['--format', 'systemd']])(
    'is warned of with %j',
    async (...args) => {
      const { stderr } = await daemon('--mode', 'tls', ...args);
      expect(stderr).toMatch(
        /^warning: clients are not authenticated: anyone who can reach port 2376 is root on the host/,
      );
    },
  );

  test('says in JSON what it is', async () => {
    const { stdout } = await daemon('--mode', 'tls', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      mode: 'tls',
      warning: expect.stringContaining('not authenticated'),
      daemonJson: { tls: true, tlsverify: false },
      texts: { command: expect.stringContaining(' --tls --tlsverify=false ') },
    });
  });
});

describe('a path with a blank', () => {
  test('cannot stand in OPTIONS', async () => {
    expect(
      await oneProcess.program(shared(), ['daemon', '--dir', 'my tls', '--format', 'sysconfig']),
    ).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: --dir: ".*my tls.*" cannot be written in OPTIONS.*\nhint: put the certificates in a path without this character, .* or use --format json/,
      ),
    });
  });

  test('is said where they would stand, and the others are printed', async () => {
    const { stdout } = await daemon('--dir', 'my tls');
    expect(stdout.match(/\(none: /g)).toHaveLength(1);
    const { texts } = JSON.parse((await daemon('--dir', 'my tls', '--json')).stdout) as { texts: object };
    expect(texts).toMatchObject({
      sysconfig: null,
      systemd: expect.stringMatching(/ "--tlscacert=.*my tls/),
      command: expect.any(String),
    });
  });
});

test('systemd understands the drop-in', async () => {
  await mkdir(at('docker.service.d'));
  await writeFile(at('docker.service'), '[Service]\nExecStart=/bin/false -H fd://\n');
  const { stdout } = await daemon('--format', 'systemd', '--dockerd', '/bin/true');
  await writeFile(at('docker.service.d', 'tls.conf'), stdout);
  const { code, stderr } = await shell(shared(), 'systemd-analyze verify ./docker.service');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

describe('--for podman', () => {
  const words = `system service --time=0 --tls-cert=DIR/server-cert.pem --tls-key=DIR/server-key.pem --tls-client-ca=DIR/ca.pem tcp://0.0.0.0:2376`;
  const shown = async (...args: string[]): Promise<string> =>
    (await daemon('--for', 'podman', ...args)).stdout.replaceAll(at('docker-tls'), 'DIR');

  test('prints a command line and a unit, together and each by itself', async () => {
    const command = `podman ${words}\n`;
    const unit = await shown('--format', 'systemd', '--podman', '/opt/podman');
    expect(await shown('--format', 'command')).toBe(command);
    expect(unit).toMatch(/^# Made by docker-tls-openssl\.\n\[Unit\]\n[^]*\nWantedBy=multi-user\.target\n$/);
    expect(unit).toContain(`\nExecStart=/opt/podman ${words}\n`);
    expect(await shown()).toContain('\n/etc/systemd/system/podman-tls.service:\n  # Made by');
    const { texts, ...json } = JSON.parse(await shown('--json')) as { texts: object };
    expect(json).toMatchObject({ for: 'podman', mode: 'tlsverify', warning: null, daemonJson: null });
    expect(texts).toEqual({
      ...{ command, json: null, sysconfig: null },
      systemd: unit.replace('/opt/podman', '/usr/bin/podman'),
    });
  });

  test('--mode tls leaves the CA of the clients out, and warns', async () => {
    const { stdout, stderr } = await daemon('--for', 'podman', '--mode', 'tls', '--format', 'command');
    expect(stdout).not.toContain('--tls-client-ca');
    expect(stderr).toMatch(/^warning: clients are not authenticated: .* controls Podman/);
  });

  test.each([
    [['--for', 'podman', '--format', 'json'], '--format json: Podman has no such file'],
    [['--for', 'podman', '--dockerd', '/usr/bin/dockerd'], '--dockerd says nothing about podman'],
    [['--podman', '/usr/bin/podman'], '--podman says nothing about docker'],
    [['--for', 'podman', '--podman', 'podman'], '--podman: "podman" is not an absolute path'],
  ])('%j is refused', async (args, why) => {
    expect(await oneProcess.refuses(shared(), 2, ['daemon', ...args])).toContain(`error: ${why}`);
  });
});
