import { expect } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RealHost } from '../support/real-host.js';
import { cacheDirectory } from '../support/cache.js';
import { main } from '../support/program.js';

const run = promisify(execFile);
const fetch = fileURLToPath(new URL('../../.ci/debian-fetch', import.meta.url));
const packages = ['rootlesskit', 'slirp4netns', 'libslirp0', 'uidmap'];

/** What rootless Docker needs of its machine: RootlessKit, a session of the user, and a device for its network. */
const prepare = (root: string): string => `
  cp -a ${root}/usr/lib/. /usr/lib
  cd /usr/local/bin
  cp -a ${root}/usr/bin/. /usr/share/docker.io/contrib/dockerd-rootless*.sh .
  chmod u+s newuidmap newgidmap
  chmod 0755 dockerd-rootless*.sh
  ln -sf /usr/bin/docker docker
  useradd --create-home --uid 7117 --shell /bin/sh me
  grep -q ^me: /etc/subuid || echo me:100000:65536 | tee -a /etc/subuid >> /etc/subgid
  mkdir -p /dev/net && mknod /dev/net/tun c 10 200 && chmod 0666 /dev/net/tun
  rm -f /etc/systemd/system/systemd-logind.service
  systemctl daemon-reload
  systemctl start dbus systemd-logind
  loginctl enable-linger me
  for i in $(seq 100); do [ -S /run/user/7117/bus ] && break; sleep 0.1; done
  mkdir -p /home/me/.config/docker
  echo '{"storage-driver": "vfs", "bridge": "none", "ip6tables": false}' > /home/me/.config/docker/daemon.json
  cp -a /root/tls /home/me/tls
  chown -R me: /home/me
`;

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
const session = 'XDG_RUNTIME_DIR=/run/user/7117 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/7117/bus';
const user = `setpriv --reuid me --regid me --init-groups env -i HOME=/home/me USER=me PATH="$PATH" ${session}`;
const files = 'cd .config; find . -type f | sort | xargs sha256sum; find . -type d | sort';

/** Installs rootless Docker for a user of a booted machine that has a set in /root/tls, makes its daemon safe, and undoes that. */
export async function rootlessLife({ sh }: RealHost): Promise<void> {
  /** Runs a script as the user, in the user's session. */
  const asUser = (script: string): Promise<string> => sh(`exec ${user} sh -euc ${quoted(`cd; ${script}`)}`);
  const ours = (...words: readonly string[]): Promise<string> =>
    asUser([process.execPath, main, ...words].join(' '));
  const { stdout } = await run(fetch, ['bookworm', join(cacheDirectory(), 'rootless'), ...packages]);
  await sh(prepare(stdout.trim()));
  await asUser('dockerd-rootless-setuptool.sh install --skip-iptables --force');
  const before = await asUser(files);
  const install = ['install', 'daemon', '--for', 'rootless', '--dir', 'tls'];
  expect(await ours(...install)).toContain('To apply them:\n');
  expect(await asUser(files)).toBe(before);
  expect(await ours(...install, '--apply', '--restart')).toContain('The daemon was restarted.');
  expect(await ours('connect', '127.0.0.1', '--dir', 'tls')).toContain('checks passed');
  expect(await ours(...install, '--apply')).toBe('Nothing to do.\n');
  const renewed = ['renew', 'server', '--dir', 'tls', '--install', '--to', '/home/me/.config/docker/tls'];
  await ours(...renewed);
  expect(await ours('connect', '127.0.0.1', '--dir', 'tls')).toContain('checks passed');
  const undone = await ours('uninstall', 'daemon', '--for', 'rootless', '--apply', '--restart');
  expect(undone).toContain('The daemon was restarted.');
  expect(await asUser(files)).toBe(before);
  expect(await asUser('docker -H unix:///run/user/7117/docker.sock version')).toContain('Server:');
}
