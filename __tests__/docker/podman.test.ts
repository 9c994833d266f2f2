import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { appendFile, chmod, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { all, connect, podmanService, renew, snippet } from '../../lib/index.js';
import { docker, dockerBuilds } from '../support/dockerd.js';
import { failure } from '../support/failure.js';
import { inTurns, leftToWhole } from '../support/form.js';
import { podmanIn, type Podman } from '../support/podman.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

const builds = await dockerBuilds();
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
let podman: Podman;
let service: { port: number; stop: () => Promise<void> };

beforeAll(async () => {
  const options = { key: 'ec:p256', passphrase: null, hosts: ['127.0.0.1'] } as const;
  await all({ ...options, directory: at('ours') });
  await all({ ...options, directory: at('others') });
  podman = await podmanIn(at('podman'));
  service = await podman.serve((await podmanService({ directory: at('ours') })).command);
});
afterAll(() => service.stop());

const tls = (directory: string): string[] =>
  ['ca', 'cert', 'key'].map((name) => `--tls-${name}=${at(directory, `${name}.pem`)}`);

test('connect finds nothing wrong with it, and says what it is', async () => {
  const { checks, docker: found } = await connect({
    directory: at('ours'),
    endpoint: `127.0.0.1:${service.port}`,
  });
  expect(checks.filter(({ state }) => state !== 'passed')).toEqual([]);
  expect(found).toMatchObject({
    engine: 'Podman',
    version: expect.stringMatching(/^5\./),
    minApiVersion: '1.24',
  });
  expect(checks.find(({ id }) => id === 'api')?.detail).toMatch(/^Podman 5\.\S+, API 1\.24 to 1\.\d+$/);
});

inTurns(2, 1).each(builds)(
  "the command line of $name gets through, and another CA's does not",
  async (build) => {
    const ask = (directory: string) =>
      docker(build, [
        ...['--tlsverify', `--host=tcp://127.0.0.1:${service.port}`, `--tlscacert=${at('ours/ca.pem')}`],
        ...[`--tlscert=${at(directory, 'cert.pem')}`, `--tlskey=${at(directory, 'key.pem')}`, 'version'],
      ]);
    expect(await ask('ours')).toMatchObject({ code: 0, stdout: expect.stringContaining('Podman Engine') });
    expect((await ask('others')).code).not.toBe(0);
  },
);

test('the snippet for its own command line connects, wherever the files lie', async () => {
  const odd = at('it\'s "my" $HOME');
  await cp(at('ours'), odd, { recursive: true });
  const { text } = await snippet('podman', { directory: odd, host: `127.0.0.1:${service.port}` });
  expect(await podman.shell(text)).toMatchObject({ code: 0, stdout: expect.stringContaining('Server:') });
});

test('so it is with its own', async () => {
  const to = `tcp://127.0.0.1:${service.port}`;
  for (const name of ['ours', 'others'])
    expect(await podman.remote('system', 'connection', 'add', name, ...tls(name), to)).toMatchObject({
      code: 0,
    });
  expect(await podman.remote('--connection=ours', 'version')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Server:'),
  });
  expect(await podman.remote('--connection=others', 'version')).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('certificate'),
  });
});

leftToWhole('it serves a new certificate only after a restart', async () => {
  await cp(at('ours'), at('renewed'), { recursive: true });
  const { command } = await podmanService({ directory: at('renewed') });
  const onDisk = async (port: number): Promise<string | undefined> => {
    const { checks } = await connect({ directory: at('renewed'), endpoint: `127.0.0.1:${port}` });
    return checks.find(({ id }) => id === 'on-disk')?.state;
  };
  const states: (string | undefined)[] = [];
  const first = await podman.serve(command);
  states.push(await onDisk(first.port));
  await renew({ directory: at('renewed'), names: ['server-cert.pem'] });
  states.push(await onDisk(first.port));
  await first.stop();
  const second = await podman.serve(command);
  states.push(await onDisk(second.port));
  await second.stop();
  expect(states).toEqual(['passed', 'failed', 'passed']);
});

test('what stands behind the last certificate is refused by Podman, and so before', async () => {
  await cp(at('ours'), at('trailing'), { recursive: true });
  const { arguments: words } = await podmanService({ directory: at('trailing') });
  await chmod(at('trailing/ca.pem'), 0o644);
  await appendFile(at('trailing/ca.pem'), '\n');
  const local = words.map((word) => (word.startsWith('tcp://') ? 'tcp://127.0.0.1:0' : word));
  expect(await podman.local(...local)).toMatchObject({
    code: 125,
    stderr: expect.stringContaining('non-PEM data found'),
  });
  expect(await failure(shared(), () => podmanService({ directory: at('trailing') }))).toMatchObject({
    code: 'ERR_CA_UNUSABLE',
    message: `${at('trailing/ca.pem')} has text after its last certificate, and Podman refuses such a file`,
  });
});
