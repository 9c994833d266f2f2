import { beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ca,
  issued,
  planLines,
  previewSign,
  sign,
  type SignOptions,
  type StepEvent,
} from '../../lib/index.js';
import { altNamesOf, extendedKeyUsageOf } from '../../lib/x509/certificate.js';
import { certificateDetails } from '../../lib/x509/certificate-details.js';
import { checkSigned } from '../../lib/execute/read-back/check-signed.js';
import { certificateFields } from '../../lib/x509/certificate-fields.js';
import { spki } from '../../lib/x509/spki.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { failure } from '../support/failure.js';
import { chosen } from '../support/form.js';
import { opensslOutput } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const COUNT = 20;
const clients = Array.from({ length: COUNT }, (_, number) => `client-${number}`);

beforeAll(async () => {
  await ca({ directory: at('ca'), key: 'ec:p384', passphrase: 'correct horse' });
  await mkdir(at('requests'));
  for (const name of clients) await request(at('requests'), name, `/O=Example/CN=${name}`);
});

const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** Each asks for more than it gets. */
async function request(folder: string, name: string, subject: string, ...args: string[]): Promise<void> {
  const greedy = ['basicConstraints=critical,CA:TRUE', 'extendedKeyUsage=clientAuth,codeSigning'];
  const key = args.includes('-newkey') ? ['-nodes'] : [...p256, '-nodes'];
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.csr`)];
  const extensions = greedy.flatMap((one) => ['-addext', one]);
  await opensslOutput(['req', '-new', ...key, ...files, '-subj', subject, ...args, ...extensions]);
}

async function authority(): Promise<string> {
  const directory = join(temporary(), 'ca');
  await cp(at('ca'), directory, { recursive: true });
  return directory;
}

const options: Omit<SignOptions, 'directory'> = { namesFromCsr: true, passphrase: 'correct horse', days: 30 };

test('many clients are signed by one openssl, each with its own key and nothing of its CSR but the name', async () => {
  const directory = await authority();
  const { commands, certificates } = await sign([at('requests')], { ...options, directory });
  expect(commands.filter((line) => /^openssl (?:ca|x509) /.test(line))).toHaveLength(1);
  expect(commands.join()).not.toContain('correct horse');
  expect(certificates.size).toBe(COUNT);
  const serials = new Set<string>();
  for (const name of clients) {
    const path = join(directory, `clients/${name}/cert.pem`);
    const text = await readFile(path, 'utf8');
    const certificate = new X509Certificate(text);
    const csr = await opensslOutput(['req', '-in', at(`requests/${name}.csr`), '-noout', '-pubkey']);
    expect(certificate.publicKey.export({ type: 'spki', format: 'pem' })).toBe(csr);
    expect(text).toMatch(/^-----BEGIN CERTIFICATE-----\n[^-]*-----END CERTIFICATE-----\n$/);
    expect(certificate.subject).toBe(`O=Example\nCN=${name}`);
    expect(certificate.ca).toBe(false);
    expect(extendedKeyUsageOf(certificate)).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(altNamesOf(certificate).names).toEqual([]);
    expect(certificateDetails(certificate)).toMatchObject({
      keyUsage: { critical: true, usages: ['digitalSignature'] },
    });
    expect(
      Math.round((Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000),
    ).toBe(30);
    serials.add(certificate.serialNumber);
  }
  expect(serials.size).toBe(COUNT);
  const list = await issued({ directory });
  expect(new Set(list.certificates.slice(-COUNT).map(({ serial }) => serial))).toEqual(serials);
  const last = join(directory, 'clients/client-7/cert.pem');
  const details = await opensslOutput(['x509', '-in', last, '-noout', '-text']);
  expect(details).toContain('ecdsa-with-SHA384');
});

test('a subject that openssl ca would refuse is signed by itself, beside the others', async () => {
  const directory = await authority();
  const folder = join(temporary(), 'requests');
  await cp(at('requests'), folder, { recursive: true });
  await request(folder, 'mail', '/CN=mail/emailAddress=mail@example.com');
  await request(folder, 'umlaut', '/CN=Jürgen', '-utf8');
  const { commands, certificates } = await sign([folder], { ...options, directory });
  expect(commands.filter((line) => line.startsWith('openssl x509'))).toHaveLength(1);
  expect(certificates.size).toBe(COUNT + 2);
  expect(certificates.get('clients/mail/cert.pem')?.subject).toBe('CN=mail\nemailAddress=mail@example.com');
  expect(certificates.get('clients/umlaut/cert.pem')?.subject).toBe('CN=Jürgen');
});

test('where servers have a CA of their own, that of the clients signs them', async () => {
  const directory = join(temporary(), 'separate');
  await ca({ directory, key: 'ec:p256', passphrase: 'correct horse', separateCas: true });
  const { commands } = await sign([at('requests')], { ...options, directory });
  expect(commands.filter((line) => /^openssl (?:ca|x509) /.test(line))).toHaveLength(1);
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8');
  const issuer = new X509Certificate(await read('client-ca.pem'));
  for (const name of clients) {
    const certificate = new X509Certificate(await read(`clients/${name}/cert.pem`));
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(await read(`clients/${name}/ca.pem`)).toBe(await read('ca.pem'));
  }
});

test('an intermediate CA signs each by itself, with the chain behind it', async () => {
  const [root, directory] = [join(temporary(), 'root'), join(temporary(), 'issuing')];
  const own = { key: 'ec:p256', passphrase: 'correct horse' } as const;
  await ca({ ...own, directory: root, pathLength: 1 });
  await ca({ ...own, directory, parent: root, parentPassphrase: 'correct horse' });
  const { plan } = await previewSign([at('requests')], { ...options, directory });
  expect(plan.steps.filter((step) => step.kind === 'openssl' && step.command === 'ca')).toEqual([]);
  expect(plan.steps.filter((step) => step.kind === 'concatenate')).toHaveLength(COUNT);
});

test('a template of the user signs each client by itself', async () => {
  const directory = await authority();
  const templates = join(temporary(), 'templates');
  await mkdir(templates);
  await cp('templates/recommended/client.cnf', join(templates, 'client.cnf'));
  const { plan } = await previewSign([at('requests')], { ...options, directory, templates });
  expect(plan.steps.filter((step) => step.kind === 'openssl' && step.command === 'x509')).toHaveLength(COUNT);
});

test('certificates that were signed together are checked for their keys, their CA and their role', async () => {
  const directory = await authority();
  await sign([at('requests')], { ...options, directory });
  const [path, other] = ['clients/client-1/cert.pem', 'clients/client-2/cert.pem'].map((one) =>
    join(directory, one),
  );
  const read = (file: string): string => readFileSync(file, 'latin1');
  const keyOf = (file = ''): string => spki(new X509Certificate(read(file)).publicKey);
  const ca = new X509Certificate(read(join(directory, 'ca.pem')));
  const check = (role: 'server' | 'client', key = keyOf(path), issuer = ca): Promise<void> =>
    checkSigned(
      {
        kind: 'check-signed',
        certificates: [{ certificate: path ?? '', publicKey: key }],
        issuer: 'ca.pem',
        role,
      },
      issuer,
      (file) => certificateFields(new X509Certificate(read(file)).raw),
    );
  await check('client');
  await expect(check('server')).rejects.toThrow('its extendedKeyUsage is not that of a server');
  await expect(check('client', keyOf(other))).rejects.toThrow('it has another key than its request');
  await expect(check('client', undefined, new X509Certificate(read(other ?? '')))).rejects.toThrow(
    'it is not signed by ca.pem',
  );
});

/** An openssl whose `ca` gets other words, or writes something else. */
const lies: readonly [what: string, ca: string, message: string][] = [
  ['leaves one out', `openssl "$@" && rm "$(ls signing/1/*.pem | sed -n 5p)"`, 'did not write it'],
  [
    'mixes up two',
    `openssl "$@" && set -- $(ls signing/1/*.pem) && mv "$5" other && mv "$6" "$5" && mv other "$6"`,
    'does not belong to the key',
  ],
  [
    'signs one twice',
    `openssl "$@" && set -- $(ls signing/1/*.pem) && cp "$5" "$6"`,
    'does not belong to the key',
  ],
  [
    'copies extensions',
    `sed -i 's/copy_extensions = none/copy_extensions = copy/; ' "$config"; sed -i '/basicConstraints/d' "$extfile"; exec openssl "$@"`,
    'basicConstraints',
  ],
  ['takes another lifetime', `shift; exec openssl ca -startdate 20250101000000Z "$@"`, 'it begins on'],
  [
    'takes other serial numbers',
    `first=$(cat signing/1/serial); echo 01 > signing/1/serial; openssl "$@" && mv signing/1/01.pem "signing/1/$first.pem"`,
    'its serial is 1, not',
  ],
  ['writes a link', `openssl "$@" && set -- $(ls signing/1/*.pem) && ln -sf ../../ca.pem "$5"`, 'is a link'],
];

/** In the short form without those that go through the same code. */
const isKept = ([what]: (typeof lies)[number]): boolean =>
  /leaves one out|mixes up two|writes a link/.test(what);

test.each(chosen(lies, isKept))('an openssl that %s is refused', async (_, ca, message) => {
  const directory = await authority();
  const lying = await fakeOpenssl(
    temporary(),
    `[ "$1" = ca ] || exec openssl "$@"\nconfig=$6\nextfile=signing/client.cnf\n${ca}`,
  );
  expect(
    await failure(directory, () => sign([at('requests')], { ...options, directory, openssl: lying })),
  ).toMatchObject({ code: 'ERR_READ_BACK', message: expect.stringContaining(message) as unknown });
});

test('the same CSR gets the same certificate as when it is signed alone', async () => {
  const folder = join(temporary(), 'requests');
  await cp(at('requests'), folder, { recursive: true });
  await request(folder, 'rsa', '/O=Example/OU=Ops/CN=rsa', '-newkey', 'rsa:2048');
  const fields = async (csrs: string, name: string): Promise<string> => {
    const directory = join(temporary(), `ca-${name}-${csrs.length}`);
    await cp(at('ca'), directory, { recursive: true });
    await sign([csrs], { ...options, directory });
    const certificate = join(directory, `clients/${name}/cert.pem`);
    const shown = ['-text', '-certopt', 'no_serial,no_validity,no_sigdump'];
    const signature = await opensslOutput(['x509', '-in', certificate, '-noout', ...shown]);
    return (
      signature +
      (await opensslOutput(['asn1parse', '-in', certificate])).replace(/(TIME|INTEGER|\[HEX DUMP\]).*/g, '')
    );
  };
  for (const name of ['client-3', 'rsa'])
    expect(dropLengths(await fields(folder, name))).toBe(
      dropLengths(await fields(join(folder, `${name}.csr`), name)),
    );
});

/** A signature and a serial number take an octet more or less. */
function dropLengths(text: string): string {
  return text.replace(/^ *\d+:d=(\d+) +hl=\d+ l= *\d+/gm, '$1');
}

test('a run that is stopped, or finds one bad CSR, signs nothing', async () => {
  const directory = await authority();
  const stop = new AbortController();
  const observer = (event: StepEvent): void => {
    if (event.type === 'done' && event.step.kind === 'check-signed') stop.abort();
  };
  expect(
    await failure(directory, () =>
      sign([at('requests')], { ...options, directory, signal: stop.signal, observer }),
    ),
  ).toMatchObject({ code: 'ERR_ABORTED' });
  const folder = join(temporary(), 'requests');
  await cp(at('requests'), folder, { recursive: true });
  const other = (await readFile(join(folder, 'client-1.csr'), 'latin1')).split('\n').slice(-5);
  const changed = (await readFile(join(folder, 'client-2.csr'), 'latin1')).split('\n').slice(0, -5);
  await writeFile(join(folder, 'client-2.csr'), [...changed, ...other].join('\n'));
  expect(await failure(directory, () => sign([folder], { ...options, directory }))).toMatchObject({
    code: 'ERR_FILE',
    message: expect.stringContaining('client-2.csr') as unknown,
  });
});

test('a wrong passphrase is refused before anything is signed', async () => {
  const directory = await authority();
  expect(
    await failure(directory, () => sign([at('requests')], { ...options, directory, passphrase: 'wrong' })),
  ).toMatchObject({ code: 'ERR_PASSPHRASE_WRONG' });
});

test('the plan is shown as lines of shell, which sign the same', async () => {
  const directory = await authority();
  const { plan } = await previewSign([at('requests')], { ...options, directory });
  const last = plan.steps.findLastIndex(({ kind }) => kind === 'put-files');
  const lines = planLines({ steps: plan.steps.slice(0, last + 1) }).join('\n');
  const script = join(temporary(), 'plan.sh');
  await writeFile(script, `set -eu\n${lines.replace('-passin fd:3', '-passin "pass:correct horse"')}\n`);
  execFileSync('sh', [script], { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
  const made = new X509Certificate(await readFile(join(directory, 'clients/client-19/cert.pem')));
  expect(made.subject).toBe('O=Example\nCN=client-19');
});
