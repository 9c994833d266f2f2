import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { all, findOpenssl, type RecipeName } from '../../lib/index.js';
import { tutorials } from '../../lib/internal.js';
import type { OpensslVersion } from '../../lib/openssl/capabilities.js';
import type { TutorialName } from '../../lib/recipes/catalogue.js';
import { certificateFields, keyFields, type CertificateFields } from '../support/certificate-fields.js';
import { opensslOutput } from '../support/openssl.js';
import { placesOf } from '../support/places.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { byHand, host, ip, passphrase } from '../support/transcript.js';
import { modes } from '../support/tree.js';

/**
 * Each recipe beside the transcript of its text, run by hand with the same openssl under the configuration that it has by
 * default. What may differ stands here and in docs/recipes.md.
 */

await useMadeRsaKeys('4096 bits, not encrypted');
const temporary = useTemporaryDirectory();
const { version } = await findOpenssl();
/** Whether it is at least this one; LibreSSL is not among them. */
const since = (major: number, minor: number): boolean =>
  version.major > major || (version.major === major && version.minor >= minor);

const identifiers = { subjectKey: '2.5.29.14', authorityKey: '2.5.29.35', basicConstraints: '2.5.29.19' };

/** What this run found, for docs/openssl-versions.md. */
const findings: Partial<Record<RecipeName, string[]>> = {};

/** `1.1.1`, `3.0`, `3.5`: how Debian's suites are told apart. */
function series({ major, minor, patch }: OpensslVersion): string {
  return major === 1 ? `${major}.${minor}.${patch}` : `${major}.${minor}`;
}

afterAll(() => {
  const results = process.env['OPENSSL_MATRIX_RESULTS'];
  if (!results) return;
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${series(version)}.json`), JSON.stringify(findings, null, 2));
});

describe.each(Object.keys(tutorials) as TutorialName[])('the recipe %s', (name) => {
  const shared = useSharedDirectory();
  const { files } = tutorials[name];
  const read = (set: string, path: string): Promise<string> => readFile(join(shared(), set, path), 'utf8');
  const ours = (path: string): Promise<string> => read('ours', path);
  const theirs = (path: string): Promise<string> => read('work', path);
  const certificates = Object.values(files).map(({ certificate }) => certificate);
  const keys = Object.values(files).map(({ key }) => key);

  beforeAll(async () => {
    await mkdir(shared(), { recursive: true });
    await byHand(name, shared());
    await all({
      recipe: name,
      directory: join(shared(), 'ours'),
      passphrase,
      ...placesOf(tutorials[name], host, ip),
    });
  }, 120_000);

  test('makes the same files with the same modes', async () => {
    const made = await modes(join(shared(), 'ours'));
    // A directory is closed to others, whatever the umask of the text's reader.
    const folders = Object.keys(made).filter((path) => path.endsWith('/'));
    expect(made).toEqual({
      ...(await modes(join(shared(), 'work'))),
      ...Object.fromEntries(folders.map((path) => [path, '0700'])),
    });
  });

  test.each(certificates)('makes the same certificate %s', async (path) => {
    const text = comparable(await theirs(path));
    // OpenSSL 4.0's own configuration gives a CA no authorityKeyIdentifier; ours gives it the one that it had before.
    const lacks = path === files.ca.certificate && since(4, 0);
    const own = comparable(await ours(path));
    if (lacks) expect(text.extensions).not.toHaveProperty([identifiers.authorityKey]);
    expect(own).toEqual(
      lacks
        ? {
            ...text,
            extensions: {
              ...text.extensions,
              [identifiers.authorityKey]: own.extensions[identifiers.authorityKey],
            },
          }
        : text,
    );
    if (lacks) (findings[name] ??= []).push('the CA by hand has no authorityKeyIdentifier, ours has');
  });

  test.each(keys)('makes the same kind of key %s, encrypted alike', async (path) => {
    expect(keyFields(await ours(path))).toEqual(keyFields(await theirs(path)));
  });

  test('makes the same requests', async () => {
    const requests = Object.keys(await modes(join(shared(), 'work'))).filter((path) => path.endsWith('.csr'));
    for (const path of requests) {
      const shown = (set: string): Promise<string> =>
        opensslOutput(['req', '-noout', '-text', '-in', path], join(shared(), set));
      const withoutKey = (text: string): string => text.replace(/^\s+([0-9a-f]{2}:?)+$/gm, '');
      expect(withoutKey(await shown('ours'))).toBe(withoutKey(await shown('work')));
    }
  });

  test('counts serials as the text does', async () => {
    const counters = Object.keys(await modes(join(shared(), 'work'))).filter((path) => path.endsWith('.srl'));
    expect(counters.length).toBeGreaterThan(0);
    for (const path of counters) {
      const [own, text] = [await ours(path), await theirs(path)];
      if (name === 'training' || name === 'docs-2014') expect(own).toBe(text);
      // Random, and the one used last.
      else expect([own, text].map((line) => /^([0-9A-F]{2}){15,20}\n$/.test(line))).toEqual([true, true]);
    }
    const serial = async (set: typeof ours, part: 'server' | 'client'): Promise<bigint> =>
      BigInt(`0x${certificateFields(await set(files[part].certificate)).serial}`);
    for (const set of [ours, theirs]) {
      const [server, client] = [await serial(set, 'server'), await serial(set, 'client')];
      // ca.srl holds the number that was used last: 01 gives 02 to the first certificate.
      if (name === 'training' || name === 'docs-2014') expect([server, client]).toEqual([2n, 3n]);
      else if (name !== 'openssl-cnf') expect(client - server).toBe(1n);
    }
  });

  test('leaves the same configuration behind', async () => {
    const configs = Object.keys(await modes(join(shared(), 'work'))).filter((path) => path.endsWith('.cnf'));
    for (const path of configs) expect(await ours(path)).toBe(await theirs(path));
  });

  test('gives the server a certificate of the version that this openssl gives without extensions', async () => {
    const { version: got, extensions } = certificateFields(await ours(files.server.certificate));
    const extfile = name !== 'training' && name !== 'docs-2014';
    // Without -extfile: version 1 with 1.1.1 and 3.0, version 3 with both identifiers with 3.5 and newer.
    expect(got).toBe(extfile || since(3, 2) ? 3 : 1);
    if (extfile) (findings[name] ??= []).unshift('works');
    else {
      const found = extensions.length > 0 ? 'with key identifiers' : 'without extensions';
      (findings[name] ??= []).unshift('works', `the server's certificate has version ${got}, ${found}`);
    }
  });
});

test('the recipe recommended makes and verifies what it promises', async () => {
  const directory = join(temporary(), 'docker-tls');
  const { certificates } = await all({ directory, hosts: [host], key: 'ec:p256', passphrase });
  expect(certificates.server?.checkHost(host)).toBe(host);
  findings.recommended = ['works'];
});

// The first line of the configuration that OpenSSL had before 4.0.
test('training works where the machine has the configuration of another OpenSSL', async () => {
  const conf = join(temporary(), 'openssl.cnf');
  await writeFile(conf, 'HOME = .\n[ req ]\ndistinguished_name = name\n[ name ]\n');
  const work = join(temporary(), 'by-hand');
  await mkdir(work);
  const options = { cwd: work, env: { PATH: '/usr/bin:/bin', OPENSSL_CONF: conf } };
  const { path } = await findOpenssl();
  const run = (line: string): Promise<unknown> => promisify(execFile)(path, line.split(' '), options);
  await run('req -x509 -newkey rsa:2048 -nodes -subj /CN=ca -keyout ca-key.pem -out ca.pem');
  await run('req -new -key ca-key.pem -subj /CN=server -out server.csr');
  const text = run(
    'x509 -req -in server.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out server-cert.pem',
  );
  if (since(4, 0)) await expect(text).rejects.toThrow(/unknown extension name/);
  else await text;

  const before = process.env['OPENSSL_CONF'];
  process.env['OPENSSL_CONF'] = conf;
  try {
    const directory = join(temporary(), 'docker-tls');
    await all({ recipe: 'training', directory, hosts: [host], passphrase });
  } finally {
    if (before === undefined) delete process.env['OPENSSL_CONF'];
    else process.env['OPENSSL_CONF'] = before;
  }
});

/** A certificate but for what differs from run to run: keys, serials, times. */
function comparable(pem: string): Omit<CertificateFields, 'serial' | 'extensions'> & {
  extensions: Record<string, { critical: boolean; value: string }>;
} {
  const { serial, extensions, ...rest } = certificateFields(pem);
  expect(serial).toMatch(/^[0-9A-F]+$/);
  const identifier = ({ oid, value }: (typeof extensions)[number]): string =>
    oid === identifiers.subjectKey || oid === identifiers.authorityKey ? shape(value) : value;
  return {
    ...rest,
    extensions: Object.fromEntries(
      extensions.map((extension) => [
        extension.oid,
        { critical: extension.critical, value: identifier(extension) },
      ]),
    ),
  };
}

/** The tags of an identifier of a key, without the key's. */
function shape(value: string): string {
  const bytes = Buffer.from(value, 'hex');
  if (bytes[0] !== 0x30) return `octets ${bytes.length}`;
  const tags: string[] = [];
  for (let at = 2; at < bytes.length; at += 2 + (bytes[at + 1] ?? 0))
    tags.push((bytes[at] ?? 0).toString(16));
  return tags.join(' ');
}
