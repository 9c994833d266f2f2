import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  cp,
  link,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { DockerTlsError, doctor, installDaemon, uninstallDaemon } from '../../lib/index.js';
import { findTimer } from '../../lib/internal.js';
import { Rooted } from '../../lib/store/rooted.js';
import { debian, makeImage } from '../support/host-images.js';
import { makeSet } from '../support/made-sets.js';
import { request } from '../support/request.js';
import { leftToWhole, rows, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const tally = usePromise('install and uninstall below --root reach nothing outside it');
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const set = (): string => join(shared(), 'docker-tls');
const secret = 'a secret of the host';

beforeAll(async () => {
  await makeSet(request(shared(), { directory: set(), hosts: ['127.0.0.1'] }));
});

/** An image, and beside it what its owner would like to reach: `host/`. */
interface Planted {
  readonly root: string;
  /** A directory of the host with a secret in `daemon.json`, `ca.pem` and all other names that are read. */
  readonly outside: string;
  readonly put: (path: string, content: string, mode?: number) => Promise<void>;
}

let places = 0;

async function plant(): Promise<Planted> {
  const place = join(temporary(), String(++places));
  const root = join(place, 'image');
  const outside = join(place, 'host');
  await makeImage(root, debian);
  await mkdir(join(outside, 'empty'), { recursive: true });
  const names = ['daemon.json', 'daemon.json.before-tls', 'ca.pem', 'ca.pem.before-tls', 'server-cert.pem'];
  for (const name of [...names, 'server-key.pem', 'installed.json', 'docker.service', 'zz.conf'])
    await writeFile(join(outside, name), secret, { mode: 0o600 });
  const put = async (path: string, content: string, mode = 0o600): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    await chmod(join(root, path), mode);
  };
  return { root, outside, put };
}

/** Links by which a path of an image can lead out of it. */
const ways: [way: string, target: (from: string, to: string) => string][] = [
  ['an absolute link', (_, to) => to],
  ['a link by ..', (from, to) => relative(dirname(from), to)],
];
const linked = [
  ...['etc/docker', 'etc/docker/tls', 'etc/systemd/system/docker.service.d', 'etc'],
  ...['etc/docker/daemon.json', 'etc/docker/daemon.json.before-tls', 'etc/docker/tls/installed.json'],
  ...['etc/docker/tls/ca.pem', 'etc/docker/tls/ca.pem.before-tls', 'etc/docker/tls/server-key.pem'],
  'lib/systemd/system/docker.service',
  'etc/systemd/system/docker.service.d/zz-docker-tls-openssl.conf',
  'etc/.docker-tls-openssl-changes.json',
];

/** What every try has to keep: nothing of the host is in the image, and the host is what it was. */
async function keeps({ root, outside }: Planted, work: () => Promise<unknown>): Promise<void> {
  const before = await tree(outside);
  const error = await work().then(
    () => undefined,
    (why: unknown) => why,
  );
  if (error !== undefined && !(error instanceof DockerTlsError)) throw error as Error;
  expect(await tree(outside)).toEqual(before);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      expect(await readFile(join(entry.parentPath, entry.name), 'utf8')).not.toContain(secret);
}

const install = (root: string) =>
  installDaemon({ directory: set(), root, apply: true, dockerd: '/nonexistent' });

test('links that lead out of an image', async () => {
  for (const [at, [way, target]] of ways.entries())
    for (const [number, path] of linked.entries())
      for (const installed of [false, true]) {
        // In the short form each path once, with each way and each command by turns.
        if (!whole && (at !== number % 2 || Number(installed) !== (number >> 1) % 2)) continue;
        await tally.attempt(
          `${way} in the place of ${path}, ${installed ? 'then uninstall' : 'then install'}`,
          async () => {
            const planted = await plant();
            const { root, outside } = planted;
            if (installed) await install(root);
            const from = join(root, path);
            await rm(from, { recursive: true, force: true });
            await mkdir(dirname(from), { recursive: true });
            // A directory of the host, or a file that has the name.
            const isFile = /\.|installed/.test(path.slice(path.lastIndexOf('/'))) && !path.endsWith('.d');
            const name = path.slice(path.lastIndexOf('/') + 1).replace('zz-docker-tls-openssl', 'zz');
            const to = isFile ? join(outside, name.includes('changes') ? 'installed.json' : name) : outside;
            await symlink(target(from, to), from);
            await keeps(planted, () => (installed ? uninstallDaemon({ root, apply: true }) : install(root)));
          },
        );
      }
  tally.none();
});

leftToWhole('what only looks reads nothing outside an image either', async () => {
  for (const [number, path] of [
    ...['etc', 'etc/docker', 'etc/docker/daemon.json', 'etc/docker/tls', 'etc/docker/tls/server-key.pem'],
    ...['etc/cron.d', 'etc/cron.d/docker-tls-openssl', 'etc/systemd/system'],
  ].entries())
    for (const [way, target] of rows(ways, 2, number))
      await tally.attempt(`${way} in the place of ${path}, then doctor`, async () => {
        const { root, outside } = await plant();
        await install(root);
        await writeFile(join(outside, 'daemon.json'), '{"hosts": ["tcp://192.0.2.1:2375"]}');
        for (const folder of ['docker/tls', 'cron.d', 'system'])
          await mkdir(join(outside, folder), { recursive: true });
        await cp(join(set(), 'server-key.pem'), join(outside, 'docker/tls/server-key.pem'));
        await writeFile(join(outside, 'cron.d/docker-tls-openssl'), '# Made by docker-tls-openssl.\n');
        await cp(join(outside, 'daemon.json'), join(outside, 'docker/daemon.json'));
        const from = join(root, path);
        await rm(from, { recursive: true, force: true });
        await mkdir(dirname(from), { recursive: true });
        const to = join(outside, path.replace(/^etc(?:\/systemd)?\/?/, ''));
        await symlink(target(from, to), from);
        const { findings } = await doctor({ root, directory: set(), plainPort: 1 });
        const ofHost = findings.filter(({ title }) => title.includes(root));
        expect(JSON.stringify(findings)).not.toContain('192.0.2.1');
        if (/etc$|docker$|tls$|key/.test(path))
          expect(ofHost.find(({ id }) => id === 'keys')?.detail).not.toContain('server-key.pem');
        expect((await findTimer(root).catch(() => undefined))?.cron).toBeUndefined();
      });
  tally.none();
});

test('links that stay in the image lead where they lead for its own programs', async () => {
  const { root } = await plant();
  await mkdir(join(root, 'var/lib/docker-conf'), { recursive: true });
  await symlink('/../../var/lib/docker-conf', join(root, 'etc/docker'));
  const before = await tree(root);
  await install(root);
  expect((await readdir(join(root, 'var/lib/docker-conf'))).sort()).toEqual(['daemon.json', 'tls']);
  await uninstallDaemon({ root, apply: true });
  expect(await tree(root)).toEqual(before);
});

test('a directory of an image that several ask for at a time is opened once', async () => {
  const { root } = await plant();
  const files = await Rooted.open(root);
  const [one, other] = await Promise.all([files.enter('/etc'), files.enter('/etc')]);
  expect(one).toBeDefined();
  expect(other).toBe(one);
  await files.close();
});

const digest = 'a'.repeat(64);
const journal = { version: 1, command: 'install daemon', to: '/etc/docker/tls', id: 'abcdef012345' };
const record = {
  ...{ version: 1, placed: {}, kept: {}, dropIn: null, made: [] },
  daemonJson: { backup: null, written: '', settings: {}, previous: {} },
};
const deep = '['.repeat(10_000);

test.each<[what: string, path: string, content: unknown]>([
  ...['{}', '[]', '5', 'null', '"../"', '', deep, '{"version":2}'].flatMap(
    (text, at): [string, string, unknown][] =>
      rows(
        [
          [`a record: ${text.slice(0, 20)}`, 'etc/docker/tls/installed.json', text],
          [`a journal: ${text.slice(0, 20)}`, 'etc/.docker-tls-openssl-changes.json', text],
        ],
        2,
        at,
      ),
  ),
  ...[
    { made: ['/etc/docker/../../host/empty'] },
    { made: ['/host/empty'] },
    { made: ['/etc'] },
    { made: [5] },
    { kept: { 'ca.pem': '../../../../host/daemon.json' } },
    { kept: { '../ca.pem': 'ca.pem.before-tls' }, placed: { '../ca.pem': digest } },
    { placed: { '../../passwd': digest } },
    { placed: { 'ca.pem': 5 } },
    { daemonJson: { ...record.daemonJson, backup: '/etc/passwd' } },
    {
      daemonJson: {
        ...record.daemonJson,
        settings: { ['__proto__']: {}, hosts: [] },
        previous: { runtimes: {} },
      },
    },
    { source: '../x' },
  ].map((part): [string, string, unknown] => [
    `a record with ${JSON.stringify(part).slice(0, 60)}`,
    'etc/docker/tls/installed.json',
    { ...record, ...part },
  ]),
  ...[
    { files: [{ path: '/etc/passwd', before: null, after: digest }], made: [], emptied: [] },
    { files: [{ path: '/etc/docker/tls/../../passwd', before: null, after: digest }], made: [], emptied: [] },
    { files: [], made: ['/usr'], emptied: [] },
    { files: [], made: ['/etc'], emptied: [] },
    { files: [], made: [], emptied: ['/etc'] },
    { files: [], made: [], emptied: ['/../host/empty'] },
    { files: [], made: [], emptied: [], id: '../../host' },
    { files: [], made: [], emptied: [], to: '/../host' },
    { files: {}, made: [], emptied: [] },
  ].map((part): [string, string, unknown] => [
    `a journal with ${JSON.stringify(part).slice(0, 60)}`,
    'etc/.docker-tls-openssl-changes.json',
    { ...journal, ...part },
  ]),
])('%s that was planted is refused by its name, with a way out', async (what, path, content) => {
  await tally.attempt(what, async () => {
    const planted = await plant();
    const { root, put } = planted;
    await put(path, typeof content === 'string' ? content : JSON.stringify(content));
    for (const work of [() => install(root), () => uninstallDaemon({ root, apply: true })]) {
      const before = (await tree(root)).filter((line) => !line.startsWith('etc/ '));
      await keeps(planted, async () => {
        await expect(work()).rejects.toMatchObject({
          ...{ code: 'ERR_CONFIGURATION', path: join(root, path) },
          message: expect.stringContaining(join(root, path)) as unknown,
          hint: expect.stringMatching(/^nothing was changed; .*remove/) as unknown,
        });
      });
      expect((await tree(root)).filter((line) => !line.startsWith('etc/ '))).toEqual(before);
    }
  });
  tally.none();
});

test('copies that were planted are not taken for ours', async () => {
  await tally.attempt('daemon.json.before-tls', async () => {
    const planted = await plant();
    const { root, put } = planted;
    const own = '{"log-driver": "journald"}\n';
    await put('etc/docker/daemon.json', own, 0o644);
    await put('etc/docker/daemon.json.before-tls', '{"hosts": ["tcp://0.0.0.0:2375"]}');
    await put('etc/docker/tls/ca.pem.before-tls', 'planted');
    await chmod(join(root, 'etc/docker/tls'), 0o700);
    const before = await tree(root);
    await install(root);
    await uninstallDaemon({ root, apply: true });
    // To the inodes, but for the file that was replaced.
    const others = (line: string): boolean => !line.startsWith('etc/docker/daemon.json 0');
    expect((await tree(root)).filter(others)).toEqual(before.filter(others));
    expect(await readFile(join(root, 'etc/docker/daemon.json'), 'utf8')).toBe(own);
  });
  await tally.attempt('a copy of ours that was exchanged', async () => {
    const { root, put } = await plant();
    await put('etc/docker/daemon.json', '{"log-driver": "journald"}', 0o644);
    await put('etc/docker/tls/ca.pem', 'another CA');
    await install(root);
    const open = '{"hosts": ["tcp://0.0.0.0:2375"]}';
    await put('etc/docker/daemon.json.before-tls', open, 0o644);
    await put('etc/docker/tls/ca.pem.before-tls', 'planted');
    const { notes } = await uninstallDaemon({ root, apply: true });
    expect(JSON.parse(await readFile(join(root, 'etc/docker/daemon.json'), 'utf8'))).toEqual({
      'log-driver': 'journald',
    });
    expect(notes.join('\n')).toMatch(/ca\.pem\.before-tls is not what install kept there, and stays/);
    expect(await readFile(join(root, 'etc/docker/daemon.json.before-tls'), 'utf8')).toBe(open);
  });
  tally.none();
});

test.each<[what: string, code: string, says: RegExp, prepare: (planted: Planted) => Promise<unknown>]>([
  [
    'a daemon.json of 10,000 lists in each other',
    'ERR_CONFIGURATION',
    /line 1, column 101: more than 100 lists and objects in each other/,
    ({ put }) => put('etc/docker/daemon.json', deep, 0o644),
  ],
  [
    'a daemon.json of 100 MB',
    'ERR_CONFIGURATION',
    /is too large for a daemon\.json: 100000000 bytes/,
    async ({ root, put }) => {
      await put('etc/docker/daemon.json', '{', 0o644);
      await truncate(join(root, 'etc/docker/daemon.json'), 100_000_000);
    },
  ],
  [
    'a daemon.json that is a pipe',
    'ERR_FILE',
    /it is not a file/,
    async ({ root, put }) => {
      await put('etc/docker/x', '');
      await promisify(execFile)('mkfifo', [join(root, 'etc/docker/daemon.json')]);
    },
  ],
  [
    'a directory on the way that others can change',
    'ERR_UNSAFE',
    /others can change it/,
    ({ root }) => chmod(join(root, 'etc'), 0o777),
  ],
  [
    'a directory on the way to the drop-in that is another user’s',
    'ERR_UNSAFE',
    /belongs to another user/,
    async ({ root }) => {
      await mkdir(join(root, 'etc/systemd/system'), { recursive: true });
      await chown(join(root, 'etc/systemd'), 65534, 65534);
    },
  ],
  [
    'a drop-in of our name that is not ours',
    'ERR_CONFIGURATION',
    /was not made by this program/,
    ({ put }) => put('etc/systemd/system/docker.service.d/zz-docker-tls-openssl.conf', '[Service]\n', 0o644),
  ],
  [
    'links without end',
    'ERR_FILE',
    /a symbolic link is in the way/,
    ({ root }) => symlink('docker', join(root, 'etc/docker')),
  ],
  [
    'no image at all',
    'ERR_INPUT',
    /it has no \/etc/,
    ({ root }) => rm(join(root, 'etc'), { recursive: true }),
  ],
])('%s is refused, and nothing is changed', async (what, code, says, prepare) => {
  await tally.attempt(what, async () => {
    const planted = await plant();
    await prepare(planted);
    const { root } = planted;
    const names = await readdir(root, { recursive: true });
    await expect(install(root)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(says) as unknown,
    });
    expect(await readdir(root, { recursive: true })).toEqual(names);
  });
  tally.none();
});

test('a name of a host file in the image is neither read through nor written', async () => {
  await tally.attempt('a hard link', async () => {
    const planted = await plant();
    const { root, outside, put } = planted;
    await put('etc/docker/x', '');
    await writeFile(join(outside, 'precious'), '{}', { mode: 0o644 });
    await link(join(outside, 'precious'), join(root, 'etc/docker/daemon.json'));
    const before = await tree(outside);
    await install(root);
    await uninstallDaemon({ root, apply: true });
    expect(await tree(outside)).toEqual(before);
  });
  tally.none();
});
