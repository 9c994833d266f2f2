import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import axios from 'axios';
import Docker from 'dockerode';
import { cp, mkdir } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { Agent as UndiciAgent, fetch } from 'undici';
import { dockerOptions, syncContext, type DockerOptions, type DockerSource } from '../../lib/index.js';
import { dockerBuilds, type RunningDockerd } from '../support/dockerd.js';
import { rows } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { startTlsDockerd } from '../support/tls-dockerd.js';

interface Version {
  readonly ApiVersion?: string;
}

/** Each asks the API for its version, as its own users do. */
const clients: readonly (readonly [string, (options: DockerOptions) => Promise<Version>])[] = [
  ['dockerode', (options) => new Docker(options).version()],
  [
    'docker-modem',
    (options) =>
      new Promise((resolve, reject) => {
        const statusCodes = { 200: true };
        const modem = new Docker(options).modem as { dial: (...args: unknown[]) => void };
        modem.dial({ path: '/version', method: 'GET', statusCodes }, (error: Error | null, body: Version) => {
          // Errors of Node itself are instances of another realm's Error in Jest.
          if (error === null) resolve(body);
          else reject(error);
        });
      }),
  ],
  [
    'https.Agent',
    (options) =>
      new Promise((resolve, reject) => {
        get(`${options.url}/version`, { agent: new Agent(options) }, (answer) => {
          resolve(json(answer) as Promise<Version>);
        }).on('error', reject);
      }),
  ],
  [
    'axios',
    async (options) => {
      const httpsAgent = new Agent(options);
      return (await axios.get<Version>('/version', { baseURL: options.url, httpsAgent, proxy: false })).data;
    },
  ],
  [
    'undici',
    async (options) => {
      const dispatcher = new UndiciAgent({ connect: options });
      const answer = await fetch(`${options.url}/version`, { dispatcher });
      const version = (await answer.json()) as Version;
      await dispatcher.close();
      return version;
    },
  ],
];

const shared = useSharedDirectory();
const set = (): string => join(shared(), 'set');
const configDirectory = (): string => join(shared(), 'docker');

beforeAll(() => makeSet({ directory: set(), hosts: ['127.0.0.1'], key: 'ec:p256', passphrase: null }));

describe.each(rows(await dockerBuilds(), 2, 1))('with $name', (build) => {
  let daemon: RunningDockerd;
  const host = (): string => `127.0.0.1:${daemon.port}`;

  beforeAll(async () => {
    daemon = await startTlsDockerd(build, set());
    await mkdir(configDirectory(), { recursive: true });
    await syncContext('remote', {
      ...{ directory: set(), host: host(), configDirectory: configDirectory() },
      ...{ docker: build.docker, apply: true },
    });
    await cp(set(), join(shared(), 'certificates'), { recursive: true });
  }, 90_000);
  afterAll(async () => {
    await daemon.stop();
  }, 60_000);

  const sources: readonly (readonly [string, () => DockerSource])[] = [
    ['a set', () => ({ directory: set(), host: host() })],
    ['a context', () => ({ context: 'remote', configDirectory: configDirectory() })],
    [
      'the environment',
      () => ({
        env: {
          DOCKER_HOST: `tcp://${host()}`,
          DOCKER_TLS_VERIFY: '1',
          DOCKER_CERT_PATH: join(shared(), 'certificates'),
        },
      }),
    ],
  ];

  describe.each(sources)('the options of %s', (_, source) => {
    test.each(clients)('are what %s takes', async (_name, ask) => {
      expect(await ask(await dockerOptions(source()))).toMatchObject({
        ApiVersion: expect.stringMatching(/^1\.\d+$/),
      });
    });
  });

  test.each(clients)('%s reaches nothing without the certificate', async (_, ask) => {
    const options = await dockerOptions({ directory: set(), host: host() });
    const without = Object.fromEntries(
      Object.entries(options).filter(([name]) => name !== 'cert' && name !== 'key'),
    ) as unknown as DockerOptions;
    await expect(ask(without)).rejects.toThrow(/alert|certificate|ECONNRESET|socket hang up|fetch failed/i);
  });
});
