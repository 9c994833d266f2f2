import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, cp, mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { dirname, join } from 'node:path';
import {
  connect,
  DockerTlsError,
  installDaemon,
  syncContext,
  server,
  uninstallDaemon,
} from '../../lib/index.js';
import { configurationFindings } from '../../lib/docker/doctor/configuration.js';
import { contextFindings } from '../../lib/docker/doctor/contexts.js';
import { makeSet } from '../support/made-sets.js';
import { cleanEnvironment, main } from '../support/program.js';
import { request } from '../support/request.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { only } from '../support/only.js';

const tally = usePromise(
  'what is no file, in the place of one that others made, is named and not waited for',
);
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);

beforeAll(async () => {
  await makeSet(request(shared(), { directory: join(shared(), 'docker-tls'), hosts: ['127.0.0.1'] }));
});

const sockets: Server[] = [];
afterAll(() => {
  for (const socket of sockets) socket.close();
});

/** What can lie where a file should, and what is said of it. */
const kinds = {
  pipe: { make: (path: string) => void execFileSync('mkfifo', [path]), says: 'it is not a file' },
  socket: {
    make: async (path: string) => {
      // The path of a socket is short.
      const short = join(shared(), `s${sockets.length}`);
      const socket = createServer().listen(short);
      sockets.push(socket);
      await once(socket, 'listening');
      await rename(short, path);
    },
    says: 'it is not a file',
  },
  device: {
    make: (path: string) => void execFileSync('mknod', [path, 'c', '1', '5']),
    says: 'it is not a file',
  },
  directory: { make: (path: string) => mkdir(path), says: 'it is a directory' },
  huge: {
    make: async (path: string) => {
      await writeFile(path, '');
      await truncate(path, 3_000_000_000);
    },
    says: '3000000000 bytes',
  },
} as const;
type Kind = keyof typeof kinds;

const id = createHash('sha256').update('remote').digest('hex');
const meta = `home/.docker/contexts/meta/${id}/meta.json`;
const copies = `home/.docker/contexts/tls/${id}/docker`;

/** A host with a set, and with a context of docker that was made from it. */
async function scene(): Promise<void> {
  await rm(temporary(), { recursive: true, force: true });
  await cp(join(shared(), 'docker-tls'), at('docker-tls'), { recursive: true });
  await mkdir(at('root/etc/docker'), { recursive: true });
  await mkdir(dirname(at(meta)), { recursive: true });
  const endpoint = { Host: 'tcp://127.0.0.1:2376', SkipTLSVerify: false };
  await writeFile(at(meta), JSON.stringify({ Name: 'remote', Endpoints: { docker: endpoint } }));
  await cp(at('docker-tls'), at(copies), { recursive: true });
}

/** The ways in which such a file is read; each gives what it says, be it a finding or an error. */
const readers = {
  // Its parts that read files: as a whole it starts programs, each time.
  doctor: async () =>
    Promise.all([
      contextFindings(at('home/.docker'), at('docker-tls'), new Date()),
      configurationFindings(at('root'), new Date()),
    ]),
  context: () => syncContext('remote', { directory: at('docker-tls'), configDirectory: at('home/.docker') }),
  install: () => installDaemon({ directory: at('docker-tls'), root: at('root') }),
  uninstall: () => uninstallDaemon({ root: at('root') }),
  connect: () => connect({ directory: at('docker-tls'), endpoint: '127.0.0.1:1' }),
  server: () =>
    server(
      only(
        'server',
        request(temporary(), { name: 'web1', templates: at('templates'), hosts: ['web1.example'] }),
      ),
    ),
} satisfies Record<string, () => Promise<unknown>>;

/** Which of them read which file. */
const places: readonly (readonly [path: string, ...ways: (keyof typeof readers)[]])[] = [
  [meta, 'doctor', 'context'],
  [`${copies}/ca.pem`, 'doctor', 'context'],
  [`${copies}/key.pem`, 'doctor', 'context'],
  ['home/.docker/config.json', 'context'],
  ['root/etc/docker/daemon.json', 'doctor', 'install'],
  ['root/etc/docker/tls/installed.json', 'uninstall'],
  ['root/lib/systemd/system/docker.service', 'doctor', 'install'],
  ['docker-tls/cert.pem', 'connect', 'context'],
  ['templates/server.cnf', 'server'],
];

/** What a reader says; undefined where it waits. */
async function said(way: keyof typeof readers): Promise<string | undefined> {
  const result = readers[way]().then(
    (value) => JSON.stringify(value),
    (error: unknown) =>
      error instanceof DockerTlsError ? error.message : `no error of ours: ${String(error)}`,
  );
  return Promise.race([result, sleep(20_000, undefined, { ref: false })]);
}

describe.each(Object.keys(kinds) as Kind[])('a %s', (kind) => {
  test('is named by whatever reads it', async () => {
    const { make, says } = kinds[kind];
    for (const [path, ...ways] of places) {
      await scene();
      await mkdir(dirname(at(path)), { recursive: true });
      await rm(at(path), { force: true });
      await make(at(path));
      for (const way of ways)
        await tally.attempt(`${kind} at ${path}: ${way}`, async () => {
          const words = await said(way);
          expect(words).toContain(says);
          expect(words).toContain(at(path));
        });
    }
    tally.none();
  });
});

test('a pipe that is opened by nobody stops no signal', async () => {
  await scene();
  await rm(at(meta));
  execFileSync('mkfifo', [at(meta)]);
  // Something else that takes its time, so that the signal comes while all is looked at.
  await mkdir(at('bin'));
  await writeFile(at('bin/docker'), '#!/bin/sh\ntouch began\nexec sleep 60\n', { mode: 0o755 });
  const child = spawn(process.execPath, [main, 'doctor', '--root', 'root'], {
    cwd: temporary(),
    env: { ...cleanEnvironment({ HOME: at('home') }), PATH: `${at('bin')}:${process.env['PATH']}` },
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  await until(() =>
    access(at('began')).then(
      () => true,
      () => false,
    ),
  );
  child.kill('SIGTERM');
  tally.count('doctor and SIGTERM', (await ended)[0] === 143);
  tally.none();
});
