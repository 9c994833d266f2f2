import { expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFleet } from '../../../lib/fleet/file/read-fleet.js';
import { useTemporaryDirectory } from '../../support/temporary-directory.js';

const directory = useTemporaryDirectory();

async function fleetOf(text: string, name = 'docker-tls.yaml') {
  const file = join(directory(), name);
  await writeFile(file, text);
  return readFleet(file);
}

const example = `# yaml-language-server: $schema=./node_modules/docker-tls-openssl/schema/fleet.json
ca: { directory: ./ca, key: ec:p256, days: 3650 }
defaults: { key: ec:p256, days: 90, keys: on-host, renew: { within: 33%, window: "Sun 02:00-05:00" } }
hosts:
  web1: { names: [web1.example.com, 10.0.0.5], ssh: root@web1, groups: [prod] }
  "db[01:12]": { names: ["db[01:12].example.com"] }
clients:
  alice: { days: 30, deliver: { age: age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p } }
  ci: { install: [context] }
rollout: { canary: 1, batch: 25%, stop-after: 1, verify: connect }
`;

test('reads a whole file', async () => {
  const fleet = await fleetOf(example);
  expect(fleet.ca).toEqual({
    directory: join(directory(), 'ca'),
    key: { algorithm: 'ec', curve: 'prime256v1' },
    days: 3650,
  });
  expect(fleet.csrs).toBe(join(directory(), 'csrs'));
  expect(fleet.hosts).toHaveLength(13);
  expect(fleet.hosts[0]).toEqual({
    name: 'web1',
    names: [
      { type: 'DNS', value: 'web1.example.com' },
      { type: 'IP', value: '10.0.0.5' },
    ],
    localhost: true,
    address: 'web1.example.com',
    port: 2376,
    ssh: 'root@web1',
    groups: ['prod'],
    key: { algorithm: 'ec', curve: 'prime256v1' },
    days: 90,
    keys: 'on-host',
    renew: {
      within: { percent: 33 },
      jitter: 0,
      window: { days: [0], from: 120, to: 300, timeZone: undefined },
    },
  });
  expect(fleet.hosts.at(-1)).toMatchObject({ name: 'db12', address: 'db12.example.com', ssh: undefined });
  expect(fleet.clients).toMatchObject([
    {
      name: 'alice',
      days: 30,
      keys: 'on-controller',
      deliver: [{ kind: 'age' }],
      install: [],
      renew: { window: undefined },
    },
    { name: 'ci', days: 90, deliver: [], install: ['context'] },
  ]);
  expect(fleet.rollout).toEqual({
    canary: 1,
    batch: { percent: 25 },
    stopAfter: 1,
    verify: 'connect',
    client: undefined,
  });
});

test('reads the same as JSON, and as a value', async () => {
  const value = {
    hosts: { 'db[1:2]': { names: ['db[1:2].example.com'], port: 2377 } },
    clients: { ops: {} },
  };
  const json = await fleetOf(JSON.stringify(value, null, '\t'), 'docker-tls.json');
  const typed = await readFleet(value);
  expect(typed).toMatchObject({ file: undefined, csrs: join(process.cwd(), 'csrs') });
  const places = { file: undefined, ca: undefined, csrs: undefined };
  expect({ ...json, ...places }).toEqual({ ...typed, ...places });
});

test('reports all problems at once, with their places', async () => {
  const failed = await fleetOf('hosts:\n  web1:\n    nmes: [a.example]\n    port: 0\n').catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({
    code: 'ERR_CONFIGURATION',
    problems: [
      { key: 'hosts.web1', line: 2, column: 3, message: "the key 'names' is missing" },
      { key: 'hosts.web1.nmes', line: 3, column: 5, hint: "did you mean 'names'?" },
      { key: 'hosts.web1.port', line: 4, column: 11 },
    ],
  });
});
