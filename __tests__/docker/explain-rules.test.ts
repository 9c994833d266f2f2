import { describe, expect, test } from '@jest/globals';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clients } from '../../lib/judge/clients.js';
import { explain, type Explanation } from '../../lib/index.js';
import { rules } from '../../lib/judge/rules.js';
import { flawedKeys, spoilKeys } from '../support/flawed-keys.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { clientPathVariants, pathVariants } from '../support/flawed-paths.js';
import { clientVariants, serverVariants } from '../support/flawed-variants.js';
import { chosen } from '../support/form.js';
import { errorOf } from '../support/failure.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();

function reasonsOf({ certificates }: Explanation, role: 'server' | 'client'): string[] {
  return certificates
    .filter((certificate) => certificate.role === role)
    .flatMap(({ reasons }) => reasons.map(({ id }) => id));
}

interface Refused {
  readonly reasons: readonly string[];
}
const kindOf = ({ reasons }: Refused): string => reasons.join();
const servers = [...serverVariants, ...pathVariants];

/** In the short form the first that is refused for the same reasons, where none of `others` is. */
function ofEachKind<Variant extends Refused>(
  all: readonly Variant[],
  others: readonly Refused[] = [],
): Variant[] {
  const kinds = [...others, ...all].map(kindOf);
  return chosen<Variant>(all, (one, at) => kinds.indexOf(kindOf(one)) === others.length + at);
}

describe('a server is refused for its one flaw, and for nothing else', () => {
  test.each(ofEachKind(servers))('$title', async ({ title, host = 'localhost', reasons, ...set }) => {
    const directory = join(shared(), 'server', title.replaceAll(/\W/g, '-'));
    await makeFlawedSet(directory, set);
    expect(reasonsOf(await explain({ directory, host }), 'server').sort()).toEqual([...reasons].sort());
  });
});

describe('a client is refused for its one flaw, and for nothing else', () => {
  test.each(ofEachKind([...clientVariants, ...clientPathVariants], servers))(
    '$title',
    async ({ title, reasons, ...set }) => {
      const directory = join(shared(), 'client', title.replaceAll(/\W/g, '-'));
      await makeFlawedSet(directory, set);
      expect(reasonsOf(await explain({ directory }), 'client')).toEqual(reasons);
    },
  );

  test.each(Object.keys(flawedKeys))('%s', async (reason) => {
    const directory = temporary();
    await makeFlawedSet(directory);
    await spoilKeys(directory, reason);
    const explanation = await explain({ directory });
    expect(reasonsOf(explanation, 'client')).toEqual([reason]);
    expect(reasonsOf(explanation, 'server')).toEqual([reason]);
  });
});

describe('the table', () => {
  test('has no rule without a certificate that it refuses', () => {
    const shown = [...serverVariants, ...pathVariants, ...clientVariants].flatMap(({ reasons }) => reasons);
    const ids = rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // forms.whole.test.ts has those of a leaf's own file.
    const forms = ['form-bom', 'form-der', 'form-trusted', 'form-x509'];
    expect(new Set([...shown, ...forms, ...Object.keys(flawedKeys)])).toEqual(new Set(ids));
  });

  test.each(rules)('names who refuses, and how that is known: $id', ({ says, only = {}, source, what }) => {
    const who = Object.keys(says);
    expect(who).not.toEqual([]);
    expect(Object.keys(clients)).toEqual(expect.arrayContaining(who));
    expect(who).toEqual(expect.arrayContaining(Object.keys(only)));
    expect(source).not.toBe('');
    expect(what).toMatch(/^(its?|the|a|another|nothing) /);
  });
});

describe('a directory', () => {
  test('is one that a client got', async () => {
    const directory = temporary();
    await makeFlawedSet(directory);
    await Promise.all(
      ['server-cert.pem', 'server-key.pem', 'ca-key.pem'].map((file) => rm(join(directory, file))),
    );
    const explanation = await explain({ directory });
    expect(explanation.certificates).toMatchObject([{ role: 'client', path: 'cert.pem', accepted: true }]);
    expect(explanation.accepted).toBe(true);
  });

  test('is one whose CA lies in a bundle', async () => {
    const directory = temporary();
    await makeFlawedSet(directory);
    await makeFlawedSet(join(directory, 'old'), { ca: { key: 'ec:secp384r1' } });
    const bundle = await Promise.all(['old/ca.pem', 'ca.pem'].map((file) => readFile(join(directory, file))));
    await writeFile(join(directory, 'ca.pem'), Buffer.concat(bundle));
    expect((await explain({ directory })).accepted).toBe(true);
  });

  test("is one of two machines, each with its own CA's certificate", async () => {
    const directory = temporary();
    for (const [part, certificate, key] of [
      ['server', 'server-cert.pem', 'server-key.pem'],
      ['client', 'cert.pem', 'key.pem'],
    ] as const) {
      const made = join(directory, `made-${part}`);
      await makeFlawedSet(made, part === 'client' ? { ca: { subject: '/CN=Another' } } : {});
      await mkdir(join(directory, part));
      await copyFile(join(made, 'ca.pem'), join(directory, part, 'ca.pem'));
      await rename(join(made, certificate), join(directory, part, 'cert.pem'));
      await rename(join(made, key), join(directory, part, 'key.pem'));
    }
    const explanation = await explain({ directory });
    expect(explanation.certificates.map(({ path }) => path)).toEqual(['server/cert.pem', 'client/cert.pem']);
    expect(reasonsOf(explanation, 'server')).toEqual(['unknown-ca']);
    expect(reasonsOf(explanation, 'client')).toEqual(['unknown-ca']);
  });

  test.each([
    ['nothing', [], 'ERR_FILE'],
    ['no CA', ['cert.pem'], 'ERR_CA_MISSING'],
  ] as const)('with %s in it is an error', async (_, kept, code) => {
    const directory = temporary();
    await makeFlawedSet(join(directory, 'made'));
    await mkdir(join(directory, 'set'));
    for (const file of kept) await copyFile(join(directory, 'made', file), join(directory, 'set', file));
    expect(await errorOf(() => explain({ directory: join(directory, 'set') }))).toMatchObject({ code });
  });

  test.each([
    ['cert.pem', 'ERR_LEAF_UNUSABLE'],
    ['key.pem', 'ERR_LEAF_UNUSABLE'],
    ['ca.pem', 'ERR_CA_UNUSABLE'],
  ])('with a %s that is none is an error', async (file, code) => {
    const directory = temporary();
    await makeFlawedSet(directory);
    await writeFile(join(directory, file), 'nothing\n');
    expect(await errorOf(() => explain({ directory }))).toMatchObject({ code, path: join(directory, file) });
  });

  test.each([{ host: 'a b' }, { name: '../x' }])('is not looked at for %j', async (wrong) => {
    expect(await errorOf(() => explain({ directory: temporary(), ...wrong }))).toMatchObject({
      code: 'ERR_INPUT',
    });
  });
});

test('by default a server is called by the first name that it has', async () => {
  const directory = temporary();
  await makeFlawedSet(directory, {
    server: { extensions: { subjectAltName: 'DNS:*.a.example,DNS:b.example' } },
  });
  const { certificates } = await explain({ directory });
  expect(certificates[0]).toMatchObject({ host: 'b.example', accepted: true });
});

test('an empty keyUsage is unknown to all who were not seen to refuse it', async () => {
  const directory = temporary();
  await makeFlawedSet(directory, { server: { extensions: { keyUsage: 'critical,DER:030100' } } });
  const { certificates } = await explain({ directory });
  expect(reasonsOf({ certificates } as Explanation, 'server')).toEqual(['key-usage']);
  const unknown = certificates[0]!.verdicts.filter((verdict) => verdict.unknown !== undefined);
  expect(unknown.map(({ client }) => client)).toContain('openssl');
  expect(unknown[0]!.unknown).toBe('no client was measured with an empty keyUsage');
});

test('a later day is another answer', async () => {
  const directory = temporary();
  await makeFlawedSet(directory);
  const now = new Date(Date.now() + 4000 * 86_400_000);
  const explanation = await explain({ directory, now });
  expect(reasonsOf(explanation, 'server')).toEqual(['ca-expired', 'expired']);
});
