import { cp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../support/cache.js';
import type { RealHost } from '../support/real-host.js';

/** How a daemon is started before TLS is installed. */
export interface Layout {
  readonly what: string;
  readonly prepare: (host: RealHost) => Promise<unknown>;
  /** What `doctor` says of it; none where it finds nothing wrong. */
  readonly doctor?: RegExp;
  /** A further port that is open to everybody before, and to clients of the CA alone after `install`. */
  readonly open?: string;
}

export interface Refused extends Layout {
  readonly says: RegExp;
  /** Ends what comes from outside docker's own places. */
  readonly undo?: string;
}

const units = 'etc/systemd/system';
const dockerd = '/usr/sbin/dockerd';
/** What each of them has from /etc/default/docker, so that it leaves the kernel alone. */
const own = '--bridge=none --iptables=false --ip6tables=false --ip-forward=false --storage-driver=vfs';

const dropIn = (name: string, line: string) => (host: RealHost) =>
  host.write(`${units}/docker.service.d/${name}`, `[Service]\nExecStart=\nExecStart=${line}\n`);
const daemonJson = (text: string) => (host: RealHost) => host.write('etc/docker/daemon.json', text);
const socket = (path: string, stream: string, more: string) => (host: RealHost) =>
  host.write(`${units}/${path}`, `[Socket]\nListenStream=${stream}\n${more}`);
const all =
  (...each: readonly Layout['prepare'][]): Layout['prepare'] =>
  async (host) => {
    for (const prepare of each) await prepare(host);
  };
/** The daemon runs on. */
const masked: Layout['prepare'] = async ({ root, sh }) => {
  await sh('systemctl daemon-reload; systemctl start docker');
  await symlink('/dev/null', join(root, units, 'docker.service'));
};
const isMasked = /^(?![^]*has no effect)[^]*docker\.service is masked/;
/** A set in a place of its owner's. */
const certificates: Layout['prepare'] = ({ root }) =>
  cp(join(root, 'root/tls'), join(root, 'etc/docker/certs'), { recursive: true });
const inCertificates = (name: string): string => `/etc/docker/certs/${name}.pem`;
const byHand = {
  tlsverify: true,
  ...{ tlscacert: inCertificates('ca'), tlscert: inCertificates('server-cert') },
  tlskey: inCertificates('server-key'),
};
const flagsByHand = Object.entries(byHand).map(([name, value]) => `--${name}=${String(value)}`);

export const works: readonly Layout[] = [
  {
    what: 'a drop-in with an open port',
    prepare: dropIn('override.conf', `${dockerd} -H fd:// -H tcp://127.0.0.1:2375 ${own}`),
    doctor: /tcp:\/\/127\.0\.0\.1:2375 without TLS/,
    open: '127.0.0.1:2375',
  },
  {
    what: 'an open port of docker.socket',
    prepare: socket('docker.socket.d/tcp.conf', '127.0.0.1:2375', ''),
    doctor: /127\.0\.0\.1:2375 \(docker\.socket\) without TLS/,
    open: '127.0.0.1:2375',
  },
  {
    what: 'an open port of a socket unit of its own',
    prepare: all(socket('docker-tcp.socket', '127.0.0.1:2377', 'Service=docker.service\n'), ({ sh }) =>
      sh(`systemctl daemon-reload; systemctl add-wants docker.service docker-tcp.socket`),
    ),
    doctor: /127\.0\.0\.1:2377 \(docker-tcp\.socket\) without TLS/,
    open: '127.0.0.1:2377',
  },
  {
    what: 'a newer dockerd, with an empty daemon.json',
    prepare: all(
      daemonJson(''),
      dropIn('override.conf', `${join(cacheDirectory(), 'docker/bin/dockerd')} -H fd:// ${own}`),
    ),
    doctor: /it is empty: dockerd 20\.10 does not start with it/,
  },
  {
    what: "a unit of its owner's, with -H tcp and flags for TLS",
    prepare: all(certificates, ({ write }) =>
      write(
        `${units}/docker.service`,
        `[Service]\nType=notify\nExecStart=${dockerd} -H unix:///var/run/docker.sock \\\n  -H tcp://0.0.0.0:2376 ${flagsByHand.join(' ')} \\\n  ${own}\n`,
      ),
    ),
    doctor: /DOCKER_OPTS there has no effect/,
  },
  {
    what: 'sockets in daemon.json, and none on the command line',
    prepare: all(
      dropIn('override.conf', `${dockerd} ${own}`),
      daemonJson('{\r\n    "hosts": ["unix:///var/run/docker.sock", "tcp://127.0.0.1:2375"]\r\n}'),
    ),
    doctor: /tcp:\/\/127\.0\.0\.1:2375 without TLS/,
    open: '127.0.0.1:2375',
  },
  {
    what: 'TLS by hand in daemon.json',
    prepare: all(
      certificates,
      dropIn('override.conf', `${dockerd} ${own}`),
      daemonJson(JSON.stringify({ hosts: ['tcp://0.0.0.0:2376', 'fd://'], ...byHand })),
    ),
  },
];

export const refused: readonly Refused[] = [
  {
    what: 'DOCKER_OPTS with sockets',
    prepare: ({ write }) => write('etc/default/docker', `DOCKER_OPTS="${own} -H tcp://127.0.0.1:2375"\n`),
    doctor: /tcp:\/\/127\.0\.0\.1:2375 without TLS/,
    open: '127.0.0.1:2375',
    says: /\/etc\/default\/docker: DOCKER_OPTS has flags/,
  },
  {
    what: 'docker.socket has the port',
    prepare: socket('docker.socket.d/tcp.conf', '2376', ''),
    doctor: /2376 \(docker\.socket\) without TLS/,
    open: '127.0.0.1:2376',
    says: /docker\.socket holds port 2376 .*would not start\nhint: nothing was changed; .*systemctl disable --now/,
  },
  {
    what: 'a socket unit of another service has the port, and is not enabled',
    prepare: async (host) => {
      await host.write('run/systemd/system/other.socket', '[Socket]\nListenStream=127.0.0.1:2376\n');
      await host.write('run/systemd/system/other.service', '[Service]\nExecStart=/bin/true\n');
      await host.sh('systemctl daemon-reload; systemctl start other.socket');
    },
    says: /other\.socket holds port 2376/,
    undo: 'systemctl stop other.socket; rm /run/systemd/system/other.*',
  },
  {
    what: 'another configuration file',
    prepare: all(
      ({ write }) => write('etc/docker/other.json', '{"hosts": ["fd://"]}'),
      dropIn('override.conf', `${dockerd} --config-file /etc/docker/other.json ${own}`),
    ),
    says: /override\.conf lets the daemon read \/etc\/docker\/other\.json/,
  },
  {
    what: 'a masked unit',
    prepare: masked,
    doctor: isMasked,
    says: /docker\.service is masked.*\nhint: .*systemctl unmask docker\.service/,
  },
  {
    what: "a user's own daemon beside a masked unit",
    prepare: all(masked, ({ write }) =>
      write(
        'root/.config/systemd/user/docker.service',
        '[Service]\nExecStart=/usr/bin/dockerd-rootless.sh\n',
      ),
    ),
    doctor: isMasked,
    says: /the Docker here is rootless: it reads \/root\/\.config\/docker\/daemon\.json/,
    undo: 'rm -r /root/.config',
  },
  {
    what: 'a snap beside a masked unit',
    prepare: all(masked, ({ write }) =>
      write(
        `${units}/snap.docker.dockerd.service`,
        '[Service]\nExecStart=/usr/bin/snap run docker.dockerd\n',
      ),
    ),
    doctor: isMasked,
    says: /the Docker here is a snap/,
    undo: 'rm /etc/systemd/system/snap.docker.dockerd.service',
  },
  {
    what: 'a drop-in of our name that somebody else wrote',
    prepare: dropIn('zz-docker-tls-openssl.conf', `${dockerd} -H fd:// --debug ${own}`),
    says: /zz-docker-tls-openssl\.conf was not made by this program/,
  },
  {
    what: 'a later drop-in',
    prepare: dropIn('zzz.conf', `${dockerd} -H fd:// ${own}`),
    says: /zzz\.conf comes after zz-docker-tls-openssl\.conf/,
  },
  {
    what: 'a shell that starts it',
    prepare: dropIn('override.conf', `/bin/sh -c 'exec ${dockerd} -H fd:// ${own}'`),
    doctor: /override\.conf does not start dockerd itself/,
    says: /override\.conf does not start dockerd itself/,
  },
  {
    what: 'a link to daemon.json',
    prepare: async (host) => {
      await host.write('etc/docker/real.json', '{"debug": false}');
      await symlink('real.json', join(host.root, 'etc/docker/daemon.json'));
    },
    says: /daemon\.json is not safe: it is a symbolic link/,
  },
];
