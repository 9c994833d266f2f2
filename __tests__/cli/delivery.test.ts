import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../lib/index.js';
import { useGpg } from '../support/gpg.js';
import { useOneProcess } from '../support/one-process.js';
import { quick, shell } from '../support/program.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const gpgHome = useGpg();
const { program, succeeds, refuses } = useOneProcess();
const at = (...names: string[]): string => join(temporary(), ...names);
const inShared = (name: string): string => join(shared(), name);

/** A recipient of age, and an SSH key that is one, too. */
const recipients = { age: '', ssh: '' };

beforeAll(async () => {
  await succeeds(shared(), ['all', ...quick]);
  await succeeds(shared(), ['client', '--name', 'alice', '--key', 'ec:p256']);
  execFileSync('age-keygen', ['-o', inShared('age-key')], { stdio: 'ignore' });
  recipients.age = String(execFileSync('age-keygen', ['-y', inShared('age-key')])).trim();
  const keygen = ['-q', '-t', 'ed25519', '-N', '', '-C', 'alice@laptop', '-f', inShared('ssh-key')];
  execFileSync('ssh-keygen', keygen);
  recipients.ssh = String(await readFile(inShared('ssh-key.pub')));
});
beforeEach(async () => {
  await cp(inShared('docker-tls'), at('docker-tls'), { recursive: true });
});

/** What a bundle holds that is not encrypted: the same files give the same bytes. */
const plain = async (name?: string): Promise<Buffer> =>
  (await bundle('client', { directory: at('docker-tls'), name })).bytes;

/** A script in the place of a program. */
async function instead(name: string, body: string): Promise<{ PATH: string }> {
  await mkdir(at('bin'));
  await writeFile(at('bin', name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return { PATH: `${at('bin')}:${process.env['PATH']}` };
}

describe('bundle --to', () => {
  const decrypt = (key: string, path: string): Buffer =>
    execFileSync('age', ['-d', '-i', inShared(key), path]);

  test('is the bundle, and each recipient opens it', async () => {
    const to = ['--to', recipients.age, '--to', recipients.ssh];
    const { stdout, stderr } = await succeeds(temporary(), ['bundle', 'alice', ...to]);
    for (const key of ['age-key', 'ssh-key'])
      expect(decrypt(key, at('alice.tar.gz.age')).equals(await plain('alice'))).toBe(true);
    expect(await modes(temporary())).toMatchObject({ 'alice.tar.gz.age': '0644' });
    const [created] = stdout.split('\n');
    expect(created).toBe(
      `Created alice.tar.gz.age, encrypted with age for ${recipients.age} and ssh-ed25519 alice@laptop:`,
    );
    expect(stderr).toBe(
      "note: only its recipients can open it; it contains the client's private key: anyone who opens it is root on the host\n",
    );
  });

  test('is opened by the line that it prints', async () => {
    const { stdout } = await succeeds(temporary(), ['bundle', '--to', recipients.age]);
    const lines = stdout.split('On the client:\n')[1]!.replace('KEY ', `${inShared('age-key')} `);
    await mkdir(at('elsewhere'));
    await cp(at('client.tar.gz.age'), at('elsewhere/client.tar.gz.age'));
    const [unpack = ''] = lines.split('\n');
    expect(await shell(at('elsewhere'), unpack)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await modes(at('elsewhere/docker-tls'))).toMatchObject({ '/': '0700', 'key.pem': '0400' });
  });

  test('tells the same as JSON, goes to stdout, and writes nothing in a dry run', async () => {
    const to = ['--to', recipients.age];
    const json = (await succeeds(temporary(), ['bundle', 'alice', ...to, '--dry-run', '--json'])).stdout;
    expect(JSON.parse(json)).toMatchObject({
      ok: true,
      dryRun: true,
      path: at('alice.tar.gz.age'),
      format: 'tar.gz',
      encryption: 'age',
      recipients: [recipients.age],
      files: [{ name: 'ca.pem' }, { name: 'cert.pem' }, { name: 'key.pem', mode: '0400' }],
    });
    const preview = (await succeeds(temporary(), ['bundle', ...to, '--dry-run'])).stdout;
    expect(preview).toMatch(/packed into client\.tar\.gz\.age, encrypted with age for age1\w+\.\n$/);
    const key = `'${inShared('age-key')}'`;
    const line = `docker-tls-openssl bundle ${to.join(' ')} --output - | age -d -i ${key} | tar -tzf - | tr '\\n' ' '`;
    expect((await shell(temporary(), line)).stdout).toBe('ca.pem cert.pem key.pem ');
    expect(Object.keys(await modes(temporary())).filter((path) => path.includes('.tar'))).toEqual([]);
  });

  test.each([
    [
      'a misspelt one',
      'age1qqqq',
      1,
      /^error: cannot encrypt the bundle: age: error: malformed recipient "age1qqqq"/,
    ],
    ['of no kind', 'bob', 1, /age: error: unknown recipient type: "bob"\nhint: .* begins with age1/],
    ['an option', '-o', 2, /--to: '-o' is not a recipient/],
    ['a blank', ' ', 2, /--to: '' is not a recipient/],
    ['two lines', 'ssh-ed25519 AAAA\nssh-ed25519 BBBB', 2, /--to: a recipient is one line/],
  ])('%s is no recipient', async (_, recipient, code, said) => {
    expect(await refuses(temporary(), code, ['bundle', `--to=${recipient}`])).toMatch(said);
  });

  test.each(['AGE-SECRET-KEY-1QQQQ', '-----BEGIN OPENSSH PRIVATE KEY----- QQQQ'])(
    'does not repeat a private key that is given: %s',
    async (secret) => {
      for (const mode of [[], ['--json']]) {
        const { code, stdout, stderr } = await program(temporary(), ['bundle', `--to=${secret}`, ...mode]);
        expect(code).toBe(2);
        expect(stdout + stderr).toContain('this is a private key');
        expect(stdout + stderr).not.toContain('QQQQ');
      }
    },
  );

  test('says which package is missing', async () => {
    await mkdir(at('bin'));
    const env = { PATH: at('bin') };
    const said = await refuses(temporary(), 1, ['bundle', '--to', recipients.age], { env });
    expect(said).toBe(
      "error: cannot start age: it does not exist\nhint: nothing was written; install it: Debian's package is called age\n",
    );
  });

  test.each([
    ['does not encrypt', 'cat', 'age reported success, and did not encrypt it'],
    [
      'writes the archive behind a header',
      'echo age-encryption.org/v1; cat',
      'age reported success, and did not encrypt it',
    ],
    ['fails half-way', 'echo age-encryption.org/v1; exit 1', 'age failed and gave no reason'],
    ['is killed', 'echo age-encryption.org/v1; kill -KILL $$', 'age was ended by SIGKILL'],
    ['prints without end', 'cat > /dev/null; exec yes', 'age printed too much'],
  ])('writes nothing where age %s', async (_, body, said) => {
    const env = await instead('age', body);
    const json = await program(temporary(), ['bundle', '--to', recipients.age, '--json'], { env });
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      error: {
        code: 'ERR_PROGRAM_FAILED',
        message: `cannot encrypt the bundle: ${said}`,
        program: 'age',
        programCommand: `age -r ${recipients.age} -o -`,
      },
    });
    expect(Object.keys(await modes(temporary())).filter((path) => path.includes('tar.gz'))).toEqual([]);
  });

  test('ends an age that hangs', async () => {
    const env = await instead('age', 'exec sleep 60');
    const args = ['bundle', '--to', recipients.age, '--timeout', '0.2'];
    expect(await refuses(temporary(), 1, args, { env })).toContain('did not finish within 0.2 s: age -r ');
  });
});

describe('bundle --to-pgp', () => {
  /** The reader's, with the private keys; and the sender's, that has the public ones and has signed none. */
  const [reader, sender] = [gpgHome('reader'), gpgHome('sender')];
  const keys = { bob: '', other: '' };

  beforeAll(() => {
    keys.bob = reader.makeKey('Bob <bob@example.com>');
    keys.other = reader.makeKey('Mallory <bob@example.com.evil.example>');
    sender.run(['--import'], reader.run(['--export']));
  });

  test.each([
    ['a fingerprint', () => keys.bob],
    ['a fingerprint as gpg prints it', () => keys.bob.replace(/.{4}/g, '$& ').toLowerCase()],
  ])('is the bundle, and the reader opens it: %s', async (_, key) => {
    const args = ['bundle', '--to-pgp', key()];
    const { stdout } = await succeeds(temporary(), args, { env: sender.env });
    expect(reader.run(['--decrypt', at('client.tar.gz.gpg')]).equals(await plain())).toBe(true);
    expect(await modes(temporary())).toMatchObject({ 'client.tar.gz.gpg': '0644' });
    expect(stdout).toContain(`Created client.tar.gz.gpg, encrypted with gpg for ${keys.bob}:\n`);
    expect(stdout).toContain(
      '  mkdir -m 0700 docker-tls && gpg -d client.tar.gz.gpg | tar -xzf - -C docker-tls\n',
    );
  });

  test('takes an address only where gpg considers its key valid', async () => {
    const args = ['bundle', '--to-pgp', 'bob@example.com'];
    const said = await refuses(temporary(), 1, args, { env: sender.env });
    expect(said).toMatch(/gpg: \w+: There is no assurance this key belongs to the named user/);
    expect(said).toMatch(/^hint: .*give its full fingerprint instead once its owner has confirmed it$/m);
    // Its own home does. A fingerprint beside it does not make the address valid elsewhere.
    await succeeds(temporary(), args, { env: reader.env });
    const both = [...args, '--to-pgp', keys.bob, '--overwrite'];
    expect(await refuses(temporary(), 1, both, { env: sender.env })).toContain('There is no assurance');
  });

  test('takes an address whole: part of another one is no match', async () => {
    const args = ['bundle', '--to-pgp', 'bob@example.co'];
    expect(await refuses(temporary(), 1, args, { env: reader.env })).toContain('No public key');
  });

  test.each([
    ['a short key ID', () => keys.bob.slice(-16), /--to-pgp: the key ID '\w+' is too short/],
    ['a name', () => 'Bob', /--to-pgp: 'Bob' is neither a fingerprint nor an e-mail address/],
    ['an option', () => '--sign', /--to-pgp: '--sign' is neither/],
  ])('refuses %s', async (_, key, said) => {
    expect(await refuses(temporary(), 2, ['bundle', `--to-pgp=${key()}`])).toMatch(said);
  });

  test('says which package is missing, and what gpg says of a key that it does not have', async () => {
    await mkdir(at('bin'));
    const args = ['bundle', '--to-pgp', 'F'.repeat(40)];
    const missing = await refuses(temporary(), 1, args, { env: { PATH: at('bin') } });
    expect(missing).toMatch(/cannot start gpg: it does not exist\nhint: .*package is called gnupg\n/);
    const unknown = await refuses(temporary(), 1, args, { env: sender.env });
    expect(unknown).toMatch(/gpg: F{40}: skipped: No public key; .*\nhint: .*`gpg --import FILE`\n/);
  });

  test('writes nothing where gpg does not encrypt', async () => {
    const env = await instead('gpg', 'cat');
    const said = await refuses(temporary(), 1, ['bundle', '--to-pgp', keys.bob], { env });
    expect(said).toContain('gpg reported success, and did not encrypt it');
  });
});

test.each([
  [['--to', 'age1x', '--to-pgp', 'a@b']],
  [['--to', 'age1x', '--p12']],
  [['--p12', '--server']],
  [['--p12', '--output', '-']],
  [['--passphrase-file', 'x']],
  [['--openssl', 'x']],
])('%j exclude each other', async (flags) => {
  expect((await program(temporary(), ['bundle', ...flags])).code).toBe(2);
});

test('the library takes one way of encryption, and at least one recipient', async () => {
  const directory = at('docker-tls');
  for (const [options, option] of [
    [{ to: ['age1x'], toPgp: ['a@b'] }, 'toPgp'],
    [{ to: [] }, 'to'],
    [{ toPgp: [] }, 'toPgp'],
    [{ to: 'age1x' as never }, 'to'],
  ] as const)
    await expect(bundle('client', { directory, ...options })).rejects.toMatchObject({
      code: 'ERR_INPUT',
      option,
    });
});
