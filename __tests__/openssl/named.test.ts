import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, client, server } from '../../lib/index.js';
import { errorOf, failure } from '../support/failure.js';
import { clientOf, handshake } from '../support/handshake.js';
import { makeSet } from '../support/made-sets.js';
import { openssl } from '../support/openssl.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';
import { only } from '../support/only.js';

const temporary = useTemporaryDirectory();

describe('a further server and a further client', () => {
  test('lie in directories that are complete in themselves', async () => {
    const options = request(temporary(), { passphrase: 'correct horse' });
    const { directory } = options;
    await makeSet(options);
    const flat = await tree(directory);
    const web1 = await server(only('server', { ...options, name: 'web1', hosts: ['web1.example'] }));
    await client(only('client', { ...options, name: 'alice' }));

    expect(web1.made.map(({ path }) => path).sort()).toEqual([
      'servers/web1/ca.pem',
      'servers/web1/server-cert.pem',
      'servers/web1/server-key.pem',
    ]);
    expect(await modes(join(directory, 'servers', 'web1'))).toEqual({
      '/': '0700',
      'ca.pem': '0444',
      'server-cert.pem': '0444',
      'server-key.pem': '0400',
    });
    expect(await modes(join(directory, 'clients', 'alice'))).toEqual({
      '/': '0700',
      'ca.pem': '0444',
      'cert.pem': '0444',
      'key.pem': '0400',
    });
    expect(await tree(directory)).toEqual(expect.arrayContaining(flat));
    for (const [folder, file] of [
      ['servers/web1', 'server-cert.pem'],
      ['clients/alice', 'cert.pem'],
    ] as const) {
      const there = join(directory, folder);
      expect(await readFile(join(there, 'ca.pem'))).toEqual(await readFile(join(directory, 'ca.pem')));
      expect(await openssl(['verify', '-x509_strict', '-CAfile', 'ca.pem', file], there)).toMatchObject({
        code: 0,
      });
    }
  });

  test('talk to each other with nothing but what lies in their directories', async () => {
    const options = request(temporary(), { name: 'one' });
    await makeSet(request(temporary()));
    await all(options);
    const alice = await clientOf(join(options.directory, 'clients', 'one'));
    expect(await handshake(join(options.directory, 'servers', 'one'), alice)).toBe('accepted');
  });

  test('are kept when run again, and made anew when forced', async () => {
    const options = request(temporary(), { name: 'web1' });
    await makeSet(request(temporary()));
    await server(only('server', options));
    const before = await tree(temporary());
    expect(await server(only('server', options))).toMatchObject({
      made: [],
      kept: ['servers/web1/server-key.pem', 'servers/web1/server-cert.pem', 'servers/web1/ca.pem'],
    });
    expect(await tree(temporary())).toEqual(before);
    await server(only('server', { ...options, hosts: undefined, force: ['server'] }));
    const after = await tree(temporary());
    const isNew = (line: string): boolean => !before.includes(line) && !line.includes('/archive/');
    expect(after.filter(isNew).map((line) => line.split(' ')[0])).toEqual([
      'docker-tls/servers/web1/ca.pem',
      'docker-tls/servers/web1/server-cert.pem',
      'docker-tls/servers/web1/server-key.pem',
    ]);
  });

  test('a second one takes its place beside the first', async () => {
    const options = request(temporary());
    await makeSet(options);
    await client(only('client', { ...options, name: 'alice' }));
    const before = await tree(join(options.directory, 'clients', 'alice'));
    const { certificates } = await client(
      only('client', { ...options, name: 'bob', clientName: 'Bob Example' }),
    );
    expect(certificates.client?.subject).toBe('CN=Bob Example');
    expect(await tree(join(options.directory, 'clients', 'alice'))).toEqual(before);
  });

  test('a server without a name to be reached under is refused', async () => {
    const options = request(temporary());
    await makeSet(options);
    const error = await failure(temporary(), () =>
      server(only('server', { ...options, hosts: undefined, name: 'web1' })),
    );
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'hosts' });
  });

  test('a new CA says which of them are void', async () => {
    const options = request(temporary());
    await makeSet(options);
    await all({ ...options, name: 'web1' });
    const { notes } = await all({ ...options, force: ['ca'] });
    expect(notes.find(({ code }) => code === 'LEAVES_VOID')?.text).toContain('clients/web1, servers/web1');
    const { code } = await openssl(
      ['verify', '-CAfile', 'ca.pem', 'servers/web1/server-cert.pem'],
      options.directory,
    );
    expect(code).not.toBe(0);
  });

  test.each(['..', '../x', 'a/b', '', 'A', '.hidden', 'end.', 'a'.repeat(64)])(
    'cannot be called %j',
    async (name) => {
      const options = request(temporary());
      await makeSet(options);
      const before = await tree(temporary());
      expect(await errorOf(() => client(only('client', { ...options, name })))).toMatchObject({
        code: 'ERR_INPUT',
        option: 'name',
      });
      expect(await tree(temporary())).toEqual(before);
    },
  );
});
