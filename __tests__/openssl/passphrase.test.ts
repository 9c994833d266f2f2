import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addPassphrase, all, changePassphrase, findOpenssl, removePassphrase } from '../../lib/index.js';
import { keyEncryption } from '../../lib/x509/key-encryption.js';
import type { AddPassphraseOptions } from '../../lib/renew/passphrase.js';
import type { RewrittenKey } from '../../lib/internal.js';
import { lockName } from '../../lib/store/lock.js';
import { makeSet } from '../support/made-sets.js';
import { outdatedKey } from '../support/outdated-key.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { failure } from '../support/failure.js';
import { openssl, opensslOutput } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { rows } from '../support/form.js';

const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const { path: real, version } = await findOpenssl();
const passphrase = 'correct horse';
const newPassphrase = 'battery staple';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const ed25519 = generateKeyPairSync('ed25519').privateKey;

type Form = 'pkcs8' | 'pkcs1' | 'sec1';
type Export = (key: KeyObject, type: Form, cipher?: string) => string;
const pem: Export = (key, type, cipher) =>
  String(key.export({ type: type, format: 'pem', ...(cipher ? { cipher, passphrase } : {}) }));

const kinds: readonly (readonly [string, KeyObject, Form])[] = [
  ['RSA in PKCS#8', rsa, 'pkcs8'],
  ['RSA in PKCS#1', rsa, 'pkcs1'],
  ['EC in PKCS#8', ec, 'pkcs8'],
  ['EC in SEC 1', ec, 'sec1'],
  ['Ed25519 in PKCS#8', ed25519, 'pkcs8'],
];
const encryptedKinds = kinds.flatMap(([name, key, form]) =>
  ['aes-256-cbc', 'des-ede3-cbc'].map((cipher) => [`${name} with ${cipher}`, key, form, cipher] as const),
);

let path: string;
beforeEach(() => {
  path = join(temporary(), 'some.pem');
});

async function put(content: string, mode = 0o400): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  await chmod(path, mode);
}

/** The file holds this key, and opens as it should; openssl itself says so too. */
async function expectKey(key: KeyObject, secret: string | undefined): Promise<void> {
  const text = await readFile(path, 'utf8');
  const read = createPrivateKey(secret === undefined ? text : { key: text, passphrase: secret });
  expect(createPublicKey(read).equals(createPublicKey(key))).toBe(true);
  expect(read.equals(key)).toBe(true);
  const args = ['pkey', '-in', path, '-noout', '-passin'];
  expect((await openssl([...args, `pass:${secret ?? ''}`])).code).toBe(0);
  if (secret !== undefined) expect((await openssl([...args, 'pass:incorrect'])).code).not.toBe(0);
}

const kdf = {
  name: 'pbkdf2',
  iterations: 2048,
  prf: version.major === 1 && version.minor === 0 ? 'hmac-sha1' : 'hmac-sha256',
};

describe('addPassphrase', () => {
  test.each(rows(kinds, 2))('encrypts %s, and keeps its mode', async (_, key, form) => {
    await put(pem(key, form));
    const result = await addPassphrase({ key: path, passphrase });
    expect(result).toMatchObject({ path, encrypted: true, cipher: 'aes-256-cbc', kdf });
    expect(result.commands).toEqual([`openssl pkey -in ${path} -aes256 -passout fd:3 -out ${path}`]);
    const encryption = keyEncryption(await readFile(path, 'utf8'));
    expect(encryption).toEqual({ form: 'pkcs8', cipher: 'aes-256-cbc', kdf });
    await expectKey(key, passphrase);
    expect(await modes(temporary())).toEqual({ '/': '0700', 'some.pem': '0400' });
  });

  test('refuses a key that is encrypted already, and says what to do', async () => {
    await put(pem(ec, 'pkcs8', 'aes-256-cbc'));
    expect(await failure(temporary(), () => addPassphrase({ key: path, passphrase }))).toMatchObject({
      code: 'ERR_ENCRYPTED',
      path,
      hint: expect.stringContaining(`to change it: changePassphrase({ key: '${path}' })`) as unknown,
    });
  });

  test('takes a key that openssl ecparam made, with its parameters before it', async () => {
    await put('', 0o600);
    await opensslOutput(['ecparam', '-name', 'prime256v1', '-genkey', '-out', path]);
    const text = await readFile(path, 'utf8');
    expect(text).toContain('BEGIN EC PARAMETERS');
    await addPassphrase({ key: path, passphrase });
    await expectKey(createPrivateKey(text), passphrase);
  });
});

describe('changePassphrase', () => {
  test.each(rows(encryptedKinds, 3))('gives another one to %s', async (_, key, form, cipher) => {
    await put(pem(key, form, cipher), 0o600);
    const result = await changePassphrase({ key: path, passphrase, newPassphrase });
    expect(result).toMatchObject({ path, encrypted: true, cipher: 'aes-256-cbc', kdf });
    await expectKey(key, newPassphrase);
    expect(await modes(temporary())).toEqual({ '/': '0700', 'some.pem': '0600' });
  });

  test('asks for a new one only when the old one has opened the key', async () => {
    await put(pem(ec, 'pkcs8', 'aes-256-cbc'));
    const asked: string[] = [];
    const answer = (text: string) => (question: { readonly purpose: string; readonly path: string }) => {
      asked.push(`${question.purpose} ${question.path}`);
      return text;
    };
    const options = { key: path, newPassphrase: answer(newPassphrase) };
    await failure(temporary(), () => changePassphrase({ ...options, passphrase: answer('incorrect') }));
    expect(asked).toEqual([`open ${path}`]);
    await changePassphrase({ ...options, passphrase: answer(passphrase) });
    expect(asked).toEqual([`open ${path}`, `open ${path}`, `create ${path}`]);
    await expectKey(ec, newPassphrase);
  });
});

describe('removePassphrase', () => {
  test.each(rows(encryptedKinds, 3, 1))('of %s', async (_, key, form, cipher) => {
    await put(pem(key, form, cipher));
    const result = await removePassphrase({ key: path, passphrase });
    expect(result).toMatchObject({ path, encrypted: false, cipher: undefined, kdf: undefined });
    const command = key === rsa ? 'rsa' : 'pkey';
    expect(result.commands).toEqual([`openssl ${command} -in ${path} -passin fd:3 -out ${path}`]);
    await expectKey(key, undefined);
    expect(await modes(temporary())).toEqual({ '/': '0700', 'some.pem': '0400' });
  });
});

describe('changes nothing where', () => {
  const encrypted = pem(ec, 'pkcs8', 'aes-256-cbc');
  type Row = [string, string | Buffer, (key: string) => Promise<unknown>, object];
  const says = (words: string): unknown => expect.stringContaining(words);

  test.each<Row>([
    [
      'the passphrase is wrong',
      encrypted,
      (key) => changePassphrase({ key, passphrase: 'incorrect', newPassphrase }),
      { code: 'ERR_PASSPHRASE_WRONG' },
    ],
    [
      'the passphrase of the older form is wrong',
      pem(rsa, 'pkcs1', 'des-ede3-cbc'),
      (key) => removePassphrase({ key, passphrase: 'incorrect' }),
      { code: 'ERR_PASSPHRASE_WRONG' },
    ],
    [
      'none is given',
      encrypted,
      (key) => removePassphrase({ key }),
      { code: 'ERR_PASSPHRASE_NEEDED', hint: says('give it with `passphrase`') },
    ],
    [
      'no new one is given',
      encrypted,
      (key) => changePassphrase({ key, passphrase }),
      { code: 'ERR_PASSPHRASE_NEEDED', hint: says('give it with `newPassphrase`') },
    ],
    [
      'null is given',
      pem(ec, 'pkcs8'),
      (key) => addPassphrase({ key, passphrase: () => null }),
      { code: 'ERR_PASSPHRASE_NEEDED' },
    ],
    [
      'the new one is too short',
      pem(ec, 'pkcs8'),
      (key) => addPassphrase({ key, passphrase: 'abc' }),
      { code: 'ERR_INPUT' },
    ],
    [
      'there is none to change',
      pem(ec, 'pkcs8'),
      (key) => changePassphrase({ key, passphrase, newPassphrase }),
      { code: 'ERR_NOT_ENCRYPTED', hint: says('to add one: addPassphrase({ key: ') },
    ],
    [
      'there is none to remove',
      pem(rsa, 'pkcs1'),
      (key) => removePassphrase({ key, passphrase }),
      { code: 'ERR_NOT_ENCRYPTED' },
    ],
    [
      'the file holds a public key',
      String(createPublicKey(ec).export({ type: 'spki', format: 'pem' })),
      (key) => addPassphrase({ key, passphrase }),
      { code: 'ERR_FILE', message: says('it holds a public key') },
    ],
    [
      'the file holds the key in DER',
      ec.export({ type: 'pkcs8', format: 'der' }),
      (key) => addPassphrase({ key, passphrase }),
      { code: 'ERR_FILE', message: says('DER') },
    ],
    [
      'the file holds more than the key',
      pem(ec, 'pkcs8') + String(createPublicKey(ec).export({ type: 'spki', format: 'pem' })),
      (key) => addPassphrase({ key, passphrase }),
      { code: 'ERR_FILE', message: says('contains more than one private key') },
    ],
    [
      'the file holds two keys',
      pem(ec, 'pkcs8') + pem(rsa, 'pkcs8'),
      (key) => addPassphrase({ key, passphrase }),
      { code: 'ERR_FILE' },
    ],
    [
      'half of the key is there',
      encrypted.slice(0, 200),
      (key) => changePassphrase({ key, passphrase, newPassphrase }),
      { code: 'ERR_FILE' },
    ],
    [
      'there is no openssl',
      pem(ec, 'pkcs8'),
      (key) => addPassphrase({ key, passphrase, openssl: '/nowhere/openssl' }),
      { code: 'ERR_OPENSSL_NOT_FOUND' },
    ],
  ])('%s', async (_, content, act, expected) => {
    await put(String(content));
    if (Buffer.isBuffer(content)) {
      await chmod(path, 0o600);
      await writeFile(path, content);
    }
    expect(await failure(temporary(), () => act(path))).toMatchObject(expected);
  });

  test('the key is not there', async () => {
    const error = await failure(temporary(), () => addPassphrase({ key: path, passphrase }));
    expect(error).toMatchObject({ code: 'ERR_FILE', path, message: says('it does not exist') });
  });

  test('the key is a symbolic link, a link leads to its folder, or others can write it', async () => {
    const at = (name: string): string => join(temporary(), name);
    await put(pem(ec, 'pkcs8'));
    await symlink('some.pem', at('link.pem'));
    await mkdir(at('docker-tls'));
    await mkdir(at('elsewhere'));
    await writeFile(at('elsewhere/key.pem'), pem(ec, 'pkcs8'), { mode: 0o600 });
    await symlink('../elsewhere', at('docker-tls/linked'));
    await writeFile(at('open.pem'), pem(ec, 'pkcs8'));
    await chmod(at('open.pem'), 0o620);
    const directory = at('docker-tls');
    for (const key of [at('link.pem'), at('docker-tls/linked/key.pem'), at('open.pem')]) {
      const error = await failure(temporary(), () => addPassphrase({ directory, key, passphrase }));
      expect(error).toMatchObject({ code: 'ERR_UNSAFE' });
    }
    if (process.geteuid?.() !== 0) return;
    await chown(path, 65534, 65534);
    const error = await failure(temporary(), () => addPassphrase({ key: path, passphrase }));
    expect(error).toMatchObject({ code: 'ERR_UNSAFE', message: says('another user') });
  });

  test('the key is encrypted with what Node opens no more', async () => {
    await put(outdatedKey);
    const act = (): Promise<unknown> => removePassphrase({ key: path, passphrase });
    expect(await failure(temporary(), act)).toMatchObject({ code: 'ERR_FILE', message: says('des-cbc') });
  });
});

describe('an openssl that does something else', () => {
  const command = 'command=$1; shift';
  const replaced = (was: string, is: string): string =>
    `for word do shift; [ "$word" = ${was} ] && word=${is}; set -- "$@" "$word"; done; exec '${real}' "$@"`;
  const elsewhere = (): string => join(shared(), 'other.pem');
  beforeAll(async () => {
    await writeFile(elsewhere(), pem(other, 'pkcs8'));
  });
  type Body = () => string;
  const says = (words: string): unknown => expect.stringContaining(words);

  test.each<[string, Body, object]>([
    [
      'gives another key',
      () => `exec '${real}' pkey -in '${elsewhere()}' -aes256 -passout fd:3 -out "$out"`,
      { code: 'ERR_READ_BACK', message: says('another key than before') },
    ],
    [
      'takes another cipher',
      () => replaced('-aes256', '-aes128'),
      { code: 'ERR_READ_BACK', message: says('aes-128-cbc, not aes-256-cbc') },
    ],
    [
      'writes the older form',
      () => `${command}; exec '${real}' $command -traditional "$@"`,
      { code: 'ERR_READ_BACK', message: says('the older form') },
    ],
    [
      'leaves it unencrypted',
      () => `exec '${real}' pkey -in "$3" -out "$out"`,
      { code: 'ERR_READ_BACK', message: says('it is not encrypted') },
    ],
    [
      'takes another passphrase',
      () => `exec '${real}' pkey -in "$3" -aes256 -passout pass:another -out "$out"`,
      { code: 'ERR_READ_BACK' },
    ],
    ['writes nothing', () => ': > "$out"', { code: 'ERR_READ_BACK', message: says('left it empty') }],
    ['does nothing', () => 'exit 0', { code: 'ERR_READ_BACK' }],
    ['writes half, and fails', () => 'echo half > "$out"; exit 1', { code: 'ERR_OPENSSL_FAILED' }],
    ['is killed', () => 'echo half > "$out"; kill -9 $$', { code: 'ERR_OPENSSL_FAILED' }],
    ['takes too long', () => 'echo half > "$out"; exec sleep 30', { code: 'ERR_TIMEOUT' }],
  ])('%s: the key is as it was', async (_, body, expected) => {
    await put(pem(ec, 'pkcs8'));
    const fake = await fakeOpenssl(shared(), body());
    const options: AddPassphraseOptions = { key: path, passphrase, openssl: fake, timeoutMs: 5_000 };
    expect(await failure(temporary(), () => addPassphrase(options))).toMatchObject(expected);
    await expectKey(ec, undefined);
  });

  test('leaves it encrypted: the key is as it was', async () => {
    await put(pem(ec, 'pkcs8', 'aes-256-cbc'));
    const fake = await fakeOpenssl(shared(), 'cp "$3" "$out"');
    const error = await failure(temporary(), () =>
      removePassphrase({ key: path, passphrase, openssl: fake }),
    );
    expect(error).toMatchObject({ code: 'ERR_READ_BACK' });
  });

  test('is stopped: the key is as it was', async () => {
    await put(pem(ec, 'pkcs8'));
    const fake = await fakeOpenssl(shared(), 'echo half > "$out"; exec sleep 30');
    const signal = AbortSignal.timeout(1_000);
    const act = (): Promise<unknown> => addPassphrase({ key: path, passphrase, openssl: fake, signal });
    expect(await failure(temporary(), act)).toMatchObject({ code: 'ERR_ABORTED' });
  });
});

describe('in a certificate directory', () => {
  const directory = (): string => join(temporary(), 'docker-tls');
  const at = (name: string): string => join(directory(), name);
  beforeEach(async () => {
    const made = { directory: directory(), key: 'ec:p256', passphrase: null };
    await makeSet({ ...made, hosts: ['docker.example'] });
  });
  const codes = ({ notes }: RewrittenKey): string[] => notes.map(({ code }) => code);

  test("the CA's key is the default, and signs afterwards with its new passphrase", async () => {
    const added = await addPassphrase({ directory: directory(), passphrase });
    expect(added).toMatchObject({ path: at('ca-key.pem'), notes: [] });
    const before = await modes(directory());
    expect(before).toMatchObject({ 'ca-key.pem': '0400', '/': '0700' });
    await changePassphrase({ directory: directory(), passphrase, newPassphrase });
    const more = { directory: directory(), hosts: ['docker.example'], force: ['server'] as const };
    await all({ ...more, passphrase: newPassphrase });
    const removed = await removePassphrase({ directory: directory(), passphrase: newPassphrase });
    expect(codes(removed)).toEqual(['CA_KEY_UNENCRYPTED']);
    const after = Object.entries(await modes(directory()));
    expect(Object.fromEntries(after.filter(([path]) => !path.startsWith('archive/')))).toEqual(before);
  });

  test("a server's or client's key can have one, and what that means is said", async () => {
    await mkdir(at('clients/alice'), { recursive: true, mode: 0o700 });
    await writeFile(at('clients/alice/key.pem'), pem(ec, 'pkcs8'), { mode: 0o400 });
    for (const key of ['key.pem', 'server-key.pem', 'clients/alice/key.pem']) {
      const added = await addPassphrase({ directory: directory(), key: at(key), passphrase });
      expect(codes(added)).toEqual(['LEAF_KEY_ENCRYPTED']);
      const removed = await removePassphrase({ key: at(key), passphrase });
      expect(codes(removed)).toEqual([]);
      expect((await lstat(at(key))).mode & 0o777).toBe(0o400);
    }
  });

  test('waits for another run, and gives up when the time is over', async () => {
    await mkdir(at(lockName), { mode: 0o700 });
    for (const key of [at('ca-key.pem'), at('server-key.pem')]) {
      const act = (): Promise<unknown> => addPassphrase({ key, passphrase, lockTimeoutMs: 0 });
      expect(await failure(directory(), act)).toMatchObject({ code: 'ERR_LOCKED' });
    }
  });

  test('two at once: one of them adds its passphrase, and the other says that there is one', async () => {
    const results = await Promise.allSettled(
      [passphrase, newPassphrase].map((each) => addPassphrase({ directory: directory(), passphrase: each })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'ERR_ENCRYPTED' },
    });
    const won = results[0]?.status === 'fulfilled' ? passphrase : newPassphrase;
    await removePassphrase({ directory: directory(), passphrase: won });
  });

  test('a dry run says the command, asks for nothing and changes nothing', async () => {
    const ask = (): never => {
      throw new Error('it was asked');
    };
    const dry = { directory: directory(), dryRun: true, passphrase: ask };
    const key = at('ca-key.pem');
    expect(await addPassphrase(dry)).toMatchObject({
      encrypted: true,
      cipher: 'aes-256-cbc',
      kdf: undefined,
      commands: [`openssl pkey -in ${key} -aes256 -passout fd:3 -out ${key}`],
      openssl: undefined,
    });
    await addPassphrase({ directory: directory(), passphrase });
    expect((await removePassphrase(dry)).commands).toEqual([
      `openssl pkey -in ${key} -passin fd:3 -out ${key}`,
    ]);
    expect(await failure(directory(), () => addPassphrase(dry))).toMatchObject({ code: 'ERR_ENCRYPTED' });
  });
});

test('a group that may read the key is the group that may read it afterwards', async () => {
  if (process.geteuid?.() !== 0) return;
  await put(pem(ec, 'pkcs8'), 0o640);
  await chown(path, 0, 65534);
  await addPassphrase({ key: path, passphrase });
  const { uid, gid, mode } = await lstat(path);
  expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 0, gid: 65534, mode: 0o640 });
});
