import { beforeEach, expect, test } from '@jest/globals';
import { useBootedHost } from '../support/booted-host.js';
import { differences } from '../support/disk.js';
import { rows } from '../support/form.js';

const booted = useBootedHost();
const { host, program, install, uninstall, connect, doctor, local, served, written } = booted;
const ok = { code: 0 };
const daemonJson = '/etc/docker/daemon.json';

beforeEach(() => booted.clear());

/** Starts the daemon with a daemon.json with which it ends at once, until systemd starts it no more, not even by its socket. */
async function crash(text: string): Promise<void> {
  await host().write(daemonJson, text);
  await host().sh(
    'systemctl daemon-reload; systemctl start docker.socket; until systemctl is-failed --quiet docker.socket; do docker version > /dev/null 2>&1 || true; done',
  );
  expect(await host().sh('systemctl show --property=Result --value docker docker.socket')).toMatch(
    /start-limit-hit|exit-code/,
  );
  expect(await host().run('systemctl', 'start', 'docker')).toMatchObject({ code: 1 });
}

/** The error of a command that failed, and that nothing is changed by it. */
async function fails(command: () => ReturnType<typeof install>): Promise<string> {
  const before = await written();
  const { code, stderr } = await command();
  expect(code).toBe(1);
  expect(differences(before, await written())).toEqual([]);
  return stderr;
}

const cases: readonly (readonly [what: string, run: () => Promise<void>])[] = [
  [
    'a daemon that systemd has given up is installed where that cures it, and is not made to crash again',
    async () => {
      await crash('{"hosts": ["fd://"]}');
      expect((await doctor()).stdout).toContain('dockerd does not start: hosts is set in both');
      expect(await install()).toMatchObject(ok);
      expect(await connect()).toMatchObject(ok);
      expect(await local()).toMatchObject(ok);
      // As it was before, it did not start.
      expect(await fails(uninstall)).toMatch(
        /dockerd says: .*directives are specified both as a flag and in the configuration file: hosts.*; everything was put back, and the daemon was restarted with it\n/,
      );
      expect(await connect()).toMatchObject(ok);
    },
  ],
  [
    'one that would not start with TLS either is not installed, and its own reason is shown',
    async () => {
      await crash('{"nonsense": true}');
      expect(await fails(install)).toMatch(
        /dockerd says: .*match any configuration option: nonsense; everything was put back, but the daemon does not start with that either: .*dockerd says: .*match any configuration option: nonsense/,
      );
      await host().sh(`rm ${daemonJson}`);
      expect(await install()).toMatchObject(ok);
      expect(await connect()).toMatchObject(ok);
    },
  ],
  [
    'one that was installed gets a renewal once it can start again',
    async () => {
      await booted.start();
      expect(await install()).toMatchObject(ok);
      const [good, old] = [await host().sh(`cat ${daemonJson}`), await served()];
      await host().sh('systemctl stop docker.socket docker.service');
      await crash(good.replace('{', '{"nonsense": true,'));
      const { code, stderr } = await program('renew', 'server', '--dir', '/root/tls', '--install');
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/match any configuration option: nonsense/) as unknown,
      });
      await host().write(daemonJson, good);
      expect(await program('renew', '--dir', '/root/tls', '--install')).toMatchObject({
        ...ok,
        stdout: expect.stringContaining('The daemon was restarted.') as unknown,
      });
      expect(await served()).not.toBe(old);
      expect(await connect()).toMatchObject(ok);
    },
  ],
  [
    'a socket that cannot be opened is told in the words of dockerd, and all is put back',
    async () => {
      await booted.start();
      expect(await fails(() => install('--listen', '192.0.2.1'))).toMatch(
        /dockerd says: .*listen tcp 192\.0\.2\.1:2376: bind: cannot assign requested address; everything was put back, and the daemon was restarted with it\n/,
      );
      expect(await local()).toMatchObject(ok);
      expect(await connect()).toMatchObject({ code: 1 });
    },
  ],
  [
    'a socket unit that is stopped is opened again',
    async () => {
      await booted.start();
      expect(await install()).toMatchObject(ok);
      await host().sh('systemctl stop docker.socket docker.service; rm -f /run/docker.sock');
      expect(await program('renew', 'server', '--dir', '/root/tls', '--install')).toMatchObject(ok);
      expect(await local()).toMatchObject(ok);
      expect(await connect()).toMatchObject(ok);
    },
  ],
];

test.each(rows(cases, 3, 1))('%s', (_, run) => run());
