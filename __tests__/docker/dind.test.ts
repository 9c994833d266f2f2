import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bundle,
  connect,
  installDaemon,
  uninstallDaemon,
  type InstallDaemonOptions,
} from '../../lib/index.js';
import { sha256Of } from '../../lib/docker/install/digest.js';
import { bringToDaemon, installTarget } from '../../lib/renew/renew-install.js';
import type { LeafRole } from '../../lib/x509/role.js';
import { docker, dockerBuilds, startDockerd } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { rows } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { useProgram } from '../support/one-process.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const { succeeds } = useProgram();
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const set = (): string => join(shared(), 'docker-tls');
const certs = (): string => join(temporary(), 'certs');

beforeAll(async () => {
  await makeSet(request(shared(), { directory: set(), hosts: ['127.0.0.1', 'docker'] }));
});

/** Unpacks the bundles of both sides below one directory. */
async function unpack(...roles: readonly LeafRole[]): Promise<void> {
  await mkdir(certs());
  for (const role of roles) {
    const { bytes } = await bundle(role, { directory: set(), layout: 'dind' });
    execFileSync('tar', ['-xzf', '-', '-C', certs()], { input: bytes });
  }
}

/** The settings with which dockerd-entrypoint.sh of docker:dind starts dockerd, with the files below DOCKER_TLS_CERTDIR. */
const entrypointFlags = (): string[] => [
  ...['--tlsverify', '--tlscacert', join(certs(), 'server/ca.pem')],
  ...['--tlscert', join(certs(), 'server/cert.pem'), '--tlskey', join(certs(), 'server/key.pem')],
];

test('a bundle has the names of docker:dind, and what makes it keep them comes last', async () => {
  const names = async (role: LeafRole): Promise<string[]> =>
    (await bundle(role, { directory: set(), layout: 'dind' })).files.map(({ name }) => name);
  expect(await names('server')).toEqual([
    'server/ca.pem',
    'server/cert.pem',
    'server/key.pem',
    'ca/cert.pem',
  ]);
  expect(await names('client')).toEqual(['client/ca.pem', 'client/cert.pem', 'client/key.pem']);
  await unpack('server', 'client');
  expect(await readdir(join(certs(), 'ca'))).toEqual(['cert.pem']);
  expect(await modes(join(certs(), 'server'))).toMatchObject({ 'cert.pem': '0444', 'key.pem': '0400' });
});

test('the program packs it, and its lines unpack it', async () => {
  const { stdout } = await succeeds(temporary(), [
    ...['bundle', '--server', '--layout', 'dind', '--dir', set()],
  ]);
  const [, lines = ''] = stdout.split('On the machine that runs docker:dind, as root:\n');
  const [line = '', start = ''] = lines.split('\n');
  execFileSync('sh', ['-ec', line.replaceAll('/srv/dind', certs())], { cwd: temporary() });
  expect(await readdir(certs())).toEqual(['ca', 'server']);
  expect(start).toContain('-v /srv/dind/server:/certs/server:ro');
});

test.each(rows(await dockerBuilds(), 2))(
  '$name takes our client, started as docker:dind starts it',
  async (build) => {
    await unpack('server', 'client');
    const daemon = await startDockerd(build, { args: entrypointFlags() });
    try {
      const host = `127.0.0.1:${daemon.port}`;
      const directory = join(certs(), 'client');
      expect(await connect({ endpoint: host, directory })).toMatchObject({ ok: true });
      const env = { DOCKER_HOST: `tcp://${host}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory };
      expect(await docker(build, ['version', '-f', '{{.Server.Version}}'], env)).toMatchObject({ code: 0 });
    } finally {
      await daemon.stop();
    }
  },
  120_000,
);

describe('install --for dind', () => {
  const image = async (): Promise<string> => {
    const root = join(temporary(), 'image');
    await mkdir(join(root, 'etc'), { recursive: true });
    return root;
  };
  const install = (root: string, others: InstallDaemonOptions = {}) =>
    installDaemon({ directory: set(), root, for: 'dind', apply: true, ...others });

  test('puts the files where docker:dind looks, once, and takes them back', async () => {
    const root = await image();
    const before = await tree(root);
    const done = await install(root);
    expect(done).toMatchObject({ for: 'dind', manager: 'none', listen: 'tcp://0.0.0.0:2376', restart: [] });
    expect(done.daemonJson).toBeUndefined();
    expect(done.changes.map(({ path }) => path)).toEqual([
      ...['/certs/server/ca.pem', '/certs/server/cert.pem', '/certs/server/key.pem', '/certs/ca/cert.pem'],
    ]);
    for (const [from, to] of [
      ['ca.pem', 'ca/cert.pem'],
      ['server-key.pem', 'server/key.pem'],
    ] as const)
      expect(await readFile(join(root, 'certs', to))).toEqual(await readFile(join(set(), from)));
    expect(await modes(join(root, 'certs/server'))).toMatchObject({ '/': '0700', 'key.pem': '0400' });
    expect(await install(root)).toMatchObject({ changes: [] });
    expect((await errorOf(() => uninstallDaemon({ root, to: '/certs' }))) as object).toMatchObject({
      code: 'ERR_INPUT',
      hint: expect.stringContaining("`for: 'dind'`") as unknown,
    });
    const undone = await uninstallDaemon({ root, for: 'dind', apply: true });
    expect(undone.changes[0]).toMatchObject({ path: '/certs/ca/cert.pem', action: 'remove' });
    expect(await tree(root)).toEqual(before);
  });

  test('replaces what was renewed, and a killed run is taken back', async () => {
    const root = await image();
    await install(root, { to: '/srv/volume' });
    const key = join(root, 'srv/volume/server/key.pem');
    await chmod(key, 0o600);
    await writeFile(key, 'another');
    const { changes } = await install(root, { to: '/srv/volume' });
    expect(changes.map(({ path, action }) => `${action} ${path}`)).toEqual([
      'create /srv/volume/server/key.pem.before-tls',
      'replace /srv/volume/server/key.pem',
    ]);
    await chmod(key, 0o600);
    await writeFile(key, 'edited since');
    expect((await uninstallDaemon({ root, for: 'dind', to: '/srv/volume' })).notes).toEqual([
      '/srv/volume/server/key.pem was changed since, and stays',
      '/srv/volume/server/key.pem.before-tls, a copy of what was there, stays',
    ]);
    const id = '0123456789ab';
    const path = '/srv/volume/ca/cert.pem';
    const after = sha256Of(await readFile(join(root, path)));
    const left = {
      ...{ version: 1, command: 'install daemon', for: 'dind', to: '/srv/volume', id },
      ...{ files: [{ path, before: null, after }], made: [], emptied: [] },
    };
    const journal = join(root, 'etc/.docker-tls-openssl-changes.json');
    await writeFile(journal, JSON.stringify(left), { mode: 0o600 });
    // Whichever daemon the next run is for.
    const { notes } = await uninstallDaemon({ root, apply: true });
    expect(notes.join()).toContain('was killed before it was done');
    expect(await readdir(join(root, 'etc'))).toEqual([]);
    expect(await readdir(join(root, 'srv/volume/ca'))).toEqual([]);
  });

  test.each<[what: string, options: InstallDaemonOptions, code: string, says: RegExp]>([
    ['an address to listen on', { listen: '10.0.0.5' }, 'ERR_INPUT', /port 2376 of all its addresses/],
    ['a restart', { root: '/', restart: true, to: '/nonexistent/certs' }, 'ERR_INPUT', /unknown what starts/],
    [
      'another kind',
      { for: 'snap' as 'dind' },
      'ERR_INPUT',
      /"snap" is not one of system, rootless, dind, podman/,
    ],
  ])('refuses %s', async (_, options, code, says) => {
    const root = await image();
    const error = await errorOf(() => install(root, options));
    expect(error).toMatchObject({ code, message: expect.stringMatching(says) as unknown });
    expect(await readdir(root)).toEqual(['etc']);
  });

  test('refuses the certificate directory itself', async () => {
    const root = await image();
    const directory = join(root, 'set');
    await cp(set(), directory, { recursive: true });
    const error = await errorOf(() => install(root, { directory, to: '/set' }));
    expect(error).toMatchObject({ code: 'ERR_INPUT', message: `${directory} is the certificate directory` });
  });

  test('refuses where docker:dind would sign its own certificates over ours', async () => {
    const root = await image();
    await mkdir(join(root, 'certs/ca'), { recursive: true });
    await writeFile(join(root, 'certs/ca/key.pem'), 'its own');
    const before = await tree(root);
    expect(await errorOf(() => install(root))).toMatchObject({
      code: 'ERR_CONFIGURATION',
      message: expect.stringContaining('makes certificates of its own at each start') as unknown,
    });
    expect(await tree(root)).toEqual(before);
  });
});

test('a renewal that would change more names the very installation', async () => {
  const root = join(temporary(), 'image');
  await mkdir(join(root, 'etc'), { recursive: true });
  await installDaemon({ directory: set(), root, to: '/srv/tls', apply: true });
  await writeFile(join(root, 'etc/docker/daemon.json'), '{}');
  const target = await installTarget(set(), { root, to: '/srv/tls' });
  const { error } = await bringToDaemon(target!, {});
  expect(error).toMatchObject({
    code: 'ERR_CONFIGURATION',
    hint: expect.stringContaining(`to: '/srv/tls', root: '${root}'`) as unknown,
  });
});
