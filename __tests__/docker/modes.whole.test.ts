import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, readCredentials } from '../../lib/index.js';
import {
  clientModeArguments,
  clientModeEnvironment,
  clientModes,
  type ClientMode,
  type Credentials,
} from '../../lib/internal.js';
import type { DaemonMode } from '../../lib/docker/daemon/daemon.js';
import {
  docker,
  dockerBuilds,
  freePort,
  startDockerd,
  type DockerBuild,
  type DockerResult,
  type RunningDockerd,
} from '../support/dockerd.js';
import { chosen, rows } from '../support/form.js';
import { succeeds } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const builds = await dockerBuilds();
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
let ours: Credentials;
let others: Credentials;

beforeAll(async () => {
  const options = { key: 'ec:p256', passphrase: null, localhost: false };
  await all({ ...options, directory: at('docker-tls'), hosts: ['127.0.0.1'] });
  await all({ ...options, directory: at('others'), hosts: ['127.0.0.1'] });
  ours = await readCredentials('client', { directory: at('docker-tls') });
  others = await readCredentials('client', { directory: at('others') });
  for (const [from, names] of [
    ['docker-tls', ['ca.pem', 'cert.pem', 'key.pem']],
    ['docker-tls', ['ca.pem']],
    ['others', ['ca.pem']],
  ] as const) {
    const place = certPath(names, from);
    await mkdir(place);
    for (const name of names) await copyFile(at(from, name), join(place, name));
  }
  await mkdir(certPath([]));
});

/** A directory that holds just these files. */
function certPath(names: readonly string[], from = 'docker-tls'): string {
  return at(['only', from, ...names].join('+'));
}

/** Starts a daemon with what the program prints for it, at a port of its own and on a socket of its own. */
async function start(
  build: DockerBuild,
  mode: DaemonMode,
  format: 'command' | 'json',
): Promise<RunningDockerd> {
  const { stdout } = await succeeds(shared(), ['daemon', '--mode', mode, '--format', format]);
  const port = await freePort();
  const socket = `unix://${at(`${port}.sock`)}`;
  const replaced = (word: string): string =>
    word === 'unix:///var/run/docker.sock'
      ? socket
      : word.replace('tcp://0.0.0.0:2376', `tcp://0.0.0.0:${port}`);
  if (format === 'json') {
    const config = JSON.parse(stdout) as { hosts: string[] };
    expect(config.hosts).toHaveLength(2);
    return startDockerd(build, { config: { ...config, hosts: config.hosts.map(replaced) }, port });
  }
  // As a shell splits it.
  const words = execFileSync('sh', ['-c', `set -- ${stdout}\nprintf '%s\\0' "$@"`], { encoding: 'utf8' });
  const [program, ...args] = words.split('\0').slice(0, -1);
  expect(program).toBe('dockerd');
  // The support adds an address over TCP itself.
  const without = args.filter((word, index) => ![word, args[index + 1]].includes('tcp://0.0.0.0:2376'));
  expect(args.length - without.length).toBe(2);
  return startDockerd(build, { args: without.map(replaced), host: '0.0.0.0', port });
}

async function version(
  build: DockerBuild,
  args: readonly string[],
  env?: Record<string, string>,
): Promise<DockerResult> {
  return docker(build, [...args, 'version', '--format', 'server {{.Server.Version}}'], env);
}

const accepted = ({ code, stdout }: DockerResult): boolean => code === 0 && /^server \d/.test(stdout);
const flags = (mode: ClientMode, port: number, credentials = ours, host = '127.0.0.1'): string[] =>
  clientModeArguments(mode, credentials, { host, port });
const environment = (
  mode: ClientMode,
  port: number,
  directory = certPath(mode.holds),
): Record<string, string> => clientModeEnvironment(mode, directory, { host: '127.0.0.1', port });

const daemons = (['tlsverify', 'tls'] as const).flatMap((mode) =>
  (['command', 'json'] as const).map((format) => ({ mode, format })),
);

describe.each(rows(builds, 2))('with $name', (build) => {
  // In the short form the older docker reads one file, and the newer one the other.
  const older = build === builds[0];
  const started = chosen(
    daemons,
    ({ mode, format }) =>
      format === ((mode === 'tlsverify') === older ? 'json' : 'command') ||
      (format === 'command' && mode === 'tls'),
  );
  /** And of the clients each daemon gets every second one, the others go to another daemon. */
  const turn = (mode: string): number => Number(older) + Number(mode === 'tls');
  const running = new Map<string, RunningDockerd>();
  beforeAll(async () => {
    const starting = started.map(async ({ mode, format }) => {
      running.set(`${mode} ${format}`, await start(build, mode, format));
    });
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected');
    if (failed) throw (failed as PromiseRejectedResult).reason;
  }, 90_000);
  afterAll(async () => {
    await Promise.all([...running.values()].map((daemon) => daemon.stop()));
  }, 60_000);

  describe.each(started)('a daemon of the mode $mode from the printed $format', ({ mode, format }) => {
    const the = (): RunningDockerd => running.get(`${mode} ${format}`)!;

    test(mode === 'tls' ? 'warns that it leaves the host open' : 'warns of nothing', () => {
      const warning = /Binding to IP address without --tlsverify is insecure and gives root access/;
      if (mode === 'tls') expect(the().log()).toMatch(warning);
      else expect(the().log()).not.toMatch(warning);
    });

    test.each(rows(clientModes, 2, turn(mode)))(
      'answers a client of the mode "$name" as the table says',
      async (client) => {
        const results = await Promise.all([
          version(build, flags(client, the().port)),
          version(build, [], environment(client, the().port)),
        ]);
        const expected = mode === 'tls' || client.showsCertificate;
        expect(results.map(accepted)).toEqual([expected, expected]);
        for (const { stderr } of results)
          if (!expected)
            expect(stderr).toMatch(/tls: (bad certificate|certificate required)|reset|broken pipe/);
      },
    );

    test('keeps its local socket', async () => {
      const result = await version(build, ['-H', `unix://${at(`${the().port}.sock`)}`]);
      expect(accepted(result)).toBe(true);
    });
  });

  describe('towards a daemon that takes everybody', () => {
    const the = (): RunningDockerd => running.get('tls command')!;

    test.each(rows(clientModes, 2, turn('tls')))(
      'the mode "$name" checks the server as the table says',
      async (client) => {
        // The files of its own, and another CA; which of them it shows does not matter here.
        const otherCa = { ...ours, ca: others.ca };
        const results = await Promise.all([
          version(build, flags(client, the().port, otherCa)),
          version(build, flags(client, the().port, ours, '127.0.0.2')),
          version(build, [], environment(client, the().port, certPath(['ca.pem'], 'others'))),
        ]);
        expect(results.map(accepted)).toEqual(Array(3).fill(!client.checksServer));
        const words = [
          /signed by unknown authority/,
          /is valid for 127\.0\.0\.1, not 127\.0\.0\.2/,
          /unknown authority/,
        ];
        if (client.checksServer)
          results.forEach(({ stderr }, index) => expect(stderr).toMatch(words[index]!));
      },
    );

    test.each(rows(clientModes, 4, turn('tls')))(
      'the mode "$name" needs a ca.pem, whether it looks at it or not',
      async (client) => {
        const { code, stderr } = await version(build, [], environment(client, the().port, certPath([])));
        expect(code).not.toBe(0);
        expect(stderr).toMatch(/ca\.pem: no such file/);
      },
    );

    test.each([
      ['DOCKER_TLS_VERIFY', '0', 'speaks TLS'],
      ['DOCKER_TLS_VERIFY', 'false', 'speaks TLS'],
      ['DOCKER_TLS', '0', 'speaks TLS'],
      ['DOCKER_TLS_VERIFY', '', 'speaks none'],
      ['DOCKER_TLS', '', 'speaks none'],
    ])('with %s=%s docker %s', async (variable, value, what) => {
      const result = await version(build, [], {
        DOCKER_HOST: `tcp://127.0.0.1:${the().port}`,
        DOCKER_CERT_PATH: certPath(['ca.pem']),
        [variable]: value,
      });
      if (what === 'speaks TLS') expect(result).toMatchObject({ code: 0 });
      else expect(result.stderr).toMatch(/HTTP request to an HTTPS server/);
    });

    test.each(['1', '0'])('with DOCKER_TLS_VERIFY=%s it checks the server', async (value) => {
      const { stderr } = await version(build, [], {
        DOCKER_HOST: `tcp://127.0.0.1:${the().port}`,
        DOCKER_CERT_PATH: certPath(['ca.pem'], 'others'),
        DOCKER_TLS_VERIFY: value,
      });
      expect(stderr).toMatch(/signed by unknown authority/);
    });
  });

  describe('the --tls alone of the tutorials', () => {
    const pair = (): string[] => [
      `--tlscert=${at('docker-tls', 'server-cert.pem')}`,
      `--tlskey=${at('docker-tls', 'server-key.pem')}`,
    ];

    test('does not start without a CA', async () => {
      const starting = startDockerd(build, { args: ['--tls', ...pair()] });
      await expect(starting).rejects.toThrow(/could not read CA certificate/);
    });

    test('in daemon.json, without a CA, takes whom the CAs of the machine know', async () => {
      // A machine that knows one CA: the others'.
      const dockerd = at(`dockerd of ${build.name}`);
      const script = `#!/bin/sh\nSSL_CERT_FILE='${others.ca}'; export SSL_CERT_FILE\nexec ${build.dockerd} "$@"\n`;
      await writeFile(dockerd, script, { mode: 0o755 });
      const port = await freePort();
      const [tlscert, tlskey] = ['server-cert.pem', 'server-key.pem'].map((name) => at('docker-tls', name));
      const config = { tls: true, tlscert, tlskey, hosts: [`tcp://127.0.0.1:${port}`] };
      const daemon = await startDockerd({ ...build, dockerd }, { config, port });
      try {
        const mode = clientModes[2]!;
        const results = await Promise.all(
          [ours, others].map((credentials) => version(build, flags(mode, port, credentials))),
        );
        expect(results.map(accepted)).toEqual([false, true]);
      } finally {
        await daemon.stop();
      }
    });

    test('authenticates clients all the same', async () => {
      const args = ['--tls', `--tlscacert=${ours.ca}`, ...pair()];
      const daemon = await startDockerd(build, { args });
      try {
        const results = await Promise.all(
          clientModes.map((mode) => version(build, flags(mode, daemon.port))),
        );
        expect(results.map(accepted)).toEqual(clientModes.map(({ showsCertificate }) => showsCertificate));
      } finally {
        await daemon.stop();
      }
    });
  });
});
