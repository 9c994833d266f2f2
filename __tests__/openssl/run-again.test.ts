import { describe, expect, test } from '@jest/globals';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, ca, client, server, type IssueOptions, type Part } from '../../lib/index.js';
import { formatAltName, issue } from '../../lib/internal.js';
import { splitArchive } from '../support/archive.js';
import { failure } from '../support/failure.js';
import { inTurns, leftToWhole } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
import { openssl } from '../support/openssl.js';
import { request } from '../support/request.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { only } from '../support/only.js';

const temporary = useTemporaryDirectory();

/** The files whose content is another one than before. */
async function changed(directory: string, action: () => Promise<unknown>): Promise<string[]> {
  const before = new Set(await tree(directory));
  await action();
  return (await tree(directory)).filter((line) => !before.has(line)).map((line) => line.split(' ')[0]!);
}

async function verifies(directory: string, file: string): Promise<boolean> {
  const { code } = await openssl(['verify', '-x509_strict', '-CAfile', 'ca.pem', file], directory);
  return code === 0;
}

describe('run again', () => {
  test('nothing is touched, no openssl runs, and all is listed as kept', async () => {
    const options = request(temporary());
    await makeSet(options);
    const before = await tree(temporary());
    const again = await all({ ...options, openssl: '/nonexistent/openssl' });
    expect(await tree(temporary())).toEqual(before);
    expect(again).toMatchObject({ made: [], commands: [], openssl: undefined, notes: [] });
    expect([...again.kept].sort()).toEqual([
      'ca-key.pem',
      'ca.pem',
      'cert.pem',
      'key.pem',
      'server-cert.pem',
      'server-key.pem',
    ]);
    expect(again.names.map(formatAltName)).toContain('DNS:docker.example');
    expect(Object.keys(again.certificates).sort()).toEqual(['ca', 'client', 'server']);
  });

  test('without saying the names again, it is the same', async () => {
    const options = request(temporary());
    await makeSet(options);
    expect((await all({ directory: options.directory })).made).toEqual([]);
  });

  test('the passphrase is not asked for when nothing has to be made', async () => {
    const options = request(temporary(), { passphrase: 'correct horse' });
    await makeSet(options);
    const passphrase = (): never => {
      throw new Error('it was asked for');
    };
    expect((await all({ ...options, passphrase })).made).toEqual([]);
  });

  test('what is missing is made, with the CA that is there', async () => {
    const options = request(temporary(), { passphrase: 'correct horse' });
    await makeSet(options);
    await rm(join(options.directory, 'key.pem'));
    await rm(join(options.directory, 'cert.pem'));
    let made: readonly { path: string }[] = [];
    expect(await changed(options.directory, async () => ({ made } = await all(options)))).toEqual([
      'cert.pem',
      'key.pem',
    ]);
    expect(made.map(({ path }) => path).sort()).toEqual(['cert.pem', 'key.pem']);
    expect(await verifies(options.directory, 'cert.pem')).toBe(true);
  });

  test('a CA whose key was taken away keeps what is there, and cannot sign anew', async () => {
    const options = request(temporary());
    await makeSet(options);
    await rm(join(options.directory, 'ca-key.pem'));
    expect((await all(options)).made).toEqual([]);
    expect(await failure(temporary(), () => all({ ...options, force: ['server'] }))).toMatchObject({
      code: 'ERR_CA_MISSING',
      path: join(options.directory, 'ca-key.pem'),
    });
  });
});

describe('what was asked for is not what is there', () => {
  const others: [string, IssueOptions, RegExp][] = [
    [
      'a name more',
      { hosts: ['docker.example', 'b.example'] },
      /server-cert\.pem does not name DNS:b\.example/,
    ],
    ['another name', { hosts: ['b.example'] }, /names DNS:docker\.example, which was not requested/],
    ['an address', { ips: ['10.0.0.9'] }, /does not name IP:10\.0\.0\.9/],
    [
      'no local names',
      { localhost: false },
      /names DNS:localhost, IP:127\.0\.0\.1, IP:::1, which were not requested/,
    ],
    ['another kind of key', { key: 'rsa:2048' }, /has a key of type ec:p256, not rsa:2048/],
    ['another client', { clientName: 'bob' }, /cert\.pem is for 'client', not for 'bob'/],
  ];

  test.each(others)('%s is refused, with what makes it', async (_, other, words) => {
    const options = request(temporary());
    await makeSet(options);
    const error = await failure(temporary(), () => all({ ...options, ...other }));
    expect(error).toMatchObject({ code: 'ERR_DIFFERS', message: expect.stringMatching(words) as unknown });
    expect(error.hint).toMatch(/with `force: \[('server'|'client'|'server', 'client')\]`$/);
  });
});

describe('made anew', () => {
  test.each<[Part, string[]]>([
    ['server', ['server-cert.pem', 'server-key.pem']],
    ['client', ['cert.pem', 'key.pem']],
  ])('the %s alone, the rest stays as it was', async (part, files) => {
    const options = request(temporary(), { passphrase: 'correct horse', clientName: 'alice' });
    await makeSet(options);
    const quiet = { directory: options.directory, key: 'ec:p256', passphrase: 'correct horse' };
    const names = await changed(options.directory, () => all({ ...quiet, force: [part] }));
    expect(names.filter((name) => !name.startsWith('archive/'))).toEqual(files);
    const certificate = files[0]!;
    expect(await verifies(options.directory, certificate)).toBe(true);
  });

  leftToWhole('the names stay where none are given', async () => {
    const options = request(temporary(), { hosts: ['a.example', '10.0.0.5'], clientName: 'alice' });
    await makeSet(options);
    const again = await all({
      ...options,
      hosts: undefined,
      clientName: undefined,
      force: ['server', 'client'],
    });
    expect(again.certificates.server?.subjectAltName).toMatch(
      /^DNS:a\.example, IP Address:10\.0\.0\.5, DNS:localhost/,
    );
    expect(again.certificates.client?.subject).toBe('CN=alice');
  });

  test('a server with other names has just these', async () => {
    const options = request(temporary());
    await makeSet(options);
    const { certificates } = await all({ ...options, hosts: ['b.example'], force: ['server'] });
    expect(certificates.server?.subjectAltName).toMatch(/^DNS:b\.example, DNS:localhost/);
  });

  test('with a new CA everything is new, and the old passphrase is not needed', async () => {
    const options = request(temporary(), { passphrase: 'correct horse' });
    const before = await all(options);
    const renew = (): Promise<unknown> => all({ ...options, passphrase: 'battery staple', force: ['ca'] });
    const { own, kept } = splitArchive(await changed(options.directory, renew));
    expect(own).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem', 'server-cert.pem', 'server-key.pem']);
    expect(kept).toEqual([...own.slice(0, 4), 'renewal.json', ...own.slice(4)]);
    expect(await verifies(options.directory, 'server-cert.pem')).toBe(true);
    expect((await all(options)).certificates.ca?.subject).not.toBe(before.certificates.ca?.subject);
  });

  test('a new CA alone is refused where it would make certificates void', async () => {
    const options = request(temporary());
    await makeSet(options);
    expect(await failure(temporary(), () => ca(only('ca', { ...options, force: ['ca'] })))).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      hint: expect.stringContaining("all({ force: ['ca']") as unknown,
    });
  });

  test('a new CA where there are no certificates yet is made', async () => {
    const options = request(temporary());
    await ca(only('ca', options));
    const anew = splitArchive(
      await changed(options.directory, () => ca(only('ca', { ...options, force: ['ca'] }))),
    );
    expect(anew).toEqual({
      own: ['ca-key.pem', 'ca.pem'],
      kept: ['ca-key.pem', 'ca.pem', 'renewal.json'],
    });
  });
});

describe('one after the other', () => {
  leftToWhole('CA, server and client fit together', async () => {
    const options = request(temporary(), { passphrase: 'correct horse' });
    expect((await ca(only('ca', options))).made.map(({ path }) => path).sort()).toEqual([
      'ca-key.pem',
      'ca.pem',
    ]);
    expect((await server(only('server', options))).made.map(({ path }) => path).sort()).toEqual([
      'server-cert.pem',
      'server-key.pem',
    ]);
    expect((await client(only('client', options))).made.map(({ path }) => path).sort()).toEqual([
      'cert.pem',
      'key.pem',
    ]);
    expect(await verifies(options.directory, 'server-cert.pem')).toBe(true);
    expect(await verifies(options.directory, 'cert.pem')).toBe(true);
    expect((await all(options)).made).toEqual([]);
  });

  test('a leaf may have a key of another kind than its CA', async () => {
    const options = request(temporary());
    await ca(only('ca', { ...options, key: 'rsa:2048' }));
    await server(only('server', options));
    await client(only('client', { ...options, key: 'ec:p384' }));
    expect(await verifies(options.directory, 'server-cert.pem')).toBe(true);
    expect(await verifies(options.directory, 'cert.pem')).toBe(true);
  });

  test.each(['server', 'client'] as const)('a %s without a CA is refused', async (part) => {
    const make = (): Promise<unknown> => issue([part], only(part, request(temporary())));
    expect(await failure(temporary(), make)).toMatchObject({
      code: 'ERR_CA_MISSING',
      hint: expect.stringContaining('create one with `ca({ directory: ') as unknown,
    });
  });
});

describe('half a pair', () => {
  inTurns(1).each<[string, string, Part]>([
    ['key.pem', 'cert.pem', 'client'],
    ['cert.pem', 'key.pem', 'client'],
    ['server-key.pem', 'server-cert.pem', 'server'],
    ['server-cert.pem', 'server-key.pem', 'server'],
  ])('%s without %s is refused, and made anew when the %s is forced', async (there, missing, part) => {
    const options = request(temporary());
    await makeSet(options);
    await rm(join(options.directory, missing));
    expect(await failure(temporary(), () => all(options))).toMatchObject({
      code: 'ERR_INCOMPLETE',
      path: join(options.directory, there),
      hint: expect.stringContaining(`\`force: ['${part}']\``) as unknown,
    });
    await all({ ...options, force: [part] });
    expect((await all(options)).made).toEqual([]);
  });

  test("a CA's key without its certificate is refused", async () => {
    const options = request(temporary());
    await makeSet(options);
    await rm(join(options.directory, 'ca.pem'));
    expect(await failure(temporary(), () => all(options))).toMatchObject({
      code: 'ERR_INCOMPLETE',
      path: join(options.directory, 'ca-key.pem'),
    });
  });

  inTurns(1).each([
    ['empty', '', 'it is empty'],
    ['no certificate', 'garbage\n', "it has no line that begins with '-----BEGIN'"],
  ])(
    'a certificate that is %s is refused by name, and made anew where that is asked for',
    async (_, content, why) => {
      const options = request(temporary());
      await makeSet(options);
      for (const [file, part, code, hint] of [
        ['server-cert.pem', 'server', 'ERR_LEAF_UNUSABLE', "force: ['server']"],
        ['cert.pem', 'client', 'ERR_LEAF_UNUSABLE', "force: ['client']"],
        ['ca.pem', 'ca', 'ERR_CA_UNUSABLE', 'or create a new set beside it'],
      ] as const) {
        const path = join(options.directory, file);
        await rm(path);
        await writeFile(path, content);
        const error = await failure(temporary(), () => issue(['ca', 'server', 'client'], options));
        expect(error).toMatchObject({ code, path, message: `${path} is not a certificate: ${why}` });
        expect(error.hint).toContain(hint);
        await all({ ...options, force: [part] });
      }
    },
  );
});
