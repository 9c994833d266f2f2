import { beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { appendFile, copyFile, cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bundle,
  clientEnvironment,
  connect,
  doctor,
  explain,
  installClient,
  installDaemon,
  syncContext,
  verifyDirectory,
} from '../../lib/index.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { docker, dockerBuilds, startDockerd } from '../support/dockerd.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { rows } from '../support/form.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const set = (): string => join(shared(), 'set');

/** As step-ca, Vault and certbot hand it out: each leaf with its intermediate, and the root as ca.pem. */
beforeAll(async () => {
  const made = join(shared(), 'made');
  const year = { days: 365 };
  await makeFlawedSet(made, { intermediate: 'in the leaves', server: year, client: year });
  await mkdir(set(), { mode: 0o700 });
  for (const file of ['ca.pem', 'server-cert.pem', 'server-key.pem', 'cert.pem', 'key.pem'])
    await copyFile(join(made, file), join(set(), file));
});

describe.each(rows(await dockerBuilds(), 2, 1))('a set with an intermediate, and $name', (build) => {
  test('is well for the daemon, docker and connect', async () => {
    const at = (file: string): string => join(set(), file);
    const daemon = await startDockerd(build, {
      args: [
        ...['--tlsverify', `--tlscacert=${at('ca.pem')}`],
        ...[`--tlscert=${at('server-cert.pem')}`, `--tlskey=${at('server-key.pem')}`],
      ],
    });
    try {
      const { checks } = await connect({ directory: set(), endpoint: `127.0.0.1:${daemon.port}`, env: {} });
      expect(checks.filter(({ state }) => state !== 'passed')).toEqual([]);
      const options = { directory: set(), host: `localhost:${daemon.port}` };
      const configDirectory = join(temporary(), '.docker');
      await syncContext('remote', { ...options, configDirectory, docker: build.docker, apply: true });
      const asked = ['--context', 'remote', 'version', '--format', '{{.Server.Version}}'];
      expect(await docker(build, asked, { HOME: temporary() })).toMatchObject({ code: 0 });
    } finally {
      await daemon.stop();
    }
  });
});

test('is accepted by explain and verify', async () => {
  expect(await explain({ directory: set() })).toMatchObject({ accepted: true });
  const { findings } = await verifyDirectory({ directory: set() });
  expect(findings).toEqual([]);
});

test('is accepted by verify with an empty line behind the intermediate, which is no ca.pem', async () => {
  const directory = join(temporary(), 'set');
  await cp(set(), directory, { recursive: true });
  await appendFile(join(directory, 'server-cert.pem'), '\n');
  expect((await verifyDirectory({ directory })).findings).toEqual([]);
  await appendFile(join(directory, 'ca.pem'), '\n');
  expect((await verifyDirectory({ directory })).findings).toMatchObject([
    { file: 'ca.pem', id: 'ca-goes-on' },
  ]);
});

test('goes with its intermediate wherever it is copied', async () => {
  const options = { directory: set(), host: 'localhost' };
  expect(await clientEnvironment(options)).toMatchObject({ DOCKER_CERT_PATH: set() });
  const { files } = await bundle('client', { directory: set() });
  expect(files.map(({ name }) => name)).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
  const to = join(temporary(), 'client');
  await installClient({ directory: set(), to, apply: true });
  await mkdir(join(temporary(), 'root/etc'), { recursive: true });
  const root = join(temporary(), 'root');
  await installDaemon({ directory: set(), root, apply: true, dockerd: 'none' });
  for (const [copy, original] of [
    [join(to, 'cert.pem'), 'cert.pem'],
    [join(root, 'etc/docker/tls/server-cert.pem'), 'server-cert.pem'],
  ] as const) {
    const copied = await readFile(copy, 'utf8');
    expect(copied).toBe(await readFile(join(set(), original), 'utf8'));
    expect(certificatesIn(copied).map(({ subject }) => subject)[1]).toBe('CN=Test CA');
  }
  const { findings } = await doctor({ directory: set(), root, env: { HOME: temporary() } });
  expect(findings.filter(({ id, state }) => id === 'daemon-files' && state !== 'ok')).toEqual([]);
  expect(new X509Certificate(await readFile(join(to, 'ca.pem'))).subject).toBe('CN=Test Root');
});

test('without its intermediate is refused', async () => {
  const made = join(temporary(), 'made');
  await makeFlawedSet(made, { intermediate: 'in the leaves' });
  const { certificates } = await explain({ directory: made });
  expect(certificates).toMatchObject([{ accepted: true }, { accepted: true }]);
  await makeFlawedSet(join(temporary(), 'bare'), { intermediate: 'trusted alone' });
  for (const file of ['server-cert.pem', 'cert.pem'])
    await copyFile(join(temporary(), 'bare', file), join(made, file));
  expect((await explain({ directory: made })).certificates.map(({ reasons }) => reasons[0]?.id)).toEqual([
    'unknown-ca',
    'unknown-ca',
  ]);
});
