import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, findOpenssl, type IssueOptions } from '../../lib/index.js';
import { recipeNames } from '../../lib/internal.js';
import { certificateFields, keyFields } from '../support/certificate-fields.js';
import { oids } from '../support/der.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { onTmpfs } from '../support/tmpfs.js';
import { modes } from '../support/tree.js';
import { hosts, ips, passphrase, runScript, scriptFor, type Outcome } from '../support/shell-script.js';
import { rows } from '../support/form.js';

await useMadeRsaKeys();
const temporary = useTemporaryDirectory();
const { path: openssl } = await findOpenssl();

/** The same serials and names for both: only keys and times are left to differ. */
const fixed = { random: (size: number) => new Uint8Array(size).fill(0x5a), now: new Date() };

const cases: [string, IssueOptions][] = [
  ['recommended', { hosts, ips, key: 'ec:p256', passphrase }],
  [
    'recommended without a passphrase, of a CA that permits only this',
    { hosts, ips, permit: [...hosts, '10.0.0.0/8'], key: 'ec:p256', passphrase: null },
  ],
  ['docs', { recipe: 'docs', hosts, ips, passphrase }],
  ['training', { recipe: 'training', hosts, passphrase }],
  ['katacoda', { recipe: 'katacoda', hosts, ips, passphrase }],
  ['openssl-cnf', { recipe: 'openssl-cnf', ips, passphrase }],
  ['docs-2014', { recipe: 'docs-2014', hosts, passphrase }],
  ['training with names', { recipe: 'training', addSan: true, hosts, ips, passphrase }],
];

test('every recipe has its turn', () => {
  expect(new Set(cases.map(([, { recipe = 'recommended' }]) => recipe))).toEqual(new Set(recipeNames));
});

/** All that a certificate says but what is another one's at each making: serial, keys and the moment. */
function lasting(pem: string): object {
  const { extensions, ...fields } = certificateFields(pem);
  return {
    ...fields,
    serial: 'any',
    extensions: extensions.map((extension) => ({ ...extension, value: withoutKeys(extension) })),
  };
}

/** In key identifiers and in the serial of an AKI only the tags and the lengths count. */
function withoutKeys({ oid, value }: { oid: string; value: string }): string {
  if (oid === oids.subjectKeyIdentifier) return `a key identifier of ${value.length / 2 - 2} octets`;
  if (oid !== oids.authorityKeyIdentifier) return value;
  const bytes = Buffer.from(value, 'hex');
  const parts: string[] = [];
  for (let at = 2; at < bytes.length; at += 2 + bytes[at + 1]!) {
    const [tag, length] = [bytes[at]!, bytes[at + 1]!];
    if (length >= 0x80) throw new Error('longer than these certificates have it');
    // [1] is the issuer's name, which has to be the same.
    const content = tag === 0xa1 ? bytes.subarray(at + 2, at + 2 + length).toString('hex') : '';
    parts.push(`${tag.toString(16)} ${tag === 0x82 ? '' : length} ${content}`);
  }
  return parts.join();
}

describe.each(rows(cases, 2))('the script of %s', (_, options) => {
  const shared = useSharedDirectory();
  let content: string;
  let byScript: string;
  let byAll: string;
  let outcome: Outcome;

  beforeAll(async () => {
    content = await scriptFor({ ...options, ...fixed });
    byScript = join(shared(), 'place', 'docker-tls');
    byAll = join(shared(), 'all');
    outcome = await runScript(content, { root: shared(), openssl });
    if (outcome.code !== 0) return;
    await all({ ...options, ...fixed, directory: byAll });
  }, 120_000);

  const files = async (pattern: RegExp): Promise<{ name: string; ours: string; theirs: string }[]> => {
    const names = Object.keys(await modes(byAll)).filter((name) => pattern.test(name));
    expect(names.length).toBeGreaterThan(2);
    const read = async (name: string): Promise<[string, string]> => [
      await readFile(join(byScript, name), 'utf8'),
      await readFile(join(byAll, name), 'utf8'),
    ];
    return Promise.all(
      names.map(async (name) => {
        const [ours, theirs] = await read(name);
        return { name, ours, theirs };
      }),
    );
  };

  test('succeeds, says what it made, and leaves nothing beside it', async () => {
    expect(outcome).toMatchObject({ code: 0 });
    const verified = options.recipe === undefined ? 'server-cert.pem: OK\ncert.pem: OK\n' : '';
    const names = Object.keys(await modes(byScript)).filter((name) => !name.endsWith('/'));
    const [, said, listed] = /^([^]*)made in .*\/place\/docker-tls: (.*)\n$/.exec(outcome.stdout) ?? [];
    expect(said).toBe(verified);
    expect(listed?.split(' ').sort()).toEqual(names.sort());
    expect(await readdir(join(shared(), 'place'))).toEqual(['docker-tls']);
  });

  test('makes the files of `all`, with their modes', async () => {
    expect(await modes(byScript)).toEqual(await modes(byAll));
  });

  test('makes certificates that say the same', async () => {
    for (const { name, ours, theirs } of await files(/cert\.pem$|ca\.pem$/)) {
      expect({ name, ...lasting(ours) }).toEqual({ name, ...lasting(theirs) });
      expect(certificateFields(ours).key).not.toBe('undefined');
    }
  });

  test('makes keys that are kept alike and open alike', async () => {
    for (const { name, ours, theirs } of await files(/key\.pem$/)) {
      const [one, other] = [keyFields(ours), keyFields(theirs)];
      expect({ name, ...one }).toEqual({ name, ...other });
      const encrypted = one.label.startsWith('ENCRYPTED') || one.cipher !== undefined;
      const open = (pem: string, secret: string): unknown =>
        createPrivateKey(encrypted ? { key: pem, passphrase: secret } : pem).asymmetricKeyType;
      expect(open(ours, passphrase)).toBe(open(theirs, passphrase));
      if (encrypted) expect(() => open(ours, 'incorrect horse')).toThrow();
    }
  });

  test('encrypts the key of the CA where it has a passphrase', async () => {
    const ca = (await files(/key\.pem$/)).find(({ name }) => name.endsWith('ca-key.pem'));
    const { cipher } = keyFields(ca!.ours);
    if (options.passphrase === null || options.recipe === 'openssl-cnf') expect(cipher).toBeUndefined();
    else expect(cipher).toEqual(expect.any(String));
  });

  test('makes certificates for its own keys, signed by its own CA', async () => {
    const folders = options.recipe === 'openssl-cnf' ? ['server', 'client'] : ['.'];
    const pairs: [string, string][] =
      options.recipe === 'openssl-cnf'
        ? folders.map((folder) => [`${folder}/cert.pem`, `${folder}/key.pem`])
        : [
            ['server-cert.pem', 'server-key.pem'],
            options.recipe === 'training' ? ['client-cert.pem', 'client-key.pem'] : ['cert.pem', 'key.pem'],
          ];
    const read = (name: string): Promise<string> => readFile(join(byScript, name), 'utf8');
    const ca = new X509Certificate(await read(`${folders[0]!}/ca.pem`));
    for (const [certificate, key] of pairs) {
      const leaf = new X509Certificate(await read(certificate));
      expect(leaf.checkPrivateKey(createPrivateKey(await read(key)))).toBe(true);
      expect(leaf.checkIssued(ca) && leaf.verify(ca.publicKey)).toBe(true);
    }
    const ids = await Promise.all(pairs.map(async ([name]) => certificateFields(await read(name)).serial));
    expect(new Set(ids).size).toBe(options.recipe === undefined ? 1 : 2); // `random` is fixed for recommended
  });

  test('has the serial numbers that are not left to chance', async () => {
    const names = Object.keys(await modes(byAll)).filter((name) => name.endsWith('.srl'));
    for (const name of names) {
      const [ours, theirs] = [
        await readFile(join(byScript, name), 'latin1'),
        await readFile(join(byAll, name), 'latin1'),
      ];
      const counted = ['training', 'docs-2014'].includes(options.recipe!);
      expect([ours, theirs]).toEqual(
        counted ? ['03\n', '03\n'] : Array(2).fill(expect.stringMatching(/^([0-9A-F]{2}){15,20}\n$/)),
      );
    }
    expect(names.length > 0).toBe(options.recipe !== undefined);
  });

  test('has nothing that shellcheck would say', () => {
    const { error, stdout, stderr } = spawnSync('shellcheck', ['-'], { input: content, encoding: 'utf8' });
    if (error) throw new Error(`this test needs shellcheck: ${error.message}`);
    expect(stdout + stderr).toBe('');
  });
});

test('shellcheck has something to say where there is something', () => {
  const { stdout } = spawnSync('shellcheck', ['-'], { input: '#!/bin/sh\nrm $1\n', encoding: 'utf8' });
  expect(stdout).toContain('SC2086');
});

test('tells a full disk as one', async () => {
  const content = await scriptFor({ hosts, key: 'ec:p256', passphrase: null });
  const root = join(temporary(), 'full');
  await mkdir(root);
  await onTmpfs(root, 'size=64k', async (full) => {
    await writeFile(join(full, 'rest'), Buffer.alloc(40 * 1024));
    const place = join(root, 'run');
    const { code, stdout, stderr } = await runScript(content, { root: place, args: [join(full, 'set')] });
    expect({ code: code !== 0, stdout, told: stderr.includes('the disk is full') }).toEqual({
      code: true,
      stdout: '',
      told: true,
    });
    expect(await readdir(full)).toEqual(['rest']);
  });
});
