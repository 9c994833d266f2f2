import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { installDaemon } from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { main } from '../support/program.js';
import { makeSet } from '../support/made-sets.js';
import { ownEtc } from '../support/own-etc.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const set = (): string => join(shared(), 'docker-tls');

beforeAll(async () => {
  await makeSet(request(shared(), { directory: set(), hosts: ['127.0.0.1'] }));
});

type Files = Readonly<Record<string, string>>;
const link = (target: string): string => `-> ${target}`;

const image = async (files: Files): Promise<string> => {
  const root = join(temporary(), 'image');
  for (const [path, content] of Object.entries({ 'etc/hostname': 'x', ...files })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    if (content.startsWith('-> ')) await symlink(content.slice(3), join(root, path));
    else await writeFile(join(root, path), content);
  }
  return root;
};
const install = (root: string, listen?: string) =>
  installDaemon({ directory: set(), root, apply: true, dockerd: '/nonexistent/dockerd', listen });
const hosts = async (root: string): Promise<unknown> =>
  (JSON.parse(await readFile(join(root, 'etc/docker/daemon.json'), 'utf8')) as { hosts: unknown }).hosts;

const units = 'usr/lib/systemd/system';
const service = (line: string, unit = ''): Files => ({
  [`${units}/docker.service`]: `[Unit]\n${unit}\n[Service]\nExecStart=${line}\n`,
});
const socket = (streams = '/run/docker.sock', name = 'docker.socket', more = ''): Files => ({
  [`${units}/${name}`]: `[Socket]\n${streams
    .split(' ')
    .map((stream) => `ListenStream=${stream}`)
    .join('\n')}\n${more}\n`,
});
const enabled = (name: string): Files => ({
  [`etc/systemd/system/sockets.target.wants/${name}`]: link(`/${units}/${name}`),
});
const packaged = { ...service('/usr/bin/dockerd -H fd://', 'Requires=docker.socket'), ...socket() };
const forDocker = 'Service=docker.service';
const sysvinit = {
  'etc/init.d/docker':
    '#!/bin/sh\nDOCKERD=/usr/bin/dockerd\n. /etc/default/docker\nstart-stop-daemon --start --exec "$DOCKERD" \\\n -- -p /run/x \\\n $DOCKER_OPTS >> /log\n',
};
const openrc = {
  'etc/init.d/docker': '#!/sbin/openrc-run\ncommand=/usr/bin/dockerd\ncommand_args="${DOCKER_OPTS}"\n',
};

describe('a daemon that would not start, or would not read its file, is refused, and nothing is changed', () => {
  const cases: [what: string, says: RegExp, files: Files][] = [
    [
      'a socket unit of its own on that port',
      /docker-tls-tcp\.socket holds port 2376 \(ListenStream=2376\)/,
      {
        ...packaged,
        ...socket('2376', 'docker-tls-tcp.socket', forDocker),
        ...enabled('docker-tls-tcp.socket'),
      },
    ],
    [
      'docker.socket on that port, by a drop-in',
      /docker\.socket holds port 2376 \(ListenStream=\[::\]:2376\)/,
      {
        ...packaged,
        'etc/systemd/system/docker.socket.d/tcp.conf': '[Socket]\nListenStream=[::]:2376\n',
      },
    ],
    [
      'the socket of another service on that port',
      /foo\.socket holds port 2376/,
      { ...packaged, ...socket('127.0.0.1:2376', 'foo.socket'), ...enabled('foo.socket') },
    ],
    [
      'a socket unit that docker.service pulls in',
      /tls\.socket holds port 2376/,
      { ...service('dockerd', 'Wants=tls.socket'), ...socket('2376', 'tls.socket') },
    ],
    [
      'fd:// and no socket unit',
      /fd:\/\/ takes the sockets of docker\.socket, which is not there/,
      service('/usr/bin/dockerd -H fd://'),
    ],
    [
      'fd:// and a socket unit that is not enabled',
      /docker\.socket, which is disabled/,
      { ...service('/usr/bin/dockerd -H fd://'), ...socket() },
    ],
    [
      'fd:// in daemon.json and a masked socket unit',
      /docker\.socket, which is masked/,
      {
        ...service('/usr/bin/dockerd'),
        ...socket(),
        ...enabled('docker.socket'),
        'etc/systemd/system/docker.socket': link('/dev/null'),
        'etc/docker/daemon.json': '{"hosts": ["fd://"]}',
      },
    ],
    [
      'fd:// and a socket unit of another service',
      /docker\.socket, which is not for docker\.service/,
      {
        ...service('/usr/bin/dockerd -H fd://'),
        ...socket('/run/docker.sock', 'docker.socket', 'Service=x.service'),
        ...enabled('docker.socket'),
      },
    ],
    [
      'a required socket unit that is masked',
      /requires docker\.socket, which is masked/,
      { ...packaged, 'etc/systemd/system/docker.socket': link('/dev/null') },
    ],
    [
      'a masked unit',
      /docker\.service is masked/,
      { ...packaged, 'etc/systemd/system/docker.service': link('/dev/null') },
    ],
    [
      'our drop-in of the same name in a directory that has precedence',
      /zz-docker-tls-openssl\.conf comes after/,
      {
        ...packaged,
        'etc/systemd/system.control/docker.service.d/zz-docker-tls-openssl.conf':
          '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd:// -D\n',
      },
    ],
    [
      'a drop-in for all services that comes after ours',
      /zzz\.conf comes after/,
      {
        ...packaged,
        'run/systemd/system/service.d/zzz.conf':
          '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd://\n',
      },
    ],
    [
      'joined flags in a variable',
      /etc\/default\/docker: DOCKER_OPTS has flags.*-DH tcp/,
      {
        ...service('/usr/bin/dockerd $DOCKER_OPTS\nEnvironmentFile=-/etc/default/docker'),
        'etc/default/docker': "DOCKER_OPTS='\n -DH tcp://0.0.0.0:2375'\n",
      },
    ],
    [
      'sysvinit with DOCKER_OPTS',
      /etc\/default\/docker: DOCKER_OPTS has flags/,
      { ...sysvinit, 'etc/default/docker': 'DOCKER_OPTS="--dns 8.8.8.8 -H tcp://0.0.0.0:2375"\n' },
    ],
    [
      'sysvinit with DOCKER_OPTS that are put together',
      /etc\/default\/docker: DOCKER_OPTS has flags/,
      {
        ...sysvinit,
        ...packaged,
        'etc/default/docker':
          'DOCKER_OPTS="$DOCKER_OPTS -Hfd://"\n[ -x /y ] || DOCKER_OPTS="$DOCKER_OPTS --debug"\n',
      },
    ],
    [
      'sysvinit of RHEL',
      /etc\/sysconfig\/docker: other_args has flags/,
      {
        'etc/init.d/docker': '#!/bin/sh\n. /etc/sysconfig/docker\n$exec daemon $other_args &\n',
        'etc/sysconfig/docker': 'other_args="--tlsverify"\n',
      },
    ],
    [
      'a script that names a socket itself',
      /etc\/init\.d\/docker gives dockerd flags/,
      { 'etc/init.d/docker': '#!/bin/sh\n# a comment\nexec dockerd \\\n  -H tcp://0.0.0.0:2375 &\n' },
    ],
    [
      'OpenRC with DOCKER_OPTS',
      /etc\/conf\.d\/docker: DOCKER_OPTS has flags/,
      { ...openrc, 'etc/conf.d/docker': 'DOCKER_OPTS="-DH tcp://0.0.0.0:2375"\n' },
    ],
    [
      'OpenRC with command_args',
      /etc\/conf\.d\/docker: command_args has flags/,
      { ...openrc, 'etc/conf.d/docker': 'command_args="--config-file=/etc/x.json"\n' },
    ],
    [
      'runit',
      /etc\/sv\/docker\/conf: OPTS has flags/,
      {
        'etc/sv/docker/run': '#!/bin/sh\n. ./conf\nexec dockerd $OPTS\n',
        'etc/sv/docker/conf': 'OPTS=-Hfd://\n',
      },
    ],
    [
      'the snap',
      /is a snap, which reads \/var\/snap\/docker\/current\/config\/daemon\.json/,
      {
        'etc/systemd/system/snap.docker.dockerd.service':
          '[Service]\nExecStart=/usr/bin/snap run docker.dockerd\n',
      },
    ],
    [
      'a rootless daemon',
      /is rootless: it reads \/home\/me\/\.config\/docker\/daemon\.json/,
      {
        ...packaged,
        'home/me/.config/systemd/user/docker.service': '[Service]\nExecStart=dockerd-rootless.sh\n',
      },
    ],
    [
      'Docker Desktop',
      /is Docker Desktop/,
      { 'usr/lib/systemd/user/docker-desktop.service': '[Service]\nExecStart=/opt/docker-desktop/bin/x\n' },
    ],
    ['Docker Desktop in WSL', /this WSL distribution is Docker Desktop/, { 'mnt/wsl/docker-desktop/x': '' }],
    [
      'Colima',
      /is Colima's.*: it is configured by \/Users\/me\/\.colima\/work\/colima\.yaml/,
      { 'Users/me/.colima/_lima/colima.yaml': '', 'Users/me/.colima/work/colima.yaml': 'docker: {}\n' },
    ],
    [
      'Lima',
      /runs in docker-rootful, a virtual machine of Lima/,
      {
        'home/me/.lima/_config/lima.yaml': 'docker',
        'home/me/.lima/docker-rootful/lima.yaml': 'portForwards:\n- guestSocket: /var/run/docker.sock\n',
      },
    ],
  ];

  test.each(cases)('%s', async (_, says, files) => {
    const root = await image(files);
    const before = await tree(root);
    const error = await errorOf(() => install(root));
    expect(error).toMatchObject({
      ...{ code: 'ERR_CONFIGURATION', message: expect.stringMatching(says) as unknown },
      hint: expect.stringMatching(/^nothing was changed; ./) as unknown,
    });
    expect(await tree(root)).toEqual(before);
  });
});

describe('what can be changed safely is', () => {
  test.each<[string, Files, string | undefined, string[]]>([
    [
      'a WSL distribution with a dockerd of its own, and a Lima machine without Docker',
      {
        ...packaged,
        ...enabled('docker.socket'),
        'etc/wsl.conf': '[boot]\nsystemd=true\n',
        'home/me/.lima/default/lima.yaml': 'images: []\n',
      },
      undefined,
      ['fd://', 'tcp://0.0.0.0:2376'],
    ],
    [
      'joined flags',
      { ...packaged, ...service('/usr/bin/dockerd -DH fd:// -lH', 'Requires=docker.socket') },
      undefined,
      ['fd://', 'tcp://0.0.0.0:2376'],
    ],
    [
      'another port than that of a socket unit',
      { ...packaged, ...socket('2376', 'tls.socket', forDocker), ...enabled('tls.socket') },
      '0.0.0.0:2377',
      ['fd://', 'tcp://0.0.0.0:2377'],
    ],
    [
      'another address',
      { ...packaged, ...socket('127.0.0.1:2376', 'tls.socket', forDocker), ...enabled('tls.socket') },
      '10.0.0.5',
      ['fd://', 'tcp://10.0.0.5:2376'],
    ],
    [
      'a socket unit of others on that port that nothing opens',
      { ...packaged, ...socket('2376', 'foo.socket') },
      undefined,
      ['fd://', 'tcp://0.0.0.0:2376'],
    ],
    [
      'a snap and a rootless daemon beside an enabled docker.service',
      {
        ...packaged,
        ...enabled('docker.socket'),
        'snap/docker/current/x': '',
        'home/me/.config/systemd/user/docker.service': '',
      },
      undefined,
      ['fd://', 'tcp://0.0.0.0:2376'],
    ],
    [
      'sysvinit beside a unit that nothing reads: fd:// is the local socket',
      { ...packaged, ...sysvinit, 'etc/default/docker': '#DOCKER_OPTS="-H fd://"\nUNUSED="-H fd://"\n' },
      undefined,
      ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2376'],
    ],
  ])('%s', async (_, files, listen, expected) => {
    const root = await image(files);
    await install(root, listen);
    expect(await hosts(root)).toEqual(expected);
  });

  test('the flags of a unit, also where systemd does not start it now', async () => {
    const root = await image({ ...packaged, ...sysvinit });
    expect(await install(root)).toMatchObject({
      manager: 'sysvinit',
      restart: ['/etc/init.d/docker restart'],
    });
    const dropIn = 'etc/systemd/system/docker.service.d/zz-docker-tls-openssl.conf';
    expect(await readFile(join(root, dropIn), 'utf8')).toMatch(/\nExecStart=\/usr\/bin\/dockerd\n$/);
  });
});

/** This machine, which systemd has not booted, with an image's files in the place of its own: for the program alone. */
test('fd:// in daemon.json is refused where systemd does not run', async () => {
  const root = await image({ ...packaged, 'etc/docker/daemon.json': '{"hosts": ["fd://"]}' });
  for (const path of ['etc/systemd/system', 'etc/init.d', 'run'])
    await mkdir(join(root, path), { recursive: true });
  const script =
    ownEtc +
    'for d in /etc/docker /etc/systemd/system /etc/init.d /usr/lib/systemd/system /run; do mkdir -p $d; mount --bind "$0$d" $d || exit 9; done; exec "$@"';
  const args = ['install', 'daemon', '--dir', set(), '--apply'];
  const before = await tree(root);
  const error = (await errorOf(() =>
    promisify(execFile)('unshare', ['-m', 'sh', '-c', script, root, process.execPath, main, ...args]),
  )) as { code: number; stderr: string };
  expect(error).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/systemd, which does not run here.*\nhint: .*replace fd:\/\//) as unknown,
  });
  expect(await tree(root)).toEqual(before);
});
