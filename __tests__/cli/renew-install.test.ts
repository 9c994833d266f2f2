import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { debian, makeImage } from '../support/host-images.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { ownEtc } from '../support/own-etc.js';
import { main, quick, type Outcome } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const { succeeds } = useProgram();
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const read = (...names: string[]): Promise<string> => readFile(at(...names), 'utf8');
const renewInstall = '`docker-tls-openssl renew --install`';
let daemon: Server;
/** Its local socket, which answers once it is up. */
let local: HttpServer;

/** Lets the daemon have what lies at a path: what it reads when it starts. */
async function serve(folder: string): Promise<void> {
  const [cert, key, ca] = await Promise.all(
    ['server-cert.pem', 'server-key.pem', 'ca.pem'].map((name) => read(folder, name)),
  );
  daemon.setSecureContext({ cert, key, ca });
}

const copy = 'host/etc/docker/tls';
const units = 'host/etc/systemd/system';
const unit = (kind: string): string => `${units}/docker-tls-openssl-renew.${kind}`;

/** A process as on the host: its directories are there, and a Docker socket. */
const onTheHost = useOneProcess({}, () => {
  const script =
    ownEtc +
    'mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system && touch /run/docker.sock && mount --bind "$1" /run/docker.sock; ' +
    'for d in /etc/docker /etc/systemd/system /lib/systemd/system; do mkdir -p $d && mount --bind "$0$d" $d || exit 9; done; ' +
    'shift; exec "$@"';
  return ['unshare', '-m', 'sh', '-c', script, at('host'), at('docker.sock')];
});

/** Runs the program there, with a systemctl that notes what it is told. */
async function onHost(...args: string[]): Promise<Outcome> {
  return onTheHost.program(shared(), args, { env: { PATH: `${at('bin')}:${process.env['PATH'] ?? ''}` } });
}

/** What systemctl was told since the last look. */
async function told(): Promise<string> {
  const text = await read('log').catch(() => '');
  await rm(at('log'), { force: true });
  return text;
}

async function restartFails(fails: boolean): Promise<void> {
  const deed = fails ? 'echo "Job for docker.service failed." >&2; exit 1' : ':';
  const text = `#!/bin/sh
case "$*" in
show*) printf 'ActiveState=active\\nSubState=running\\n'; exit ;;
list-units* | is-active* | 'reset-failed docker.s'* | 'stop docker.service' | 'restart docker.socket') exit ;;
esac
echo "$@" >> '${at('log')}'\nif [ "$1" = restart ]; then ${deed}; fi\n`;
  await writeFile(at('bin/systemctl'), text, { mode: 0o755 });
}

const isCurrent = async (): Promise<boolean> => {
  const names = ['ca.pem', 'server-cert.pem', 'server-key.pem'];
  const pairs = names.map(async (name) => (await read('docker-tls', name)) === (await read(copy, name)));
  return (await Promise.all(pairs)).every(Boolean);
};

beforeAll(async () => {
  await succeeds(shared(), ['all', ...quick, '--host', '127.0.0.1']);
  await makeImage(at('host'), debian);
  for (const folder of ['bin', 'host/etc/docker', units]) await mkdir(at(folder), { recursive: true });
  await restartFails(false);
  daemon = createServer({ ca: await read('docker-tls/ca.pem'), requestCert: true });
  daemon.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(daemon, 'listening');
  local = createHttpServer((_, response) => response.end('OK')).listen(at('docker.sock'));
  await once(local, 'listening');
  await serve('docker-tls');
});
afterAll(() => {
  daemon.close();
  local.close();
});
beforeEach(async () => {
  await told();
});

const listen = (): string => `127.0.0.1:${(daemon.address() as AddressInfo).port}`;

test('without `install daemon` there is nothing to bring a renewal to', async () => {
  const before = await read('docker-tls/server-cert.pem');
  const { code, stderr } = await onHost('renew', 'server', '--install');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /^error: this program installed nothing in .*\nhint: nothing was changed; /,
    ),
  });
  expect(await read('docker-tls/server-cert.pem')).toBe(before);
});

describe('a daemon that `install daemon` has set up', () => {
  beforeAll(async () => {
    const args = ['--listen', listen(), '--dockerd', '/none', '--apply'];
    expect(await onHost('install', 'daemon', ...args)).toMatchObject({ code: 0 });
  });

  test('is known by every hint once its copy is older than the set', async () => {
    const daemonJson = await read('host/etc/docker/daemon.json');
    const renewal = await onHost('renew', 'server');
    expect(renewal.stdout).toContain(`update it, and restart the daemon, with ${renewInstall}.`);
    expect(await isCurrent()).toBe(false);
    const doctor = await onHost('doctor');
    expect(doctor.stdout).toContain(
      `server-cert.pem does not match ${at('docker-tls')}; the daemon serves the copy`,
    );
    expect(doctor.stdout).toContain(`fix: copy it there, and restart the daemon: ${renewInstall}\n`);
    const connect = await onHost('connect', listen(), '--timeout', '1');
    expect(connect.stdout).toContain(`fix: ${renewInstall} copies it there, and restarts the daemon\n`);
    expect(connect.stdout).not.toContain('systemctl');

    // Nothing is due, and yet there is something to bring; a restart that was missed is made up for.
    const shown = await onHost('renew', '--install', '--dry-run');
    expect(shown.stderr).toMatch(
      /Then these files would be updated.*\n {2}\/etc\/docker\/tls\/server-cert\.pem /,
    );
    expect(await isCurrent()).toBe(false);
    expect(await onHost('renew', '--install')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(
        'Installed in /etc/docker/tls: server-cert.pem. The daemon was restarted.\n',
      ),
    });
    expect(await isCurrent()).toBe(true);
    expect(await told()).toBe('daemon-reload\nrestart docker.service\n');
    expect((await onHost('doctor')).stdout).toContain('it was not restarted since');
    expect((await onHost('renew', '--install')).stdout).toContain('still served others: it was restarted.\n');
    expect(await told()).toContain('restart docker.service\n');
    await serve(copy);
    expect((await onHost('doctor')).stdout).toContain(
      `matches ${at('docker-tls')}, and the daemon serves it`,
    );
    expect((await onHost('renew', '--install')).stdout).toContain(
      "The daemon's files in /etc/docker/tls are current.",
    );
    expect(await told()).toBe('');
    expect(await read('host/etc/docker/daemon.json')).toBe(daemonJson); // its socket, too
  });

  test('that cannot be restarted leaves the certificates renewed, and says what state each is in', async () => {
    const serial = async (): Promise<string> =>
      new X509Certificate(await read('docker-tls/server-cert.pem')).serialNumber;
    const before = await serial();
    await restartFails(true);
    try {
      const { code, stderr } = await onHost('renew', 'server', '--install', '--quiet');
      expect(code).toBe(1);
      const copies = (await isCurrent()) ? 'the same' : 'the previous ones';
      expect(stderr).toContain(
        `error: the certificates in ${at('docker-tls')} are renewed; /etc/docker/tls holds ${copies}; the daemon still serves the previous one: `,
      );
      expect(stderr).toContain('Job for docker.service failed.');
      expect(await serial()).not.toBe(before);
      const { code: again, stdout } = await onHost('renew', '--install', '--json');
      expect(again).toBe(1);
      expect(JSON.parse(stdout)).toMatchObject({
        ...{ ok: false, renewed: [] },
        installed: { ok: false, serves: 'other', error: { code: 'ERR_DOCKER_FAILED' } },
      });
    } finally {
      await restartFails(false);
    }
    expect(await onHost('renew', '--install')).toMatchObject({ code: 0 });
    expect(await isCurrent()).toBe(true);
    await serve(copy);
  });

  test('gets a new CA, and no files of another set; what somebody changed is left', async () => {
    expect((await onHost('renew', 'ca', '--install')).stdout).toContain(
      'Installed in /etc/docker/tls: ca.pem.',
    );
    expect(await isCurrent()).toBe(true);
    await serve(copy);
    await succeeds(shared(), ['all', ...quick, '--host', '127.0.0.1', '--dir', 'others']);
    const { code, stderr } = await onHost('renew', '--install', '--dir', 'others');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`they came from ${at('docker-tls')}: name it with --dir`),
    });
    const json = await read('host/etc/docker/daemon.json');
    await writeFile(
      at('host/etc/docker/daemon.json'),
      json.replace('"tlsverify": true', '"tlsverify": false'),
    );
    const changed = await onHost('renew', 'server', '--install');
    expect(changed.code).toBe(1);
    expect(changed.stderr).toContain('/etc/docker/daemon.json would have to change, too\n');
    await writeFile(at('host/etc/docker/daemon.json'), json);
    expect(await onHost('renew', '--install')).toMatchObject({ code: 0 });
    await serve(copy);
  });

  test('has a timer that installs, that is replaced, and that goes again', async () => {
    const installed = await onHost('renew', '--install-timer', '--apply');
    expect(installed.code).toBe(0);
    expect(await read(unit('service'))).toContain(
      `ExecStart=${process.execPath} ${main} renew --due --dir ${at('docker-tls')} --quiet --install\n`,
    );
    const paths = ['service', 'timer'].map((kind) => at(unit(kind)));
    execFileSync('systemd-analyze', ['verify', '--man=no', ...paths], { stdio: 'pipe' });
    expect(await told()).toBe('daemon-reload\nenable --now docker-tls-openssl-renew.timer\n');

    const other = await onHost('renew', '--install-timer', '--within', '10d', '--apply');
    expect(other.stdout).toMatch(/^# Installed and started, replacing the previous timer:\n/);
    expect(await read(unit('service'))).toContain(' --within 10d ');
    const names = async (): Promise<string[]> =>
      (await readdir(at(units))).filter((name) => name.startsWith('docker-tls')).sort();
    const both = ['docker-tls-openssl-renew.service', 'docker-tls-openssl-renew.timer'];
    expect(await names()).toEqual(both);
    await writeFile(at(unit('timer')), (await read(unit('timer'))).replace('daily', 'weekly'));
    expect(await onHost('renew', '--install-timer', '--apply')).toMatchObject({ code: 0 });
    expect(await names()).toEqual([...both, expect.stringMatching(/\.timer\.before-/)]);

    const uninstall = await onHost('uninstall', 'daemon');
    expect(uninstall.stdout).toContain('`docker-tls-openssl renew --remove-timer --apply` removes it');
    expect((await onHost('renew', '--remove-timer')).stdout).toMatch(
      /^Preview: --apply stops the timer and removes:/,
    );
    await told();
    expect((await onHost('renew', '--remove-timer', '--apply')).stdout).toMatch(/^Stopped and removed:\n/);
    expect(await told()).toBe(
      'disable --now docker-tls-openssl-renew.timer\ndaemon-reload\nreset-failed docker-tls-openssl-renew.service\n',
    );
    expect(await names()).toEqual([expect.stringMatching(/\.timer\.before-/)]);
    expect(await onHost('renew', '--remove-timer', '--apply')).toEqual({
      ...{ code: 0, stderr: '', stdout: 'No timer is installed. Nothing to do.\n' },
    });
  });

  test("leaves a timer that is somebody else's", async () => {
    const foreign = '[Timer]\nOnCalendar=hourly\n';
    await writeFile(at(unit('timer')), foreign);
    for (const [flag, hint] of [
      [
        '--install-timer',
        'install this one by hand, under another name: print it with --print-timer systemd',
      ],
      ['--remove-timer', 'remove it yourself if you do not need it'],
    ] as const) {
      const { code, stderr } = await onHost('renew', flag, '--apply');
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(
          /^error: another timer already exists, which this program did not create: /,
        ),
      });
      expect(stderr).toContain(`\nhint: nothing was changed; ${hint}\n`);
      expect(await read(unit('timer'))).toBe(foreign);
    }
    await rm(at(unit('timer')));
  });

  test('is found without the path in its record, by its key; and where the set was moved', async () => {
    const record = JSON.parse(await read(copy, 'installed.json')) as { source?: string };
    expect(record.source).toBe(at('docker-tls/server-cert.pem'));
    await rename(at('docker-tls'), at('moved'));
    expect(await onHost('renew', '--install', '--dir', 'moved')).toMatchObject({ code: 0 });
    expect((await onHost('doctor', '--dir', 'nowhere')).stdout).toContain('it was not compared: ');
    await cp(at('moved'), at('docker-tls'), { recursive: true });
    delete record.source;
    await writeFile(at(copy, 'installed.json'), JSON.stringify(record), { mode: 0o600 });
    expect(await onHost('renew', '--install')).toMatchObject({ code: 0 });
  });
});

test('a command of --exec can run this program again', async () => {
  const line = 'set -- "$DOCKER_TLS_NODE" "$DOCKER_TLS_OPENSSL"; echo "$@"; PATH=/nowhere "$@" --version';
  const { stdout } = await succeeds(shared(), ['renew', 'client', '--exec', line]);
  expect(stdout).toContain(`  ${process.execPath} ${main}\n  0.1.0\n`);
});
