import { describe, expect, test } from '@jest/globals';
import { days } from '../support/days.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { rows } from '../support/form.js';
import { certificate } from './certificates.js';

const { succeeds } = useProgram();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const host = ['--host', 'docker.example', '--no-passphrase'];
const quick = [...host, '--key', 'ec:p256'];

describe('--key', () => {
  test.each(
    rows(
      [
        ['rsa:4096', 'rsa', { modulusLength: 4096 }],
        ['rsa:3072', 'rsa', { modulusLength: 3072 }],
        ['rsa:2048', 'rsa', { modulusLength: 2048 }],
        ['ec:p256', 'ec', { namedCurve: 'prime256v1' }],
        ['ec:p384', 'ec', { namedCurve: 'secp384r1' }],
        ['EC:P256', 'ec', { namedCurve: 'prime256v1' }],
      ],
      3,
      1,
    ),
  )('%s makes all three keys of this kind', async (key, type, details) => {
    const { stderr } = await oneProcess.succeeds(temporary(), ['all', ...host, '--key', key]);
    for (const file of ['ca.pem', 'server-cert.pem', 'cert.pem']) {
      const { publicKey } = await certificate(temporary(), file);
      expect(publicKey.asymmetricKeyType).toBe(type);
      expect(publicKey.asymmetricKeyDetails).toMatchObject(details);
    }
    expect(stderr).not.toContain('Ed25519');
  });

  test('ed25519 says which clients refuse it', async () => {
    const { stderr } = await succeeds(temporary(), ['all', ...host, '--key', 'ed25519']);
    expect(stderr).toMatch(/^note: Ed25519 keys: .*browsers, Java before 15 and NSS do not$/m);
    const { publicKey } = await certificate(temporary(), 'server-cert.pem');
    expect(publicKey.asymmetricKeyType).toBe('ed25519');
  });

  test('without one, the keys are RSA with 4096 bits', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['all', ...host, '--dry-run']);
    expect(stdout.match(/^openssl genrsa -out \S+ 4096$/gm)).toHaveLength(3);
  });

  test.each(['rsa:1024', 'rsa', 'p256', 'dsa', '', '__proto__'])(
    '%j is refused with the choice',
    async (key) => {
      const said = await oneProcess.refuses(temporary(), 2, ['all', ...host, '--key', key]);
      expect(said).toContain(`'${key}' is no kind of key`);
      expect(said).toContain('hint: choose one of rsa:4096, rsa:3072, rsa:2048, ec:p256, ec:p384, ed25519');
    },
  );
});

describe('--days and --ca-days', () => {
  test('are the lifetimes; a year and ten without them', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    expect(days(await certificate(temporary(), 'ca.pem'))).toBe(3650);
    expect(days(await certificate(temporary(), 'server-cert.pem'))).toBe(365);
    expect(days(await certificate(temporary(), 'cert.pem'))).toBe(365);
  });

  test('are the lifetimes that were asked for', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick, '--days', '30', '--ca-days', '100']);
    expect(days(await certificate(temporary(), 'ca.pem'))).toBe(100);
    expect(days(await certificate(temporary(), 'server-cert.pem'))).toBe(30);
  });

  test('a certificate that would outlive its CA is shortened, and that is said', async () => {
    const { stderr } = await oneProcess.succeeds(temporary(), ['all', ...quick, '--ca-days', '100']);
    expect(stderr).toMatch(
      /^note: the server certificate gets 99 days instead of 365: the CA expires on \d{4}-\d\d-\d\d$/m,
    );
    expect(stderr).toMatch(/^note: the client certificate gets 99 days instead of 365/m);
    expect(days(await certificate(temporary(), 'server-cert.pem'))).toBe(99);
    expect(days(await certificate(temporary(), 'cert.pem'))).toBe(99);
  });

  test.each([
    ['--days', '0'],
    ['--days', '-1'],
    ['--days', '1.5'],
    ['--days', 'many'],
    ['--days', '36501'],
    ['--ca-days', '0'],
    ['--ca-days', '1'],
    ['--ca-days', 'Infinity'],
  ])('%s %s is refused', async (flag, value) => {
    const said = await oneProcess.refuses(temporary(), 2, ['all', ...quick, `${flag}=${value}`]);
    expect(said).toContain('is no number of days from');
  });
});

describe('--client-name and --subject', () => {
  test.each(rows(['alice', 'Alice Meier', 'ops/alice', 'a$b#c', 'größe', "o'brien"], 3))(
    'the client name %j is the common name',
    async (name) => {
      const { stdout } = await oneProcess.succeeds(temporary(), ['all', ...quick, '--client-name', name]);
      // Not by toLegacyObject, which spoils Node 20's TLS for every test that follows in this process.
      expect((await certificate(temporary(), 'cert.pem')).subject.replaceAll('\\', '')).toBe(`CN=${name}`);
      expect(stdout).toContain(`for the client '${name}'`);
    },
  );

  test('without a name the client is called client', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick]);
    expect((await certificate(temporary(), 'cert.pem')).subject).toBe('CN=client');
  });

  test('the subject stands before the common name of all three', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick, '--subject', '/C=DE/O=Example \\/ Co']);
    expect((await certificate(temporary(), 'ca.pem')).subject).toMatch(
      /^C=DE\nO=Example \/ Co\nCN=Docker TLS CA /,
    );
    expect((await certificate(temporary(), 'server-cert.pem')).subject).toBe(
      'C=DE\nO=Example / Co\nCN=docker.example',
    );
    expect((await certificate(temporary(), 'cert.pem')).subject).toBe('C=DE\nO=Example / Co\nCN=client');
  });

  test.each([
    [['--client-name', ''], 'it is empty'],
    [['--client-name', 'a'.repeat(65)], '65 characters are too long'],
    [['--client-name', 'a\u202eb'], 'an invisible one'],
    [['--subject', 'O=Example'], "it does not begin with '/'"],
    [['--subject', '/O=Example/CN=me'], '--subject: the subject has a common name (CN)'],
    [['--subject', '/X=Example'], "'X' is no attribute it can hold"],
    [['--subject', '/C=Germany'], 'a country is its two capital letters'],
  ])('%j is refused with the reason', async (flags, reason) => {
    expect(await oneProcess.refuses(temporary(), 2, ['all', ...quick, ...flags])).toContain(reason);
  });
});
