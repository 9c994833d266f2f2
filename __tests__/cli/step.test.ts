import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shellWord } from '../../lib/internal.js';
import { rows } from '../support/form.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { openssl, opensslOutput } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const { succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const original = useSharedDirectory();
const secret = 'correct horse';

const extensions = [
  '[ v3_server ]',
  'basicConstraints = critical,CA:FALSE',
  'keyUsage = critical,digitalSignature,keyEncipherment',
  'extendedKeyUsage = serverAuth',
  'subjectKeyIdentifier = hash',
  'authorityKeyIdentifier = keyid:always',
  'subjectAltName = DNS:docker.example,IP:10.0.0.5',
  '',
].join('\n');

/** The tutorial, step by step, with a passphrase on the CA's key. */
const chain = [
  ['genrsa', '2048', '--aes256', '--passout', 'file:pass', '--out', 'ca-key.pem'],
  [
    ...['req-x509', '--key', 'ca-key.pem', '--passin', 'file:pass', '--days', '100', '--sha256'],
    ...['--subj', '/O=Example/CN=CA of größe', '--set_serial', '0x1A2B', '--out', 'ca.pem'],
    ...['--config', 'ca.cnf', '--extensions', 'v3_ca'],
  ],
  ['genpkey', '--algorithm', 'ec:p256', '--out', 'server-key.pem'],
  ['req', '--key', 'server-key.pem', '--subj', '/CN=docker.example', '--sha384', '--out', 'server.csr'],
  [
    ...['x509-req', '--in', 'server.csr', '--CA', 'ca.pem', '--CAkey', 'ca-key.pem', '--passin', 'file:pass'],
    ...[
      '--days',
      '30',
      '--sha256',
      '--set_serial',
      '3C4D',
      '--extfile',
      'ext.cnf',
      '--extensions',
      'v3_server',
    ],
    ...['--out', 'server-cert.pem'],
  ],
  ['rsa', '--in', 'ca-key.pem', '--passin', 'file:pass', '--out', 'open.pem'],
];

const caConfig = [
  '[ req ]',
  'distinguished_name = subject',
  'prompt = no',
  '[ subject ]',
  'CN = CA',
  '[ v3_ca ]',
  'basicConstraints = critical,CA:TRUE',
  'keyUsage = critical,keyCertSign,cRLSign',
  'subjectKeyIdentifier = hash',
  'authorityKeyIdentifier = keyid:always',
  '',
].join('\n');

beforeAll(async () => {
  await writeFile(join(original(), 'pass'), `${secret}\n`);
  await writeFile(join(original(), 'wrong'), 'incorrect horse\n');
  await writeFile(join(original(), 'ext.cnf'), extensions);
  await writeFile(join(original(), 'ca.cnf'), caConfig);
  for (const step of chain) await succeeds(original(), ['step', ...step]);
});
beforeEach(async () => {
  await cp(original(), temporary(), { recursive: true });
});

async function certificate(file: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(temporary(), file)));
}

describe('a chain that was made step by step', () => {
  test('verifies', async () => {
    expect(await opensslOutput(['verify', '-CAfile', 'ca.pem', 'server-cert.pem'], temporary())).toContain(
      'OK',
    );
  });

  test('has what the flags said', async () => {
    const ca = await certificate('ca.pem');
    expect(ca).toMatchObject({ ca: true, serialNumber: '1A2B', subject: 'O=Example\nCN=CA of größe' });
    const server = await certificate('server-cert.pem');
    expect(server).toMatchObject({
      ca: false,
      serialNumber: '3C4D',
      subject: 'CN=docker.example',
      subjectAltName: 'DNS:docker.example, IP Address:10.0.0.5',
    });
    expect(server.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' });
    expect(server.verify(ca.publicKey)).toBe(true);
  });

  test('keeps its private keys to their owner', async () => {
    expect(await modes(temporary())).toMatchObject({
      'ca-key.pem': '0600',
      'server-key.pem': '0600',
      'open.pem': '0600',
      'ca.pem': '0644',
    });
  });

  test('keeps the passphrase of the one key, and not of the other', async () => {
    const [locked, open] = await Promise.all(
      ['ca-key.pem', 'open.pem'].map((file) => readFile(join(temporary(), file))),
    );
    expect(() => createPrivateKey(locked!)).toThrow();
    const key = createPrivateKey({ key: locked!, passphrase: secret });
    expect(createPrivateKey(open!).equals(key)).toBe(true);
  });
});

describe('step genrsa', () => {
  test('prints the name of the file, and takes the size as its word', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['step', 'genrsa', '2048', '--out', 'k.pem']);
    expect(stdout).toBe('k.pem\n');
    const key = createPrivateKey(await readFile(join(temporary(), 'k.pem')));
    expect(key.asymmetricKeyDetails).toMatchObject({ modulusLength: 2048 });
  });

  test('makes 4096 bits without a word', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), [
      'step',
      'genrsa',
      '--out',
      'k.pem',
      '--dry-run',
    ]);
    expect(stdout).toBe('openssl genrsa -out k.pem 4096\n');
  });

  test.each(['aes256', 'aes192', 'aes128', 'des3'])('encrypts with --%s', async (cipher) => {
    const flags = [`--${cipher}`, '--passout', 'file:pass'];
    await oneProcess.succeeds(temporary(), ['step', 'genrsa', '2048', ...flags, '--out', 'k.pem']);
    const args = ['pkey', '-in', 'k.pem', '-noout', '-passin'];
    expect(await openssl([...args, `pass:${secret}`], temporary())).toMatchObject({ code: 0 });
    expect((await openssl([...args, 'pass:incorrect horse'], temporary())).code).not.toBe(0);
  });

  test.each([
    ['file:pass', {}],
    ['fd:3', { descriptor3: `${secret}\n` }],
    ['stdin', { input: `${secret}\n` }],
  ])('takes the passphrase from %s', async (source, options) => {
    await succeeds(temporary(), ['step', 'genrsa', '2048', '--passout', source, '--out', 'k.pem'], options);
    const key = await readFile(join(temporary(), 'k.pem'));
    expect(createPrivateKey({ key, passphrase: secret }).type).toBe('private');
  });

  test('writes the older form with --traditional', async () => {
    await oneProcess.succeeds(temporary(), ['step', 'genrsa', '2048', '--traditional', '--out', 'k.pem']);
    expect(await readFile(join(temporary(), 'k.pem'), 'utf8')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
  });

  test.each([
    [['512'], 'is no size of an RSA key'],
    [['many'], 'is no size of an RSA key'],
    [['2048', '--aes256'], 'a passphrase is needed'],
    [['2048', '--passout', 'env:SECRET'], '--passout takes file:PATH, fd:N or stdin'],
  ])('%j is refused', async (flags, reason) => {
    expect(
      await oneProcess.refuses(temporary(), 2, ['step', 'genrsa', ...flags, '--out', 'k.pem']),
    ).toContain(reason);
  });
});

describe('step genpkey', () => {
  test.each(
    rows(
      [
        ['rsa:2048', 'rsa'],
        ['ec:p256', 'ec'],
        ['ec:p384', 'ec'],
        ['ed25519', 'ed25519'],
      ],
      2,
    ),
  )('makes a key of kind %s', async (algorithm, type) => {
    await oneProcess.succeeds(temporary(), ['step', 'genpkey', '--algorithm', algorithm, '--out', 'k.pem']);
    expect(createPrivateKey(await readFile(join(temporary(), 'k.pem'))).asymmetricKeyType).toBe(type);
  });

  test('refuses an unknown kind', async () => {
    const said = await oneProcess.refuses(temporary(), 2, [
      'step',
      'genpkey',
      '--algorithm',
      'dsa',
      '--out',
      'k.pem',
    ]);
    expect(said).toContain("'dsa' is no kind of key");
  });
});

describe('step req-x509', () => {
  test.each(['sha256', 'sha384', 'sha512'])('signs with --%s', async (digest) => {
    const flags = ['--key', 'open.pem', '--subj', '/CN=CA', `--${digest}`, '--out', 'other.pem'];
    await oneProcess.succeeds(temporary(), ['step', 'req-x509', ...flags]);
    const text = await opensslOutput(['x509', '-in', 'other.pem', '-noout', '-text'], temporary());
    expect(text).toContain(`Signature Algorithm: ${digest}WithRSAEncryption`);
  });

  test('refuses a serial that is none', async () => {
    const flags = ['--key', 'open.pem', '--subj', '/CN=CA', '--set_serial', 'xyz', '--out', 'other.pem'];
    expect(await oneProcess.refuses(temporary(), 2, ['step', 'req-x509', ...flags])).toContain(
      'it is not hexadecimal',
    );
  });
});

describe('step rsa', () => {
  const rsa = ['step', 'rsa', '--in', 'ca-key.pem', '--passin', 'file:pass'];

  test('replaces the key that it reads', async () => {
    await succeeds(temporary(), [...rsa, '--out', 'ca-key.pem']);
    expect(createPrivateKey(await readFile(join(temporary(), 'ca-key.pem'))).type).toBe('private');
  });

  test('gives the key another passphrase', async () => {
    await oneProcess.succeeds(temporary(), [...rsa, '--passout', 'file:wrong', '--out', 'k.pem']);
    const key = await readFile(join(temporary(), 'k.pem'));
    expect(createPrivateKey({ key, passphrase: 'incorrect horse' }).type).toBe('private');
  });

  test('says that the passphrase is wrong', async () => {
    const flags = ['--in', 'ca-key.pem', '--passin', 'file:wrong', '--out', 'k.pem'];
    const said = await oneProcess.refuses(temporary(), 1, ['step', 'rsa', ...flags]);
    expect(said).toContain('the passphrase does not open ca-key.pem');
    expect(said).toMatch(/^command: openssl rsa -in \S*ca-key.pem -passin fd:3 -out k.pem$/m);
    expect(said).not.toContain('horse');
  });
});

describe('step verify', () => {
  const verify = ['step', 'verify', 'server-cert.pem', '--CAfile', 'ca.pem'];

  test.each([
    [[]],
    [['--purpose', 'sslserver']],
    [['--x509_strict']],
    [['--verify_hostname', 'docker.example']],
    [['--verify_ip', '10.0.0.5']],
  ])('with %j says that it is good', async (flags) => {
    const { stdout } = await oneProcess.succeeds(temporary(), [...verify, ...flags]);
    expect(stdout).toBe('verification of server-cert.pem: OK\n');
  });

  test.each([
    [['--purpose', 'sslclient']],
    [['--verify_hostname', 'other.example']],
    [['--verify_ip', '10.0.0.6']],
  ])('with %j says that it is not', async (flags) => {
    const said = await oneProcess.refuses(temporary(), 1, [...verify, ...flags]);
    expect(said).toContain('the certificate does not verify');
  });
});

describe('step x509-req', () => {
  const sign = (...flags: string[]): string[] => [
    ...['step', 'x509-req', '--in', 'server.csr', '--CA', 'ca.pem', '--CAkey', 'open.pem', ...flags],
    ...['--out', 'new.pem'],
  ];

  test('keeps the serials in a file with --CAcreateserial, and in the one of --CAserial', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), [...sign('--CAcreateserial'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ commands: [expect.stringContaining('-CAserial ca.srl')] });
    const first = (await certificate('new.pem')).serialNumber;
    expect(await readFile(join(temporary(), 'ca.srl'), 'utf8')).toBe(`${first}\n`);
    await writeFile(join(temporary(), 'serials'), '1F\n');
    await oneProcess.succeeds(temporary(), [...sign('--CAserial', 'serials'), '--overwrite']);
    expect((await certificate('new.pem')).serialNumber).toBe('20');
  });

  test.each([
    [2, ['--CAcreateserial', '--set_serial', '5'], 'leave out --set_serial or --CAcreateserial'],
    [1, ['--CAserial', 'missing'], 'or create it with --CAcreateserial'],
    [1, ['--CAserial', 'ca.pem'], 'ca.pem is not a file of serials'],
  ])('exits %d for %j', async (code, flags, reason) => {
    expect(await oneProcess.refuses(temporary(), code, sign(...flags))).toContain(reason);
  });
});

describe('every step', () => {
  const steps = [
    ['genrsa', '2048', '--out', 'ca-key.pem'],
    ['genpkey', '--algorithm', 'ec:p256', '--out', 'ca-key.pem'],
    ['req', '--key', 'server-key.pem', '--subj', '/CN=a', '--out', 'server.csr'],
    ['req-x509', '--key', 'server-key.pem', '--subj', '/CN=a', '--out', 'ca.pem'],
    ['x509-req', '--in', 'server.csr', '--CA', 'ca.pem', '--CAkey', 'open.pem', '--out', 'server-cert.pem'],
    ['rsa', '--in', 'open.pem', '--out', 'ca-key.pem'],
  ];

  test.each(steps)('%s leaves a file that is there, and takes --overwrite', async (...step) => {
    const said = await oneProcess.refuses(temporary(), 1, ['step', ...step]);
    expect(said).toContain(`${step.at(-1)!} already exists`);
    expect(said).toContain('--overwrite');
    const before = await readFile(join(temporary(), step.at(-1)!));
    await oneProcess.succeeds(temporary(), ['step', ...step, '--overwrite']);
    expect(await readFile(join(temporary(), step.at(-1)!))).not.toEqual(before);
  });

  test.each(steps)('%s in a dry run prints the one command', async (...step) => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['step', ...step, '--dry-run']);
    expect(stdout).toMatch(/^openssl [^\n]+\n$/);
    expect(stdout).toContain(shellWord(step.at(-1)!));
    expect(await modes(temporary())).toEqual(await modes(original()));
  });

  // In the short form each step in one of the two.
  test.each(rows(steps, 2))('%s with --json prints one object', async (...step) => {
    const { stdout, stderr } = await oneProcess.succeeds(temporary(), [
      'step',
      ...step,
      '--overwrite',
      '--json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      command: `step ${step[0]}`,
      dryRun: false,
      path: join(temporary(), step.at(-1)!),
      commands: [expect.stringMatching(/^openssl /)],
    });
    expect(stderr).toBe('');
  });

  test.each(rows(steps, 2, 1))('%s with --quiet prints nothing', async (...step) => {
    expect(await oneProcess.program(temporary(), ['step', ...step, '--overwrite', '--quiet'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  test.each([
    ['req', '--key', 'missing.pem', '--subj', '/CN=a', '--out', 'new.csr'],
    ['rsa', '--in', 'missing.pem', '--out', 'new.pem'],
    ['verify', 'missing.pem', '--CAfile', 'ca.pem'],
  ])('%s names a file that it misses', async (...step) => {
    const said = await oneProcess.refuses(temporary(), 1, ['step', ...step]);
    expect(said).toContain(`${join(temporary(), 'missing.pem')}: it does not exist`);
  });

  test.each([
    ['genrsa', 'out'],
    ['genpkey', 'algorithm'],
    ['req', 'key'],
    ['req-x509', 'key'],
    ['x509-req', 'CAkey'],
    ['rsa', 'in'],
  ])('%s without --%s is refused', async (step, flag) => {
    const said = await oneProcess.refuses(temporary(), 2, ['step', step]);
    expect(said).toMatch(new RegExp(`Missing required arguments?: .*\\b${flag}\\b`));
  });

  test('has a name', async () => {
    expect(await oneProcess.refuses(temporary(), 2, ['step'])).toContain('no step was given');
  });
});
