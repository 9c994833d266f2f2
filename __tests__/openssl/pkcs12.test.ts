import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { appendFile, chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { dirname, join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { all, findOpenssl, writeP12, type P12Options } from '../../lib/index.js';
import { cacheDirectory } from '../support/cache.js';
import { failure } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { chosen, leftToWhole, rows } from '../support/form.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);
const passphrase = 'correct horse & battery "staple" ~';
const { path: real } = await findOpenssl();

beforeAll(async () => {
  await all({ directory: join(shared(), 'tls'), hosts: ['localhost'], key: 'ec:p256', passphrase: null });
  await all({ directory: join(shared(), 'other'), hosts: ['localhost'], key: 'ec:p256', passphrase: null });
});
beforeEach(async () => {
  await cp(shared(), temporary(), { recursive: true });
  await writeFile(at('passphrase'), passphrase);
});

const write = (more: P12Options = {}) =>
  writeP12(at('client.p12'), { directory: at('tls'), passphrase, ...more });

/** Java's keytool, beside the Java that is fetched. */
function keytool(...args: readonly string[]): string {
  const java = realpathSync(join(cacheDirectory(), 'tls-clients', 'bin', 'java'));
  const store = ['-keystore', at('client.p12'), '-storetype', 'PKCS12', '-storepass:file', at('passphrase')];
  return execFileSync(join(dirname(java), 'keytool'), ['-J-XX:TieredStopAtLevel=1', ...args, ...store], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

const versions = ['1.1.1', '3.0', '3.5', '3.6', '4.0'];

describe.each(rows(versions, 1, 1))('OpenSSL %s', (version) => {
  const openssl = join(cacheDirectory(), 'openssl', 'bin', `openssl-${version}`);

  test('encrypts all of it with AES-256 and makes a MAC with SHA-256', async () => {
    const made = await write({ openssl });
    const iterations = version === '1.1.1' ? 2048 : 100_000;
    const info = [
      'pkcs12',
      '-in',
      at('client.p12'),
      '-passin',
      `file:${at('passphrase')}`,
      '-info',
      '-nokeys',
    ];
    const { stderr } = await promisify(execFile)(openssl, info);
    expect(stderr).toMatch(new RegExp(`MAC: sha256, Iteration ${iterations}\\b`));
    const pbes2 = `PBES2, PBKDF2, AES-256-CBC, Iteration ${iterations}, PRF hmacWithSHA256`;
    expect(stderr).toContain(`PKCS7 Encrypted data: ${pbes2}`);
    expect(stderr).toContain(`Shrouded Keybag: ${pbes2}`);
    expect(made).toMatchObject({ alias: 'client', notes: [], openssl: { path: openssl } });
    expect(await modes(temporary())).toMatchObject({ 'client.p12': '0600' });
    const pfx = await readFile(at('client.p12'));
    expect(() => createSecureContext({ pfx, passphrase })).not.toThrow();
    expect(() => createSecureContext({ pfx, passphrase: 'wrong' })).toThrow();
  });
});

describe.each(chosen(versions, (version) => version === '1.1.1'))('of OpenSSL %s', (version) => {
  beforeEach(async () => {
    await write({ openssl: join(cacheDirectory(), 'openssl', 'bin', `openssl-${version}`) });
  });

  test('Java opens it, with the key and its chain', () => {
    expect(keytool('-list', '-v')).toMatch(
      /Alias name: client\n[\s\S]*PrivateKeyEntry\n[\s\S]*chain length: 2\n/,
    );
    expect(keytool('-certreq', '-alias', 'client')).toContain('BEGIN NEW CERTIFICATE REQUEST'); // signed with the key
  });

  leftToWhole("NSS, which is Firefox's, imports it", async () => {
    await mkdir(at('nss'));
    execFileSync('certutil', ['-N', '-d', at('nss'), '--empty-password']);
    execFileSync('pk12util', ['-i', at('client.p12'), '-d', at('nss'), '-w', at('passphrase')], {
      stdio: 'ignore',
    });
    expect(String(execFileSync('certutil', ['-L', '-d', at('nss')]))).toMatch(/^client +u,u,u$/m);
    expect(String(execFileSync('certutil', ['-K', '-d', at('nss')]))).toMatch(/ ec .* client$/m);
  });
});

test('curl shows it to a server that asks for a certificate', async () => {
  await write();
  const [cert, key, anchor] = await Promise.all(
    ['server-cert.pem', 'server-key.pem', 'ca.pem'].map((name) => readFile(at('tls', name))),
  );
  const server = createServer({ cert, key, ca: anchor, requestCert: true }, ({ socket }, response) => {
    response.end(socket instanceof TLSSocket ? socket.getPeerCertificate().subject.CN : 'no TLS');
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const config = `pass = "${passphrase.replaceAll('"', '\\"')}"`;
  await writeFile(at('curlrc'), config);
  const args = ['-sS', '-K', at('curlrc'), '--cert-type', 'P12', '--cert', at('client.p12')];
  const url = `https://localhost:${port}/`;
  const { stdout } = await promisify(execFile)('curl', [...args, '--cacert', at('tls/ca.pem'), url]);
  server.close();
  expect(stdout).toBe('client');
});

test.each(['key.pem', 'cert.pem', 'ca.pem'])('is not written over its own %s', async (name) => {
  const run = () => writeP12(at('tls', name), { directory: at('tls'), passphrase, overwrite: true });
  expect(await failure(temporary(), run)).toMatchObject({ code: 'ERR_INPUT', option: 'path' });
});

leftToWhole('holds every CA of ca.pem', async () => {
  await chmod(at('tls/ca.pem'), 0o600);
  await appendFile(at('tls/ca.pem'), await readFile(at('other/ca.pem')));
  await write();
  const info = ['pkcs12', '-in', at('client.p12'), '-passin', `file:${at('passphrase')}`, '-nokeys'];
  expect(String(execFileSync(real, info)).match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
});

describe('what openssl packs otherwise than it was asked is refused:', () => {
  const aes = '-keypbe AES-256-CBC -certpbe AES-256-CBC';
  const pack = (key: string, certificate: string, more: string): string =>
    `exec '${real}' pkcs12 -export -inkey ${key} -in ${certificate} ${more} ${aes} -passout fd:3 -out "$out"`;

  test.each([
    [
      'another key',
      () => pack(at('other/key.pem'), at('other/cert.pem'), ''),
      /it holds another private key/,
    ],
    ['no CA', () => pack(at('tls/key.pem'), at('tls/cert.pem'), ''), /it holds other certificates/],
    [
      'one more certificate',
      () =>
        `cat ${at('tls/ca.pem')} ${at('other/ca.pem')} > both; ${pack(at('tls/key.pem'), at('tls/cert.pem'), '-certfile both')}`,
      /it holds other certificates/,
    ],
    [
      'no key',
      () =>
        `exec '${real}' pkcs12 -export -nokeys -in ${at('tls/cert.pem')} -certfile ${at('tls/ca.pem')} -passout fd:3 -out "$out"`,
      /are not both encrypted/,
    ],
    [
      'a key that is not encrypted',
      () => `${pack(at('tls/key.pem'), at('tls/cert.pem'), `-certfile ${at('tls/ca.pem')}`)} -keypbe NONE`,
      /are not both encrypted with AES-256/,
    ],
    ['nothing', () => 'exit 0', /did not write it/],
    ['an empty file', () => ': > "$out"', /left it empty/],
    [
      'under another passphrase',
      () =>
        pack(at('tls/key.pem'), at('tls/cert.pem'), `-certfile ${at('tls/ca.pem')}`).replace(
          'fd:3',
          'pass:other',
        ),
      /^contents of .*client\.p12 failed: the passphrase does not open/,
    ],
  ])('%s', async (_, body, message) => {
    const openssl = await fakeOpenssl(
      temporary(),
      `case " $* " in *" -export "*) ${body()};; *) exec '${real}' "$@";; esac`,
    );
    await mkdir(at('out'));
    const error = await failure(at('out'), () =>
      writeP12(at('out/client.p12'), { directory: at('tls'), passphrase, openssl }),
    );
    expect(error).toMatchObject({ message: expect.stringMatching(message) as unknown });
  });
});

describe('the passphrase', () => {
  test.each([
    [undefined, 'ERR_PASSPHRASE_NEEDED'],
    [() => null, 'ERR_PASSPHRASE_NEEDED'],
    ['grüße, Welt', 'ERR_INPUT'],
    ['tab\tulator', 'ERR_INPUT'],
    ['abc', 'ERR_INPUT'],
  ])('%p is refused', async (given, code) => {
    expect(await failure(temporary(), () => write({ passphrase: given }))).toMatchObject({ code });
  });

  test('is asked for once it is needed: neither for a dry run nor where the file is there', async () => {
    const questions: unknown[] = [];
    const ask = (question: unknown): string => {
      questions.push(question);
      return passphrase;
    };
    const dry = await write({ passphrase: ask, dryRun: true });
    expect(dry.commands).toEqual([
      expect.stringMatching(
        /^openssl pkcs12 -export -inkey \S+key\.pem -in \S+cert\.pem -certfile \S+ca\.pem -name client -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256 -iter 100000 -passout fd:3 -out \S+client\.p12$/,
      ),
      expect.stringMatching(/^openssl pkcs12 -in \S+client\.p12 -passin fd:3 -aes256 -passout fd:4$/),
    ]);
    expect(Object.keys(await modes(temporary()))).not.toContain('client.p12');
    await writeFile(at('client.p12'), 'mine');
    await expect(write({ passphrase: ask })).rejects.toMatchObject({ code: 'ERR_EXISTS' });
    expect(questions).toEqual([]);
    await write({ passphrase: ask, overwrite: true });
    expect(questions).toEqual([{ purpose: 'create', path: at('client.p12') }]);
    expect((await readFile(at('client.p12'))).length).toBeGreaterThan(1000);
  });
});

test('makes the directory, and follows no link', async () => {
  await writeP12(at('new/deep/x.p12'), { directory: at('tls'), passphrase });
  expect(await modes(at('new'))).toMatchObject({ 'deep/x.p12': '0600' });
  await symlink(at('elsewhere'), at('client.p12'));
  for (const overwrite of [false, true])
    expect(await failure(temporary(), () => write({ overwrite }))).toMatchObject({
      code: expect.stringMatching(/^ERR_(UNSAFE|EXISTS)$/) as unknown,
    });
});
