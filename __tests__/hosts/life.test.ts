import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { useBootedHost } from '../support/booted-host.js';
import { differences, disk } from '../support/disk.js';
import { programAt } from '../support/faketime.js';

const DAY = 86_400_000;
const ok = { code: 0 };
const timer = 'docker-tls-openssl-renew';
const timerUnits = '/etc/systemd/system/docker-tls-openssl-renew';

// Made by `all` 80 days ago, with ten days left.
const booted = useBootedHost(async (directory, root) => {
  const flags = ['--host', '127.0.0.1', '--days', '90', '--key', 'ec:p256', '--no-passphrase'];
  expect(await programAt(root, root, ['all', '--dir', directory, ...flags], -80 * DAY)).toMatchObject(ok);
});
const { host, program, install, uninstall, connect, local, overTls, served, written } = booted;

const etc = (): Promise<Record<string, string>> => disk(join(host().root, 'etc'));
/** The data of the daemon that are not its own bookkeeping of a start. */
const data = (): Promise<string> =>
  host().sh(
    'docker info --format "{{.ID}}"; docker volume ls -q; cat /var/lib/docker/volumes/kept/_data/file',
  );
const show = async (property: string, unit = 'docker'): Promise<string> =>
  (await host().sh(`systemctl show --property=${property} --value ${unit}`)).trim();
/** Waits for a run of the renewal that ends after `earlier`, and gives when it ended. */
const nextRun = async (earlier = '0'): Promise<string> => {
  const shown = `systemctl show --property=InactiveEnterTimestampMonotonic --value ${timer}`;
  const later = `case $(${shown}) in '' | 0 | ${earlier}) false ;; esac`;
  return (await host().sh(`until ${later}; do sleep 0.1; done; ${shown}`)).trim();
};
const failed = (): Promise<string> => host().sh('systemctl list-units --failed --plain --no-legend');

describe('the life of a host', () => {
  let before: Record<string, string>;
  let dataBefore: string;

  test('is installed, and serves TLS to its own clients alone, also after a restart', async () => {
    await host().sh('docker volume create kept; echo precious > /var/lib/docker/volumes/kept/_data/file');
    // As where a daemon of before had its own socket there: systemd has to open it again.
    await host().sh('rm /run/docker.sock');
    before = await etc();
    expect(await install()).toMatchObject({
      ...ok,
      stdout: expect.stringContaining('The daemon was restarted.') as unknown,
    });
    dataBefore = await data();
    for (const again of ['true', 'systemctl restart docker']) {
      await host().sh(again);
      expect(await connect()).toMatchObject(ok);
    }
    expect(await overTls('cacert', 'cert', 'key')).toMatchObject(ok);
    expect(await overTls('cacert')).toMatchObject({ code: 1 });
    expect(await local()).toMatchObject(ok);
  });

  test('a timer renews what is due once the machine is on again, and the daemon serves it', async () => {
    expect(await program('renew', '--dir', '/root/tls', '--install-timer', '--apply')).toMatchObject(ok);
    // It runs each day; the machine was off when it should have. Only the random delay is taken out.
    await host().write(`${timerUnits}.timer.d/now.conf`, '[Timer]\nRandomizedDelaySec=0\n');
    await host().sh(`touch -d '3 days ago' /var/lib/systemd/timers/stamp-${timer}.timer`);
    const [old, was] = [await served(), await written()];
    await host().reboot();
    await nextRun();
    expect([await show('Result', timer), await failed()]).toEqual(['success', '']);
    expect(await served()).not.toBe(old);
    expect(await connect()).toMatchObject(ok);
    expect(await overTls('cacert', 'cert', 'key')).toMatchObject(ok);
    expect(await data()).toBe(dataBefore);
    const changed = differences(was, await written()).filter((path) => !path.startsWith('root/tls/archive'));
    expect(changed).toEqual([
      'etc/docker/tls/installed.json',
      'etc/docker/tls/server-cert.pem',
      'root/tls/cert.pem',
      'root/tls/server-cert.pem',
    ]);
  });

  test('it runs again when it is time, and leaves alone what is not due', async () => {
    const [was, daemon, earlier] = [
      await written(),
      await show('MainPID'),
      await show('InactiveEnterTimestampMonotonic', timer),
    ];
    const often = '[Timer]\nRandomizedDelaySec=0\nOnCalendar=*:*:0/2\nAccuracySec=10ms\n';
    await host().write(`${timerUnits}.timer.d/now.conf`, often);
    await host().sh(`systemctl daemon-reload; systemctl restart ${timer}.timer`);
    await nextRun(await nextRun(earlier));
    expect([await show('Result', timer), await show('MainPID')]).toEqual(['success', daemon]);
    expect(differences(was, await written())).toEqual([`${timerUnits.slice(1)}.timer.d/now.conf`]);
  });

  test('what it cannot renew is listed by systemd as failed, until the timer is removed', async () => {
    // A run that is at work is waited for.
    await host().sh(`systemctl stop ${timer}.timer; systemctl start ${timer}; mv /root/tls/ca-key.pem /root`);
    await host().sh(`sed -i 's/--due/& --within 200d/' ${timerUnits}.service; systemctl daemon-reload`);
    expect(await host().run('systemctl', 'start', `${timer}.service`)).toMatchObject({ code: 1 });
    expect([await show('ExecMainStatus', timer), await failed()]).toEqual([
      '3',
      expect.stringContaining(`${timer}.service`),
    ]);
    await host().sh('mv /root/ca-key.pem /root/tls');
    expect(await program('renew', '--remove-timer', '--apply')).toMatchObject(ok);
    expect(await failed()).toBe('');
    await host().sh(`rm -r ${timerUnits}.timer.d`);
  });

  test('it is taken back, and nobody can tell that it was there', async () => {
    expect(await uninstall()).toMatchObject(ok);
    expect(differences(before, await etc())).toEqual([]);
    expect(await local()).toMatchObject(ok);
    expect(await data()).toBe(dataBefore);
    expect(await connect()).toMatchObject({ code: 1 });
  });
});
