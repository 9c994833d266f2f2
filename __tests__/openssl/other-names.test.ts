import { beforeAll, describe, expect, test } from '@jest/globals';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, explain, installClient } from '../../lib/index.js';
import { readCredentials } from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();

beforeAll(() => makeFlawedSet(join(shared(), 'made')));

/** Copies a set's files under other names. */
async function named(
  names: Readonly<Record<string, string>>,
  from = join(shared(), 'made'),
): Promise<string> {
  const directory = join(temporary(), 'set');
  await mkdir(directory, { mode: 0o700 });
  for (const [to, file] of Object.entries(names)) await copyFile(join(from, file), join(directory, to));
  return directory;
}

const pair = { 'server-key.pem': 'server-key.pem', 'key.pem': 'key.pem' };

describe.each<[string, Readonly<Record<string, string>>, { server: string; client: string }]>([
  [
    "cfssl's, as CoreOS's guide has them",
    {
      ...{ 'ca.pem': 'ca.pem', 'server.pem': 'server-cert.pem', 'server-key.pem': 'server-key.pem' },
      ...{ 'client.pem': 'cert.pem', 'client-key.pem': 'key.pem' },
    },
    { server: 'server.pem', client: 'client.pem' },
  ],
  [
    'ca.crt, server.crt, client.crt with their keys',
    {
      ...{ 'ca.crt': 'ca.pem', 'server.crt': 'server-cert.pem', 'server.key': 'server-key.pem' },
      ...{ 'client.crt': 'cert.pem', 'client.key': 'key.pem' },
    },
    { server: 'server.crt', client: 'client.crt' },
  ],
  [
    "docker-machine's",
    { ...pair, 'ca.pem': 'ca.pem', 'cert.pem': 'cert.pem', 'server.pem': 'server-cert.pem' },
    { server: 'server.pem', client: 'cert.pem' },
  ],
])('a set with other names: %s', (_, names, found) => {
  test('is found by explain and by all that read a pair', async () => {
    const directory = await named(names);
    const { accepted, certificates } = await explain({ directory });
    expect(accepted).toBe(true);
    expect(certificates.map(({ role, path }) => [role, path])).toEqual(Object.entries(found));
    for (const role of ['server', 'client'] as const)
      expect((await readCredentials(role, { directory })).certificate).toBe(join(directory, found[role]));
    expect((await bundle('client', { directory })).files).toHaveLength(3);
    const { files } = await installClient({ directory, to: join(temporary(), 'to') });
    expect(files.map(({ name }) => name)).toEqual(['ca.pem', 'cert.pem', 'key.pem']);
  });
});

test("a server's pair under a client's names, as dind has it, is a server's", async () => {
  const from = join(temporary(), 'made');
  await makeFlawedSet(from, { server: { extensions: { extendedKeyUsage: undefined } } });
  const directory = await named(
    { 'ca.pem': 'ca.pem', 'cert.pem': 'server-cert.pem', 'key.pem': 'server-key.pem' },
    from,
  );
  const { certificates } = await explain({ directory, host: 'other.example' });
  expect(certificates).toMatchObject([
    { role: 'server', path: 'cert.pem', host: 'other.example', accepted: false },
  ]);
});

test('a host without a server to call by it is an error', async () => {
  const directory = await named({ 'ca.pem': 'ca.pem', 'cert.pem': 'cert.pem', 'key.pem': 'key.pem' });
  expect(await errorOf(() => explain({ directory, host: 'h' }))).toMatchObject({
    code: 'ERR_INPUT',
    option: 'host',
  });
});

test('several servers without a name that tells are named', async () => {
  const other = join(temporary(), 'other');
  await makeFlawedSet(other, { server: { serial: '0x77' } });
  const directory = await named({ 'ca.pem': 'ca.pem', 'a.pem': 'server-cert.pem' });
  await copyFile(join(other, 'server-cert.pem'), join(directory, 'b.pem'));
  expect(await errorOf(() => explain({ directory }))).toMatchObject({
    code: 'ERR_FILE',
    message: `${directory} has several server certificates: a.pem, b.pem`,
  });
});
