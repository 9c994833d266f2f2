import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  certificateDetails,
  client,
  explain,
  renew,
  renewCa,
  server,
  verify,
  verifyDirectory,
} from '../../lib/index.js';
import { failure } from '../support/failure.js';
import { makeFlawedSet, type Flaw } from '../support/flawed-sets.js';
import { chosen } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const set = (): string => join(temporary(), 'set');
const caOf = async (): Promise<X509Certificate> => new X509Certificate(await readFile(join(set(), 'ca.pem')));

/** What a CA is to have, as docker's and everybody else's rules have it. */
function profile(certificate: X509Certificate): object {
  const { version, serial, digest, basicConstraints, keyUsage, subjectKeyIdentifier } =
    certificateDetails(certificate);
  return {
    version,
    isPositive: serial > 0n,
    digest,
    basicConstraints,
    signs: keyUsage?.usages.includes('keyCertSign'),
    isIdentified: subjectKeyIdentifier !== undefined,
  };
}

const good = (pathLength?: number): object => ({
  version: 3,
  isPositive: true,
  digest: 'sha256',
  basicConstraints: { critical: true, ca: true, pathLength },
  signs: true,
  isIdentified: true,
});

const without = (...names: string[]): Flaw => ({
  extensions: Object.fromEntries(names.map((name) => [name, undefined])),
});

interface Kind {
  readonly title: string;
  readonly flaw: Flaw;
  /** Of what it signed. */
  readonly leaf?: Flaw;
  /** Not in the short form. */
  readonly isLong?: true;
  /** Why it cannot sign; undefined for one that can. */
  readonly why?: RegExp;
  /** The rules of `verify` that report it. */
  readonly rules: readonly string[];
}

const kinds: readonly Kind[] = [
  {
    title: 'a CA without any extension',
    flaw: { extensions: null },
    leaf: { extensions: { authorityKeyIdentifier: 'keyid,issuer' } },
    why: /it has version 1|it has no basicConstraints/,
    rules: ['ca-version-1', 'ca-without-extensions'],
  },
  {
    title: 'one without basicConstraints',
    flaw: without('basicConstraints'),
    why: /it has no basicConstraints/,
    rules: ['ca-without-constraints'],
  },
  {
    title: 'one whose keyUsage does not let it sign',
    flaw: { extensions: { keyUsage: 'critical,digitalSignature' } },
    why: /its keyUsage lacks keyCertSign/,
    isLong: true,
    rules: ['ca-key-usage'],
  },
  { title: 'one of SHA-1', flaw: { digest: 'sha1' }, rules: ['ca-weak-digest'] },
  { title: 'one with a negative serial', flaw: { serial: '-77' }, rules: ['ca-negative-serial'] },
  { title: 'one with the serial 0', flaw: { serial: '0' }, rules: ['serial-zero'], isLong: true },
  {
    title: 'one as of the older tutorials',
    flaw: { extensions: { basicConstraints: 'CA:TRUE', keyUsage: undefined } },
    rules: ['ca-constraints-not-critical', 'ca-without-key-usage'],
  },
];

const quick = { key: 'ec:p256', days: 30, passphrase: null } as const;

describe.each(chosen(kinds, ({ isLong }, at) => !isLong && at % 2 === 0))(
  '$title',
  ({ flaw, leaf = {}, why, rules }) => {
    const make = (): Promise<void> => makeFlawedSet(set(), { ca: flaw, server: leaf, client: leaf });

    test('signs, or is refused beforehand with the call that fixes it', async () => {
      await make();
      const directory = set();
      if (why === undefined) {
        await client({ ...quick, directory, name: 'bob' });
        await verify({ cwd: directory, in: 'clients/bob/cert.pem', caFile: 'ca.pem', purpose: 'sslclient' });
        return;
      }
      // No openssl would run: there is none.
      const openssl = '/nonexistent/openssl';
      for (const sign of [
        () => client({ ...quick, directory, name: 'bob', openssl }),
        () => server({ ...quick, directory, name: 'web', hosts: ['web.example'], openssl }),
      ])
        expect(await failure(temporary(), sign)).toMatchObject({
          code: 'ERR_CA_UNUSABLE',
          message: expect.stringMatching(why) as unknown,
          hint: expect.stringContaining(`renewCa({ directory: '${directory}' })`) as unknown,
        });
      const { skipped } = await renew({ directory, all: true, openssl });
      expect(skipped.map((one) => one.why)).toEqual(
        Array.from({ length: 2 }, () => expect.stringMatching(why) as unknown),
      );
      expect(skipped[0]?.why).toContain('renewCa(');
    });

    test('is completed by renewCa, as verify and explain advise: what it signed stays valid', async () => {
      await make();
      const directory = set();
      const before = await caOf();
      const call = `renewCa({ directory: '${directory}' })`;
      const about = async (): Promise<string[]> => {
        const { findings } = await verifyDirectory({ directory });
        return findings.filter(({ id }) => rules.includes(id)).map(({ fix }) => fix);
      };
      const advice = await about();
      expect(advice.length).toBeGreaterThan(0);
      expect(new Set(advice)).toEqual(new Set([call]));
      const reasons = (await explain({ directory })).certificates.flatMap((one) => one.reasons);
      const ofCa = reasons.filter(({ id }) => rules.includes(id)).map(({ mend }) => mend);
      expect(ofCa.every((mend) => mend === call)).toBe(true);

      await renewCa({ directory, days: 400, passphrase: null });
      const after = await caOf();
      expect(profile(after)).toEqual(good());
      expect(after.publicKey.equals(before.publicKey)).toBe(true);
      expect(after.subject).toBe(before.subject);
      await client({ ...quick, directory, name: 'bob' });
      await renew({ directory, names: ['server'], passphrase: null });
      for (const [file, purpose] of [
        ['server-cert.pem', 'sslserver'],
        ['cert.pem', 'sslclient'],
        ['clients/bob/cert.pem', 'sslclient'],
      ] as const)
        await verify({ cwd: directory, in: file, caFile: 'ca.pem', purpose });
      expect(await about()).toEqual([]);
    });

    test('is followed by a proper CA in a roll-over', async () => {
      await make();
      const directory = set();
      await renewCa({ directory, newKey: true, passphrase: null });
      const isWithout = ['ca-without-extensions', 'ca-without-constraints'].some((id) => rules.includes(id));
      expect(profile(await caOf())).toEqual(good(isWithout ? 0 : undefined));
      const { renewed } = await renew({ directory, all: true, passphrase: null });
      expect(renewed).toHaveLength(2);
      await renewCa({ directory, finish: true });
      await verify({ cwd: directory, in: 'cert.pem', caFile: 'ca.pem' });
    });
  },
);

test('a certificate that is no CA is not made one', async () => {
  const directory = set();
  await makeFlawedSet(directory, { ca: { extensions: { basicConstraints: 'CA:FALSE' } } });
  const { findings } = await verifyDirectory({ directory });
  expect(findings.find(({ id }) => id === 'ca-not-a-ca')?.fix).toContain(`'${directory}-new'`);
  for (const newKey of [false, true])
    expect(await failure(temporary(), () => renewCa({ directory, newKey, passphrase: null }))).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      message: expect.stringContaining('it is not a CA certificate') as unknown,
      hint: expect.stringContaining(`all({ directory: '${directory}-new' })`) as unknown,
    });
});

describe('the serial of a CA that its certificates name it by', () => {
  const bySerial = { extensions: { authorityKeyIdentifier: 'issuer:always' } };

  test('stays, so that they stay valid', async () => {
    const directory = set();
    await makeFlawedSet(directory, { server: bySerial });
    const { serialNumber } = await caOf();
    const { notes } = await renewCa({ directory, passphrase: null });
    expect(notes.map(({ code }) => code)).toEqual(['CA_SERIAL_KEPT']);
    expect((await caOf()).serialNumber).toBe(serialNumber);
    await verify({ cwd: directory, in: 'server-cert.pem', caFile: 'ca.pem' });
  });

  test('cannot stay where no certificate may have it: a roll-over is advised', async () => {
    const directory = set();
    await makeFlawedSet(directory, { ca: { serial: '-77' }, server: bySerial });
    expect(await failure(temporary(), () => renewCa({ directory, passphrase: null }))).toMatchObject({
      code: 'ERR_CA_UNUSABLE',
      message: expect.stringContaining('server-cert.pem: ') as unknown,
      hint: expect.stringContaining('renewCa({ newKey: true, ') as unknown,
    });
  });
});
