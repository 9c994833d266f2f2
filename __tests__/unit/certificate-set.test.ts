import { createPrivateKey } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSet } from '../../lib/set/certificate-set.js';
import { keyOf, leavesOf } from '../../lib/set/found.js';
import { needKey } from '../../lib/set/held.js';
import { findLeaf, leafFilesIn, placeOf } from '../../lib/set/find-leaf.js';
import { all } from '../../lib/index.js';

describe('the certificate set', () => {
  let root: string;
  const at = (...names: string[]): string => join(root, ...names);

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'certificate-set-'));
    await all({ directory: at('set'), hosts: ['docker.example.com'], passphrase: null, key: 'ec:p256' });
    await mkdir(at('odd', 'archive'), { recursive: true });
    await mkdir(at('odd', 'below'));
    await copyFile(at('set', 'server-cert.pem'), at('odd', 'cert.pem'));
    await copyFile(at('set', 'server-key.pem'), at('odd', 'below', 'some.key'));
    await copyFile(at('set', 'server-cert.pem'), at('odd', 'archive', 'server-cert.pem'));
    await copyFile(at('set', 'ca.pem'), at('odd', 'below', 'root.crt'));
    await copyFile(at('set', 'ca.pem'), at('odd', 'below', 'same.crt'));
    await writeFile(at('odd', 'bad.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    await writeFile(at('odd', 'notes.txt'), 'not opened');
    await symlink('nowhere', at('odd', 'gone.pem'));
    await symlink('cert.pem', at('odd', 'link.pem'));
  });
  afterAll(() => rm(root, { recursive: true }));

  test('knows certificates by their content, whatever their files are called', async () => {
    const set = await readSet(at('odd'));
    expect(set.certificates.map(({ path, role }) => [path, role])).toEqual([
      ['cert.pem', 'server'],
      ['link.pem', 'server'],
      ['below/root.crt', 'ca'],
      ['below/same.crt', 'ca'],
    ]);
    expect(leavesOf(set).map((leaf) => keyOf(leaf, set)?.path)).toEqual(Array(2).fill('below/some.key'));
  });

  test('says what could not be read, and why', async () => {
    const { others } = await readSet(at('odd'));
    expect(others).toEqual([
      { path: 'bad.pem', kind: 'damaged', why: 'it cannot be parsed' },
      { path: 'gone.pem', kind: 'damaged', why: expect.stringContaining('cannot read it') },
      { path: 'notes.txt', kind: 'other', why: undefined },
    ]);
  });

  test('has each certificate once by its dates, with every place', async () => {
    const { dated, broken } = await readSet(at('odd'));
    expect(dated.map(({ path, alsoIn, role }) => [path, alsoIn, role])).toEqual([
      ['cert.pem', ['link.pem'], 'server'],
      ['below/root.crt', ['below/same.crt'], 'ca'],
    ]);
    expect(broken.map(({ path }) => path)).toEqual(['bad.pem', 'gone.pem']);
  });

  test('follows no link, and looks into no other directory, where it is asked not to', async () => {
    const set = await readSet(at('odd'), { followLinks: false, folders: () => false });
    expect(set.certificates.map(({ path }) => path)).toEqual(['cert.pem']);
    expect(set.others.map(({ path }) => path)).toEqual(['bad.pem', 'gone.pem', 'link.pem', 'notes.txt']);
    expect([...set.entries.keys()].sort()).toEqual(
      ['.', 'bad.pem', 'cert.pem', 'gone.pem', 'link.pem', 'notes.txt'].sort(),
    );
  });

  test('tells a file with a key by its label, and one that cannot be read by its name', async () => {
    await mkdir(at('keys', 'key.pem'), { recursive: true });
    await copyFile(at('set', 'key.pem'), at('keys', 'of-a-client.pem'));
    await symlink('nowhere', at('keys', 'ca-key.pem'));
    expect((await readSet(at('keys'))).keyFiles).toEqual(['ca-key.pem', 'of-a-client.pem']);
  });

  test('takes no encrypted key that is cut off, and none that is not encrypted', async () => {
    const encrypted = createPrivateKey(await readFile(at('set', 'key.pem'), 'utf8'))
      .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
    expect(needKey(encrypted)).toEqual({ encrypted: 'pkcs8', publicKey: undefined });
    for (const text of [encrypted, await readFile(at('set', 'key.pem'), 'utf8')])
      expect(() => needKey(text.slice(0, text.length / 2))).toThrow('it is cut off');
  });

  test('of a file is the file; with those beside it where that is asked for', async () => {
    const alone = await readSet(at('set', 'cert.pem'));
    expect([alone.directory, alone.named]).toEqual([at('set'), 'cert.pem']);
    expect([alone.certificates.length, alone.keys.length]).toEqual([1, 0]);
    const beside = await readSet(at('set', 'cert.pem'), { beside: true });
    expect([beside.certificates.length, beside.keys.length]).toEqual([3, 3]);
  });

  test.each([
    ['server-cert.pem', 'server', { name: undefined }],
    ['server/cert.pem', 'server', { name: undefined }],
    ['servers/web1/server-cert.pem', 'server', { name: 'web1' }],
    ['servers/web1/old.pem', 'server', undefined],
    ['old/server-cert.pem', 'server', undefined],
    ['clients/alice/cert.pem', 'client', { name: 'alice' }],
    ['clients/alice/cert.pem', 'server', undefined],
  ] as const)('places %s of a %s', (path, role, place) => {
    expect(placeOf(path, role)).toEqual(place);
  });

  test('finds a pair in any layout, and names the default one where there is none', async () => {
    expect(await findLeaf(at('odd'), 'client')).toBeUndefined();
    expect((await leafFilesIn(at('odd'), 'client')).certificate).toBe('cert.pem');
    // By content, whatever it is called; of copies the first.
    expect(await findLeaf(at('odd'), 'server')).toEqual({ certificate: 'cert.pem', key: 'key.pem' });
    await mkdir(at('cnf', 'server'), { recursive: true });
    await copyFile(at('set', 'server-cert.pem'), at('cnf', 'server', 'cert.pem'));
    expect(await leafFilesIn(at('cnf'), 'server')).toEqual({
      key: 'server/key.pem',
      certificate: 'server/cert.pem',
    });
    expect((await leafFilesIn(at('cnf'), 'server', 'web1')).certificate).toBe('servers/web1/server-cert.pem');
  });
});
