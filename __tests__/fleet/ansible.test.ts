import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useBootedHost } from '../support/booted-host.js';
import { differences, disk } from '../support/disk.js';
import { leftToWhole } from '../support/form.js';
import type { HostResult } from '../support/real-host.js';

const ok = { code: 0 };
const daemonJson = '{\n    "log-level":  "warn" ,\n    "labels": ["ä=\\u00e9"]\n}\n';

/** On a busy machine one run of Ansible can take minutes. */
jest.setTimeout(1_200_000);

describe('on a host that is its own controller', () => {
  const booted = useBootedHost((directory) => mkdir(directory, { recursive: true }));
  const { host, program, served } = booted;
  const etc = (): Promise<Record<string, string>> => disk(join(host().root, 'etc'));
  const onHost = (path: string): Promise<Buffer> => readFile(join(host().root, path));

  /** Runs a playbook on the host, which is its own controller. */
  async function playbook(name: string, ...flags: readonly string[]): Promise<HostResult> {
    return host().run(
      'sh',
      '-c',
      'cd /root/play && exec ansible-playbook -i inventory.yml -c local "$@"',
      'sh',
      name,
      ...flags,
    );
  }
  /** How many tasks changed something. */
  const changed = ({ stdout }: HostResult): string | undefined => /changed=(\d+)/.exec(stdout)?.[1];

  /** Writes the fleet file with those names of the host, and the playbooks for it. */
  async function describeFleet(...names: readonly string[]): Promise<void> {
    const fleet = {
      ca: { directory: './tls', key: 'ec:p256' },
      defaults: { key: 'ec:p256' },
      hosts: { web1: { names: ['127.0.0.1', ...names], groups: ['prod'] } },
      clients: { alice: {} },
    };
    await host().write('root/docker-tls.json', JSON.stringify(fleet));
    const written = await program('fleet', 'ansible', '/root/play', '--file', '/root/docker-tls.json');
    expect(written).toMatchObject(ok);
  }

  beforeAll(async () => {
    await host().write('etc/docker/daemon.json', daemonJson);
    await host().sh('chmod 0640 /etc/docker/daemon.json; chgrp 7 /etc/docker/daemon.json; rmdir /root/tls');
    await describeFleet('web1.example.com');
    const made = await program('fleet', 'apply', '--file', '/root/docker-tls.json', '--no-passphrase');
    expect(made).toMatchObject(ok);
  });

  describe('a host gets its certificate from the controller by ansible', () => {
    let before: Record<string, string>;

    test('with a key that it makes itself, and daemon.json changed to the byte', async () => {
      before = await etc();
      const { code, stdout, stderr } = await playbook('site.yml');
      expect({ code, stdout, stderr }).toMatchObject(ok);
      expect(stderr).toContain('live-restore is off');
      expect((await onHost('etc/docker/daemon.json')).toString()).toBe(
        daemonJson.replace(
          ']\n}',
          `],
    "hosts": [
        "fd://",
        "tcp://0.0.0.0:2376"
    ],
    "tlsverify": true,
    "tlscacert": "/etc/docker/tls/ca.pem",
    "tlscert": "/etc/docker/tls/server-cert.pem",
    "tlskey": "/etc/docker/tls/server-key.pem"
}`,
        ),
      );
      expect(differences(before, await etc())).toEqual([
        'docker/daemon.json',
        'docker/tls',
        'docker/tls/ca.pem',
        'docker/tls/server-cert.pem',
        'docker/tls/server-key.pem',
        'systemd/system/docker.service.d',
        'systemd/system/docker.service.d/zz-docker-tls-openssl.conf',
      ]);
      expect(
        await host().sh('stat -c "%a %n" /etc/docker/tls /etc/docker/tls/* /etc/docker/daemon.json'),
      ).toBe(
        '700 /etc/docker/tls\n444 /etc/docker/tls/ca.pem\n444 /etc/docker/tls/server-cert.pem\n400 /etc/docker/tls/server-key.pem\n640 /etc/docker/daemon.json\n',
      );
      expect(await host().sh('ls -A /root/tls/servers/web1')).not.toContain('key');
    });

    test('a second run changes nothing', async () => {
      const [was, pid] = [await disk(host().written, /^(tmp|run|var\/log|root\/\.ansible)/), await mainPid()];
      const again = await playbook('site.yml');
      expect([again.code, changed(again), await mainPid()]).toEqual([0, '0', pid]);
      expect(differences(was, await disk(host().written, /^(tmp|run|var\/log|root\/\.ansible)/))).toEqual([]);
    });

    leftToWhole(
      'a renewal that is killed between the copy and the restart is completed by the next run, with what drifted',
      async () => {
        const old = await served();
        await describeFleet('web1.example.com', 'web1.example.net');
        await host().sh('cp /root/tls/clients/alice/cert.pem /etc/docker/tls/ca.pem');
        await host().write(
          'usr/local/bin/systemctl',
          '#!/bin/sh\n[ "$*" != "restart docker.service" ] || { pkill -KILL ansible-playboo; kill -KILL $PPID; }\nexec /bin/systemctl "$@"\n',
        );
        await host().sh('chmod +x /usr/local/bin/systemctl');
        // systemctl itself is stopped, too: it is what the kill interrupts.
        const killed = await playbook('site.yml').catch((error: unknown) => ({
          code: -1,
          stdout: String(error),
        }));
        expect(killed.code).not.toBe(0);
        await host().sh('rm /usr/local/bin/systemctl');
        const next = await playbook('site.yml');
        expect({ ...next }).toMatchObject(ok);
        expect(next.stderr).toContain('a run was killed before the daemon was restarted');
        expect(await served()).not.toBe(old);
        const file = await host().sh('openssl x509 -noout -serial -in /etc/docker/tls/server-cert.pem');
        expect(await served()).toBe(file);
        expect(await onHost('etc/docker/tls/ca.pem')).toEqual(await onHost('root/tls/ca.pem'));
        expect((await host().run('ls', '-A', '/var/lib/docker-tls-openssl')).stdout).toBe('before\nrecord\n');
      },
    );

    leftToWhole(
      'a CA that alone has changed restarts the daemon, also where it was copied without that',
      async () => {
        const signed = 'root/tls/servers/web1/ca.pem';
        const [old, pid] = [await onHost(signed), await mainPid()];
        await host().sh(
          'openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -keyout /dev/null -subj /CN=second-ca >>/root/tls/servers/web1/ca.pem 2>/dev/null',
        );
        const both = await onHost(signed);
        const rolledOut = await playbook('site.yml');
        expect([rolledOut.code, changed(rolledOut), await accepted()]).toEqual([0, '1', ['second-ca']]);
        const second = await mainPid();
        expect(second).not.toBe(pid);
        // As somebody does it without the role.
        await host().write(signed, old.toString());
        await host().write('etc/docker/tls/ca.pem', old.toString());
        const repaired = await playbook('site.yml');
        expect([repaired.code, changed(repaired), await accepted()]).toEqual([0, '1', []]);
        const third = await mainPid();
        expect(third).not.toBe(second);

        // The script, with the CA in it.
        await host().write(signed, both.toString());
        expect(await installByScript()).toMatchObject(ok);
        expect([await onHost('etc/docker/tls/ca.pem'), await accepted()]).toEqual([both, ['second-ca']]);
        const fourth = await mainPid();
        expect(fourth).not.toBe(third);
        await host().write(signed, old.toString());
        await host().write('etc/docker/tls/ca.pem', old.toString());
        expect(await installByScript()).toMatchObject(ok);
        expect([await accepted(), (await mainPid()) === fourth]).toEqual([[], false]);
        expect(await installByScript()).toMatchObject({ ...ok, stderr: 'nothing to do\n' });
      },
    );

    leftToWhole('a daemon that does not start with its new files gets its old ones back', async () => {
      const signed = 'root/tls/servers/web1/ca.pem';
      const old = await onHost(signed);
      await host().write(
        'etc/systemd/system/docker.service.d/10-picky.conf',
        '[Service]\nExecStartPre=/bin/sh -c "! grep -q ^picky /etc/docker/tls/ca.pem"\n',
      );
      await host().sh(`echo picky >>/${signed}`);
      const [was, files] = [await served(), await etc()];
      for (const failed of [await playbook('site.yml'), await installByScript()]) {
        expect(failed.code).not.toBe(0);
        expect(failed.stdout + failed.stderr).toContain(
          'Everything was put back, and the daemon was restarted',
        );
        expect([await served(), differences(files, await etc())]).toEqual([was, []]);
      }
      expect(await booted.local()).toMatchObject(ok);
      await host().write(signed, old.toString());
      await host().sh('rm /etc/systemd/system/docker.service.d/10-picky.conf; systemctl daemon-reload');
    });

    leftToWhole('a script does the same, and the role takes back what it did', async () => {
      const { stdout } = await program('fleet', 'script', 'web1', '--file', '/root/docker-tls.json');
      await host().write('root/web1.sh', stdout);
      // The certificate, which is in it, and the role's record are what they were.
      expect(await host().run('sh', '/root/web1.sh', 'install')).toMatchObject({
        ...ok,
        stderr: 'nothing to do\n',
      });
      expect(await host().run('busybox', 'sh', '/root/web1.sh', 'rollback')).toMatchObject(ok);
      expect(differences(before, await etc())).toEqual([]);
      const csr = await host().run('sh', '/root/web1.sh', 'csr');
      await host().write('root/csrs/servers/web1.csr', csr.stdout);
      const signed = await program('fleet', 'sign', '--file', '/root/docker-tls.json', '--json');
      expect(JSON.parse(signed.stdout)).toMatchObject({ ok: true, done: [{ name: 'web1' }] });
      expect(
        await host().run('busybox', 'sh', '/root/web1.sh', 'install', '/root/tls/servers/web1'),
      ).toMatchObject(ok);
      expect(await served()).toBe(
        await host().sh('openssl x509 -noout -serial -in /root/tls/servers/web1/server-cert.pem'),
      );
      expect((await onHost('etc/docker/daemon.json')).toString()).toContain(daemonJson.slice(0, -3));
    });

    test('and is restored to the byte, with nothing left', async () => {
      const { code, stdout } = await playbook('rollback.yml');
      expect({ code, stdout }).toMatchObject(ok);
      expect(differences(before, await etc())).toEqual([]);
      expect((await host().run('ls', '/var/lib/docker-tls-openssl')).code).not.toBe(0);
      expect(await booted.local()).toMatchObject(ok);
      expect(changed(await playbook('rollback.yml'))).toBe('0');
    });
  });

  /** Which of the CAs of these tests the daemon asks its clients for. */
  async function accepted(): Promise<string[]> {
    const said = await host().sh('openssl s_client -connect 127.0.0.1:2376 </dev/null 2>/dev/null || :');
    return ['second-ca'].filter((name) => said.includes(name));
  }

  /** Installs what is in the certificate directory by a script, in which it is. */
  async function installByScript(): Promise<HostResult> {
    const { stdout } = await program('fleet', 'script', 'web1', '--file', '/root/docker-tls.json');
    await host().write('root/web1.sh', stdout);
    return host().run('sh', '/root/web1.sh', 'install');
  }

  async function mainPid(): Promise<string> {
    return host().sh('systemctl show --property=MainPID --value docker');
  }
});
