import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { explain } from '../../lib/index.js';
import type { ClientId } from '../../lib/judge/clients.js';
import type { ClientVerdict } from '../../lib/report/explain.js';
import { docker, dockerBuilds, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { flawedKeys, spoilKeys } from '../support/flawed-keys.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { clientVariants } from '../support/flawed-variants.js';
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
} from '../support/tls-clients.js';
import { until } from '../support/until.js';

const builds = await dockerBuilds();
const newest = builds.at(-1)!;
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

describe.each(builds)('what is told of a client is what the daemon of $name writes', (build) => {
  let daemon: RunningDockerd;

  beforeAll(async () => {
    daemon = await startDockerd(build, { args: daemonFlags(at('good')) });
  }, 90_000);
  afterAll(async () => {
    await daemon.stop();
  }, 60_000);

  test.each(clientVariants)('$title', async ({ title, ...set }) => {
    const directory = at(title.replaceAll(/\W/g, '-'));
    await makeFlawedSet(directory, set);
    const { accepted, says } = await told(directory, 'client', 'dockerd');
    const said = daemon.log().length;
    const { code } = await docker(newest, [
      ...['--tlsverify', `--tlscacert=${at('good', 'ca.pem')}`, `-H=tcp://localhost:${daemon.port}`],
      ...[`--tlscert=${join(directory, 'cert.pem')}`, `--tlskey=${join(directory, 'key.pem')}`, 'version'],
    ]);
    expect(code === 0).toBe(accepted);
    if (accepted) return;
    await until(() => Promise.resolve(daemon.log().includes('TLS handshake error', said)));
    const log = untimed(daemon.log().slice(said));
    expect(says.filter(({ words }) => log.includes(untimed(words)))).not.toEqual([]);
  });
});

describe('what is told of a key', () => {
  const python = startPython();
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

    test.each(Object.keys(ask) as ClientId[])('is what %s prints', async (client) => {
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
