import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { certificateDetails, findOpenssl } from '../../lib/index.js';
import { ownConfig } from '../../lib/openssl/config.js';
import { keyEncryption } from '../../lib/x509/key-encryption.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { inTurns } from '../support/form.js';
import { openssl, opensslOutput } from '../support/openssl.js';
import { useSharedDirectory } from '../support/temporary-directory.js';

// The statements of docs/openssl-versions.md, each with the real openssl: the matrix runs this file on every version.

const shared = useSharedDirectory();
const at = (name: string): string => join(shared(), name);
const { path, version } = await findOpenssl();
const isFrom = (major: number, minor: number): boolean =>
  (version.major - major || version.minor - minor) >= 0;
const identifiers = ['2.5.29.14', '2.5.29.35'];

beforeAll(async () => {
  const run = (line: string): Promise<string> => opensslOutput(line.split(' '), shared());
  await run('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out key.pem');
  await run('req -new -x509 -key key.pem -subj /CN=ca -set_serial 1 -out ca.pem');
  await run('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out x-key.pem');
  await run('req -new -key x-key.pem -subj /CN=x -out x.csr');
  await writeFile(at('usage.ext'), 'extendedKeyUsage=serverAuth\n');
  await writeFile(
    at('whole.ext'),
    'basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n',
  );
  await writeFile(at('home.cnf'), 'HOME = .\n[req]\ndistinguished_name = dn\n[dn]\n');
});

const sign = 'x509 -req -in x.csr -CA ca.pem -CAkey key.pem -set_serial 5';

async function signed(...more: string[]): Promise<{ version: number; identifiers: number }> {
  await opensslOutput([...sign.split(' '), ...more, '-out', 'x.pem'], shared());
  const [certificate] = certificatesIn(await readFile(at('x.pem'), 'utf8'));
  const details = certificateDetails(certificate!);
  const found = details.extensions.filter(({ id }) => identifiers.includes(id));
  return { version: details.version, identifiers: found.length };
}

test('without -extfile a certificate has version 1 before 3.2, and both key identifiers since', async () => {
  expect(await signed()).toEqual(
    isFrom(3, 2) ? { version: 3, identifiers: 2 } : { version: 1, identifiers: 0 },
  );
});

test('with -extfile 3.0 to 3.6 add the key identifiers, older and newer ones do not', async () => {
  const adds = isFrom(3, 0) && !isFrom(4, 0);
  expect(await signed('-extfile', 'usage.ext')).toEqual({ version: 3, identifiers: adds ? 2 : 0 });
});

test('4.0 takes the first lines of the configuration for extensions', async () => {
  const env = { PATH: process.env['PATH'], OPENSSL_CONF: at('home.cnf') };
  const args = [...sign.split(' '), '-out', 'y.pem'];
  const run = promisify(execFile)(path, args, { cwd: shared(), env });
  const said = await run.then(
    () => '',
    (error: unknown) => String((error as { stderr: unknown }).stderr),
  );
  expect(said.includes('unknown extension name')).toBe(isFrom(4, 0));
});

inTurns(1).each([
  ['genrsa -passout pass:secret -aes256 -out n.pem 2048', true],
  ['genrsa -passout pass:secret -des3 -out n.pem 2048', true],
  ['rsa -in key-rsa.pem -passout pass:secret -aes256 -out n.pem', true],
  ['pkey -in key.pem -passout pass:secret -aes256 -out n.pem', false],
  ['genpkey -algorithm RSA -pass pass:secret -aes256 -out n.pem', false],
  ['req -new -newkey rsa:2048 -passout pass:secret -subj /CN=x -keyout n.pem -out n.csr', false],
])('%s: the older form before 3.0: %s', async (line, isOlder) => {
  await opensslOutput(['genrsa', '-out', 'key-rsa.pem', '2048'], shared());
  await opensslOutput(line.split(' '), shared());
  const text = await readFile(at('n.pem'), 'utf8');
  expect(text.includes('DEK-Info: ')).toBe(isOlder && !isFrom(3, 0));
  expect(text.includes('BEGIN ENCRYPTED PRIVATE KEY')).toBe(!(isOlder && !isFrom(3, 0)));
});

test('only genrsa and rsa write unencrypted keys in PKCS#1, and only before 3.0', async () => {
  const labels: Record<string, string | undefined> = {};
  for (const line of [
    'genrsa -out genrsa.pem 2048',
    'rsa -in genrsa.pem -out rsa.pem',
    'pkey -in genrsa.pem -out pkey.pem',
    'genpkey -algorithm RSA -out genpkey.pem',
    'req -new -newkey rsa:2048 -nodes -subj /CN=x -keyout req.pem -out n.csr',
  ]) {
    await opensslOutput(line.split(' '), shared());
    const [command = ''] = line.split(' ');
    labels[command] = /BEGIN (.*)-----/.exec(await readFile(at(`${command}.pem`), 'utf8'))?.[1];
  }
  const older = isFrom(3, 0) ? 'PRIVATE KEY' : 'RSA PRIVATE KEY';
  const same = 'PRIVATE KEY';
  expect(labels).toEqual({ genrsa: older, rsa: older, pkey: same, genpkey: same, req: same });
});

test('req -keyout encrypts with DES-EDE3-CBC up to 3.0, and with AES-256-CBC since 3.5', async () => {
  const line = 'req -new -newkey rsa:2048 -passout pass:secret -subj /CN=x -keyout e.pem -out e.csr';
  await opensslOutput(line.split(' '), shared());
  const encryption = keyEncryption(await readFile(at('e.pem'), 'utf8'));
  expect(encryption).toMatchObject({
    form: 'pkcs8',
    cipher: isFrom(3, 5) ? 'aes-256-cbc' : 'des-ede3-cbc',
  });
});

test('only the own configuration of 4.0 gives a self-signed CA no authorityKeyIdentifier', async () => {
  const has = async (config: string | undefined): Promise<boolean> => {
    const env = { PATH: process.env['PATH'], ...(config !== undefined && { OPENSSL_CONF: config }) };
    const args = 'req -new -x509 -key key.pem -subj /CN=self -out self.pem'.split(' ');
    await promisify(execFile)(path, args, { cwd: shared(), env });
    const [certificate] = certificatesIn(await readFile(at('self.pem'), 'utf8'));
    return certificateDetails(certificate!).extensions.some(({ id }) => id === '2.5.29.35');
  };
  expect(await has(process.env['DEFAULT_OPENSSL_CONF'])).toBe(!isFrom(4, 0));
  expect(await has(ownConfig())).toBe(true);
});

test('serials are random where nothing names one, with and without -CAcreateserial', async () => {
  const serials = [];
  for (const more of [
    [],
    [],
    ['-CAcreateserial', '-CAserial', 'one.srl'],
    ['-CAcreateserial', '-CAserial', 'two.srl'],
  ]) {
    const args = 'x509 -req -in x.csr -CA ca.pem -CAkey key.pem -extfile usage.ext -out r.pem'.split(' ');
    await opensslOutput([...args, ...more], shared());
    serials.push(new X509Certificate(await readFile(at('r.pem'))).serialNumber);
  }
  expect(new Set(serials).size).toBe(4);
  // 159 bits: a shorter one of them is about as likely as a collision of 64 bits.
  for (const serial of serials) expect(serial.length).toBeGreaterThan(24);
});

test('-x509_strict refuses a CA without keyUsage from 3.0 on, and passes it before', async () => {
  await signed('-extfile', 'whole.ext');
  const { code } = await openssl(['verify', '-x509_strict', '-CAfile', 'ca.pem', 'x.pem'], shared());
  expect(code === 0).toBe(!isFrom(3, 0));
});
