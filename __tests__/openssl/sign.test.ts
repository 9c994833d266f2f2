import { beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { copyFile, cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ca, csr, previewSign, renew, sign, verifyDirectory, type SignOptions } from '../../lib/index.js';
import { altNamesOf, extendedKeyUsageOf } from '../../lib/x509/certificate.js';
import { certificateDetails } from '../../lib/x509/certificate-details.js';
import { readSigningRequest, RequestFault } from '../../lib/x509/signing-request.js';
import { failure } from '../support/failure.js';
import { openssl, opensslOutput } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const names = (certificate: X509Certificate): string[] =>
  altNamesOf(certificate).names.map(({ value }) => value);
const local = ['localhost', '127.0.0.1', '::1'];

beforeAll(async () => {
  await ca({ directory: at('ca'), key: 'ec:p256', passphrase: null });
  await csr('server', { directory: at('web'), key: 'ec:p256', hosts: ['web.example', '10.0.0.5'] });
  await csr('client', {
    directory: at('alice'),
    key: 'ec:p256',
    clientName: 'alice',
    organization: 'Example',
  });
});

/** A copy of the CA for each test. */
async function authority(): Promise<string> {
  const directory = join(temporary(), 'ca');
  await cp(at('ca'), directory, { recursive: true });
  return directory;
}

/** A CSR made by hand, of the key that `openssl req` makes with it. */
async function byHand(
  name: string,
  args: readonly string[],
  extensions: readonly string[] = [],
): Promise<string> {
  const path = join(temporary(), name);
  const key = `${path}.key`;
  const newKey = args.includes('-newkey') ? [] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const own = extensions.flatMap((one) => ['-addext', one]);
  await opensslOutput(['req', '-new', '-nodes', ...newKey, '-keyout', key, '-out', path, ...args, ...own]);
  return path;
}

describe('a signed certificate', () => {
  test('is for the names of its CSR, and lies beside its CA without a key', async () => {
    const directory = await authority();
    const { signed, certificates } = await sign([at('web/server.csr'), at('alice/client.csr')], {
      directory,
      hosts: ['web.example', '10.0.0.5', 'another.example'],
      clientNames: ['alice', 'bob'],
      days: 30,
    });
    expect(signed.map(({ role, name, certificate, kept }) => [role, name, certificate, kept])).toEqual([
      ['server', 'web.example', 'servers/web.example/server-cert.pem', false],
      ['client', 'alice', 'clients/alice/cert.pem', false],
    ]);
    const [server, client] = signed.map(({ certificate }) => certificates.get(certificate)!);
    expect(names(server!)).toEqual(['web.example', '10.0.0.5', ...local]);
    expect(client!.subject).toBe('O=Example\nCN=alice');
    const issuer = new X509Certificate(await readFile(join(directory, 'ca.pem')));
    for (const [one, usage] of [
      [server!, '1.3.6.1.5.5.7.3.1'],
      [client!, '1.3.6.1.5.5.7.3.2'],
    ] as const) {
      expect(one.verify(issuer.publicKey)).toBe(true);
      expect(extendedKeyUsageOf(one)).toEqual([usage]);
      expect(certificateDetails(one)).toMatchObject({
        basicConstraints: { ca: false },
        keyUsage: { critical: true, usages: ['digitalSignature'] },
      });
      expect(Math.round((Date.parse(one.validTo) - Date.parse(one.validFrom)) / 86_400_000)).toBe(30);
    }
    expect(await modes(join(directory, 'servers/web.example'))).toEqual({
      ...{ '/': '0700', 'ca.pem': '0444', 'server-cert.pem': '0444', 'server.csr': '0444' },
    });
  });

  test('stays as it is in a second run, and is archived before it is replaced', async () => {
    const directory = await authority();
    const options: SignOptions = { directory, hosts: ['web.example', '10.0.0.5'] };
    await sign([at('web/server.csr')], options);
    const path = join(directory, 'servers/web.example/server-cert.pem');
    const first = await readFile(path, 'utf8');
    const again = await sign([at('web/server.csr')], options);
    expect(again).toMatchObject({ made: [], signed: [{ kept: true }], archive: undefined });
    const { archive, signed } = await sign([at('web/server.csr')], { ...options, overwrite: true });
    expect(signed).toMatchObject([{ kept: false }]);
    expect(await readFile(path, 'utf8')).not.toBe(first);
    expect(await readFile(join(directory, archive!, 'servers/web.example/server-cert.pem'), 'utf8')).toBe(
      first,
    );
  });

  test('is renewed by signing its CSR again, and verify knows where its key is', async () => {
    const directory = await authority();
    await sign([at('web/server.csr')], { directory, hosts: ['web.example', '10.0.0.5'] });
    const { skipped } = await renew({ directory, all: true });
    expect(skipped.map(({ path, why }) => [path, why.includes('sign its CSR again')])).toEqual([
      ['servers/web.example/server-cert.pem', true],
    ]);
    const again = skipped[0]!.words.find((part) => typeof part !== 'string');
    expect(again).toMatchObject({
      ...{ call: 'sign', options: { hosts: ['web.example', '10.0.0.5', ...local], overwrite: true } },
    });
    const { findings } = await verifyDirectory({ directory });
    expect(findings.find(({ id }) => id === 'key-missing')!.fix).toBe(
      'nothing: its key is where the CSR beside it was made',
    );
  });

  test('never has an extension of its CSR', async () => {
    const directory = await authority();
    const path = await byHand(
      'greedy.csr',
      ['-subj', '/CN=mallory'],
      [
        'basicConstraints=critical,CA:TRUE',
        'keyUsage=keyCertSign,cRLSign',
        'extendedKeyUsage=clientAuth,codeSigning',
        '1.2.3.4=ASN1:UTF8String:greedy',
      ],
    );
    const { certificates } = await sign([path], { directory, clientNames: ['mallory'] });
    const [made] = [...certificates.values()];
    expect(made!.ca).toBe(false);
    expect(certificateDetails(made!)).toMatchObject({
      keyUsage: { usages: ['digitalSignature'] },
      extendedKeyUsage: { purposes: ['1.3.6.1.5.5.7.3.2'] },
    });
    expect(certificateDetails(made!).extensions.map(({ id }) => id)).not.toContain('1.2.3.4');
  });

  test('has the names that were given, where its CSR asks for none', async () => {
    const directory = await authority();
    const path = await byHand('bare.csr', ['-subj', '/CN=bare.example']);
    const { certificates } = await sign([path], { directory, hosts: ['bare.example'], localhost: false });
    expect(names([...certificates.values()][0]!)).toEqual(['bare.example']);
  });
});

describe('names', () => {
  const web = (): string[] => [at('web/server.csr')];
  test.each<[string, () => string[], Partial<SignOptions>, string]>([
    ['one that was not allowed', web, { hosts: ['web.example'] }, 'asks for 10.0.0.5, which was not allowed'],
    [
      'localhost, where it is not allowed',
      web,
      { hosts: ['web.example', '10.0.0.5'], localhost: false },
      '127.0.0.1',
    ],
    [
      'a server, where only clients are allowed',
      web,
      { clientNames: ['web.example'] },
      'no host was allowed',
    ],
    [
      'a client, where only servers are',
      () => [at('alice/client.csr')],
      { hosts: ['alice'] },
      'no client was allowed',
    ],
    [
      'another client',
      () => [at('alice/client.csr')],
      { clientNames: ['bob'] },
      '"alice", which was not allowed',
    ],
    ['nothing said', web, {}, 'it was not said which names may be signed'],
    ['both ways', web, { hosts: ['web.example'], namesFromCsr: true }, 'taken from the CSRs too'],
    ['a role that contradicts', web, { namesFromCsr: true, role: 'client' }, 'not for one of a client'],
    [
      'one file twice',
      () => [...web(), ...web()],
      { namesFromCsr: true },
      'are both for servers/web.example',
    ],
    [
      'one name for two',
      () => [...web(), at('alice/client.csr')],
      { namesFromCsr: true, name: 'x' },
      'one name',
    ],
  ])('%s: refused, and nothing is written', async (_, files, options, words) => {
    const directory = await authority();
    const { code, message } = await failure(temporary(), () => sign(files(), { directory, ...options }));
    expect(code).toBe('ERR_INPUT');
    expect(message).toContain(words);
  });

  test('of the CSR are shown before they are signed, and no is an answer', async () => {
    const directory = await authority();
    const shown: string[][] = [];
    const files = [...web(), at('alice/client.csr')];
    const ask = (answer: boolean) =>
      sign(files, {
        directory,
        namesFromCsr: (asked) => {
          shown.push(
            asked.map(({ role, names, subject }) => `${role} ${subject.at(-1)?.value} ${names.length}`),
          );
          return answer;
        },
      });
    const error = await failure(temporary(), () => ask(false));
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'namesFromCsr' });
    expect((await ask(true)).made).not.toEqual([]);
    expect(shown).toEqual(Array(2).fill(['server web.example 5', 'client alice 0']));
  });

  test('of a common name that no host was allowed for', async () => {
    const directory = await authority();
    const path = await byHand('other.csr', ['-subj', '/CN=bank.example'], ['subjectAltName=DNS:web.example']);
    const { message } = await failure(temporary(), () => sign([path], { directory, hosts: ['web.example'] }));
    expect(message).toContain('bank.example, which was not allowed');
  });
});

describe('a CSR that nothing is signed for', () => {
  const rsa = (bits: number): string[] => ['-newkey', `rsa:${bits}`];
  const curve = (name: string): string[] => ['-newkey', 'ec', '-pkeyopt', `ec_paramgen_curve:${name}`];
  const subject = (text: string): string[] => ['-subj', text];
  const alice = subject('/CN=alice');
  test.each<[string, readonly string[], readonly string[], string]>([
    ['a short RSA key', [...rsa(1024), ...alice], [], 'RSA key of 1024 bits is too weak'],
    [
      'an exponent of 3',
      ['-newkey', 'rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3', ...alice],
      [],
      'public exponent',
    ],
    ['a curve that docker refuses', [...curve('P-224'), ...alice], [], 'on the curve secp224r1'],
    ['Ed448', ['-newkey', 'ed448', ...alice], [], 'of the type ed448'],
    ['SHA-1', ['-sha1', ...alice], [], 'signed with SHA1'],
    ['no common name', subject('/O=Example'), [], 'no common name'],
    ['two common names', subject('/CN=alice/CN=root'), [], 'several common names'],
    ['attributes joined', ['-multivalue-rdn', ...subject('/CN=alice+O=Example')], [], 'joins attributes'],
    ['an attribute that is not known', subject('/UID=0/CN=alice'), [], 'UID'],
    [
      'an address as a host name',
      alice,
      ['subjectAltName=DNS:10.0.0.5'],
      'the address 10.0.0.5 as a host name',
    ],
    ['a name that no host has', alice, ['subjectAltName=DNS:a b'], 'which no host can have'],
    ['an e-mail address', alice, ['subjectAltName=email:a@b.example'], 'of another kind'],
  ])('%s', async (_, args, extensions, words) => {
    const directory = await authority();
    const path = await byHand('weak.csr', args, extensions);
    const { code, message } = await failure(temporary(), () =>
      sign([path], { directory, namesFromCsr: true }),
    );
    expect(code).toBe('ERR_FILE');
    expect(message).toContain(words);
  });

  test('its signature is of another key, or it was changed', async () => {
    const directory = await authority();
    const text = await readFile(at('alice/client.csr'), 'latin1');
    const der = Buffer.from(text.replace(/-----.*-----|\s/g, ''), 'base64');
    const name = der.indexOf('alice');
    der.write('mallo', name, 'latin1');
    const path = join(temporary(), 'changed.csr');
    const body = der
      .toString('base64')
      .match(/.{1,64}/g)!
      .join('\n');
    await writeFile(
      path,
      `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`,
    );
    const { message } = await failure(temporary(), () => sign([path], { directory, clientNames: ['mallo'] }));
    expect(message).toContain('its signature is not that of its own key');
  });

  test.each([
    ['a certificate', () => at('ca/ca.pem'), 'it holds a certificate'],
    ['a directory without one', () => at('ca'), 'there is no CSR in'],
    ['nothing', () => at('nothing.csr'), 'it does not exist'],
  ])('%s', async (_, path, words) => {
    const directory = await authority();
    const { code, message } = await failure(temporary(), () =>
      sign([path()], { directory, namesFromCsr: true }),
    );
    expect(code).toBe('ERR_FILE');
    expect(message).toContain(words);
  });
});

describe('keys', () => {
  test('of the CA, of another certificate, and of two CSRs are refused', async () => {
    const directory = await authority();
    const request = async (name: string, key: string): Promise<string> => {
      const path = join(temporary(), name);
      await opensslOutput(['req', '-new', '-key', key, '-subj', `/CN=${name}`, '-out', path]);
      return path;
    };
    const same = [await request('one', at('alice/key.pem')), await request('two', at('alice/key.pem'))];
    const own = await request('own', at('ca/ca-key.pem'));
    const refused = async (files: string[]): Promise<string> =>
      (await failure(temporary(), () => sign(files, { directory, namesFromCsr: true, role: 'client' })))
        .message;
    expect(await refused([own])).toContain('is that of ca.pem');
    expect(await refused(same)).toContain('have the same key');
    await sign([at('alice/client.csr')], { directory, clientNames: ['alice'] });
    expect(await refused(same.slice(1))).toContain('is that of clients/alice/cert.pem');
  });

  test('that were made in the directory keep their certificates', async () => {
    const directory = await authority();
    await mkdir(join(directory, 'clients/alice'), { recursive: true });
    await copyFile(at('alice/key.pem'), join(directory, 'clients/alice/key.pem'));
    const { code, message } = await failure(temporary(), () =>
      sign([at('alice/client.csr')], { directory, clientNames: ['alice'], overwrite: true }),
    );
    expect(code).toBe('ERR_EXISTS');
    expect(message).toContain('was made here');
  });
});

describe('a CSR', () => {
  test('is made once; the key of a second one is the same', async () => {
    const directory = join(temporary(), 'host');
    const options = { directory, key: 'ec:p256', hosts: ['a.example'] };
    const first = await csr('server', options);
    expect(first.made.map(({ path }) => path)).toEqual(['server-key.pem', 'server.csr']);
    expect((await csr('server', options)).made).toEqual([]);
    expect((await csr('server', { directory })).made).toEqual([]);
    const key = await readFile(join(directory, 'server-key.pem'), 'utf8');
    const { code } = await failure(temporary(), () => csr('server', { directory, hosts: ['b.example'] }));
    expect(code).toBe('ERR_EXISTS');
    const second = await csr('server', { directory, hosts: ['b.example'], overwrite: true });
    expect(second.kept).toEqual(['server-key.pem']);
    expect(await readFile(join(directory, 'server-key.pem'), 'utf8')).toBe(key);
    expect(await opensslOutput(['req', '-in', join(directory, 'server.csr'), '-noout', '-text'])).toContain(
      'DNS:b.example',
    );
    expect(await modes(directory)).toEqual({ '/': '0700', 'server-key.pem': '0400', 'server.csr': '0444' });
  });

  test.each(['rsa:2048', 'ec:p384', 'ed25519'])(
    'with a key of the type %s is signed by openssl too',
    async (key) => {
      const directory = join(temporary(), 'host');
      await csr('client', { directory, key, clientName: 'bob', name: 'bob' });
      const path = join(directory, 'clients/bob/client.csr');
      expect((await openssl(['req', '-in', path, '-noout', '-verify'])).code).toBe(0);
      const { signed } = await previewSign([path], { directory: at('ca'), clientNames: ['bob'] });
      expect(signed).toMatchObject([{ keyType: key, role: 'client', name: 'bob' }]);
    },
  );

  test('is not made where a certificate lies without its key, or with an encrypted one', async () => {
    const directory = await authority();
    await sign([at('web/server.csr')], { directory, hosts: ['web.example', '10.0.0.5'] });
    const without = await failure(temporary(), () =>
      csr('server', { directory, name: 'web.example', hosts: ['web.example'] }),
    );
    expect(without.code).toBe('ERR_INCOMPLETE');
    const locked = join(temporary(), 'locked');
    await mkdir(locked, { mode: 0o700 });
    const key = join(locked, 'server-key.pem');
    await opensslOutput([
      'ec',
      '-in',
      at('alice/key.pem'),
      '-aes256',
      '-passout',
      'pass:secret',
      '-out',
      key,
    ]);
    expect((await failure(temporary(), () => csr('server', { directory: locked }))).code).toBe(
      'ERR_LEAF_UNUSABLE',
    );
  });

  test('has the options of its role alone', async () => {
    const wrong: object = { hosts: ['a.example'] };
    const error = await failure(temporary(), () =>
      csr('client', { directory: join(temporary(), 'x'), ...wrong }),
    );
    expect(error).toMatchObject({ code: 'ERR_INPUT', option: 'hosts' });
    expect(await readdir(temporary())).toEqual([]);
  });
});

test('a CSR that was cut, or changed anywhere, is refused with a reason of ours', async () => {
  const text = await readFile(at('web/server.csr'), 'latin1');
  const der = Buffer.from(text.replace(/-----.*-----|\s/g, ''), 'base64');
  const pem = (octets: Buffer): string =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${octets.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  expect(readSigningRequest(pem(der)).commonName).toBe('web.example');
  const refused = (octets: Buffer): void => {
    try {
      readSigningRequest(pem(octets));
    } catch (error) {
      expect(error).toBeInstanceOf(RequestFault);
      return;
    }
    throw new Error(`accepted: ${octets.toString('hex')}`);
  };
  for (let at = 0; at < der.length; at += 1) {
    refused(der.subarray(0, at));
    for (const bit of [1, 0x80]) {
      const changed = Buffer.from(der);
      changed[at] = changed[at]! ^ bit;
      refused(changed);
    }
  }
});
