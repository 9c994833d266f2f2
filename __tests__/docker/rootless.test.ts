import { beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  doctor,
  installDaemon,
  renew,
  uninstallDaemon,
  type ErrorCode,
  type InstallDaemonOptions,
} from '../../lib/index.js';
import { publishedSockets } from '../../lib/docker/daemon/rootless.js';
import { daemonPlaces } from '../../lib/docker/daemon/places.js';
import { errorOf } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const set = (): string => join(shared(), 'docker-tls');
const home = '/home/me';
const unit = 'home/me/.config/systemd/user/docker.service';
const dropIn = `${unit}.d/zz-docker-tls-openssl.conf`;
const json = 'home/me/.config/docker/daemon.json';
const variable = 'DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS';

beforeAll(async () => {
  await makeSet(request(shared(), { directory: set(), hosts: ['127.0.0.1'] }));
});

/** The unit as dockerd-rootless-setuptool.sh writes it, with more lines of its section. */
const unitOf = (...more: readonly string[]): string =>
  [
    ...['[Unit]', 'Description=Docker Application Container Engine (Rootless)', '', '[Service]'],
    ...[
      'Environment=PATH=/usr/bin:/sbin:/usr/sbin:/usr/local/bin',
      'ExecStart=/usr/bin/dockerd-rootless.sh  --iptables=false',
    ],
    ...['ExecReload=/bin/kill -s HUP $MAINPID', 'Type=notify', 'NotifyAccess=all', 'KillMode=mixed', ...more],
    ...['', '[Install]', 'WantedBy=default.target', ''],
  ].join('\n');

async function image(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = join(temporary(), 'image');
  for (const [path, text] of Object.entries({ [unit]: unitOf(), ...files })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text, { mode: 0o644 });
  }
  return root;
}

const install = (root: string, others: InstallDaemonOptions = {}) =>
  installDaemon({
    ...{ directory: set(), root, for: 'rootless', home, apply: true, dockerd: '/nonexistent/dockerd' },
    ...others,
  });
const uninstall = (root: string) => uninstallDaemon({ root, for: 'rootless', home, apply: true });
const read = (root: string, path: string): Promise<string> => readFile(join(root, path), 'utf8');
/** The settings of the drop-in, without its comment. */
const ours = async (root: string): Promise<string[]> =>
  (await read(root, dropIn)).trimEnd().split('\n').slice(3);
/** Modes and contents, and not which inode holds them. */
const contents = async (root: string): Promise<string[]> =>
  (await tree(root)).map((line) =>
    line.replace(/ \d+ \d+ (\w{64})$/, ' $1').replace(/directory \d+$/, 'directory'),
  );

describe('a daemon that a user runs', () => {
  test('is configured in the home directory, once, and taken back to the byte', async () => {
    const root = await image({ [json]: '{"log-driver": "local"}\n' });
    const before = await contents(root);
    const done = await install(root);
    expect(done).toMatchObject({
      ...{ for: 'rootless', manager: 'systemd', listen: 'tcp://0.0.0.0:2376', notes: [] },
      restart: ['systemctl --user daemon-reload', 'systemctl --user restart docker.service'],
    });
    const to = '/home/me/.config/docker/tls';
    expect(JSON.parse(await read(root, json))).toEqual({
      ...{ 'log-driver': 'local', tlsverify: true, tlscacert: `${to}/ca.pem` },
      // The home directory is root's here.
      hosts: ['unix:///run/user/0/docker.sock', 'tcp://0.0.0.0:2376'],
      ...{ tlscert: `${to}/server-cert.pem`, tlskey: `${to}/server-key.pem` },
    });
    expect(await ours(root)).toEqual([`Environment="${variable}=-p 0.0.0.0:2376:2376/tcp"`]);
    expect(await modes(join(root, to))).toMatchObject({ '/': '0700', 'server-key.pem': '0400' });
    expect(await install(root)).toMatchObject({ changes: [] });
    await uninstall(root);
    expect(await contents(root)).toEqual(before);
  });

  test('is published at the address that was asked for, beside what its user publishes', async () => {
    const user = `Environment="${variable}=-p 0.0.0.0:8080:80/tcp --label=a" A=b`;
    const root = await image({ [unit]: unitOf(user) });
    await install(root, { listen: '10.0.0.5:2377' });
    expect(await ours(root)).toEqual([
      `Environment="${variable}=-p 0.0.0.0:8080:80/tcp --label=a -p 10.0.0.5:2377:2377/tcp"`,
    ]);
    expect(JSON.parse(await read(root, json))).toMatchObject({
      hosts: ['unix:///run/user/0/docker.sock', 'tcp://0.0.0.0:2377'],
    });
    expect(await publishedSockets(root, daemonPlaces('rootless', home))).toEqual([
      ...['tcp://0.0.0.0:8080', 'tcp://10.0.0.5:2377'],
    ]);
  });

  test('takes no other address for its own', async () => {
    const root = await image({ [unit]: unitOf(`Environment=${variable}=-p\\x2010.0.0.0:2376:2376/tcp`) });
    await expect(install(root)).rejects.toThrow('publishes port 2376 at 10.0.0.0 already');
  });

  test('keeps a port that its user publishes already', async () => {
    const root = await image({ [unit]: unitOf(`Environment=${variable}=-p\\x200.0.0.0:2376:2376/tcp`) });
    expect((await install(root)).changes.map(({ path }) => path)).not.toContain(`/${dropIn}`);
  });

  test('takes its sockets from daemon.json, and no longer from its command line', async () => {
    const root = await image({
      [unit]: unitOf(),
      [`${unit}.d/override.conf`]:
        '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd-rootless.sh -H unix:///run/user/0/docker.sock --debug\n',
    });
    await install(root);
    expect(await ours(root)).toEqual([
      `Environment="${variable}=-p 0.0.0.0:2376:2376/tcp"`,
      ...['ExecStart=', 'ExecStart=/usr/bin/dockerd-rootless.sh --debug'],
    ]);
  });

  test('gets its renewed files with renew, and keeps where it listens', async () => {
    const directory = join(temporary(), 'set');
    await makeSet(request(temporary(), { directory, hosts: ['127.0.0.1'] }));
    const root = await image();
    await install(root, { directory, listen: '10.0.0.5' });
    const to = '/home/me/.config/docker/tls';
    const { installed } = await renew({ directory, names: ['server'], install: { to, root } });
    expect(installed).toMatchObject({ ok: true, current: true });
    expect(installed?.changes.map(({ path }) => path)).toEqual([`${to}/server-cert.pem`]);
  });

  test('is what doctor looks at, where nothing else is', async () => {
    const root = await image();
    await install(root);
    const { findings } = await doctor({ directory: set(), root });
    expect(findings.find(({ id }) => id === 'tcp')).toMatchObject({ state: 'ok' });
  });
});

describe('is refused, and nothing is changed', () => {
  const env = 'home/me/env';
  const cases: [what: string, files: Record<string, string>, says: RegExp, hint: RegExp][] = [
    ['a unit that is masked', { [unit]: '' }, /is masked/, /systemctl --user unmask/],
    [
      'a unit that starts a shell',
      { [unit]: '[Service]\nExecStart=/bin/sh -c dockerd-rootless.sh\n' },
      /does not start dockerd-rootless\.sh itself/,
      /remove -H/,
    ],
    [
      'another configuration file',
      { [unit]: '[Service]\nExecStart=/usr/bin/dockerd-rootless.sh --config-file /home/me/d.json\n' },
      /and not \/home\/me\/\.config\/docker\/daemon\.json/,
      /take --config-file out/,
    ],
    [
      'the port, published at another address',
      { [unit]: unitOf(`Environment="${variable}=-p 127.0.0.1:2376:2376/tcp"`) },
      /publishes port 2376 at 127\.0\.0\.1 already/,
      /take -p with that port out/,
    ],
    [
      'the variable in a file, which has precedence',
      { [unit]: unitOf(`EnvironmentFile=/${env}`), [env]: `${variable}=--debug\n` },
      /sets DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS, which no drop-in can change/,
      /add -p 0\.0\.0\.0:2376:2376\/tcp/,
    ],
    [
      'a drop-in that comes after ours',
      { [`${unit}.d/zzz.conf`]: `[Service]\nEnvironment=${variable}=--debug\n` },
      /zzz\.conf comes after/,
      /give it a name that comes earlier/,
    ],
  ];

  test.each(cases)('%s', async (_, files, says, hint) => {
    const root = await image(files);
    const before = await tree(root);
    const error = await errorOf(() => install(root));
    expect(error).toMatchObject({
      code: 'ERR_CONFIGURATION' satisfies ErrorCode,
      message: expect.stringMatching(says) as unknown,
      hint: expect.stringMatching(hint) as unknown,
    });
    expect(await tree(root)).toEqual(before);
  });

  test.each<[InstallDaemonOptions, RegExp]>([
    [{ home: '/home/other' }, /there is no rootless Docker here: .*\/home\/other\/\.config is missing/],
    [{ home: 'me' }, /"me" is not the absolute path/],
    [{ for: 'system' }, /only a rootless daemon is in the home directory/],
  ])('with the options %j', async (options, says) => {
    const root = await image({ 'etc/hostname': 'image\n' });
    const before = await tree(root);
    expect(await errorOf(() => install(root, options))).toMatchObject({
      code: 'ERR_INPUT',
      message: expect.stringMatching(says) as unknown,
    });
    expect(await tree(root)).toEqual(before);
  });
});
