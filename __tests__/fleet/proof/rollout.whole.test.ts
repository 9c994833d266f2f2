import { beforeAll, expect, jest, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { differences } from '../../support/disk.js';
import { changed, hostNames, lifetime, succeeded, useBootedFleet, type HostName } from './booted-fleet.js';

/** A run of a playbook takes ten seconds on an idle machine, and minutes on a busy one. */
jest.setTimeout(1_200_000);

const fleet = useBootedFleet();
const nothing = { web1: '0', web2: '0', web3: '0' };
/** What each host had on its disk before the first run. */
const before = new Map<HostName, Record<string, string>>();

/** What there is on every host that a run can change: its disk, its daemon, and what that serves. */
async function looks(name: HostName): Promise<readonly [Record<string, string>, string, string]> {
  return [await fleet.written(name), await fleet.daemon(name), await fleet.served(name)];
}

/** What `fleet status` exits with, and what it says that each host serves. */
async function state(): Promise<{ code: number; hosts: Record<string, string> }> {
  const { code, stdout } = await fleet.program('fleet', 'status', '--json');
  const { hosts } = JSON.parse(stdout) as { hosts: { name: string; served: { state: string } }[] };
  return { code, hosts: Object.fromEntries(hosts.map(({ name, served }) => [name, served.state])) };
}

beforeAll(async () => {
  for (const name of hostNames) before.set(name, await fleet.written(name));
});

test('the first rollout, as the page says it: docker works with the certificate of a client, and not without', async () => {
  succeeded(await fleet.program('fleet', 'apply', '--passphrase-file', 'ca.pass'));
  const { stderr } = succeeded(await fleet.playbook());
  expect(stderr).toContain('live-restore is off');
  await fleet.expectInstalled(...hostNames);
  for (const name of hostNames) {
    const without = await fleet.docker(name, 'cacert');
    expect(without.code).not.toBe(0);
    expect(without.stderr).toContain('bad certificate');
    // The key has not left the host.
    const key = await fleet.host(name).sh('stat -c "%a %U" /etc/docker/tls/server-key.pem');
    expect(key).toBe('400 root\n');
    const here = await fleet.controller().run(fleet.directory(), 'ls', `ca/servers/${name}`);
    expect(here.stdout).not.toContain('key');
  }
  expect(await state()).toEqual({ code: 0, hosts: { web1: 'same', web2: 'same', web3: 'same' } });
});

test('a second run changes nothing', async () => {
  const was = await Promise.all(hostNames.map(looks));
  expect(changed(succeeded(await fleet.playbook()))).toEqual(nothing);
  expect(await Promise.all(hostNames.map(looks))).toEqual(was);
});

test('certificates that are due are renewed for the same keys, once', async () => {
  const key = (name: HostName): Promise<Buffer> =>
    readFile(join(fleet.host(name).root, 'etc/docker/tls/server-key.pem'));
  const was = await Promise.all(hostNames.map(async (name) => [await key(name), await fleet.served(name)]));
  await fleet.describe(lifetime(2));
  succeeded(await fleet.playbook());
  await fleet.expectInstalled(...hostNames);
  for (const [at, name] of hostNames.entries()) {
    expect(await key(name)).toEqual(was[at]![0]);
    expect(await fleet.served(name)).not.toBe(was[at]![1]);
  }
  expect(changed(await fleet.playbook())).toEqual(nothing);
});

test('a host whose daemon does not start gets its old files back, the one after it is left alone, and a run after the repair goes on', async () => {
  const picky = '/etc/systemd/system/docker.service.d/10-picky.conf';
  const web2 = fleet.host('web2');
  await web2.sh('cp /etc/docker/tls/server-cert.pem /root/old.pem');
  await web2.write(
    picky,
    '[Service]\nExecStartPre=/usr/bin/cmp /etc/docker/tls/server-cert.pem /root/old.pem\n',
  );
  await web2.sh('systemctl daemon-reload');
  const [last, lastButOne] = [await looks('web3'), await looks('web2')];
  await fleet.describe(lifetime(3));
  const failed = await fleet.playbook();
  expect(failed.code).not.toBe(0);
  expect(failed.stdout).toContain('Everything was put back, and the daemon was restarted with it');
  await fleet.expectInstalled('web1');
  expect(await looks('web3')).toEqual(last);
  const [files, daemon, served] = await looks('web2');
  expect(differences(lastButOne[0], files)).toEqual([]);
  expect(daemon).not.toBe(lastButOne[1]);
  expect(served).toBe(lastButOne[2]);
  succeeded(await fleet.docker('web2', 'cacert', 'cert', 'key'));
  expect(await state()).toEqual({ code: 3, hosts: { web1: 'same', web2: 'older', web3: 'older' } });

  await web2.sh(`rm ${picky} /root/old.pem; systemctl daemon-reload`);
  expect(changed(succeeded(await fleet.playbook()))['web1']).toBe('0');
  await fleet.expectInstalled(...hostNames);
});

test('a host that was installed again is left out until ssh knows its new key, and then gets a certificate for a new one', async () => {
  const others = ['web1', 'web3'] as const;
  const old = await fleet.served('web2');
  const was = await Promise.all(others.map(looks));
  await fleet.reinstall('web2');
  before.set('web2', await fleet.written('web2'));
  const unknown = await fleet.playbook();
  expect(unknown.code).not.toBe(0);
  expect(unknown.stdout).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  expect(await Promise.all(others.map(looks))).toEqual(was);
  expect(await fleet.written('web2')).toEqual(before.get('web2'));

  await fleet.meet('web2');
  succeeded(await fleet.playbook());
  await fleet.expectInstalled(...hostNames);
  expect(await fleet.served('web2')).not.toBe(old);
  expect(await Promise.all(others.map(looks))).toEqual(was);
});

test('what somebody changed by hand is seen, and repaired by the next run', async () => {
  const was = await looks('web2');
  const archived = join(fleet.directory(), 'ca/archive');
  const { stdout } = await fleet
    .controller()
    .run(archived, 'sh', '-c', 'ls -d "$PWD"/*/servers/web1/server-cert.pem | tail -n 1');
  await fleet.host('web1').write('etc/docker/tls/server-cert.pem', await readFile(stdout.trim(), 'utf8'));
  await fleet.host('web3').sh('sed -i \'s/"tlsverify": true/"tlsverify": false/\' /etc/docker/daemon.json');
  for (const name of ['web1', 'web3'] as const) await fleet.host(name).sh('systemctl restart docker');
  expect(await state()).toEqual({ code: 4, hosts: { web1: 'older', web2: 'same', web3: 'same' } });
  expect(changed(succeeded(await fleet.playbook()))['web2']).toBe('0');
  await fleet.expectInstalled(...hostNames);
  expect(await looks('web2')).toEqual(was);
  expect(await state()).toEqual({ code: 0, hosts: { web1: 'same', web2: 'same', web3: 'same' } });
});

test('a rollback restores each host to the byte, and a second one has nothing to do', async () => {
  succeeded(await fleet.playbook('rollback.yml'));
  for (const name of hostNames) {
    expect(differences(before.get(name)!, await fleet.written(name))).toEqual([]);
    await fleet.host(name).sh('docker version');
    expect((await fleet.docker(name, 'cacert', 'cert', 'key')).stderr).toContain('Cannot connect');
  }
  expect(changed(await fleet.playbook('rollback.yml'))).toEqual(nothing);
});
