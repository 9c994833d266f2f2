import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, cp, readFile, rm, symlink, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemdCommand } from '../../lib/shell/systemd.js';
import { main } from '../support/program.js';
import { bootRealHost, type HostResult, type RealHost } from '../support/real-host.js';
import { makeSet } from '../support/made-sets.js';
import { request } from '../support/request.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { hostileWords } from '../unit/shell/words.js';

const shared = useSharedDirectory();
let host: RealHost;

beforeAll(async () => {
  const set = join(shared(), 'tls');
  const booting = bootRealHost();
  await makeSet(request(shared(), { directory: set, hosts: ['127.0.0.1'] }));
  host = await booting;
  await cp(set, join(host.root, 'root/tls'), { recursive: true });
}, 120_000);

afterAll(() => host.remove());

const program = (...args: readonly string[]): Promise<HostResult> =>
  host.run(process.execPath, main, ...args);
const install = (...more: readonly string[]): Promise<HostResult> =>
  program('install', 'daemon', '--dir', '/root/tls', '--apply', '--restart', ...more);
const uninstall = (): Promise<HostResult> => program('uninstall', 'daemon', '--apply', '--restart');
const local = (): Promise<HostResult> => host.run('docker', 'version', '--format', '{{.Server.Version}}');
const overTls = (...files: readonly string[]): Promise<HostResult> =>
  host.run('docker', '-H', 'tcp://127.0.0.1:2376', '--tlsverify', ...files, 'version');
const files = ['--tlscacert=/root/tls/ca.pem', '--tlscert=/root/tls/cert.pem', '--tlskey=/root/tls/key.pem'];
const ok = { code: 0 };
const built = fileURLToPath(new URL('../../dist/lib/docker/daemon', import.meta.url));
const dropIns = 'etc/systemd/system/docker.service.d';
const dropIn = (name: string, line: string): Promise<void> =>
  host.write(`${dropIns}/${name}`, `[Service]\nExecStart=\nExecStart=${line}\n`);

describe('on a machine that systemd has booted, with its own docker.service', () => {
  afterEach(async () => {
    for (const path of [dropIns, 'etc/docker'])
      await rm(join(host.root, path), { recursive: true, force: true });
  });

  test('it is installed, serves TLS to our client alone, and is taken back', async () => {
    // As where a daemon of before had its own socket there: systemd has to open it again.
    await host.sh('rm /run/docker.sock');
    expect(await install()).toMatchObject({
      ...ok,
      stdout: expect.stringContaining('The daemon was restarted.') as unknown,
    });
    expect(await overTls(...files)).toMatchObject(ok);
    expect(await overTls('--tlscacert=/root/tls/ca.pem')).toMatchObject({ code: 1 });
    expect(await local()).toMatchObject(ok);
    expect(await uninstall()).toMatchObject(ok);
    expect(await local()).toMatchObject(ok);
  });

  test('what was unpacked in place is used there, and a renewal restarts the daemon', async () => {
    await cp(join(host.root, 'root/tls'), join(host.root, 'etc/docker/tls'), { recursive: true });
    const own = ['--dir', '/etc/docker/tls'] as const;
    expect(await program('install', 'daemon', ...own, '--apply', '--restart')).toMatchObject(ok);
    expect(await overTls(...files)).toMatchObject(ok);
    const serial = (): Promise<string> =>
      host.sh(
        'openssl s_client -connect 127.0.0.1:2376 </dev/null 2>/dev/null | openssl x509 -noout -serial',
      );
    const before = await serial();
    expect(await program('renew', 'server', ...own, '--install')).toMatchObject({
      ...ok,
      stdout: expect.stringContaining('restarted') as unknown,
    });
    expect(await serial()).not.toBe(before);
    expect(await overTls(...files)).toMatchObject(ok);
    expect(await uninstall()).toMatchObject(ok);
    expect(await readdir(join(host.root, 'etc/docker/tls'))).toContain('server-key.pem');
    expect(await local()).toMatchObject(ok);
  });

  test('a port that is taken is told in the words of dockerd, and the next restart works', async () => {
    // With this type systemd takes the start for done before dockerd listens.
    await host.write(`${dropIns}/type.conf`, '[Service]\nType=simple\n');
    const listen = `require("net").createServer().listen(2376)`;
    const taker = `[Service]\nExecStart=${process.execPath} -e '${listen}'\n`;
    await host.write('run/systemd/system/taker.service', taker);
    await host.sh('systemctl start taker; until grep -q :0948 /proc/net/tcp6; do sleep 0.1; done');
    const { code, stderr } = await install();
    await host.sh('systemctl stop taker');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^error: .*dockerd says: .*listen tcp 0\.0\.0\.0:2376: bind: address already in use; everything was put back, and the daemon was restarted with it\n/,
      ) as unknown,
    });
    expect(await local()).toMatchObject(ok);
    for (const name of ['daemon.json', 'tls'])
      expect(await readdir(join(host.root, 'etc/docker'))).not.toContain(name); // dockerd has its own there
    expect(await uninstall()).toMatchObject({
      ...ok,
      stdout: expect.stringContaining('Nothing to do.') as unknown,
    });
  });

  const units = 'etc/systemd/system';
  test.each<[what: string, undo: string, prepare: () => Promise<unknown>, says: RegExp]>([
    [
      'a socket unit on that port that is enabled',
      `cd /${units}; rm -r docker-tls-tcp.socket sockets.target.wants`,
      async () => {
        const content = '[Socket]\nListenStream=2376\nService=docker.service\n';
        await host.write(`${units}/docker-tls-tcp.socket`, content);
        await host.write(`${units}/sockets.target.wants/docker-tls-tcp.socket`, content);
      },
      /docker-tls-tcp\.socket holds port 2376 .*would not start\nhint: nothing was changed; .*systemctl disable --now/,
    ],
    [
      'a masked unit',
      `rm /${units}/docker.service`,
      () => symlink('/dev/null', join(host.root, units, 'docker.service')),
      /docker\.service is masked.*\nhint: .*systemctl unmask docker\.service/,
    ],
    [
      'a later drop-in',
      '',
      () => dropIn('zzz.conf', '/usr/sbin/dockerd -H fd:// $DOCKER_OPTS'),
      /zzz\.conf comes after zz-docker-tls-openssl\.conf/,
    ],
    [
      'a socket unit that is active and not enabled',
      'systemctl stop other.socket',
      async () => {
        await host.write('run/systemd/system/other.socket', '[Socket]\nListenStream=127.0.0.1:2376\n');
        await host.write('run/systemd/system/other.service', '[Service]\nExecStart=/bin/true\n');
        await host.sh('systemctl start other.socket');
      },
      /other\.socket holds port 2376/,
    ],
  ])('%s is refused, and nothing is changed', async (_, undo, prepare, says) => {
    await prepare();
    const before = await tree(join(host.root, 'etc/systemd'));
    const { code, stderr } = await program('install', 'daemon', '--dir', '/root/tls', '--apply');
    const after = await tree(join(host.root, 'etc/systemd'));
    await host.sh(undo);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(says) as unknown });
    expect(after).toEqual(before);
    expect(await host.sh('ls /etc/docker || true')).not.toMatch(/daemon|tls/);
  });

  test('a daemon that crashed without end starts again', async () => {
    // In the file and on the command line: it ends at once, until systemd gives it up.
    await host.write('etc/docker/daemon.json', '{"hosts": ["fd://"]}');
    await host.sh(
      'systemctl restart docker || true; until systemctl is-failed --quiet docker; do sleep 0.1; done; rm /etc/docker/daemon.json',
    );
    expect(await host.run('systemctl', 'start', 'docker')).toMatchObject({ code: 1 });
    // Without daemon-reload: with it, some versions of systemd forget how often it has failed.
    const restart = `
      import { restartDaemon } from '${built}/restart.js';
      import { readService } from '${built}/service.js';
      const service = await readService('/');
      await restartDaemon({ ...service, restart: service.restart.slice(-1) }, {});`;
    const { code, stderr } = await host.run(process.execPath, '--input-type=module', '-e', restart);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await local()).toMatchObject(ok);
  });

  test('joined flags are taken apart', async () => {
    await dropIn('override.conf', '/usr/sbin/dockerd -DH fd:// $DOCKER_OPTS');
    expect(await install()).toMatchObject(ok);
    expect(await overTls(...files)).toMatchObject(ok);
    expect(
      await host.sh('cat /proc/$(systemctl show -p MainPID --value docker)/cmdline | tr "\\0" " "'),
    ).toMatch(/^\/usr\/sbin\/dockerd -D --bridge=none /);
  });

  test('a program gets hostile words as they are', async () => {
    const program = '/run/p$x%n -@ ${y}/argv';
    await host.write(program, `#!/bin/sh\nprintf '%s\\0' "$@"\n`);
    await chmod(join(host.root, program), 0o755);
    const command = systemdCommand([program, ...hostileWords], 'timer');
    const service = `[Service]\nType=oneshot\nStandardOutput=truncate:/run/argv\nExecStart=${command}\n`;
    await host.write('run/systemd/system/argv.service', service);
    await host.sh('systemctl start argv.service');
    const words = await readFile(join(host.root, 'run/argv'), 'utf8');
    expect(words.split('\0').slice(0, -1)).toEqual(hostileWords);
  });
});
