import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect as inspectValue } from 'node:util';
import {
  all,
  ca,
  client,
  crl,
  csr,
  inspect,
  OpensslError,
  renew,
  renewCa,
  revoke,
  reqX509,
  rollback,
  server,
  sign,
  verifyDirectory,
  x509Req,
  req,
  genpkey,
} from '../../lib/index.js';
import { errorOf, failure } from '../support/failure.js';
import { rows } from '../support/form.js';
import {
  countingModule,
  opensslOf,
  otherUri,
  pin,
  softToken,
  uri,
  ways,
  type SoftToken,
} from '../support/soft-token.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
/** The token and what is beside it, which change while it is used. */
const home = useSharedDirectory();
const quick = { key: 'ec:p256' } as const;
const hosts = ['docker.example'];
let token: SoftToken;
let directory: string;
beforeAll(async () => {
  token = await softToken(home());
});
beforeEach(() => {
  directory = join(temporary(), 'set');
});

/** The library runs openssl in this process's environment. */
async function withEnvironment<Value>(
  env: Readonly<Record<string, string>>,
  act: () => Promise<Value>,
): Promise<Value> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await act();
  } finally {
    process.env = before;
  }
}

describe.each(rows(Object.entries(ways), 1, 1))('through the %s', (way, { openssl, module }) => {
  /** The engine's module is the machine's default, which p11-kit knows; the provider's is unpacked aside. */
  const usual = way === 'engine' ? {} : { PKCS11_MODULE_PATH: module };
  const on = <Value>(
    act: () => Promise<Value>,
    env: Readonly<Record<string, string>> = usual,
  ): Promise<Value> => withEnvironment({ ...token.env, ...env }, act);
  const run = { openssl, passphrase: pin } as const;

  test('the CA, its server and clients, their renewal and its own', async () => {
    await on(async () => {
      const made = await ca({ ...run, directory, caKey: uri });
      expect(made.made.map(({ path }) => path)).toEqual(['ca.pem', 'ca-key.uri']);
      expect(await readFile(join(directory, 'ca-key.uri'), 'utf8')).toBe(`${uri}\n`);
      expect((await stat(join(directory, 'ca-key.uri'))).mode & 0o777).toBe(0o444);
      const authority = made.certificates.ca!;

      // The URI is not given again.
      const leaves = await all({ ...run, ...quick, directory, hosts });
      for (const leaf of [leaves.certificates.server!, leaves.certificates.client!])
        expect(leaf.verify(authority.publicKey)).toBe(true);
      expect(leaves.kept).toEqual(['ca.pem']);
      await server({ ...run, ...quick, directory, name: 'web', hosts });
      await client({ ...run, ...quick, directory, name: 'alice' });
      const again = await all({ openssl, directory, hosts });
      expect(again.made).toEqual([]);

      // Keys that are elsewhere, and a list of what is revoked.
      const host = join(temporary(), 'host');
      await csr('server', { ...quick, directory: host, hosts, openssl });
      const signed = await sign([join(host, 'server.csr')], { ...run, directory, hosts });
      expect([...signed.certificates.values()][0]!.verify(authority.publicKey)).toBe(true);
      await client({ ...run, ...quick, directory, name: 'mallory' });
      const { revoked } = await revoke(['clients/mallory'], { ...run, directory });
      expect(revoked).toHaveLength(1);
      expect(await crl({ ...run, directory })).toMatchObject({ number: 2n, revoked });
      await rm(join(directory, 'servers', hosts[0]!), { recursive: true });

      const renewed = await renew({ ...run, directory, all: true });
      expect(renewed.renewed).toHaveLength(4);
      const ofCa = await renewCa({ ...run, directory });
      const next = ofCa.certificates.get('ca.pem')!;
      expect(next.fingerprint256).not.toBe(authority.fingerprint256);
      expect(next.publicKey.equals(authority.publicKey)).toBe(true);

      const report = await verifyDirectory({ directory });
      expect(report.findings.map(({ id, file }) => [id, file])).toEqual([['key-unknown', 'ca-key.uri']]);
      const { certificates } = await inspect({ path: directory });
      expect(certificates.find(({ path }) => path === 'ca.pem')?.privateKey).toEqual({
        path: 'ca-key.uri',
        encrypted: false,
        uri,
      });
    });
  });

  test('a roll-over continues with another key in the token, and is taken back', async () => {
    await on(async () => {
      await ca({ ...run, directory, caKey: uri });
      await expect(renewCa({ ...run, directory, newKey: true })).rejects.toMatchObject({
        code: 'ERR_INPUT',
        option: 'caKey',
      });
      const { certificates } = await renewCa({ ...run, directory, newKey: true, caKey: otherUri });
      expect(certificates.size).toBeGreaterThan(0);
      expect(await readFile(join(directory, 'ca-key.uri'), 'utf8')).toBe(`${otherUri}\n`);
      await client({ ...run, ...quick, directory });
      await rollback({ directory });
      expect(await readFile(join(directory, 'ca-key.uri'), 'utf8')).toBe(`${uri}\n`);
      await client({ ...run, ...quick, directory, force: ['client'] });
    });
  });

  test('single steps', async () => {
    const at = (name: string): string => join(temporary(), name);
    await on(async () => {
      const step = { openssl, passin: pin };
      await reqX509({ ...step, key: uri, subj: '/CN=authority', out: at('ca.pem') });
      await genpkey({ openssl, algorithm: 'ec:p256', out: at('key.pem') });
      await req({ openssl, key: at('key.pem'), subj: '/CN=client', out: at('csr') });
      const signing = { ...step, in: at('csr'), ca: at('ca.pem'), days: 1 };
      const { certificate, commands } = await x509Req({ ...signing, caKey: uri, out: at('cert.pem') });
      expect(certificate.issuer).toBe('CN=authority');
      expect(commands.join()).toContain(
        way === 'engine'
          ? `-CAkey '${uri}' -CAkeyform engine -engine pkcs11 -passin fd:3`
          : `-CAkey '${uri}' -passin fd:3`,
      );
      const error = await failure(temporary(), () =>
        x509Req({ ...signing, caKey: otherUri, out: at('other.pem') }),
      );
      expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED', reason: 'key-mismatch' });
    });
  });

  describe('what goes wrong has a reason and a hint, and changes nothing', () => {
    const failsWith = async (
      reason: string,
      hint: RegExp,
      act: () => Promise<unknown>,
      env = usual,
    ): Promise<void> => {
      const error = await on(() => failure(temporary(), act), env);
      expect(error).toBeInstanceOf(OpensslError);
      expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED', reason });
      expect(error.hint).toMatch(hint);
      expect(inspectValue(error, { depth: 9 })).not.toContain(pin);
    };
    const key = (caKey: string) => () => ca({ ...run, directory, caKey });

    test('a key that is not there', () =>
      failsWith('key-not-found', /compare the URI/, key('pkcs11:token=authority;object=none')));
    test('a token that is not there', () =>
      failsWith('token-missing', /connect it/, key('pkcs11:token=none;object=docker-ca')));
    test('a module that is not there', () =>
      failsWith('module-missing', /PKCS11_MODULE_PATH/, key(`${uri}?module-path=/nowhere/module.so`)));
    test('a module of the environment that is not there', () =>
      failsWith('module-missing', /module-path/, key(uri), { PKCS11_MODULE_PATH: '/nowhere/module.so' }));

    test('a key that is not that of the CA', async () => {
      await on(key(uri));
      await chmod(join(directory, 'ca-key.uri'), 0o644);
      await writeFile(join(directory, 'ca-key.uri'), `${otherUri}\n`);
      await failsWith('key-mismatch', /key/, () => client({ ...run, ...quick, directory }));
      const error = await on(() => failure(temporary(), () => renewCa({ ...run, directory })));
      expect(['ERR_READ_BACK', 'ERR_OPENSSL_FAILED']).toContain(error.code);
    });

    test('a wrong PIN is tried once, also by several signers, and a locked token is told from it', async () => {
      const counted = {
        TOKEN_MODULE: module,
        PKCS11_MODULE_PATH: await countingModule(home()),
      };
      await token.forgets();
      await on(key(uri), counted);
      expect(await token.logins()).toMatch(/^r+$/);
      const before = (await token.logins()).length;
      const wrong = { ...run, ...quick, directory, hosts, passphrase: 'no such PIN' };
      await failsWith('wrong-pin', /tried once/, () => all(wrong), counted);
      expect((await token.logins()).slice(before)).toBe('w');
      await failsWith('wrong-pin', /tried once/, () => all(wrong), counted);
      await failsWith('wrong-pin', /tried once/, () => all(wrong), counted);
      expect((await token.logins()).slice(before)).toBe('www');
      await failsWith('pin-locked', /unlock it/, () => all({ ...wrong, passphrase: pin }), counted);
    });
  });

  test('without a PIN, nothing runs', async () => {
    expect(await on(() => errorOf(() => ca({ openssl, directory, caKey: uri })))).toMatchObject({
      code: 'ERR_PASSPHRASE_NEEDED',
      path: uri,
    });
    expect(existsSync(directory)).toBe(false);
  });
});

describe('an openssl that cannot reach a token says what to install', () => {
  test.each([
    ['OpenSSL 4.0', opensslOf('4.0'), /^OpenSSL 4\.0 has no engines: install pkcs11-provider/],
    ['OpenSSL 3.6 without the provider', opensslOf('3.6'), /^install pkcs11-provider/],
    [
      'OpenSSL 3.0 without the engine',
      undefined,
      /^install the engine pkcs11 \(apt install libengine-pkcs11-openssl\)/,
    ],
  ])('%s', async (_, given, hint) => {
    const openssl = given ?? join(temporary(), 'openssl');
    if (given === undefined) {
      await writeFile(openssl, `#!/bin/sh\nOPENSSL_ENGINES=/nowhere exec ${ways.engine.openssl} "$@"\n`);
      await chmod(openssl, 0o755);
    }
    const error = await withEnvironment(token.env, () =>
      failure(temporary(), () => ca({ openssl, directory, caKey: uri, passphrase: pin })),
    );
    expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED', reason: 'provider-missing' });
    expect(error.hint).toMatch(hint);
  });
});
