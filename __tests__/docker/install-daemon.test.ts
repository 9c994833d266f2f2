import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, chown, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  all,
  installDaemon,
  renew,
  uninstallDaemon,
  verifyDirectory,
  type ErrorCode,
  type InstallDaemonOptions,
} from '../../lib/index.js';
import { docker, dockerBuilds, freePort, startDockerd } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { inTurns, leftToWhole, rows } from '../support/form.js';
import { debian, dockerCe, images, makeImage, type HostImage } from '../support/host-images.js';
import { useProgram } from '../support/one-process.js';
import { main } from '../support/program.js';
import { makeSet } from '../support/made-sets.js';
import { ownEtc } from '../support/own-etc.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const { program, succeeds } = useProgram();
const run = promisify(execFile);
const builds = await dockerBuilds();
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const set = (): string => join(shared(), 'docker-tls');
const ownDaemonJson = '{\n\t"log-driver": "journald",\n\t"zzz": {"a":1}\n}\n';

beforeAll(async () => {
  await makeSet(request(shared(), { directory: set(), hosts: ['127.0.0.1'] }));
});

const image = async (one: HostImage, daemonJson?: string): Promise<string> => {
  const root = join(temporary(), 'image');
  await makeImage(root, one);
  if (daemonJson !== undefined) {
    await mkdir(join(root, 'etc/docker'), { recursive: true });
    await writeFile(join(root, 'etc/docker/daemon.json'), daemonJson);
  }
  return root;
};
const install = (root: string, others: InstallDaemonOptions = {}) =>
  installDaemon({ directory: set(), root, apply: true, dockerd: '/nonexistent/dockerd', ...others });
const read = (root: string, path: string): Promise<string> => readFile(join(root, path), 'utf8');
const json = async (root: string): Promise<Record<string, unknown>> =>
  JSON.parse(await read(root, 'etc/docker/daemon.json')) as Record<string, unknown>;
/** Modes and contents, and not which inode holds them. */
const contents = async (root: string): Promise<string[]> =>
  (await tree(root)).map((line) =>
    line.replace(/ \d+ \d+ (\w{64})$/, ' $1').replace(/directory \d+$/, 'directory'),
  );

const dropIn = 'etc/systemd/system/docker.service.d/zz-docker-tls-openssl.conf';
const copyStays = '/etc/docker/daemon.json.before-tls, a copy of what was there before install, stays';
const tls = { tlsverify: true, tlscacert: '/etc/docker/tls/ca.pem' };

describe.each(images)('on $name', (one) => {
  test('it is installed, once, and taken back to the byte', async () => {
    const root = await image(one, ownDaemonJson);
    const before = await contents(root);
    const shown = await install(root, { apply: false });
    expect(await contents(root)).toEqual(before);
    const done = await install(root);
    expect(done.changes).toEqual(shown.changes);
    expect(done).toMatchObject({ applied: true, restart: one.restart, host: '127.0.0.1', restarted: false });
    expect(await json(root)).toEqual({
      ...{ 'log-driver': 'journald', zzz: { a: 1 }, hosts: one.hosts, ...tls },
      ...{ tlscert: '/etc/docker/tls/server-cert.pem', tlskey: '/etc/docker/tls/server-key.pem' },
    });
    expect(await read(root, 'etc/docker/daemon.json')).toContain('\n\t"zzz": {"a":1},\n\t"hosts": [\n\t\t"');
    expect(await modes(join(root, 'etc/docker/tls'))).toEqual({
      ...{ '/': '0700', 'ca.pem': '0444', 'server-cert.pem': '0444', 'server-key.pem': '0400' },
      'installed.json': '0600',
    });
    for (const [from, to] of [
      ['ca.pem', 'ca.pem'],
      ['server-key.pem', 'server-key.pem'],
    ] as const)
      expect(await read(root, `etc/docker/tls/${to}`)).toBe(await read(set(), from));
    if (one.line === undefined) expect(await readdir(join(root, 'etc'))).not.toContain('systemd');
    else
      expect((await read(root, dropIn)).trimEnd().split('\n').slice(-2)).toEqual([
        'ExecStart=',
        `ExecStart=${one.line}`,
      ]);

    const after = await tree(root);
    expect(await install(root)).toMatchObject({ changes: [], restart: [] });
    expect(await tree(root)).toEqual(after);

    const undone = await uninstallDaemon({ root });
    expect(await tree(root)).toEqual(after);
    expect(await uninstallDaemon({ root, apply: true })).toMatchObject({
      changes: undone.changes,
      applied: true,
    });
    expect(await contents(root)).toEqual(before);
  });

  const isFirst = one === images[0];
  (isFirst ? test : leftToWhole)('what was not there before is not there afterwards', async () => {
    const root = await image(one);
    const before = await contents(root);
    await install(root);
    await uninstallDaemon({ root, apply: true });
    expect(await contents(root)).toEqual(before);
  });
});

inTurns(1).each([debian, dockerCe])('systemd takes the drop-in: $name', async (one) => {
  const root = await image(one);
  await install(root);
  await mkdir(join(root, 'usr/bin'), { recursive: true });
  for (const file of ['usr/bin/dockerd', 'usr/sbin/dockerd', 'bin/kill']) {
    await mkdir(join(root, file, '..'), { recursive: true });
    await writeFile(join(root, file), '');
    await chmod(join(root, file), 0o755);
  }
  const { stderr } = await run(
    'systemd-analyze',
    ['verify', `--root=${root}`, '--man=no', '--recursive-errors=no', 'docker.service'],
    {
      env: { ...process.env, LANG: 'C' },
    },
  );
  expect(stderr).not.toMatch(/zz-docker-tls-openssl|ExecStart/);
});

describe('what already exists', () => {
  test('is replaced after a renewal, and nothing else', async () => {
    const root = await image(debian, ownDaemonJson);
    await install(root);
    const renewed = join(temporary(), 'renewed');
    await cp(set(), renewed, { recursive: true });
    await all(request(temporary(), { directory: renewed, force: ['server'] }));
    const { changes, restart } = await install(root, { directory: renewed });
    expect(changes.map(({ path, action }) => `${action} ${path}`)).toEqual([
      'replace /etc/docker/tls/server-cert.pem',
      'replace /etc/docker/tls/server-key.pem',
    ]);
    expect(restart).not.toEqual([]);
    await uninstallDaemon({ root, apply: true });
    expect(await read(root, 'etc/docker/daemon.json')).toBe(ownDaemonJson);
  });

  test('as somebody else’s files is kept, and comes back', async () => {
    const root = await image(debian);
    await mkdir(join(root, 'etc/docker/tls'), { recursive: true, mode: 0o700 });
    await writeFile(join(root, 'etc/docker/tls/ca.pem'), 'precious', { mode: 0o600 });
    const before = await contents(root);
    await install(root);
    expect(await read(root, 'etc/docker/tls/ca.pem.before-tls')).toBe('precious');
    await uninstallDaemon({ root, apply: true });
    expect(await contents(root)).toEqual(before);
  });

  test('as changes since the installation stays', async () => {
    const root = await image(debian, ownDaemonJson);
    await install(root);
    const path = join(root, 'etc/docker/daemon.json');
    const text = await readFile(path, 'utf8');
    await writeFile(
      path,
      text
        .replace('"journald"', '"local"')
        .replace('"tlsverify": true', '"tlsverify": true,\n\t"debug": true'),
    );
    expect(await install(root)).toMatchObject({ changes: [] });
    const { notes } = await uninstallDaemon({ root, apply: true });
    expect(notes).toEqual([copyStays]);
    expect(await json(root)).toEqual({ 'log-driver': 'local', zzz: { a: 1 }, debug: true });
    expect(await read(root, 'etc/docker/daemon.json.before-tls')).toBe(ownDaemonJson);
  });

  leftToWhole('as a key of ours that was changed since stays, with a note', async () => {
    const root = await image(debian, '{ "tlsverify": false }');
    await install(root);
    const path = join(root, 'etc/docker/daemon.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('/etc/docker/tls/ca.pem', '/other/ca.pem'));
    const { notes } = await uninstallDaemon({ root, apply: true });
    expect(notes).toEqual(['/etc/docker/daemon.json: tlscacert was changed since, and stays', copyStays]);
    expect(await json(root)).toEqual({ tlsverify: false, tlscacert: '/other/ca.pem' });
  });

  test('as sockets without TLS needs clients that authenticate from now on, and is told', async () => {
    const root = await image(dockerCe, '{"hosts": ["unix:///run/x.sock", "tcp://0.0.0.0:2375"]}');
    const { notes } = await install(root);
    expect(notes.join()).toContain('tcp://0.0.0.0:2375');
    expect(await json(root)).toMatchObject({
      hosts: ['unix:///run/x.sock', 'tcp://0.0.0.0:2375', 'fd://', 'tcp://0.0.0.0:2376'],
      tlsverify: true,
    });
  });

  test('as a socket on the same port is replaced', async () => {
    const root = await image(dockerCe, '{"hosts": ["tcp://127.0.0.1:2376"]}');
    await install(root, { listen: '10.0.0.5' });
    expect(await json(root)).toMatchObject({ hosts: ['fd://', 'tcp://10.0.0.5:2376'] });
  });

  test('as sockets that somebody added is not left without TLS', async () => {
    const root = await image(debian, '{}');
    await install(root);
    const path = join(root, 'etc/docker/daemon.json');
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace('"fd://"', '"fd://", "tcp://10.0.0.5:2377"'),
    );
    const before = await tree(root);
    for (const apply of [false, true])
      expect(await errorOf(() => uninstallDaemon({ root, apply }))).toMatchObject({
        code: 'ERR_CONFIGURATION',
        message: expect.stringContaining('open to everybody') as unknown,
      });
    expect(await tree(root)).toEqual(before);
  });

  leftToWhole('as a daemon that took everybody is told of when it does so again', async () => {
    const root = await image(dockerCe, '{"hosts": ["tcp://0.0.0.0:2375"]}');
    await install(root);
    expect((await uninstallDaemon({ root, apply: true })).notes).toEqual([
      'the daemon accepts everyone over TCP again, as before, which makes them root on the host: tcp://0.0.0.0:2375',
    ]);
  });

  test('as files that were replaced by others is kept by install, and left by uninstall', async () => {
    const root = await image(debian);
    await install(root);
    const key = join(root, 'etc/docker/tls/server-key.pem');
    await writeFile(key, 'another key');
    const { notes } = await uninstallDaemon({ root });
    expect(notes.join()).toContain('server-key.pem was changed since, and stays');
    await install(root);
    expect(await read(root, 'etc/docker/tls/server-key.pem.before-tls')).toBe('another key');
    await writeFile(key, 'a third key');
    await uninstallDaemon({ root, apply: true });
    expect(await readFile(key, 'utf8')).toBe('a third key');
  });

  test('as a drop-in is put back where daemon.json cannot be written', async () => {
    const root = await image(debian, ownDaemonJson);
    const before = await contents(root);
    const path = join(root, 'etc/docker/daemon.json');
    // Nothing can be renamed to what is a place of its own.
    await run('mount', ['--bind', path, path]);
    try {
      expect(await errorOf(() => install(root))).toMatchObject({ code: 'ERR_FILE' });
    } finally {
      await run('umount', [path]);
    }
    const left = (await contents(root)).filter((line) => !/etc\/docker\/tls\/|before-tls/.test(line));
    expect(left).toEqual(before);
    // What it has left is no hindrance, and all of it can be taken back.
    await install(root);
    await uninstallDaemon({ root, apply: true });
    expect(await read(root, 'etc/docker/daemon.json')).toBe(ownDaemonJson);
  });

  test('as a drop-in that is not needed any more goes', async () => {
    const root = await image(debian);
    await install(root);
    const unit = join(root, 'lib/systemd/system/docker.service');
    await writeFile(unit, (await readFile(unit, 'utf8')).replace(' -H fd://', ''));
    expect((await install(root)).changes).toMatchObject([{ path: `/${dropIn}`, action: 'remove' }]);
  });
});

describe('what was there before install is there after uninstall', () => {
  const placed = ['ca.pem', 'server-cert.pem', 'server-key.pem'];
  const uninstall = (root: string) => uninstallDaemon({ root, apply: true });
  const placeOurs = async (root: string): Promise<void> => {
    await mkdir(join(root, 'etc/docker/tls'), { recursive: true, mode: 0o700 });
    for (const name of placed) {
      await cp(join(set(), name), join(root, 'etc/docker/tls', name));
      await chmod(join(root, 'etc/docker/tls', name), name === 'server-key.pem' ? 0o400 : 0o444);
    }
  };

  leftToWhole('also the very same files, and after a renewal', async () => {
    const root = await image(debian, ownDaemonJson);
    await placeOurs(root);
    const before = await contents(root);
    const inodes = (await tree(root)).filter((line) => line.startsWith('etc/docker/tls'));
    await install(root);
    await uninstall(root);
    expect((await tree(root)).filter((line) => line.startsWith('etc/docker/tls'))).toEqual(inodes);
    expect(await contents(root)).toEqual(before);
    await install(root);
    const renewed = join(temporary(), 'renewed');
    await cp(set(), renewed, { recursive: true });
    await all(request(temporary(), { directory: renewed, force: ['server'] }));
    await install(root, { directory: renewed });
    await uninstall(root);
    expect(await contents(root)).toEqual(before);
  });

  test('directories that were missing up to the root go again', async () => {
    const root = await image(debian);
    const before = await contents(root);
    const to = '/srv/docker/tls';
    await install(root, { to });
    expect(await modes(join(root, to))).toMatchObject({ '/': '0700', 'server-key.pem': '0400' });
    await uninstallDaemon({ root, to, apply: true });
    expect(await contents(root)).toEqual(before);
  });

  test('an empty daemon.json', async () => {
    const root = await image(debian, ' \n');
    const before = await contents(root);
    await install(root);
    await uninstall(root);
    expect(await contents(root)).toEqual(before);
  });

  leftToWhole('keys that are called as what every object has', async () => {
    const text = '{"__proto__": {"hosts": ["tcp://0.0.0.0:2375"], "tlsverify": true}, "constructor": 1}';
    const root = await image(debian, text);
    const before = await contents(root);
    await install(root);
    expect(await read(root, 'etc/docker/daemon.json')).toContain(text.slice(0, -1));
    expect((await json(root))['hosts']).toEqual(debian.hosts);
    await uninstall(root);
    expect(await contents(root)).toEqual(before);
  });

  test('with a record of version 1, as it was written until copies had digests', async () => {
    const root = await image(debian, ownDaemonJson);
    const before = await contents(root);
    await install(root);
    const path = join(root, 'etc/docker/tls/installed.json');
    const {
      placed: files,
      dropIn: ours,
      daemonJson,
      made,
    } = JSON.parse(await readFile(path, 'utf8')) as {
      placed: Record<string, { digest: string }>;
      dropIn: { digest: string };
      daemonJson: { backup: { path: string } };
      made: string[];
    };
    const first = {
      ...{ version: 1, kept: {}, dropIn: ours.digest, made },
      placed: Object.fromEntries(Object.entries(files).map(([name, { digest }]) => [name, digest])),
      daemonJson: { ...daemonJson, backup: daemonJson.backup.path },
    };
    await writeFile(path, JSON.stringify(first));
    await uninstall(root);
    expect(await contents(root)).toEqual(before);
  });

  test('what daemon.json or a command line names afterwards is not removed', async () => {
    const named = '{"tlscert": "/etc/docker/current/server-cert.pem"}';
    const cases: [files: Record<string, string>, says: RegExp][] = [
      [
        { 'etc/docker/daemon.json': named },
        /daemon\.json names .*current\/server-cert\.pem, which would be removed/,
      ],
      [
        {
          'lib/systemd/system/docker.service':
            '[Service]\nExecStart=/usr/sbin/dockerd --tlsverify --tlscert=/etc/docker/tls/server-cert.pem\n',
        },
        /docker\.service names .*server-cert\.pem, which would be removed/,
      ],
    ];
    for (const [files, says] of cases) {
      const root = await image({ ...debian, files: { ...debian.files, ...files } });
      await mkdir(join(root, 'etc/docker'), { recursive: true });
      await symlink('tls', join(root, 'etc/docker/current'));
      await install(root);
      const before = await tree(root);
      for (const apply of [false, true])
        expect(await errorOf(() => uninstallDaemon({ root, apply }))).toMatchObject({
          code: 'ERR_CONFIGURATION',
          message: expect.stringMatching(says) as unknown,
          hint: expect.stringContaining('nothing was changed; take') as unknown,
        });
      expect(await tree(root)).toEqual(before);
      await rm(root, { recursive: true });
    }
  });

  leftToWhole('where the unit was masked, or got a later drop-in, meanwhile', async () => {
    const later = 'etc/systemd/system/docker.service.d/zzz.conf';
    for (const [path, content] of [
      ['etc/systemd/system/docker.service', ''],
      [later, '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd://\n'],
    ] as const) {
      const root = await image(debian, ownDaemonJson);
      await mkdir(join(root, 'etc/systemd/system/docker.service.d'), { recursive: true });
      const before = await contents(root);
      await install(root);
      await writeFile(join(root, path), content);
      await uninstall(root);
      expect(await read(root, path)).toBe(content);
      await rm(join(root, path));
      expect(await contents(root)).toEqual(before);
      await rm(root, { recursive: true });
    }
  });

  test('and what someone did since is kept: a daemon.json emptied or removed, a drop-in edited', async () => {
    const root = await image(debian, ownDaemonJson);
    const path = join(root, 'etc/docker/daemon.json');
    await install(root);
    await writeFile(path, '');
    await writeFile(join(root, dropIn), '# Mine now.\n[Service]\n');
    const { notes } = await uninstall(root);
    expect(notes).toEqual([
      '/etc/docker/daemon.json was emptied since, and stays',
      copyStays,
      `/${dropIn} was changed since, and stays`,
    ]);
    expect(await readFile(path, 'utf8')).toBe('');
    expect(await read(root, dropIn)).toBe('# Mine now.\n[Service]\n');
    expect(await read(root, 'etc/docker/daemon.json.before-tls')).toBe(ownDaemonJson);
    await rm(join(root, dropIn));
    await install(root);
    await rm(path);
    expect((await uninstall(root)).notes).toContain('/etc/docker/daemon.json was removed since');
  });
});

describe('the certificate directory itself as the place', () => {
  const tlsDirectory = 'etc/docker/tls';
  const inPlace = async (): Promise<{ root: string; directory: string }> => {
    const root = await image(debian, ownDaemonJson);
    const directory = join(root, tlsDirectory);
    await cp(set(), directory, { recursive: true });
    return { root, directory };
  };

  test('is used as it is, and stays after uninstall', async () => {
    const { root, directory } = await inPlace();
    const before = await contents(root);
    const { changes } = await install(root, { directory });
    expect(changes.map(({ path }) => path)).not.toContainEqual(expect.stringMatching(/\/tls\//));
    expect(await json(root)).toMatchObject({ tlscert: '/etc/docker/tls/server-cert.pem' });
    expect(await contents(root)).toEqual(
      expect.arrayContaining(before.filter((line) => line.includes('/tls/'))),
    );
    const { findings } = await verifyDirectory({ directory });
    expect(findings.map(({ file }) => file)).not.toContain('installed.json');
    expect(await install(root, { directory })).toMatchObject({ changes: [] });
    expect(await uninstallDaemon({ root, apply: true })).toMatchObject({ notes: [] });
    expect(await contents(root)).toEqual(before);
  });

  leftToWhole('stays also after a renewal, which is the daemon’s at once', async () => {
    const { root, directory } = await inPlace();
    await install(root, { directory });
    const { installed } = await renew({ directory, names: ['server'], install: { root } });
    expect(installed).toMatchObject({ ok: true, changes: [], current: true });
    const renewed = await read(root, `${tlsDirectory}/server-cert.pem`);
    expect(renewed).not.toBe(await read(set(), 'server-cert.pem'));
    expect(await uninstallDaemon({ root, apply: true })).toMatchObject({ notes: [] });
    expect(await read(root, `${tlsDirectory}/server-cert.pem`)).toBe(renewed);
    expect(await read(root, 'etc/docker/daemon.json')).toBe(ownDaemonJson);
  });

  test('closes a key that others can read', async () => {
    const { root, directory } = await inPlace();
    await chmod(join(directory, 'server-key.pem'), 0o644);
    const { changes } = await install(root, { directory });
    expect(changes).toContainEqual({
      path: '/etc/docker/tls/server-key.pem',
      action: 'replace',
      what: "the daemon's private key, with mode 0400",
    });
    await uninstallDaemon({ root, apply: true });
    expect(await modes(directory)).toMatchObject({ 'server-key.pem': '0400' });
  });
});

describe('what cannot be changed safely is refused, and nothing is changed', () => {
  const cases: [what: string, code: ErrorCode, says: RegExp, files: Record<string, string>][] = [
    [
      'a broken daemon.json',
      'ERR_CONFIGURATION',
      /daemon\.json, line 2, column 3/,
      { 'etc/docker/daemon.json': '{"a": 1\n  "b": 2}' },
    ],
    [
      'sockets that are none',
      'ERR_CONFIGURATION',
      /"hosts" is not a list/,
      { 'etc/docker/daemon.json': '{"hosts": "tcp://x"}' },
    ],
    [
      '-H in a variable',
      'ERR_CONFIGURATION',
      /DOCKER_OPTS has flags.*-H tcp/,
      { 'etc/default/docker': 'DOCKER_OPTS="-H tcp://0.0.0.0:2375"\n' },
    ],
    [
      'a unit that starts a shell',
      'ERR_CONFIGURATION',
      /does not start dockerd itself/,
      { 'lib/systemd/system/docker.service': '[Service]\nExecStart=/bin/sh -c "dockerd -H fd://"\n' },
    ],
    ['a masked unit', 'ERR_CONFIGURATION', /no command line/, { 'etc/systemd/system/docker.service': '' }],
    [
      'flags in a variable that goes on in the next line',
      'ERR_CONFIGURATION',
      /DOCKER_OPTS has flags/,
      { 'etc/default/docker': 'DOCKER_OPTS="--debug \\\n -H tcp://0.0.0.0:2375"\n' },
    ],
    [
      'flags in the second of two variables',
      'ERR_CONFIGURATION',
      /MORE has flags/,
      {
        'lib/systemd/system/docker.service':
          '[Service]\nEnvironment=FOO=bar "MORE=-H tcp://0.0.0.0:2375"\nExecStart=/usr/bin/dockerd $MORE\n',
      },
    ],
    [
      'variables from nobody knows where',
      'ERR_CONFIGURATION',
      /which files EnvironmentFile=/,
      {
        'lib/systemd/system/docker.service':
          '[Service]\nEnvironmentFile=/etc/docker.d/*.env\nExecStart=/usr/bin/dockerd $MORE\n',
      },
    ],
    [
      'another configuration file',
      'ERR_CONFIGURATION',
      /lets the daemon read \/etc\/docker\/prod\.json/,
      {
        'lib/systemd/system/docker.service':
          '[Service]\nExecStart=/usr/bin/dockerd --config-file /etc/docker/prod.json --tlsverify\n',
      },
    ],
    [
      'a socket that systemd completes',
      'ERR_CONFIGURATION',
      /reads more than is written in -H/,
      { 'lib/systemd/system/docker.service': '[Service]\nExecStart=/usr/bin/dockerd -H unix://%t/x.sock\n' },
    ],
    [
      'a drop-in that comes after ours',
      'ERR_CONFIGURATION',
      /comes after zz-docker-tls-openssl\.conf/,
      {
        'etc/systemd/system/docker.service.d/zzz.conf':
          '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd -H fd://\n',
      },
    ],
    [
      'TLS in the unit, and its sockets in daemon.json',
      'ERR_CONFIGURATION',
      /has TCP sockets, and the unit's command line TLS/,
      {
        'lib/systemd/system/docker.service': '[Service]\nExecStart=/usr/bin/dockerd --tlsverify\n',
        'etc/docker/daemon.json': '{"hosts": ["tcp://0.0.0.0:2376"]}',
      },
    ],
    [
      'a daemon.json that is a directory',
      'ERR_FILE',
      /it is a directory/,
      { 'etc/docker/daemon.json/x': '' },
    ],
  ];

  test.each(cases)('%s', async (_, code, says, files) => {
    const root = await image({ ...debian, files: { ...debian.files, ...files } });
    const before = await tree(root);
    for (const apply of [false, true]) {
      const error = await errorOf(() => install(root, { apply }));
      expect(error).toMatchObject({ code, message: expect.stringMatching(says) as unknown });
      expect((error as { hint?: string }).hint ?? '').not.toBe('');
    }
    expect(await tree(root)).toEqual(before);
  });

  test.each<[string, InstallDaemonOptions, ErrorCode]>([
    ['a directory that is not absolute', { to: 'tls' }, 'ERR_INPUT'],
    ['the root as directory', { to: '/' }, 'ERR_INPUT'],
    ['a socket that is no TCP', { listen: 'unix:///x' }, 'ERR_INPUT'],
    ['a set that is not there', { directory: '/nonexistent' }, 'ERR_INCOMPLETE'],
    ['a restart below a root', { restart: true }, 'ERR_INPUT'],
  ])('%s', async (_, options, code) => {
    const root = await image(debian);
    const before = await tree(root);
    expect(await errorOf(() => install(root, options))).toMatchObject({ code });
    expect(await tree(root)).toEqual(before);
  });

  test.each([
    [
      'a daemon.json that others can change',
      async (root: string) => {
        await mkdir(join(root, 'etc/docker'));
        await writeFile(join(root, 'etc/docker/daemon.json'), '{}');
        await chmod(join(root, 'etc/docker/daemon.json'), 0o666);
      },
    ],
    ['an image that others can change', (root: string) => chmod(root, 0o777)],
    [
      'a folder that others can change',
      (root: string) => mkdir(join(root, 'etc/docker')).then(() => chmod(join(root, 'etc/docker'), 0o777)),
    ],
    [
      'files in a folder of somebody else',
      async (root: string) => {
        await mkdir(join(root, 'etc/docker/tls'), { recursive: true });
        await chown(join(root, 'etc/docker/tls'), 65534, 65534);
      },
    ],
  ])('%s', async (_, prepare) => {
    const root = await image(debian);
    await prepare(root);
    const before = await tree(root);
    for (const apply of [false, true])
      expect(await errorOf(() => install(root, { apply }))).toMatchObject({ code: 'ERR_UNSAFE' });
    expect(await tree(root)).toEqual(before);
  });

  test('a restart of what nobody knows how to start', async () => {
    const place = join(temporary(), 'place');
    await mkdir(join(place, 'etc'), { recursive: true });
    /** As on a host without systemd and OpenRC: for this program alone. */
    const hide =
      ownEtc +
      'mkdir -p /etc/docker && mount --bind "$0/etc" /etc/docker || exit 9; for d in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system /etc/init.d; do [ ! -d $d ] || mount -t tmpfs -o mode=0755 tmpfs $d || exit 9; done; exec "$@"';
    const args = ['install', 'daemon', '--dir', set(), '--apply', '--restart'];
    const error = (await errorOf(() =>
      run('unshare', ['-m', 'sh', '-c', hide, place, process.execPath, main, ...args]),
    )) as { code: number; stderr: string };
    expect(error).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('leave out --restart') as unknown,
    });
    expect(await readdir(join(place, 'etc'))).toEqual([]);
  });

  test('a unit that is a pipe, which nobody waits for', async () => {
    const root = await image({ ...debian, files: {} });
    await mkdir(join(root, 'lib/systemd/system'), { recursive: true });
    await run('mkfifo', [join(root, 'lib/systemd/system/docker.service')]);
    expect(await errorOf(() => install(root))).toMatchObject({ code: 'ERR_FILE' });
  });

  test('a record that names what install has not written', async () => {
    const root = await image(debian);
    await install(root);
    await writeFile(join(temporary(), 'precious'), 'precious');
    const path = join(root, 'etc/docker/tls/installed.json');
    const record = JSON.parse(await readFile(path, 'utf8')) as { daemonJson: object };
    const daemonJson = { ...record.daemonJson, backup: '/../precious' };
    await writeFile(path, JSON.stringify({ ...record, daemonJson }));
    expect(await errorOf(() => uninstallDaemon({ root, apply: true }))).toMatchObject({
      code: 'ERR_CONFIGURATION',
    });
    expect(await readFile(join(temporary(), 'precious'), 'utf8')).toBe('precious');
  });
});

describe.each(rows(builds, 2, 1))('$name', (build) => {
  const [modern] = /2[3-9]\.\d+\.\d+/.exec(build.name) ?? [];

  test('checks daemon.json beforehand, where it can', async () => {
    const root = await image(dockerCe, '{"log-level": "nonsense"}');
    const before = await tree(root);
    if (modern === undefined) {
      expect(await install(root, { dockerd: build.dockerd })).toMatchObject({ validated: undefined });
      return;
    }
    const error = await errorOf(() => install(root, { dockerd: build.dockerd }));
    expect(error).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: expect.stringMatching(/^dockerd would refuse .*daemon\.json: .*nonsense/) as unknown,
    });
    expect(await tree(root)).toEqual(before);
    await writeFile(join(root, 'etc/docker/daemon.json'), '{"log-level": "info"}');
    expect(await install(root, { dockerd: build.dockerd })).toMatchObject({ validated: true });
  });

  test('starts with what was written, takes our client and nobody else', async () => {
    const port = await freePort();
    const socket = join(temporary(), 'docker.sock');
    const root = await image({ ...dockerCe, files: {} }, JSON.stringify({ hosts: [`unix://${socket}`] }));
    await install(root, { listen: `127.0.0.1:${port}` });
    // As on the host itself: its files lie where daemon.json says.
    const dockerd = join(temporary(), 'dockerd');
    const script = `#!/bin/sh\nexec unshare -m sh -c 'mount --bind "$0/etc/docker" /etc/docker && exec "$@"' '${root}' '${build.dockerd}' "$@"\n`;
    await writeFile(dockerd, script, { mode: 0o755 });
    const config = await read(root, 'etc/docker/daemon.json');
    const daemon = await startDockerd({ ...build, dockerd }, { port, config });
    try {
      const host = `tcp://127.0.0.1:${port}`;
      const env = { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: set() };
      expect(await docker(build, ['version', '-f', '{{.Server.Version}}'], env)).toMatchObject({ code: 0 });
      const refused = await docker(build, [
        '-H',
        host,
        '--tlsverify',
        '--tlscacert',
        join(set(), 'ca.pem'),
        'version',
      ]);
      expect(refused.code).not.toBe(0);
      expect(await docker(build, ['-H', `unix://${socket}`, 'version'])).toMatchObject({ code: 0 });
    } finally {
      await daemon.stop();
    }
  }, 120_000);
});

describe('a certificate without its key', () => {
  const carried = async (from: string): Promise<string> => {
    const directory = join(temporary(), 'carried');
    await mkdir(directory, { mode: 0o700 });
    for (const name of ['ca.pem', 'server-cert.pem']) await cp(join(from, name), join(directory, name));
    return directory;
  };

  test('is installed for the key that is there already', async () => {
    const root = await image(debian);
    await install(root);
    const renewed = join(temporary(), 'renewed');
    await cp(set(), renewed, { recursive: true });
    await renew({ directory: renewed, names: ['server'] });
    const { changes } = await install(root, { directory: await carried(renewed) });
    expect(changes.map(({ path }) => path)).toEqual(['/etc/docker/tls/server-cert.pem']);
    expect(await read(root, 'etc/docker/tls/server-cert.pem')).toBe(
      await readFile(join(renewed, 'server-cert.pem'), 'utf8'),
    );
  });

  test('is refused where that key is another one, or missing', async () => {
    const root = await image(debian);
    const directory = await carried(set());
    expect(await errorOf(() => install(root, { directory }))).toMatchObject({ code: 'ERR_INCOMPLETE' });
    await mkdir(join(root, 'etc/docker/tls'), { recursive: true });
    await cp(join(set(), 'key.pem'), join(root, 'etc/docker/tls/server-key.pem'));
    const error = await errorOf(() => install(root, { directory }));
    expect(error).toMatchObject({ code: 'ERR_LEAF_UNUSABLE' });
    expect((error as Error).message).toContain('it does not match');
  });
});

describe('the program', () => {
  test('says what would be done, does it, and says what to do next', async () => {
    const root = await image(debian, ownDaemonJson);
    const args = ['install', 'daemon', '--dir', set(), '--root', root, '--dockerd', '/nonexistent'];
    const before = await tree(root);
    const shown = await succeeds(temporary(), args);
    expect(shown.stdout).toMatch(
      /^Preview: these changes would be made:\n {2}make {4}\/etc\/docker\/tls\/ca\.pem /,
    );
    expect(shown.stdout).toMatch(/\n {2}docker-tls-openssl install daemon --dir .* --apply\n$/);
    expect((await succeeds(temporary(), [...args, '--dry-run'])).stdout).toBe(shown.stdout);
    expect(await tree(root)).toEqual(before);
    const done = await succeeds(temporary(), [...args, '--apply']);
    expect(done.stdout).toContain('\n  systemctl restart docker.service\n');
    expect(done.stdout).toMatch(/\n {2}docker-tls-openssl connect 127\.0\.0\.1\n$/);
    expect((await succeeds(temporary(), [...args, '--apply'])).stdout).toBe('Nothing to do.\n');
    expect(JSON.parse((await succeeds(temporary(), [...args, '--json'])).stdout)).toMatchObject({
      ...{ ok: true, command: 'install daemon', changes: [], applied: false, manager: 'systemd' },
    });
    const undo = ['uninstall', 'daemon', '--root', root];
    expect((await succeeds(temporary(), undo)).stdout).toContain('Preview: these changes would be made:');
    expect((await succeeds(temporary(), [...undo, '--apply'])).stdout).toContain('Done:\n  changed');
    const again = await succeeds(temporary(), [...undo, '--apply']);
    expect(again.stdout).toBe(
      'note: nothing that this program installed is in /etc/docker/tls\nNothing to do.\n',
    );
    expect(JSON.parse((await succeeds(temporary(), [...undo, '--apply', '--json'])).stdout)).toMatchObject({
      ...{ ok: true, changes: [], restart: [] },
    });
  });

  test.each([
    [['install'], 'expected client or daemon'],
    [['install', 'daemon', '--restart'], 'apply'],
    [['install', 'daemon', '--apply', '--dry-run'], 'mutually exclusive'],
    [['uninstall', 'client'], 'env --unset'],
  ])('a wrong command line is told: %j', async (args, says) => {
    const { code, stdout, stderr } = await program(temporary(), args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});
