import { expect, test } from '@jest/globals';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, ca, client, previewIssue, server, type Issued, type Part } from '../../lib/index.js';
import { keyTypeNameOf } from '../../lib/x509/key-type.js';
import { opensslOutput } from '../support/openssl.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { rows } from '../support/form.js';

const temporary = useTemporaryDirectory();

/** Where every set of a test is made. */
const at = () => ({ directory: join(temporary(), 'set'), passphrase: null });
const hosts = ['docker.example'];
const kind = ({ certificates }: Issued, part: Part): string | undefined =>
  certificates[part] && keyTypeNameOf(certificates[part].publicKey);

test('a server and a client take over the kind of the CA', async () => {
  await ca({ ...at(), key: 'ec:p384' });
  expect(kind(await server({ ...at(), hosts }), 'server')).toBe('ec:p384');
  expect(kind(await client(at()), 'client')).toBe('ec:p384');
});

test('a further one takes over that of the usual one of its role, and then that of the other', async () => {
  await ca({ ...at(), key: 'ec:p384' });
  await server({ ...at(), hosts, key: 'ec:p256' });
  expect(kind(await client({ ...at(), name: 'alice' }), 'client')).toBe('ec:p256');
  await client({ ...at(), key: 'ed25519' });
  expect(kind(await client({ ...at(), name: 'bob' }), 'client')).toBe('ed25519');
  expect(kind(await server({ ...at(), hosts, name: 'web' }), 'server')).toBe('ec:p256');
});

test('all completes a set with its own kind', async () => {
  await ca({ ...at(), key: 'ec:p256' });
  const issued = await all({ ...at(), hosts });
  expect([kind(issued, 'server'), kind(issued, 'client')]).toEqual(['ec:p256', 'ec:p256']);
});

test('the kind that is asked for is that which is made', async () => {
  await ca({ ...at(), key: 'ec:p384' });
  expect(kind(await client({ ...at(), key: 'ec:p256' }), 'client')).toBe('ec:p256');
});

test('the kind of a key that is replaced goes before that of the set', async () => {
  await ca({ ...at(), key: 'ec:p384' });
  await server({ ...at(), hosts, key: 'ec:p384' });
  await client({ ...at(), key: 'ec:p256' });
  expect(kind(await client({ ...at(), force: ['client'] }), 'client')).toBe('ec:p256');
});

test('a CA of a kind that --key does not have gives what all would: rsa:4096', async () => {
  const { directory } = at();
  await mkdir(directory, { mode: 0o700 });
  const key = ['ecparam', '-genkey', '-name', 'secp521r1', '-noout', '-out', 'ca-key.pem'];
  await opensslOutput(key, directory);
  const name = ['-subj', '/CN=other', '-days', '100', '-out', 'ca.pem'];
  await opensslOutput(['req', '-x509', '-new', '-key', 'ca-key.pem', ...name], directory);
  const { plan } = await previewIssue(['client'], at());
  expect(plan.steps).toContainEqual(
    expect.objectContaining({ command: 'genrsa', args: expect.arrayContaining(['4096']) as unknown }),
  );
});

test.each<[string, (path: string) => Promise<unknown>]>(
  rows(
    [
      ['that is no certificate', (path) => writeFile(path, 'broken\n', { mode: 0o444 })],
      ['that is a directory', (path) => mkdir(path)],
      ['that is a link to nowhere', (path) => symlink('nowhere', path)],
      ['that others can change', (path) => writeFile(path, '').then(() => chmod(path, 0o666))],
    ],
    2,
  ),
)('a usual one %s keeps no further one from being made', async (_, plant) => {
  await ca({ ...at(), key: 'ec:p256' });
  await plant(join(at().directory, 'cert.pem'));
  expect(kind(await client({ ...at(), name: 'alice' }), 'client')).toBe('ec:p256');
});
