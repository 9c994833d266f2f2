import { describe, expect, test } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from '../../lib/index.js';
import { atClock } from '../support/faketime.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { useOneProcess } from '../support/one-process.js';
import { program, quick } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const at = (...names: string[]): string => join(temporary(), ...names);

/** The paragraph of a certificate. */
function paragraph(stdout: string, file: string): string {
  const found = stdout.split('\n\n').find((text) => text.startsWith(`${file} `));
  if (found === undefined) throw new Error(`${file} is not in: ${stdout}`);
  return found;
}

describe('inspect', () => {
  test('tells what each certificate of a set is, and changes nothing', async () => {
    await oneProcess.succeeds(temporary(), ['all', ...quick, '--quiet']);
    await oneProcess.succeeds(temporary(), ['client', '--name', 'alice', '--key', 'ec:p256', '--quiet']);
    const before = await tree(temporary());
    const { code, stdout, stderr } = await oneProcess.program(temporary(), ['inspect']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const server = new X509Certificate(await readFile(at('docker-tls/server-cert.pem')));
    const [from, to] = [server.validFrom, server.validTo].map((date) =>
      new Date(date).toISOString().slice(0, 10),
    );
    expect(paragraph(stdout, 'server-cert.pem').split('\n')).toEqual([
      'server-cert.pem (server)',
      '  subject      CN=docker.example',
      `  issuer       ${server.issuer}`,
      '  names        DNS:docker.example, DNS:localhost, IP:127.0.0.1, IP:::1',
      '  usage        not a CA, digitalSignature, serverAuth',
      '  key          EC P-256',
      '  signature    sha256',
      `  serial       ${server.serialNumber}`,
      `  dates        valid from ${from!} to ${to!}, 364 days left`,
      `  SHA-256      ${server.fingerprint256}`,
      '  private key  server-key.pem',
      '  signed by    ca.pem',
    ]);
    expect(paragraph(stdout, 'ca.pem')).toMatch(
      /^ca\.pem \(CA\)\n {2}also in +clients\/alice\/ca\.pem\n[^]* CA, keyCertSign, cRLSign\n[^]* ca-key\.pem\n.* itself$/,
    );
    expect(paragraph(stdout, 'clients/alice/cert.pem')).toMatch(
      /\(client\)\n {2}subject +CN=alice\n[^]* names +none\n[^]* private key {2}clients\/alice\/key\.pem\n {2}signed by +ca\.pem/,
    );
    expect(stdout).not.toMatch(/belong to no certificate|cannot be read/);
    expect(await tree(temporary())).toEqual(before);
  });

  test.each([
    ['rsa:2048', 'RSA 2048', 'sha384'],
    ['ec:secp384r1', 'EC P-384', 'sha256'],
    ['ed25519', 'Ed25519', 'sha256'],
  ])('names a key %s', async (key, words, digest) => {
    await makeFlawedSet(at('set'), { server: { key, digest } });
    await mkdir(at('alone'));
    await copyFile(at('set/server-cert.pem'), at('alone/server-cert.pem'));
    const { stdout } = await oneProcess.program(temporary(), ['inspect', 'alone/server-cert.pem']);
    expect(stdout).toContain(`  key          ${words}\n  signature    ${digest}\n`);
    expect(stdout).toContain('  private key  not here\n  signed by    CN=Test CA (not here)\n');
  });

  test.each([
    ['2026-03-05 12:00:00', 'valid from 2026-03-01 to 2026-03-11, 5 days left'],
    ['2026-03-09 12:00:00', 'valid from 2026-03-01 to 2026-03-11, 1 day left'],
    ['2026-03-10 12:00:00', 'valid from 2026-03-01 to 2026-03-11, less than a day left'],
    ['2026-03-11 12:00:00', 'expired less than a day ago; was valid from 2026-03-01 to 2026-03-11'],
    ['2026-03-14 12:00:00', 'expired 3 days ago; was valid from 2026-03-01 to 2026-03-11'],
    ['2026-02-01 12:00:00', 'not valid before 2026-03-01 00:00:0'],
  ])('tells the dates at %s', async (clock, words) => {
    await makeFlawedSet(at('set'), { client: { made: '2026-03-01 00:00:00', days: 10 } });
    const { code, stdout } = await program(temporary(), ['inspect', 'set/cert.pem'], { env: atClock(clock) });
    expect(code).toBe(0);
    expect(stdout).toContain(`  dates        ${words}`);
  });

  test('tells of a key that is encrypted, and of keys that belong to nothing', async () => {
    await makeFlawedSet(at('set'));
    const key = createPrivateKey(await readFile(at('set/ca-key.pem')));
    const form = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
    await writeFile(at('set/ca-key.pem'), key.export(form));
    await makeFlawedSet(at('other'), { client: { key: 'ec:secp521r1' } });
    await copyFile(at('other/key.pem'), at('set/spare-key.pem'));
    await copyFile(at('set/server-key.pem'), at('set/copy-of-server-key.pem'));
    const { stdout } = await oneProcess.program(temporary(), ['inspect', 'set']);
    expect(paragraph(stdout, 'ca.pem')).toContain('  private key  ca-key.pem, encrypted\n');
    expect(stdout).toMatch(/\n\nPrivate keys that belong to no certificate here:\n {2}spare-key\.pem\n$/);
  });

  test.each(['server-cert.pem', 'server-key.pem'])('of %s alone tells what belongs to it', async (file) => {
    await makeFlawedSet(at('set'));
    await writeFile(at('set/damaged.pem'), '');
    await mkdir(at('set/unreadable.pem'));
    const { code, stdout } = await oneProcess.program(temporary(), ['inspect', join('set', file)]);
    expect(code).toBe(0);
    expect(stdout.match(/^\S+ \(\w+\)$/gm)).toEqual(['server-cert.pem (server)']);
    const told = paragraph(stdout, 'server-cert.pem');
    expect(told).toContain('  private key  server-key.pem\n');
    expect(told).toContain('  signed by    ca.pem\n');
    expect(stdout).not.toContain('damaged.pem');
  });

  test('does not take a key for a certificate with the same name for its own', async () => {
    await makeFlawedSet(at('set'));
    await makeFlawedSet(at('other'), { server: { key: 'ec:secp521r1' } });
    await copyFile(at('other/server-key.pem'), at('set/server-key.pem'));
    const { stdout } = await oneProcess.program(temporary(), ['inspect', 'set']);
    expect(paragraph(stdout, 'server-cert.pem')).toContain('  private key  not here\n');
    expect(stdout).toContain('belong to no certificate here:\n  server-key.pem\n');
  });

  test('does not take a CA of the same name for the signer', async () => {
    await makeFlawedSet(at('set'), { server: { signedBy: 'a namesake' } });
    await rm(at('set/other'), { recursive: true });
    const { certificates } = await inspect({ path: at('set') });
    const signers = Object.fromEntries(certificates.map(({ path, signedBy }) => [path, signedBy]));
    expect(signers).toEqual({
      'ca.pem': { path: 'ca.pem', itself: true },
      'cert.pem': { path: 'ca.pem', itself: false },
      'server-cert.pem': undefined,
    });
  });

  test('sees a key beside its certificate in one file, and one behind its parameters', async () => {
    await makeFlawedSet(at('set'));
    const [server, key, ca] = await Promise.all(
      ['server-cert.pem', 'server-key.pem', 'ca-key.pem'].map((file) => readFile(at('set', file), 'utf8')),
    );
    await rm(at('set/server-key.pem'));
    await writeFile(at('set/server-cert.pem'), `${server!}${key!}`);
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    await writeFile(at('set/ca-key.pem'), `${parameters}${ca!}`);
    const { certificates, strayKeys, damaged } = await inspect({ path: at('set') });
    const keys = Object.fromEntries(certificates.map(({ path, privateKey }) => [path, privateKey?.path]));
    expect(keys).toEqual({
      'ca.pem': 'ca-key.pem',
      'cert.pem': 'key.pem',
      'server-cert.pem': 'server-cert.pem',
    });
    expect({ strayKeys, damaged }).toEqual({ strayKeys: [], damaged: [] });
  });

  test('lists what is damaged with why', async () => {
    await makeFlawedSet(at('set'));
    const pem = await readFile(at('set/cert.pem'), 'utf8');
    await writeFile(at('set/cert.pem'), pem.slice(0, 300));
    const raw = Buffer.from(new X509Certificate(pem).raw);
    const year = raw.indexOf(Buffer.from([0x17, 13])) + 2;
    raw.write('9999', year); // the 99th month
    const dateless = `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
    await writeFile(at('set/dateless.pem'), dateless);
    await writeFile(at('set/empty-key.pem'), '');
    const { code, stdout } = await oneProcess.program(temporary(), ['inspect', 'set']);
    expect(code).toBe(0);
    const [, list] = stdout.split('Unreadable:\n');
    expect(list?.trimEnd().split('\n')).toEqual([
      '  cert.pem: it is cut off',
      '  empty-key.pem: it is empty',
      '  dateless.pem: it holds a certificate without dates that can be read',
    ]);
  });

  test('no name does anything to the terminal', async () => {
    const subject = '/O=a\\\\b"c/CN=x\ny\u001b[31mz';
    await makeFlawedSet(at('set'), { server: { subject } });
    await mkdir(at('set/sub\n\u202e\u001b[2J'));
    await copyFile(at('set/server-cert.pem'), at('set/sub\n\u202e\u001b[2J/cert.pem'));
    const { stdout } = await oneProcess.program(temporary(), ['inspect', 'set']);
    expect(stdout.replaceAll('\n', '')).toMatch(/^\P{C}*$/u);
    expect(stdout).toContain('  subject      O=a\\\\b\\"c, CN=x\\0Ay\\1B[31mz\n');
    expect(stdout).toContain('  also in      sub\\u000a\\u202e\\u001b[2J/cert.pem\n');
    const { stdout: json } = await oneProcess.program(temporary(), ['inspect', 'set', '--json']);
    expect(json.replaceAll('\n', '')).toMatch(/^\P{C}*$/u);
    const { certificates } = JSON.parse(json) as { certificates: { commonName: string }[] };
    expect(certificates.map(({ commonName }) => commonName)).toContain('x\ny\u001b[31mz');
  });

  test('prints one object', async () => {
    await makeFlawedSet(at('set'), { server: { made: '2026-03-01 00:00:00', days: 10 } });
    const env = atClock('2026-03-05 12:00:00');
    await mkdir(at('alone'));
    await copyFile(at('set/server-cert.pem'), at('alone/server-cert.pem'));
    const { code, stdout } = await program(temporary(), ['inspect', 'alone/server-cert.pem', '--json'], {
      env,
    });
    expect(code).toBe(0);
    const { raw } = new X509Certificate(await readFile(at('set/server-cert.pem')));
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      command: 'inspect',
      directory: at('alone'),
      now: '2026-03-05T12:00:00.000Z',
      certificates: [
        {
          path: 'server-cert.pem',
          index: 0,
          alsoIn: [],
          role: 'server',
          subject: 'CN=localhost',
          issuer: 'CN=Test CA',
          commonName: 'localhost',
          version: 3,
          serial: '7365727665722E2E2E2E2E2E2E2E2E2E',
          names: ['DNS:localhost', 'IP:127.0.0.1'],
          ca: false,
          keyUsage: ['digitalSignature', 'keyEncipherment'],
          extendedKeyUsage: ['serverAuth'],
          nameConstraints: null,
          publicKey: { type: 'ec', bits: null, curve: 'prime256v1' },
          signature: { algorithm: '1.2.840.10045.4.3.2', digest: 'sha256' },
          notBefore: expect.stringMatching(/^2026-03-01T00:00:\d\d\.000Z$/),
          notAfter: expect.stringMatching(/^2026-03-11T00:00:\d\d\.000Z$/),
          validity: 'valid',
          daysLeft: 5,
          fingerprint256: new X509Certificate(raw).fingerprint256,
          privateKey: null,
          signedBy: null,
        },
      ],
      strayKeys: [],
      damaged: [],
    });
  });

  test('fails where there is nothing, with a hint', async () => {
    await mkdir(at('empty'));
    expect(await oneProcess.refuses(temporary(), 1, ['inspect', 'empty'])).toMatch(
      /^error: there is no certificate in empty\nhint: .*docker-tls-openssl all/,
    );
    expect(await oneProcess.refuses(temporary(), 1, ['inspect'])).toBe(
      'error: cannot read docker-tls: it does not exist\n' +
        'hint: name the certificate directory with --dir, or create one with `docker-tls-openssl all`\n',
    );
    await oneProcess.refuses(temporary(), 2, ['inspect', '']);
  });
});
