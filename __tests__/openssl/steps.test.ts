import { beforeAll, describe, expect, test } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  can,
  findOpenssl,
  genpkey,
  genrsa,
  pkey,
  req,
  reqX509,
  rsa,
  verify,
  x509Req,
} from '../../lib/index.js';
import { keyTypeNameOf } from '../../lib/x509/key-type.js';
import { days } from '../support/days.js';
import { certificateSubject, cipher, csrSubject, extensions, oids } from '../support/der.js';
import { failure } from '../support/failure.js';
import { openssl } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const { version } = await findOpenssl();
const at = (name: string): string => join(temporary(), name);
const text = (name: string): Promise<string> => readFile(at(name), 'utf8');
const passphrase = 'correct horse';

/** Made once: an RSA key, encrypted and not, and a CA with its EC key. */
beforeAll(async () => {
  const cwd = shared();
  await Promise.all([
    genrsa({ cwd, out: 'rsa.pem', bits: 2048 }),
    genpkey({ cwd, out: 'ca-key.pem', algorithm: 'ec:p256' }),
    genpkey({ cwd, out: 'other-key.pem', algorithm: 'ec:p256' }),
  ]);
  await Promise.all([
    rsa({ cwd, in: 'rsa.pem', out: 'encrypted.pem', passout: passphrase }),
    reqX509({ cwd, key: 'ca-key.pem', subj: '/CN=ca', out: 'ca.pem', setSerial: '01', days: 100 }),
    req({ cwd, key: 'rsa.pem', subj: '/CN=leaf', out: 'leaf.csr' }),
  ]);
});

const fixtures = (): Promise<void> => cp(shared(), temporary(), { recursive: true });

describe('genrsa', () => {
  test('makes a key of mode 0600, and says where and how', async () => {
    const result = await genrsa({ out: at('key.pem'), bits: 2048 });
    expect(result).toEqual({
      path: at('key.pem'),
      commands: [`openssl genrsa -out ${at('key.pem')} 2048`],
      notes: [],
    });
    expect(await modes(temporary())).toEqual({ '/': '0700', 'key.pem': '0600' });
    expect(keyTypeNameOf(createPrivateKey(await text('key.pem')))).toBe('rsa:2048');
  });

  test.each([
    ['aes256' as const, [oids.aes256, 'AES-256-CBC']],
    ['des3' as const, [oids.des3, 'DES-EDE3-CBC']],
  ])('encrypts it with %s', async (name, expected) => {
    const { commands } = await genrsa({ out: at('key.pem'), bits: 2048, cipher: name, passout: passphrase });
    expect(commands).toEqual([`openssl genrsa -${name} -passout fd:3 -out ${at('key.pem')} 2048`]);
    expect(expected).toContain(cipher(await text('key.pem')));
    expect(createPrivateKey({ key: await text('key.pem'), passphrase }).type).toBe('private');
  });

  test('writes PKCS#1 where that is asked for, or says who can', async () => {
    const make = (): Promise<unknown> => genrsa({ out: at('key.pem'), bits: 2048, traditional: true });
    if (can(version, 'genrsa-traditional')) {
      await make();
      expect(await text('key.pem')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    } else {
      expect(await failure(temporary(), make)).toMatchObject({ code: 'ERR_OPENSSL_TOO_OLD' });
    }
  });
});

describe('genpkey', () => {
  test.each(['rsa:2048', 'ec:p256', 'ec:p384'])('makes a key of kind %s', async (algorithm) => {
    await genpkey({ out: at('key.pem'), algorithm });
    expect(keyTypeNameOf(createPrivateKey(await text('key.pem')))).toBe(algorithm);
    expect(await modes(temporary())).toEqual({ '/': '0700', 'key.pem': '0600' });
  });

  test('makes an Ed25519 key, or says who can', async () => {
    const make = (): Promise<unknown> => genpkey({ out: at('key.pem'), algorithm: 'ed25519' });
    if (can(version, 'ed25519')) {
      await make();
      expect(keyTypeNameOf(createPrivateKey(await text('key.pem')))).toBe('ed25519');
    } else {
      expect(await failure(temporary(), make)).toMatchObject({ code: 'ERR_OPENSSL_TOO_OLD' });
    }
  });

  test('encrypts it', async () => {
    await genpkey({ out: at('key.pem'), algorithm: 'ec:p256', passout: passphrase });
    expect(cipher(await text('key.pem'))).toBe(oids.aes256);
    expect(createPrivateKey({ key: await text('key.pem'), passphrase }).type).toBe('private');
  });
});

describe('rsa', () => {
  test('takes the passphrase off in place', async () => {
    await fixtures();
    const { path, commands } = await rsa({
      in: at('encrypted.pem'),
      passin: passphrase,
      out: at('encrypted.pem'),
    });
    expect(path).toBe(at('encrypted.pem'));
    expect(commands).toEqual([
      `openssl rsa -in ${at('encrypted.pem')} -passin fd:3 -out ${at('encrypted.pem')}`,
    ]);
    expect(cipher(await text('encrypted.pem'))).toBeUndefined();
    expect(await modes(temporary())).toMatchObject({ 'encrypted.pem': '0600' });
  });

  test('gives it another passphrase in place', async () => {
    await fixtures();
    const key = at('encrypted.pem');
    await rsa({ in: key, passin: passphrase, passout: 'battery staple', out: key });
    expect(createPrivateKey({ key: await readFile(key), passphrase: 'battery staple' }).type).toBe('private');
  });

  test('leaves the key as it was where the passphrase is wrong', async () => {
    await fixtures();
    const key = at('encrypted.pem');
    const error = await failure(temporary(), () => rsa({ in: key, passin: 'battery staple', out: key }));
    expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED', reason: 'wrong-passphrase' });
  });

  test('writes PKCS#1 where that is asked for, or says who can', async () => {
    await fixtures();
    const make = (): Promise<unknown> => rsa({ in: at('rsa.pem'), out: at('old.pem'), traditional: true });
    if (can(version, 'rsa-traditional')) {
      await make();
      expect(await text('old.pem')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    } else {
      expect(await failure(temporary(), make)).toMatchObject({ code: 'ERR_OPENSSL_TOO_OLD' });
    }
  });
});

describe('pkey', () => {
  test('encrypts a key of any kind in PKCS#8, in place', async () => {
    await fixtures();
    for (const name of ['rsa.pem', 'ca-key.pem']) {
      const before = createPrivateKey(await text(name));
      await pkey({ in: at(name), passout: passphrase, out: at(name) });
      expect(cipher(await text(name))).toBe(oids.aes256);
      expect(createPrivateKey({ key: await text(name), passphrase }).equals(before)).toBe(true);
      await pkey({ in: at(name), passin: passphrase, out: at(name) });
      expect(createPrivateKey(await text(name)).equals(before)).toBe(true);
    }
    expect(await modes(temporary())).toMatchObject({ 'rsa.pem': '0600', 'ca-key.pem': '0600' });
  });

  test('leaves the key as it was where the passphrase is wrong', async () => {
    await fixtures();
    const key = at('encrypted.pem');
    const error = await failure(temporary(), () => pkey({ in: key, passin: 'battery staple', out: key }));
    expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED', reason: 'wrong-passphrase' });
  });
});

describe('req', () => {
  test('makes a CSR for the subject', async () => {
    await fixtures();
    await req({ key: at('rsa.pem'), subj: '/C=DE/CN=someone', out: at('new.csr'), digest: 'sha384' });
    expect(csrSubject(await text('new.csr'))).toEqual([
      { type: oids.country, value: 'DE' },
      { type: oids.commonName, value: 'someone' },
    ]);
    const { stdout, stderr } = await openssl(['req', '-in', at('new.csr'), '-noout', '-verify', '-text']);
    expect(stdout + stderr).toMatch(/sha384WithRSAEncryption/);
  });

  test('opens an encrypted key', async () => {
    await fixtures();
    await req({ key: at('encrypted.pem'), passin: passphrase, subj: '/CN=x', out: at('new.csr') });
    expect(await modes(temporary())).toMatchObject({ 'new.csr': '0644' });
  });

  test('takes the subject from a configuration', async () => {
    await fixtures();
    await writeFile(at('own.cnf'), '[req]\ndistinguished_name = dn\nprompt = no\n[dn]\nCN = configured\n');
    await req({ key: at('rsa.pem'), config: at('own.cnf'), out: at('new.csr') });
    expect(csrSubject(await text('new.csr'))).toEqual([{ type: oids.commonName, value: 'configured' }]);
  });
});

describe('reqX509', () => {
  test('makes a CA, with days and serial as asked for', async () => {
    await fixtures();
    const { certificate, path } = await reqX509({
      key: at('ca-key.pem'),
      subj: '/CN=new',
      days: 10,
      setSerial: '0x1a2b',
      out: at('new.pem'),
    });
    expect(path).toBe(at('new.pem'));
    expect(certificate.serialNumber).toBe('1A2B');
    expect(certificate.ca).toBe(true);
    expect(certificate.checkPrivateKey(createPrivateKey(await text('ca-key.pem')))).toBe(true);
    expect(days(certificate)).toBe(10);
  });

  test('takes the extensions from a section of the configuration', async () => {
    await fixtures();
    const lines = ['[req]', 'distinguished_name = dn', '[dn]', '[mine]', 'basicConstraints = CA:FALSE', ''];
    await writeFile(at('own.cnf'), lines.join('\n'));
    const key = at('ca-key.pem');
    const { certificate } = await reqX509({
      ...{ key, subj: '/CN=x', config: at('own.cnf'), extensions: 'mine', out: at('new.pem') },
    });
    expect(certificate.ca).toBe(false);
  });
});

describe('x509Req', () => {
  test('signs a CSR with serial, days, digest and extensions as asked for', async () => {
    await fixtures();
    await writeFile(at('ext.cnf'), 'extendedKeyUsage = clientAuth\n[other]\nextendedKeyUsage = serverAuth\n');
    const options = { in: at('leaf.csr'), ca: at('ca.pem'), caKey: at('ca-key.pem'), days: 5 };
    const first = await x509Req({ ...options, setSerial: '2A', extfile: at('ext.cnf'), out: at('a.pem') });
    const other = await x509Req({
      ...{ ...options, setSerial: '2B', extfile: at('ext.cnf'), extensions: 'other', out: at('b.pem') },
      digest: 'sha512',
    });
    expect(first.certificate.serialNumber).toBe('2A');
    expect(first.certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(other.certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificateSubject(await text('a.pem'))).toEqual([{ type: oids.commonName, value: 'leaf' }]);
    expect(first.certificate.verify(new X509Certificate(await text('ca.pem')).publicKey)).toBe(true);
    expect(Object.keys(await modes(temporary())).filter((path) => path.endsWith('.srl'))).toEqual([]);
  });

  test('never takes over what a CSR asks for', async () => {
    await fixtures();
    const lines = [
      '[req]',
      'distinguished_name = dn',
      'req_extensions = v3',
      'prompt = no',
      '[dn]',
      'CN = evil',
    ];
    await writeFile(at('evil.cnf'), [...lines, '[v3]', 'basicConstraints = critical,CA:TRUE', ''].join('\n'));
    await req({ key: at('rsa.pem'), config: at('evil.cnf'), out: at('evil.csr') });
    await writeFile(at('ext.cnf'), 'extendedKeyUsage = clientAuth\n');
    const { certificate } = await x509Req({
      ...{ in: at('evil.csr'), ca: at('ca.pem'), caKey: at('ca-key.pem'), setSerial: '2A' },
      ...{ extfile: at('ext.cnf'), out: at('evil.pem') },
    });
    expect(certificate.ca).toBe(false);
    expect(extensions(await text('evil.pem')).has(oids.basicConstraints)).toBe(false);
  });
});

describe('verify', () => {
  const make = async (): Promise<void> => {
    await fixtures();
    await writeFile(
      at('ext.cnf'),
      'extendedKeyUsage = serverAuth\nsubjectAltName = DNS:a.example,IP:10.0.0.5\n',
    );
    const signer = { ca: at('ca.pem'), caKey: at('ca-key.pem'), setSerial: '2A', extfile: at('ext.cnf') };
    await x509Req({ ...signer, in: at('leaf.csr'), out: at('leaf.pem') });
  };

  test('resolves for a certificate of the CA, and writes nothing', async () => {
    await make();
    const before = await tree(temporary());
    expect(await verify({ in: at('leaf.pem'), caFile: at('ca.pem'), purpose: 'sslserver' })).toEqual({
      path: '',
      commands: [`openssl verify -purpose sslserver -CAfile ${at('ca.pem')} ${at('leaf.pem')}`],
      notes: [],
    });
    expect(await tree(temporary())).toEqual(before);
  });

  test.each([
    ['another purpose', { purpose: 'sslclient' as const }],
    ['another CA', { caFile: 'other.pem' }],
  ])('rejects for %s', async (_, others) => {
    await make();
    await reqX509({ cwd: temporary(), key: 'other-key.pem', subj: '/CN=ca', out: 'other.pem' });
    const error = await failure(temporary(), () =>
      verify({ cwd: temporary(), in: 'leaf.pem', caFile: 'ca.pem', ...others }),
    );
    expect(error).toMatchObject({ code: 'ERR_OPENSSL_FAILED', reason: 'not-verified' });
  });

  test('compares names and addresses, or says who can', async () => {
    await make();
    const check = (names: object): Promise<unknown> =>
      verify({ in: at('leaf.pem'), caFile: at('ca.pem'), ...names });
    if (can(version, 'verify-names')) {
      await check({ verifyHostname: 'a.example' });
      await check({ verifyIp: '10.0.0.5' });
      for (const names of [{ verifyHostname: 'b.example' }, { verifyIp: '10.0.0.6' }]) {
        expect(await failure(temporary(), () => check(names))).toMatchObject({ reason: 'not-verified' });
      }
    } else {
      const error = await failure(temporary(), () => check({ verifyHostname: 'a.example' }));
      expect(error).toMatchObject({ code: 'ERR_OPENSSL_TOO_OLD' });
    }
  });
});

describe('the file that is written', () => {
  test('is refused where it already exists, and stays', async () => {
    await writeFile(at('key.pem'), 'precious');
    const error = await failure(temporary(), () => genpkey({ out: at('key.pem'), algorithm: 'ec:p256' }));
    expect(error).toMatchObject({ code: 'ERR_EXISTS', path: at('key.pem') });
  });

  test('is replaced where that is asked for, with its own mode', async () => {
    await writeFile(at('key.pem'), 'worthless');
    await chmod(at('key.pem'), 0o666);
    await genpkey({ out: at('key.pem'), algorithm: 'ec:p256', overwrite: true });
    expect(createPrivateKey(await text('key.pem')).type).toBe('private');
    expect(await modes(temporary())).toEqual({ '/': '0700', 'key.pem': '0600' });
  });

  test('stays as it was where replacing it fails', async () => {
    await fixtures();
    await cp(at('ca.pem'), at('there.pem'));
    const error = await failure(temporary(), () =>
      x509Req({
        ...{ in: at('leaf.csr'), ca: at('ca.pem'), caKey: at('other-key.pem'), setSerial: '2A' },
        ...{ out: at('there.pem'), overwrite: true },
      }),
    );
    expect(error).toMatchObject({ reason: 'key-mismatch' });
  });

  test('is not written through a symbolic link', async () => {
    await writeFile(at('precious'), 'precious');
    await symlink(at('precious'), at('key.pem'));
    const make = { out: at('key.pem'), algorithm: 'ec:p256' };
    expect(await failure(temporary(), () => genpkey(make))).toMatchObject({ code: 'ERR_EXISTS' });
    const anyway = failure(temporary(), () => genpkey({ ...make, overwrite: true }));
    expect(await anyway).toMatchObject({ code: 'ERR_UNSAFE', path: at('key.pem') });
  });

  test('lies where a relative name says, seen from `cwd`', async () => {
    const { path, commands } = await genpkey({
      cwd: temporary(),
      out: 'a/../b/key.pem',
      algorithm: 'ec:p256',
    });
    expect(path).toBe(at('b/key.pem'));
    expect(commands[0]).toMatch(/ -out a\/\.\.\/b\/key\.pem$/);
    await req({ cwd: at('b'), key: 'key.pem', subj: '/CN=x', out: '../x.csr' });
    expect(Object.keys(await modes(temporary()))).toEqual(['/', 'b/', 'b/key.pem', 'x.csr']);
  });

  test('can have a name that looks like something else', async () => {
    for (const out of ['-out', 'fd:3', 'pass:x', 'file:key', 'a b', 'größe', '$HOME', '%s']) {
      await genpkey({ cwd: temporary(), out, algorithm: 'ec:p256' });
      await req({ cwd: temporary(), key: out, subj: '/CN=x', out: `${out}.csr` });
    }
    expect(Object.keys(await modes(temporary()))).toHaveLength(17);
  });

  test('is not made where a file that is read is missing', async () => {
    const error = await failure(temporary(), () =>
      req({ key: at('none.pem'), subj: '/CN=x', out: at('new.csr') }),
    );
    expect(error).toMatchObject({ code: 'ERR_FILE', path: at('none.pem') });
  });
});

describe('a step whose output is one of its inputs is refused, and the file stays', () => {
  test.each([
    ['key.pem', 'key.pem'],
    ['key.pem', './key.pem'],
    ['link.pem', 'key.pem'],
  ])('req with the key %s and the output %s', async (key, out) => {
    const cwd = temporary();
    await genpkey({ algorithm: 'ec:p256', out: 'key.pem', cwd });
    await symlink('key.pem', join(cwd, 'link.pem'));
    const before = await readFile(join(cwd, 'key.pem'), 'utf8');
    await expect(req({ key, subj: '/CN=a', out, cwd, overwrite: true })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      option: 'out',
    });
    expect(await readFile(join(cwd, 'key.pem'), 'utf8')).toBe(before);
  });
});
