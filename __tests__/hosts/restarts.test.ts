import { afterEach, describe, expect, test } from '@jest/globals';
import { chmod, cp, readFile, rm, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemdCommand } from '../../lib/shell/systemd.js';
import { useBootedHost } from '../support/booted-host.js';
import { hostileWords } from '../unit/shell/words.js';
import { leftToWhole } from '../support/form.js';

const { host, program, install, uninstall, local, overTls, served } = useBootedHost();
const ok = { code: 0 };
const built = fileURLToPath(new URL('../../dist/lib/docker/daemon', import.meta.url));
const dropIns = 'etc/systemd/system/docker.service.d';
const dropIn = (name: string, line: string): Promise<void> =>
  host().write(`${dropIns}/${name}`, `[Service]\nExecStart=\nExecStart=${line}\n`);

describe('on a machine that systemd has booted, with its own docker.service', () => {
  afterEach(async () => {
    for (const path of [dropIns, 'etc/docker'])
      await rm(join(host().root, path), { recursive: true, force: true });
  });

  test('what was unpacked in place is used there, and a renewal restarts the daemon', async () => {
    await cp(join(host().root, 'root/tls'), join(host().root, 'etc/docker/tls'), { recursive: true });
    const own = ['--dir', '/etc/docker/tls'] as const;
    expect(await program('install', 'daemon', ...own, '--apply', '--restart')).toMatchObject(ok);
    expect(await overTls('cacert', 'cert', 'key')).toMatchObject(ok);
    const before = await served();
    expect(await program('renew', 'server', ...own, '--install')).toMatchObject({
      ...ok,
      stdout: expect.stringContaining('restarted') as unknown,
    });
    expect(await served()).not.toBe(before);
    expect(await overTls('cacert', 'cert', 'key')).toMatchObject(ok);
    expect(await uninstall()).toMatchObject(ok);
    expect(await readdir(join(host().root, 'etc/docker/tls'))).toContain('server-key.pem');
    expect(await local()).toMatchObject(ok);
  });

  leftToWhole(
    'a port that is taken is told in the words of dockerd, and the next restart works',
    async () => {
      // With this type systemd takes the start for done before dockerd listens.
      await host().write(`${dropIns}/type.conf`, '[Service]\nType=simple\n');
      const listen = `require("net").createServer().listen(2376)`;
      const taker = `[Service]\nExecStart=${process.execPath} -e '${listen}'\n`;
      await host().write('run/systemd/system/taker.service', taker);
      await host().sh('systemctl start taker; until grep -q :0948 /proc/net/tcp6; do sleep 0.1; done');
      const { code, stderr } = await install();
      await host().sh('systemctl stop taker');
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(
          /^error: .*dockerd says: .*listen tcp 0\.0\.0\.0:2376: bind: address already in use; everything was put back, and the daemon was restarted with it\n/,
        ) as unknown,
      });
      expect(await local()).toMatchObject(ok);
      for (const name of ['daemon.json', 'tls'])
        expect(await readdir(join(host().root, 'etc/docker'))).not.toContain(name); // dockerd has its own there
      expect(await uninstall()).toMatchObject({
        ...ok,
        stdout: expect.stringContaining('Nothing to do.') as unknown,
      });
    },
  );

  leftToWhole('a daemon that crashed without end starts again', async () => {
    // In the file and on the command line: it ends at once, until systemd gives it up.
    await host().write('etc/docker/daemon.json', '{"hosts": ["fd://"]}');
    await host().sh(
      'systemctl restart docker || true; until systemctl is-failed --quiet docker; do sleep 0.1; done; rm /etc/docker/daemon.json',
    );
    expect(await host().run('systemctl', 'start', 'docker')).toMatchObject({ code: 1 });
    // Without daemon-reload: with it, some versions of systemd forget how often it has failed.
    const restart = `
      import { restartDaemon } from '${built}/restart.js';
      import { readService } from '${built}/service.js';
      const service = await readService('/');
      await restartDaemon({ ...service, restart: service.restart.slice(-1) }, {});`;
    const { code, stderr } = await host().run(process.execPath, '--input-type=module', '-e', restart);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await local()).toMatchObject(ok);
  });

  leftToWhole('joined flags are taken apart', async () => {
    await dropIn('override.conf', '/usr/sbin/dockerd -DH fd:// $DOCKER_OPTS');
    expect(await install()).toMatchObject(ok);
    expect(await overTls('cacert', 'cert', 'key')).toMatchObject(ok);
    expect(
      await host().sh('cat /proc/$(systemctl show -p MainPID --value docker)/cmdline | tr "\\0" " "'),
    ).toMatch(/^\/usr\/sbin\/dockerd -D --bridge=none /);
  });

  test('a program gets hostile words as they are', async () => {
    const program = '/run/p$x%n -@ ${y}/argv';
    await host().write(program, `#!/bin/sh\nprintf '%s\\0' "$@"\n`);
    await chmod(join(host().root, program), 0o755);
    const command = systemdCommand([program, ...hostileWords], 'timer');
    const service = `[Service]\nType=oneshot\nStandardOutput=truncate:/run/argv\nExecStart=${command}\n`;
    await host().write('run/systemd/system/argv.service', service);
    await host().sh('systemctl start argv.service');
    const words = await readFile(join(host().root, 'run/argv'), 'utf8');
    expect(words.split('\0').slice(0, -1)).toEqual(hostileWords);
  });
});
