import { beforeAll, describe, expect, test } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { all, can, findOpenssl, type Issued } from '../../lib/index.js';
import { altNamesOf, formatAltName } from '../../lib/internal.js';
import { certificateDetails } from '../../lib/x509/certificate-details.js';
import { keyTypeNameOf } from '../../lib/x509/key-type.js';
import { days } from '../support/days.js';
import {
  basicConstraints,
  certificateIssuer,
  certificateSubject,
  cipher,
  extensions,
  keyUsage,
  oids,
  serialLength,
} from '../support/der.js';
import { openssl } from '../support/openssl.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { rows } from '../support/form.js';

const { version } = await findOpenssl();
const kinds = ['rsa:2048', 'rsa:3072', 'ec:p256', 'ec:p384', ...(can(version, 'ed25519') ? ['ed25519'] : [])];

describe.each(rows(kinds, 2))('with keys of kind %s', (key) => {
  const shared = useSharedDirectory();
  let directory: string;
  let issued: Issued;
  let ca: string;
  let server: string;
  let client: string;

  beforeAll(async () => {
    const options = request(shared(), {
      key,
      hosts: ['docker.example', '*.Docker.example', '2001:DB8::1'],
      ips: ['10.0.0.5'],
      subject: '/C=DE/O=Example GmbH',
      clientName: 'alice',
      days: 90,
      caDays: 1000,
      passphrase: 'correct horse',
    });
    ({ directory } = options);
    issued = await all(options);
    [ca, server, client] = (await Promise.all(
      (['ca.pem', 'server-cert.pem', 'cert.pem'] as const).map((file) =>
        readFile(join(directory, file), 'utf8'),
      ),
    )) as [string, string, string];
  });

  test.each([
    ['server-cert.pem', 'sslserver'],
    ['cert.pem', 'sslclient'],
  ])('%s passes the strictest verification for %s', async (file, purpose) => {
    const args = ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'ca.pem', file];
    expect(await openssl(args, directory)).toMatchObject({ code: 0 });
  });

  test.each([
    ['server-cert.pem', 'sslclient'],
    ['cert.pem', 'sslserver'],
  ])('%s is refused for %s', async (file, purpose) => {
    const { code, stderr, stdout } = await openssl(
      ['verify', '-purpose', purpose, '-CAfile', 'ca.pem', file],
      directory,
    );
    expect(stderr + stdout).toMatch(/unsupported certificate purpose|unsuitable certificate purpose/);
    expect(code).not.toBe(0);
  });

  test('the subjects are those that were asked for, and each names its issuer', () => {
    const prefix = [
      { type: oids.country, value: 'DE' },
      { type: oids.organization, value: 'Example GmbH' },
    ];
    const serial = new X509Certificate(ca).serialNumber;
    const name = [
      ...prefix,
      { type: oids.commonName, value: `Docker TLS CA ${serial.slice(-8).toLowerCase()}` },
    ];
    expect(certificateSubject(ca)).toEqual(name);
    expect(certificateSubject(server)).toEqual([
      ...prefix,
      { type: oids.commonName, value: 'docker.example' },
    ]);
    expect(certificateSubject(client)).toEqual([...prefix, { type: oids.commonName, value: 'alice' }]);
    for (const pem of [ca, server, client]) expect(certificateIssuer(pem)).toEqual(name);
  });

  test('the names are those that were asked for and the local ones, and only the server has any', () => {
    const asked = [
      'DNS:docker.example',
      'DNS:*.docker.example',
      'IP:2001:db8::1',
      'IP:10.0.0.5',
      'DNS:localhost',
      'IP:127.0.0.1',
      'IP:::1',
    ];
    const { names, others } = altNamesOf(new X509Certificate(server));
    expect(names.map(formatAltName)).toEqual(asked);
    expect(others).toEqual([]);
    expect(issued.names.map(formatAltName)).toEqual(asked);
    expect(new X509Certificate(client).subjectAltName).toBeUndefined();
    expect(new X509Certificate(ca).subjectAltName).toBeUndefined();
  });

  test('the serials are of 16 octets, and no two are the same', () => {
    const pems = [ca, server, client];
    expect(pems.map(serialLength)).toEqual([16, 16, 16]);
    expect(new Set(pems.map((pem) => new X509Certificate(pem).serialNumber)).size).toBe(3);
  });

  test('they last as many days as were asked for', () => {
    expect([ca, server, client].map((pem) => days(new X509Certificate(pem)))).toEqual([1000, 90, 90]);
  });

  test('the CA signs leaves and no further CAs, the leaves sign nothing', () => {
    expect(basicConstraints(ca)).toEqual({ ca: true, pathLength: 0 });
    expect(basicConstraints(server)).toEqual({ ca: false, pathLength: undefined });
    expect(basicConstraints(client)).toEqual({ ca: false, pathLength: undefined });
    for (const pem of [ca, server, client])
      expect(extensions(pem).get(oids.basicConstraints)?.critical).toBe(true);
  });

  test('each may be used for its own purpose and nothing else', () => {
    expect(keyUsage(ca)).toEqual(['keyCertSign', 'cRLSign']);
    expect(keyUsage(server)).toEqual([
      'digitalSignature',
      ...(key.startsWith('rsa') ? ['keyEncipherment'] : []),
    ]);
    expect(keyUsage(client)).toEqual(['digitalSignature']);
    for (const pem of [ca, server, client]) expect(extensions(pem).get(oids.keyUsage)?.critical).toBe(true);
    expect(new X509Certificate(ca).keyUsage).toBeUndefined();
    expect(new X509Certificate(server).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(new X509Certificate(client).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  });

  test('they are signed with the digest that fits the key of the CA', () => {
    const digest = key === 'ed25519' ? undefined : key === 'ec:p384' ? 'sha384' : 'sha256';
    const found = [ca, server, client].map((pem) => certificateDetails(new X509Certificate(pem)).digest);
    expect(found).toEqual([digest, digest, digest]);
  });

  test("each names its own key and its issuer's", () => {
    const own = extensions(ca).get(oids.subjectKeyIdentifier)?.value.content;
    for (const pem of [ca, server, client]) {
      expect(extensions(pem).has(oids.subjectKeyIdentifier)).toBe(true);
      expect(extensions(pem).get(oids.authorityKeyIdentifier)?.value.children[0]?.content).toEqual(own);
    }
  });

  test('the keys are of the kind that was asked for, and belong to their certificates', async () => {
    for (const [keyFile, pem] of [
      ['ca-key.pem', ca],
      ['server-key.pem', server],
      ['key.pem', client],
    ] as const) {
      const text = await readFile(join(directory, keyFile), 'utf8');
      const privateKey = createPrivateKey({ key: text, passphrase: 'correct horse' });
      expect(keyTypeNameOf(privateKey)).toBe(key);
      expect(new X509Certificate(pem).checkPrivateKey(privateKey)).toBe(true);
    }
  });

  test("the CA's key is encrypted with AES-256 and the others are not", async () => {
    const read = (file: string): Promise<string> => readFile(join(directory, file), 'utf8');
    expect([oids.aes256, 'AES-256-CBC']).toContain(cipher(await read('ca-key.pem')));
    expect(cipher(await read('server-key.pem'))).toBeUndefined();
    expect(cipher(await read('key.pem'))).toBeUndefined();
  });

  test('what is given back is what lies in the directory', () => {
    expect(issued.certificates.ca?.fingerprint256).toBe(new X509Certificate(ca).fingerprint256);
    expect(issued.certificates.server?.fingerprint256).toBe(new X509Certificate(server).fingerprint256);
    expect(issued.certificates.client?.fingerprint256).toBe(new X509Certificate(client).fingerprint256);
  });
});

describe('without a passphrase', () => {
  const temporary = useTemporaryDirectory();

  test("the CA's key is not encrypted, and a note says so", async () => {
    const options = request(temporary(), { passphrase: null });
    const { notes } = await all(options);
    expect(cipher(await readFile(join(options.directory, 'ca-key.pem'), 'utf8'))).toBeUndefined();
    expect(notes.map(({ code }) => code)).toEqual(['CA_KEY_UNENCRYPTED']);
  });

  test('and with nothing else said, names and days have their defaults', async () => {
    const options = request(temporary(), { hostname: 'Machine.example', hosts: undefined });
    const { certificates, notes, names } = await all(options);
    expect(names.map(formatAltName)).toEqual([
      'DNS:machine.example',
      'DNS:localhost',
      'IP:127.0.0.1',
      'IP:::1',
    ]);
    expect(notes.map(({ code }) => code)).toContain('HOSTNAME_ASSUMED');
    expect(certificates.client?.subject).toBe('CN=client');
    const { ca, server, client } = certificates;
    expect([ca, server, client].map((certificate) => days(certificate!))).toEqual([3650, 365, 365]);
  });

  test('the local names can be left out', async () => {
    const { certificates } = await all(request(temporary(), { localhost: false }));
    expect(certificates.server?.subjectAltName).toBe('DNS:docker.example');
  });

  test('two sets made side by side have different CAs', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map((name) => all(request(temporary(), { directory: join(temporary(), name) }))),
    );
    expect(one!.certificates.ca!.subject).not.toBe(other!.certificates.ca!.subject);
    expect(one!.certificates.server!.checkIssued(other!.certificates.ca!)).toBe(false);
  });
});
