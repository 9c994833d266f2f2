import { describe, expect, test } from '@jest/globals';
import { copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  all,
  client,
  findOpenssl,
  server,
  verifyDirectory,
  type IssueOptions,
  type RecipeName,
  type Verification,
} from '../../lib/index.js';
import { verifyRules } from '../../lib/report/verify-directory.js';
import { directoryVariants, makeDirectory } from '../support/directory-variants.js';
import { errorOf } from '../support/failure.js';
import { flawedKeys, spoilKeys } from '../support/flawed-keys.js';
import { makeFlawedSet, type FlawedSet } from '../support/flawed-sets.js';
import { pathVariants } from '../support/flawed-paths.js';
import { clientVariants, serverVariants, type Variant } from '../support/flawed-variants.js';
import { request } from '../support/request.js';
import { useMadeRsaKeys } from '../support/rsa-keys.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { only } from '../support/only.js';
import { chosen, rows } from '../support/form.js';

await useMadeRsaKeys();
const temporary = useTemporaryDirectory();

function found({ findings }: Verification): string[] {
  const plain = (file: string): string => file.replace(/\.docker-tls-openssl-.*-\w{6}$/, 'WORKSPACE');
  return findings.map(({ file, id }) => `${plain(file)}: ${id}`);
}

/** The ids of what is more than a notice, each once. */
function grave({ findings }: Verification): string[] {
  return [...new Set(findings.filter(({ severity }) => severity !== 'notice').map(({ id }) => id))].sort();
}

describe('a directory has its one flaw, and no other', () => {
  const kinds = directoryVariants.map(({ findings }) => findings.join());
  // In the short form the first with the same findings.
  const chosenVariants = chosen(directoryVariants, (_, at) => kinds.indexOf(kinds[at]!) === at);

  test.each(chosenVariants)('$title', async ({ findings, ...variant }) => {
    const directory = await makeDirectory(temporary(), variant);
    const before = await tree(directory);
    const verification = await verifyDirectory({ directory });
    expect(found(verification).sort()).toEqual([...findings].sort());
    expect(await tree(directory)).toEqual(before);
  });
});

function setOf({ ca = {}, server: ofServer = {}, client: ofClient = {}, ...variant }: Variant): FlawedSet {
  const { intermediate, caTail, root = {}, pinned = false } = variant;
  const more = { ...(intermediate ? { intermediate } : {}), ...(caTail === undefined ? {} : { caTail }) };
  return { ca, root, pinned, server: ofServer, client: ofClient, ...more };
}

/** What nobody refuses, and yet is dangerous. */
const dangerous: Readonly<Record<string, readonly string[]>> = {
  'server: without extendedKeyUsage': ['without-extended-key-usage'],
  'server: of version 1': ['without-extended-key-usage'],
  'server: for anything': ['for-both'],
  'server: no CA, as openssl req -x509 makes it': ['without-extended-key-usage'],
  'server: a CA itself, without extendedKeyUsage': ['without-extended-key-usage'],
  ...Object.fromEntries(
    ['as openssl req makes it', 'and expired', 'with an unknown critical extension'].map((how) => [
      `server: its own ca.pem, ${how}`,
      ['can-sign', 'without-extended-key-usage'],
    ]),
  ),
  'client: without extendedKeyUsage': ['without-extended-key-usage'],
  'client: of version 1': ['without-extended-key-usage'],
  'client: a short key': ['client-key-small'],
};

/** By which name a server is called is not known here: only where it names no host at all it names others. */
function expected(role: 'server' | 'client', { title, reasons }: Variant): string[] {
  const known = reasons
    // What clients call the server is not in the directory: these have no name by which docker finds it.
    .filter((id) => id !== 'wildcard-behind')
    .filter((id) => id !== 'other-names' || /with a dot|two wildcards|in a label/.test(title))
    .filter((id) => id !== 'host-with-underscore' || title !== 'a wildcard for an underscore')
    // Docker accepts it.
    .filter(
      (id) =>
        id !== 'name-constraints' || !/permits (its name and its address|another directory)/.test(title),
    );
  return [...known, ...(dangerous[`${role}: ${title}`] ?? [])].sort();
}

describe('all for which explain says that a server is refused is found', () => {
  test.each(rows([...serverVariants, ...pathVariants.filter(({ caForm }) => caForm === undefined)], 8))(
    '$title',
    async (variant) => {
      await makeFlawedSet(temporary(), setOf(variant));
      expect(grave(await verifyDirectory({ directory: temporary() }))).toEqual(expected('server', variant));
    },
  );
});

describe('all for which explain says that a client is refused is found', () => {
  test.each(rows(clientVariants, 4))('$title', async (variant) => {
    await makeFlawedSet(temporary(), setOf(variant));
    expect(grave(await verifyDirectory({ directory: temporary() }))).toEqual(expected('client', variant));
  });

  test.each(Object.keys(flawedKeys))('%s', async (reason) => {
    await makeFlawedSet(temporary());
    await spoilKeys(temporary(), reason);
    const verification = await verifyDirectory({ directory: temporary() });
    expect(grave(verification)).toEqual([reason]);
    expect(verification.ok).toBe(false);
  });
});

describe('the rules', () => {
  const ids = verifyRules.map(({ id }) => id);

  test('are each of them broken by a variant', () => {
    const own = directoryVariants.flatMap(({ findings }) => findings.map((one) => one.replace(/^.*: /, '')));
    const refused = [...serverVariants, ...pathVariants, ...clientVariants]
      .filter(({ caForm }) => caForm === undefined)
      .flatMap(({ reasons }) => reasons);
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set([...own, ...refused, ...Object.keys(flawedKeys)])).toEqual(new Set(ids));
  });

  test.each(verifyRules)('say what is wrong and how that is known: $id', ({ what, source }) => {
    expect(what).toMatch(/^(its?|the|there|an?|another|nothing|others|this) /);
    expect(source).not.toBe('');
  });
});

describe('what a recipe makes', () => {
  const passphrase = 'correct horse';
  const directory = (): string => join(temporary(), 'docker-tls');

  test('is without any finding: recommended, with further servers and clients', async () => {
    const options = { directory: directory(), passphrase, key: 'ec:p256' };
    await all({ ...options, hosts: ['docker.example', '10.0.0.5'] });
    await server(only('server', { ...options, name: 'web1', hosts: ['*.web.example', 'web.example'] }));
    await client(only('client', { ...options, name: 'alice' }));
    const { ok, findings, checked } = await verifyDirectory({ directory: directory() });
    expect({ ok, findings }).toEqual({ ok: true, findings: [] });
    expect(checked).toEqual({ certificates: 7, keys: 5, rules: verifyRules.length });
    const web1 = await verifyDirectory({ directory: join(directory(), 'servers/web1') });
    expect(web1.findings).toEqual([]);
  });

  /** As docs/commands/verify.md tells. */
  const lists: Readonly<Partial<Record<RecipeName, readonly [IssueOptions, string[]]>>> = {
    docs: [{ hosts: ['h'], ips: ['10.0.0.5'] }, ['ca.pem: ca-without-key-usage']],
    training: [
      { hosts: ['h'] },
      [
        'ca.pem: ca-without-key-usage',
        'server-cert.pem: no-names',
        'server-cert.pem: without-extended-key-usage',
        'server-cert.pem: version-1',
      ],
    ],
    katacoda: [{ hosts: ['h'], ips: ['10.0.0.5'] }, ['ca.pem: ca-without-key-usage']],
    'openssl-cnf': [
      { ips: ['10.0.0.5'], passphrase: undefined },
      [
        'client/ca-key.pem: ca-key-copied',
        'client/ca-key.pem: ca-key-unencrypted',
        'client/ca.pem: ca-without-key-usage',
        'client/cert.pem: for-both',
        'server/ca-key.pem: ca-key-copied',
        'server/ca-key.pem: ca-key-unencrypted',
        'server/cert.pem: for-both',
        'server/cert.pem: name-of-every-address',
      ],
    ],
    'docs-2014': [
      { hosts: ['h'] },
      [
        'ca.pem: ca-without-key-usage',
        'server-cert.pem: no-names',
        'server-cert.pem: without-extended-key-usage',
        'server-cert.pem: version-1',
      ],
    ],
  };

  test.each(rows(Object.entries(lists), 2))(
    'is found as documented: %s',
    async (recipe, [options, expectedFindings]) => {
      const { version } = await findOpenssl();
      // From OpenSSL 3.2 on a certificate without extensions gets key identifiers.
      const newer = version.major > 3 || (version.major === 3 && version.minor >= 2);
      await all({ recipe: recipe as RecipeName, directory: directory(), passphrase, ...options });
      expect(found(await verifyDirectory({ directory: directory() }))).toEqual(
        expectedFindings.filter((one) => !newer || !one.endsWith('version-1')),
      );
    },
  );
});

describe('the advice', () => {
  /** What is advised for a file, each once. */
  async function advice(directory: string, path: string): Promise<string[]> {
    const { findings } = await verifyDirectory({ directory });
    return [...new Set(findings.filter(({ file }) => file === path).map(({ fix }) => fix))];
  }

  test.each([
    ['server', 'client', 'cert.pem', 'server-cert.pem'],
    ['client', 'server', 'server-cert.pem', 'cert.pem'],
  ])('for the certificate of a %s over that of a %s leaves each key', async (other, role, over, original) => {
    const options = request(temporary());
    await all(options);
    const at = (path: string): string => join(options.directory, path);
    await rm(at(over));
    await copyFile(at(original), at(over));
    const [fix = '', ...more] = await advice(options.directory, over);
    expect(more).toEqual([]);
    expect(fix).toMatch(
      `it is a copy of the ${other}'s certificate ${original}: restore the ${role}'s own from a backup, or create a new one: ${role}(`,
    );
    expect(fix).not.toMatch(/key\.pem|--force/);
  });

  test('for keys that were exchanged keeps both', async () => {
    const options = request(temporary());
    await all(options);
    const at = (path: string): string => join(options.directory, path);
    await rename(at('key.pem'), at('other'));
    await rename(at('server-key.pem'), at('key.pem'));
    await rename(at('other'), at('server-key.pem'));
    expect(await advice(options.directory, 'cert.pem')).toEqual([
      'its key is server-key.pem: move key.pem aside, and copy server-key.pem to key.pem',
    ]);
  });
});

test('a later day is another answer', async () => {
  const directory = await makeDirectory(temporary());
  const now = new Date(Date.now() + 350 * 86_400_000);
  const { ok, findings } = await verifyDirectory({ directory, now });
  expect(ok).toBe(true);
  expect(findings).toMatchObject([
    {
      id: 'ends-soon',
      severity: 'warning',
      file: 'cert.pem',
      reason: expect.stringMatching(/^it expires on \d{4}-\d\d-\d\d$/),
      fix: expect.stringContaining("client({ force: ['client'], directory: 'DIRECTORY-OF-THE-CA' })"),
    },
    { id: 'ends-soon', file: 'server-cert.pem', fix: expect.stringContaining('server({ hosts: [') },
  ]);
  const last = await verifyDirectory({ directory, now: new Date(Date.now() + 4000 * 86_400_000) });
  expect(found(last)).toEqual(['ca.pem: ca-expired', 'cert.pem: expired', 'server-cert.pem: expired']);
  expect(last.ok).toBe(false);
});

describe('it is an error', () => {
  test.each([
    ['no such directory', 'nothing'],
    ['a directory without a certificate and a key', 'empty'],
    ['a file', 'file.pem'],
  ])('for %s', async (_, name) => {
    await mkdir(join(temporary(), 'empty'));
    await writeFile(join(temporary(), 'empty', 'notes.txt'), '');
    await writeFile(join(temporary(), 'file.pem'), '');
    expect(await errorOf(() => verifyDirectory({ directory: join(temporary(), name) }))).toMatchObject({
      code: 'ERR_FILE',
    });
  });

  test('for a time that is none', async () => {
    const error = await errorOf(() => verifyDirectory({ directory: temporary(), now: new Date('x') }));
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'now' });
  });
});
