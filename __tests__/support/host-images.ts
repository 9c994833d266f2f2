import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A host as its distribution leaves it: the files that say how its daemon is started. */
export interface HostImage {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** The command line of the drop-in; undefined where none is needed. */
  readonly line?: string;
  /** What daemon.json says of sockets, with `listen` as asked for. */
  readonly hosts: readonly string[];
  readonly restart: readonly string[];
}

const service = (lines: readonly string[]): string =>
  [
    '[Unit]',
    'Description=Docker Application Container Engine',
    'After=network-online.target docker.socket',
    ...(lines.join().includes('fd://') ? ['Requires=docker.socket'] : []),
    '',
    '[Service]',
    'Type=notify',
    ...lines,
    'ExecReload=/bin/kill -s HUP $MAINPID',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');

/** What `-H fd://` takes its socket from. */
const socket = '[Socket]\nListenStream=/run/docker.sock\n\n[Install]\nWantedBy=sockets.target\n';

const systemctl = ['systemctl daemon-reload', 'systemctl restart docker.service'];
const listen = 'tcp://0.0.0.0:2376';
const local = 'unix:///var/run/docker.sock';

/** Debian's own package. */
export const debian: HostImage = {
  name: 'Debian (docker.io)',
  files: {
    'lib/systemd/system/docker.socket': socket,
    'lib/systemd/system/docker.service': service([
      'EnvironmentFile=-/etc/default/docker',
      '# a comment',
      'ExecStart=/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS',
    ]),
    'etc/default/docker':
      '# Use DOCKER_OPTS to modify the daemon startup options.\n#DOCKER_OPTS="-H tcp://x"\n',
  },
  line: '/usr/sbin/dockerd --containerd=/run/containerd/containerd.sock $DOCKER_OPTS',
  hosts: ['fd://', listen],
  restart: systemctl,
};

/** Docker's own packages for Ubuntu, Debian, Fedora, RHEL 8 and later. */
export const dockerCe: HostImage = {
  name: 'Ubuntu, RHEL (docker-ce)',
  files: {
    'usr/lib/systemd/system/docker.socket': socket,
    'usr/lib/systemd/system/docker.service': service([
      'ExecStart=/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock',
    ]),
  },
  line: '/usr/bin/dockerd --containerd=/run/containerd/containerd.sock',
  hosts: ['fd://', listen],
  restart: systemctl,
};

export const images: readonly HostImage[] = [
  debian,
  dockerCe,
  {
    name: 'RHEL 7 (docker)',
    files: {
      'usr/lib/systemd/system/docker.service': service([
        'EnvironmentFile=-/etc/sysconfig/docker',
        'EnvironmentFile=-/etc/sysconfig/docker-storage',
        'ExecStart=/usr/bin/dockerd-current \\',
        '          --add-runtime docker-runc=/usr/libexec/docker/docker-runc-current \\',
        '          --exec-opt native.cgroupdriver=systemd \\',
        '          $OPTIONS \\',
        '          $DOCKER_STORAGE_OPTIONS',
      ]),
      'etc/sysconfig/docker': "OPTIONS='--selinux-enabled --log-driver=journald'\n",
    },
    hosts: [local, listen],
    restart: systemctl,
  },
  {
    name: 'Fedora (moby-engine)',
    files: {
      'usr/lib/systemd/system/docker.socket': socket,
      'usr/lib/systemd/system/docker.service': service([
        'EnvironmentFile=-/etc/sysconfig/docker',
        'ExecStart=/usr/bin/dockerd \\',
        '          --host=fd:// \\',
        '          --exec-opt native.cgroupdriver=systemd \\',
        '          $OPTIONS',
      ]),
    },
    line: '/usr/bin/dockerd --exec-opt native.cgroupdriver=systemd $OPTIONS',
    hosts: ['fd://', listen],
    restart: systemctl,
  },
  {
    name: 'a host that listens without TLS by a drop-in of its owner',
    files: {
      'usr/lib/systemd/system/docker.socket': socket,
      'usr/lib/systemd/system/docker.service': service(['ExecStart=/usr/bin/dockerd -H fd://']),
      'etc/systemd/system/docker.service.d/override.conf':
        '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// -H tcp://0.0.0.0:2375 --label "a b" --tlsverify=false\n',
    },
    line: '/usr/bin/dockerd --label "a b"',
    hosts: ['fd://', 'tcp://0.0.0.0:2375', listen],
    restart: systemctl,
  },
  {
    name: 'Alpine (OpenRC)',
    files: {
      'etc/init.d/docker': '#!/sbin/openrc-run\ncommand="/usr/bin/dockerd"\ncommand_args="${DOCKER_OPTS}"\n',
      'etc/conf.d/docker': '# any other random options you want to pass to docker\nDOCKER_OPTS=""\n',
    },
    hosts: [local, listen],
    restart: ['rc-service docker restart'],
  },
  { name: 'dockerd alone', files: {}, hosts: [local, listen], restart: [] },
];

/** Writes the files of an image below `root`. */
export async function makeImage(root: string, { files }: HostImage): Promise<void> {
  await mkdir(join(root, 'etc'), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    await chmod(join(root, path), 0o644);
  }
}
