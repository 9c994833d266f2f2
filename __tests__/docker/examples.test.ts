import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dockerBuilds, type RunningDockerd } from '../support/dockerd.js';
import { makeSet } from '../support/made-sets.js';
import { command } from '../support/program.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { startTlsDockerd } from '../support/tls-dockerd.js';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const shared = useSharedDirectory();
const [build] = await dockerBuilds();
const set = (): string => join(shared(), 'docker-tls');

type Outcome = ReturnType<typeof command>;
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Outcome => {
  const [name = '', ...words] = args;
  return command(shared(), process.execPath, [join(examples, name), ...words], { env });
};

beforeAll(() => makeSet({ directory: set(), hosts: ['127.0.0.1'], key: 'ec:p256', passphrase: null }));

describe('against a daemon', () => {
  let daemon: RunningDockerd;
  const host = (): string => `127.0.0.1:${daemon.port}`;
  beforeAll(async () => {
    daemon = await startTlsDockerd(build!, set());
  }, 90_000);
  afterAll(() => daemon.stop(), 60_000);

  test('call-the-api asks for the version and the containers', async () => {
    const answered = {
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(
        /^https:\/\/127\.0\.0\.1:\d+: Docker [\d.]+\S*, API 1\.\d+, 0 containers\n$/,
      ),
    };
    expect(await run(['call-the-api.mjs', host()])).toMatchObject(answered);
    const env = { DOCKER_HOST: `tcp://${host()}`, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: set() };
    expect(await run(['call-the-api.mjs'], env)).toMatchObject(answered);
  });

  test('call-the-api prints the code and the hint of an error', async () => {
    const { code, stderr } = await run(['call-the-api.mjs'], { DOCKER_HOST: `tcp://${host()}` });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'ERR_INPUT: DOCKER_TLS_VERIFY is not set, so docker would not verify the daemon\nset it to 1\n',
    });
  });
});
