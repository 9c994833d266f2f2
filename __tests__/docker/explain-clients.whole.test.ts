import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { explain } from '../../lib/index.js';
import type { ClientId } from '../../lib/judge/clients.js';
import type { ClientVerdict } from '../../lib/report/explain.js';
import { docker, dockerBuilds, newerDocker, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { flawedKeys, spoilKeys } from '../support/flawed-keys.js';
import { clientPathVariants } from '../support/flawed-paths.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { clientVariants } from '../support/flawed-variants.js';
import {
  disagreements,
  givenFor,
  isMeasuring,
  readMeasurements,
  recorded,
  writeAnswers,
  type Given,
} from '../support/measurements.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import {
  askCurl,
  askDocker,
  askGnutls,
  askNode,
  startPython,
  startTlsServer,
  type Answer,
  type Call,
  type StartedClient,
} from '../support/tls-clients.js';
import { until } from '../support/until.js';
import { rows } from '../support/form.js';

const gateBuilds = await dockerBuilds();
const newest = gateBuilds.at(-1)!;
const builds = isMeasuring ? [...gateBuilds, await newerDocker()] : gateBuilds;
const measurements = readMeasurements('clients');
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);

beforeAll(async () => {
  await makeFlawedSet(at('good'));
});

function daemonFlags(directory: string): string[] {
  const path = (flag: string, file: string): string => `--${flag}=${join(directory, file)}`;
  return [
    '--tlsverify',
    ...[path('tlscacert', 'ca.pem'), path('tlscert', 'server-cert.pem'), path('tlskey', 'server-key.pem')],
  ];
}

/** What is told of one client's or the daemon's view of a certificate. */
async function told(directory: string, role: 'server' | 'client', client: ClientId): Promise<ClientVerdict> {
  const { certificates } = await explain({ directory, host: 'localhost' });
  return certificates
    .find((certificate) => certificate.role === role)!
    .verdicts.find((verdict) => verdict.client === client)!;
}

/** The clock went on in between. */
function untimed(text: string): string {
  return text.replace(/current time \S+/, 'current time NOW');
}

/** By the title of the variant, what each daemon writes. */
const given = new Map<string, Given[]>();

afterAll(() => {
  if (!isMeasuring) return;
  const programs = Object.fromEntries(builds.map(({ name }) => [programOf(name), 'dockerd' as const]));
  for (const [title, answers] of given)
    if (answers.length === builds.length) writeAnswers('clients', programs, title, answers);
});

/** `dockerd 28.5.2` of `Docker 28.5.2`. */
function programOf(name: string): string {
  return name.replace('Docker', 'dockerd');
}

describe.each(builds)('what is told of a client is what the daemon of $name writes', (build) => {
  // In the short form each daemon writes of every second one.
  const first = builds.indexOf(build);
  let daemon: RunningDockerd;

  beforeAll(async () => {
    daemon = await startDockerd(build, { args: daemonFlags(at('good')) });
  }, 90_000);
  afterAll(async () => {
    await daemon.stop();
  }, 60_000);

  test.each(rows(clientVariants, 4, first))('$title', async ({ title, ...set }) => {
    const directory = at(title.replaceAll(/\W/g, '-'));
    await makeFlawedSet(directory, set);
    const verdict = await told(directory, 'client', 'dockerd');
    const { accepted, says } = verdict;
    if (!isMeasuring) expect(disagreements([verdict], givenFor(measurements, title))).toEqual([]);
    const said = daemon.log().length;
    const { code } = await docker(newest, [
      ...['--tlsverify', `--tlscacert=${at('good', 'ca.pem')}`, `-H=tcp://localhost:${daemon.port}`],
      ...[`--tlscert=${join(directory, 'cert.pem')}`, `--tlskey=${join(directory, 'key.pem')}`, 'version'],
    ]);
    const answers = given.get(title) ?? [];
    given.set(title, answers);
    const program = programOf(build.name);
    if (code === 0) answers.push({ program, client: 'dockerd', answer: undefined });
    expect(code === 0).toBe(accepted);
    if (accepted) return;
    await until(() => Promise.resolve(daemon.log().includes('TLS handshake error', said)));
    const [, error] = /TLS handshake error from \S+: (.*)/.exec(daemon.log().slice(said)) ?? [];
    answers.push({ program, client: 'dockerd', answer: recorded(error, { port: daemon.port, directory }) });
    const log = untimed(daemon.log().slice(said));
    expect(says.filter(({ words }) => log.includes(untimed(words)))).not.toEqual([]);
  });
});

describe.each(builds)(
  'what is told of a client is what the daemon of $name with its ca.pem writes',
  (build) => {
    // Each needs a daemon of its own: in the short form every fourth.
    test.each(rows(clientPathVariants, 8, builds.indexOf(build)))('$title', async ({ title, ...set }) => {
      const directory = at(`path-${title.replaceAll(/\W/g, '-')}`);
      await makeFlawedSet(directory, set);
      const { accepted, says } = await told(directory, 'client', 'dockerd');
      const daemon = await startDockerd(build, { args: daemonFlags(directory) });
      try {
        // Without --tlsverify, for the server has the same flaw.
        const file = (flag: string, name: string): string => `--${flag}=${join(directory, name)}`;
        const pair = [file('tlscacert', 'ca.pem'), file('tlscert', 'cert.pem'), file('tlskey', 'key.pem')];
        const { code } = await docker(newest, [
          '--tls',
          ...pair,
          `-H=tcp://localhost:${daemon.port}`,
          'version',
        ]);
        expect(code === 0).toBe(accepted);
        if (accepted) return;
        await until(() => Promise.resolve(daemon.log().includes('TLS handshake error')));
        expect(says.filter(({ words }) => daemon.log().includes(words))).not.toEqual([]);
      } finally {
        await daemon.stop();
      }
    });
  },
);

describe('what is told of a key', () => {
  let python: StartedClient;
  const ask: Partial<Record<ClientId, (call: Call) => Promise<Answer>>> = {
    docker: (call) => askDocker(newest, call),
    python: (call) => python.ask(call, 'python'),
    'python-3.13': (call) => python.ask(call, 'python-3.13'),
    node: askNode,
    curl: askCurl,
    gnutls: askGnutls,
  };
  let server: Awaited<ReturnType<typeof startTlsServer>>;

  beforeAll(async () => {
    python = startPython();
    server = await startTlsServer(at('good'));
  });
  afterAll(async () => {
    python.stop();
    await server.stop();
  });

  describe.each(Object.keys(flawedKeys))('%s', (reason) => {
    const directory = (): string => at(reason);

    beforeAll(async () => {
      await makeFlawedSet(directory());
      await spoilKeys(directory(), reason);
    });

    test.each(rows(Object.keys(ask) as ClientId[], 4))('is what %s prints', async (client) => {
      const { accepted, says } = await told(directory(), 'client', client);
      const answer = await ask[client]!({ host: 'localhost', port: server.port, directory: directory() });
      if (accepted) expect(answer).toBeUndefined();
      else expect(answer).toContain(says[0]!.words);
    });

    test.each(builds)('is why the daemon of $name does not start', async (build) => {
      const { says } = await told(directory(), 'server', 'dockerd');
      expect(says.map((one) => one.reason)).toEqual([reason]);
      const started = startDockerd(build, { args: daemonFlags(directory()) });
      await expect(started.then((daemon) => daemon.stop())).rejects.toThrow(says[0]!.words);
    });
  });

  test('on a curve that TLS does not use is what docker prints, and why the daemon does not start', async () => {
    const directory = at('secp256k1');
    const key = 'ec:secp256k1';
    await makeFlawedSet(directory, { server: { key }, client: { key } });
    const words = (await told(directory, 'client', 'docker')).says[0]!.words;
    expect(await askDocker(newest, { host: 'localhost', port: server.port, directory })).toContain(words);
    const started = startDockerd(newest, { args: daemonFlags(directory) });
    await expect(started.then((daemon) => daemon.stop())).rejects.toThrow(words);
    expect((await told(directory, 'server', 'dockerd')).says[0]!.words).toBe(words);
  });
});
