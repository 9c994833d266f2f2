import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { appendFile, chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  installDaemon,
  podmanService,
  renew,
  uninstallDaemon,
  type InstallDaemonOptions,
} from '../../lib/index.js';
import { daemonPlaces } from '../../lib/docker/daemon/places.js';
import { podmanCertificate } from '../../lib/docker/daemon/podman-daemon.js';
import { errorOf } from '../support/failure.js';
import { makeSet } from '../support/made-sets.js';
import { succeeds } from '../support/program.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const set = (): string => join(shared(), 'docker-tls');
const root = (...names: string[]): string => join(temporary(), 'image', ...names);
const unit = 'etc/systemd/system/podman-tls.service';

beforeAll(async () => {
  await makeSet(request(shared(), { directory: set(), hosts: ['127.0.0.1'] }));
});
beforeEach(async () => {
  for (const path of ['etc/systemd/system', 'usr/bin', 'usr/lib/systemd'])
    await mkdir(root(path), { recursive: true });
  for (const path of ['usr/bin/podman', 'usr/lib/systemd/systemd']) await writeFile(root(path), '');
});

const install = (others: InstallDaemonOptions = {}) =>
  installDaemon({ directory: set(), root: root(), for: 'podman', apply: true, ...others });
const uninstall = () => uninstallDaemon({ root: root(), for: 'podman', apply: true });

test('its files and a unit are put in place, once, and taken back', async () => {
  const before = await tree(root());
  const done = await install({ listen: '10.0.0.5:2377' });
  expect(done).toMatchObject({ for: 'podman', manager: 'systemd', listen: 'tcp://10.0.0.5:2377' });
  expect(done.daemonJson).toBeUndefined();
  expect(done.restart).toEqual([
    'systemctl daemon-reload',
    'systemctl enable podman-tls.service',
    'systemctl restart podman-tls.service',
  ]);
  const files = '/etc/podman/tls';
  expect(await readFile(root(unit), 'utf8')).toContain(
    `ExecStart=/usr/bin/podman system service --time=0 --tls-cert=${files}/server-cert.pem --tls-key=${files}/server-key.pem ` +
      `--tls-client-ca=${files}/ca.pem tcp://10.0.0.5:2377\n`,
  );
  expect(await modes(root('etc/podman/tls'))).toMatchObject({ '/': '0700', 'server-key.pem': '0400' });
  expect(await install({ listen: '10.0.0.5:2377' })).toMatchObject({ changes: [] });
  const undone = await uninstall();
  expect(undone.restart).toEqual(['systemctl disable --now podman-tls.service', 'systemctl daemon-reload']);
  expect(await tree(root())).toEqual(before);
});

test('a path with what systemd reads in another way is found again', async () => {
  await install({ to: '/srv/50% $of "it"', podman: '/opt/100%/podman' });
  const [file, text] = [
    await readFile(root('srv/50% $of "it"/server-cert.pem')),
    await readFile(root(unit), 'utf8'),
  ];
  expect(text).toContain('ExecStart=/opt/100%%/podman system service');
  const named = await podmanCertificate(root(), daemonPlaces('podman'));
  expect(await readFile(root(named!))).toEqual(file);
  expect(await install({ to: '/srv/50% $of "it"' })).toMatchObject({ changes: [] });
});

test('a renewal goes to it, and keeps the address and the program', async () => {
  const directory = join(temporary(), 'set');
  await cp(set(), directory, { recursive: true });
  await install({ directory, listen: '10.0.0.5', podman: '/opt/podman' });
  const [before, text] = [await readFile(root('etc/podman/tls/server-cert.pem')), await readFile(root(unit))];
  const { installed } = await renew({
    ...{ directory, names: ['server-cert.pem'] },
    install: { root: root(), to: '/etc/podman/tls' },
  });
  expect(installed).toMatchObject({ ok: true, changes: [{ path: '/etc/podman/tls/server-cert.pem' }] });
  expect(await readFile(root('etc/podman/tls/server-cert.pem'))).not.toEqual(before);
  expect(await readFile(root(unit))).toEqual(text);
});

test('a unit that was made by hand with our text comes back', async () => {
  const { unit: text } = await podmanService({ directory: set(), mode: 'tls' });
  await writeFile(root(unit), text);
  expect((await install()).changes.map(({ path, action }) => `${action} ${path}`)).toContain(
    `replace /${unit}`,
  );
  expect((await uninstall()).notes).toEqual(['Podman accepts everyone over TCP again, as before']);
  expect(await readFile(root(unit), 'utf8')).toBe(text);
});

test('a unit that was edited since keeps its files', async () => {
  await install();
  await appendFile(root(unit), '# edited\n');
  const before = await tree(root());
  expect(await errorOf(uninstall)).toMatchObject({
    code: 'ERR_CONFIGURATION',
    message: expect.stringMatching(
      /podman-tls\.service names \/etc\/podman\/tls\/.*, which would be removed/,
    ) as unknown,
  });
  expect(await tree(root())).toEqual(before);
});

const noFile = (path: string) => () => rm(root(path));

test.each<
  [what: string, prepare: () => Promise<unknown>, options: InstallDaemonOptions, code: string, says: RegExp]
>([
  [
    'a host without Podman',
    noFile('usr/bin/podman'),
    {},
    'ERR_CONFIGURATION',
    /^there is no Podman in .*\/usr\/bin\/podman or/,
  ],
  ['one without systemd', noFile('usr/lib/systemd/systemd'), {}, 'ERR_CONFIGURATION', /^there is no systemd/],
  [
    'a unit of somebody else',
    () => writeFile(root(unit), '[Service]\n'),
    {},
    'ERR_CONFIGURATION',
    /was not made by this program/,
  ],
  ['a dockerd', () => Promise.resolve(), { dockerd: 'dockerd' }, 'ERR_INPUT', /^no dockerd has a part/],
  [
    'podman for dockerd',
    () => Promise.resolve(),
    { for: 'system', podman: '/usr/bin/podman' },
    'ERR_INPUT',
    /^podman has a part only/,
  ],
  [
    'a relative podman',
    () => Promise.resolve(),
    { podman: 'podman' },
    'ERR_INPUT',
    /is not an absolute path/,
  ],
])('refuses %s, and changes nothing', async (_, prepare, options, code, says) => {
  await prepare();
  const before = await tree(root());
  expect(await errorOf(() => install(options))).toMatchObject({
    code,
    message: expect.stringMatching(says) as unknown,
  });
  expect(await tree(root())).toEqual(before);
});

test('refuses a CA that Podman does not read', async () => {
  const directory = join(temporary(), 'trailing');
  await cp(set(), directory, { recursive: true });
  await chmod(join(directory, 'ca.pem'), 0o644);
  await appendFile(join(directory, 'ca.pem'), '\n');
  expect(await errorOf(() => install({ directory }))).toMatchObject({ code: 'ERR_CA_UNUSABLE' });
});

test('the command line says what comes next', async () => {
  const words = ['install', 'daemon', '--for', 'podman', '--dir', set(), '--root', root()];
  expect((await succeeds(temporary(), words)).stdout).toContain(
    "podman-tls.service  the unit that serves Podman's API",
  );
  const { stdout } = await succeeds(temporary(), [...words, '--apply']);
  expect(stdout).toContain(
    'Let systemd use them:\n  systemctl daemon-reload\n  systemctl enable podman-tls.service\n',
  );
});
