import { beforeAll, describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ca, execute, recommended, recommendedTemplates, type RecommendedOptions } from '../../lib/index.js';
import type { OpensslStep, Plan } from '../../lib/plan/step.js';
import { leafBatch } from '../../lib/recipes/leaf-batch.js';
import type { ExistingCa, WantedLeaf } from '../../lib/recipes/recommended.js';
import { loadTemplates } from '../../lib/recipes/templates.js';
import { recording } from '../../lib/set/issued/recording.js';
import { leafFiles } from '../../lib/set/layout.js';
import { parseAltNames } from '../../lib/x509/alt-names.js';
import { chainOf } from '../../lib/x509/ca-chain.js';
import { keyKindOf, parseKeyType } from '../../lib/x509/key-type.js';
import { certificatesIn } from '../../lib/x509/pem.js';
import { Passphrase } from '../../lib/x509/passphrase.js';
import { parseSerial } from '../../lib/x509/serial.js';
import { parseSubject } from '../../lib/x509/subject.js';
import { parseDays } from '../../lib/x509/validity.js';
import { certificateFields, keyFields } from '../support/certificate-fields.js';
import { failure } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { chosen, rows } from '../support/form.js';
import { openssl } from '../support/openssl.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const passphrase = 'correct horse';
let templates: RecommendedOptions['templates'];

beforeAll(async () => {
  const own = { key: 'ec:p384', passphrase } as const;
  await ca({ ...own, directory: join(shared(), 'root'), pathLength: 1 });
  const parent = { parent: join(shared(), 'root'), parentPassphrase: passphrase };
  await ca({ ...own, ...parent, directory: join(shared(), 'issuing') });
  await ca({ key: 'ec:p256', passphrase, directory: join(shared(), 'separate'), separateCas: true });
  ({ templates } = await loadTemplates('recommended', recommendedTemplates));
});

type Made = 'root' | 'issuing' | 'separate';

async function copyOf(which: Made, name: string): Promise<string> {
  const directory = join(temporary(), name);
  await cp(join(shared(), which), directory, { recursive: true });
  return directory;
}

async function signerIn(directory: string, name = 'ca', ofRole?: 'server' | 'client'): Promise<ExistingCa> {
  const certificates = certificatesIn(await readFile(join(directory, `${name}.pem`), 'utf8'));
  const kind = keyKindOf(certificates[0]!.publicKey);
  const keyRef = { kind: 'file', path: `${name}-key.pem` } as const;
  const chain = chainOf(certificates);
  return { ...kind, keyRef, passphrase: Passphrase.of(passphrase), chain, ...(ofRole && { ofRole }) };
}

let drawn = 0;

function leaf(
  role: 'server' | 'client',
  name: string,
  key: string,
  more: Partial<WantedLeaf> = {},
): WantedLeaf {
  const names = role === 'server' ? [`${name}.example.com`, 'localhost', '127.0.0.1', '::1'] : [];
  return {
    role,
    name,
    subject: parseSubject(`/CN=${name}`),
    key: parseKeyType(key),
    days: parseDays(30, 'days'),
    serial: parseSerial(`4A${String(++drawn).padStart(30, '0')}`),
    altNames: parseAltNames(names),
    ...more,
  };
}

/** One of each kind, and what is special in a subject or a name. */
const leaves = (): WantedLeaf[] => [
  leaf('client', 'alice', 'ec:p256'),
  leaf('client', 'bob', 'ec:p384'),
  leaf('client', 'carol', 'ed25519'),
  leaf('client', 'dave', 'rsa:2048'),
  leaf('client', 'erin', 'ec:p256', {
    subject: parseSubject(String.raw`/C=DE/O=Ex\/ample $a#1/CN=Erin Müller`),
  }),
  leaf('client', 'frank', 'ec:p256', { days: parseDays(7, 'days') }),
  leaf('client', 'mail', 'ec:p256', { subject: parseSubject('/CN=mail/emailAddress=mail@example.com') }),
  leaf('server', 'web1', 'ec:p256'),
  leaf('server', 'web2', 'ec:p256', { altNames: parseAltNames(['*.example.com', '2001:db8::1']) }),
  leaf('server', 'db1', 'rsa:2048'),
  leaf('server', 'db2', 'ed25519'),
];

async function run(plan: Plan, directory: string): Promise<readonly string[]> {
  const { commands } = await execute(await recording(plan, directory, true), { directory });
  return commands;
}

/** What a certificate says, but for its number and the identifier of its key, which is that of its key. */
async function fieldsOf(directory: string, path: string): Promise<unknown> {
  const text = await readFile(join(directory, path), 'utf8');
  const { serial, extensions, ...fields } = certificateFields(text);
  expect(serial).toHaveLength(32);
  const blocks = text.match(/-----BEGIN CERTIFICATE-----/g)?.length;
  const { publicKey } = new X509Certificate(text);
  const ofKey = publicKey.export({ type: 'spki', format: 'der' }).length;
  return {
    ...fields,
    blocks,
    ofKey,
    extensions: extensions.map((one) =>
      one.oid === '2.5.29.14' ? { ...one, value: one.value.length } : one,
    ),
  };
}

describe.each<[Made, string]>(
  rows(
    [
      ['root', 'a root'],
      ['issuing', 'a CA under another one'],
      ['separate', 'the CAs of servers and of clients'],
    ],
    2,
  ),
)('by %s', (which) => {
  test('many leaves that are made together are the same as those that are made one by one', async () => {
    const [together, alone] = [await copyOf(which, 'together'), await copyOf(which, 'alone')];
    const isSeparate = which === 'separate';
    const options: RecommendedOptions = {
      ca: await signerIn(together, 'ca', isSeparate ? 'server' : undefined),
      clientCa: isSeparate ? await signerIn(together, 'client-ca', 'client') : undefined,
      leaves: leaves(),
      templates,
    };
    const commands = await run(leafBatch(options), together);
    const others = await run(recommended(options), alone);
    expect(commands.filter((line) => line.startsWith('openssl ca '))).toHaveLength(4);
    expect(commands.filter((line) => line.startsWith('openssl x509 '))).toHaveLength(1);
    expect(commands.length).toBeLessThan(others.length / 1.5);
    expect([commands, others].join()).not.toContain(passphrase);

    expect(await modes(together)).toEqual(await modes(alone));
    for (const { role, name } of options.leaves) {
      const { certificate, key, ca: beside } = leafFiles(role, name);
      expect(await fieldsOf(together, certificate)).toEqual(await fieldsOf(alone, certificate));
      const [one, other] = await Promise.all([together, alone].map((at) => readFile(join(at, key), 'utf8')));
      expect(keyFields(one!)).toEqual(keyFields(other!));
      expect(one).not.toBe(other);
      const trusted = await readFile(join(together, beside), 'utf8');
      expect(trusted).toBe(await readFile(join(alone, beside), 'utf8'));
      const purpose = ['-purpose', role === 'server' ? 'sslserver' : 'sslclient'];
      const signer = isSeparate && role === 'client' ? 'client-ca.pem' : 'ca.pem';
      const files = ['-CAfile', join(together, signer), join(together, certificate)];
      expect(await openssl(['verify', '-x509_strict', ...purpose, ...files])).toMatchObject({ code: 0 });
    }
    const index = await readFile(join(together, 'authority/index.txt'), 'utf8');
    const issued = (text: string): string[] =>
      text
        .split('\n')
        .map((line) => line.split('\t').toSpliced(3, 1).toSpliced(1, 1).join(' '))
        .sort();
    expect(issued(index)).toEqual(issued(await readFile(join(alone, 'authority/index.txt'), 'utf8')));
  });
});

test('a plan of this many keeps to one openssl for a key, one to sign and one to verify many', async () => {
  const signer = await signerIn(join(shared(), 'root'));
  const many = Array.from({ length: 250 }, (_, at) => leaf('server', `web${at}`, 'ec:p256'));
  const { steps } = leafBatch({ ca: signer, leaves: many, templates });
  const count = (command: string): number =>
    steps.filter((step) => step.kind === 'openssl' && step.command === command).length;
  expect(count('req')).toBe(250);
  expect(count('ca')).toBeLessThanOrEqual(4);
  expect(count('verify')).toBeLessThanOrEqual(4);
  const serials = steps.flatMap((step) => (step.kind === 'openssl' ? (step.signs ?? []) : []));
  expect(new Set(serials.map(({ serial }) => serial)).size).toBe(250);
});

const inToken = { kind: 'pkcs11', uri: 'pkcs11:token=ca;object=ca' } as const;

test.each<[string, (signer: ExistingCa) => Partial<RecommendedOptions>]>([
  ['a template of the user', () => ({ ownTemplates: true })],
  ['a key in a token', (signer) => ({ ca: { ...signer, keyRef: inToken } })],
])('%s makes each leaf by itself', async (_, change) => {
  const signer = await signerIn(join(shared(), 'root'));
  const options = { ca: signer, leaves: leaves(), templates, ...change(signer) };
  expect(leafBatch(options)).toEqual(recommended(options));
});

/** An openssl of which one command writes something else. */
const lies: readonly [what: string, script: string, message: string][] = [
  [
    'makes the key of another',
    `[ "$1" = req ] || exec openssl "$@"; openssl "$@"; case "$*" in *web1*) ;; *) until [ -s servers/web1/server-key.pem ]; do sleep 0.1; done; cp servers/web1/server-key.pem servers/web2/server-key.pem;; esac`,
    'it is the key of',
  ],
  [
    'gives a server the names of another',
    `[ "$1" = ca ] || exec openssl "$@"; cp servers/web1/server.csr servers/web2/server.csr; exec openssl "$@"`,
    'does not belong to the key',
  ],
  [
    'leaves the names out',
    `[ "$1" = ca ] && sed -i 's/copy_extensions = copy/copy_extensions = none/' signing/1/ca.cnf; exec openssl "$@"`,
    'it has no subjectAltName',
  ],
  [
    'copies what a CSR asks for',
    `[ "$1" = req ] && sed -i 's/^req_extensions.*/&\\n/; s/^.. request ..$/&\\nkeyUsage = digitalSignature,keyCertSign/; s/^keyUsage = critical.*//' servers/*/server.cnf
[ "$1" = ca ] && sed -i '/^keyUsage/d' signing/1/server.cnf
exec openssl "$@"`,
    'keyUsage',
  ],
  [
    'makes the key readable by others, and a link of it',
    `openssl "$@" || exit; [ "$1" = req ] || exit 0; mv servers/web2/server-key.pem other; ln -s ../../other servers/web2/server-key.pem`,
    'is a link',
  ],
];

test.each(chosen(lies, ([what]) => !what.includes('readable')))(
  'an openssl that %s is refused',
  async (_, script, message) => {
    const directory = await copyOf('root', 'lied-to');
    const lying = await fakeOpenssl(temporary(), script);
    const plan = leafBatch({
      ca: await signerIn(directory),
      leaves: [leaf('server', 'web1', 'ec:p256'), leaf('server', 'web2', 'ec:p256')],
      templates,
    });
    expect(await failure(directory, () => execute(plan, { directory, openssl: lying }))).toMatchObject({
      code: 'ERR_READ_BACK',
      message: expect.stringContaining(message) as unknown,
    });
  },
);

test('of many, the one that fails is named, and nothing is written', async () => {
  const directory = await copyOf('root', 'failed');
  const failing = await fakeOpenssl(
    temporary(),
    `case "$*" in *clients/m17/*) echo 'no key today' >&2; exit 1;; esac; exec openssl "$@"`,
  );
  const many = Array.from({ length: 20 }, (_, at) => leaf('client', `m${at}`, 'ec:p256'));
  const plan = leafBatch({ ca: await signerIn(directory), leaves: many, templates });
  expect(await failure(directory, () => execute(plan, { directory, openssl: failing }))).toMatchObject({
    code: 'ERR_OPENSSL_FAILED',
    exitCode: 1,
    command: expect.stringMatching(/^openssl req .*clients\/m17\/client.csr$/) as unknown,
    stderr: expect.stringContaining('no key today') as unknown,
  });
});

test('shows each command as a person would type it', async () => {
  const plan = leafBatch({
    ca: await signerIn(join(shared(), 'root')),
    leaves: [leaf('server', 'web1', 'ec:p256'), leaf('client', 'alice', 'rsa:2048')],
    templates,
  });
  const titles = plan.steps
    .filter((step): step is OpensslStep => step.kind === 'openssl')
    .map(({ title }) => title);
  expect(titles).toEqual([
    'private key and certificate signing request of the server web1',
    'certificates of 1 servers',
    'verification of servers/web1/server-cert.pem',
    'private key of the client alice',
    'certificate signing request of the client alice',
    'certificates of 1 clients',
    'verification of clients/alice/cert.pem',
  ]);
});
