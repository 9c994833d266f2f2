import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { appendFile, chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOpenssl } from '../../lib/index.js';
import { leafFiles } from '../../lib/set/layout.js';
import type { OtherForm } from '../../lib/x509/certificate-form.js';
import { atClock } from './faketime.js';
import { largeRsaKey } from './large-rsa-key.js';
import { madeOnce } from './made-once.js';

const run = promisify(execFile);

/** What a certificate of a set is to have otherwise than a good one has. */
export interface Flaw {
  /** Lines of extensions by their name; undefined leaves one out. `null` for all: a certificate of version 1. */
  readonly extensions?: Readonly<Record<string, string | undefined>> | null;
  readonly subject?: string;
  readonly key?: string;
  readonly digest?: string;
  readonly serial?: string;
  /** When it is made, and for how many days. */
  readonly made?: string;
  readonly days?: number;
  /** Signed by a CA that nobody trusts, of another name or of the same; or by no CA. */
  readonly signedBy?: 'a stranger' | 'a namesake' | 'itself';
}

export interface FlawedSet {
  readonly ca?: Flaw;
  readonly server?: Flaw;
  readonly client?: Flaw;
  /** The CA is an intermediate: in the leaves' files, with its root in ca.pem; or in ca.pem, and the root nowhere. */
  readonly intermediate?: 'in the leaves' | 'trusted alone';
  /** Of the root above the intermediate. */
  readonly root?: Flaw;
  /** ca.pem holds the leaves' own certificates, and no CA. */
  readonly pinned?: boolean;
  /** What stands in ca.pem after the certificate. */
  readonly caTail?: string;
  /** How ca.pem is written. */
  readonly caForm?: OtherForm;
}

const good = {
  ca: {
    basicConstraints: 'critical,CA:TRUE',
    keyUsage: 'critical,keyCertSign,cRLSign',
    subjectKeyIdentifier: 'hash',
    authorityKeyIdentifier: 'none',
  },
  server: {
    basicConstraints: 'critical,CA:FALSE',
    keyUsage: 'critical,digitalSignature,keyEncipherment',
    extendedKeyUsage: 'serverAuth',
    subjectKeyIdentifier: 'hash',
    authorityKeyIdentifier: 'keyid:always',
    subjectAltName: 'DNS:localhost,IP:127.0.0.1',
  },
  client: {
    basicConstraints: 'critical,CA:FALSE',
    keyUsage: 'critical,digitalSignature,keyEncipherment',
    extendedKeyUsage: 'clientAuth',
    subjectKeyIdentifier: 'hash',
    authorityKeyIdentifier: 'keyid:always',
  },
} as const;

const subjects = { ca: '/CN=Test CA', server: '/CN=localhost', client: '/CN=client' } as const;

type Part = keyof typeof good;

/** Makes ca.pem, server-cert.pem, cert.pem and their keys in `directory`, with openssl, each with the flaw that is given. */
export async function makeFlawedSet(directory: string, set: FlawedSet = {}): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { intermediate } = set;
  const root =
    intermediate && (await makeCa(directory, 'root', { subject: '/CN=Test Root', ...set.root }, 'root'));
  const ca = await makeCa(directory, 'ca', set.ca, root ? 'intermediate' : 'ca', root);
  const leaf = async (part: 'server' | 'client'): Promise<void> => {
    const { signedBy } = set[part] ?? {};
    if (signedBy === 'a stranger' || signedBy === 'a namesake') {
      const flaw = signedBy === 'a stranger' ? { subject: '/CN=Other CA' } : {};
      // Not beside the leaf: a CA there could be the one that the other side trusts.
      await mkdir(join(directory, 'other'), { recursive: true });
      const other = await makeCa(directory, `other/${part}-ca`, flaw, 'other');
      await makeLeaf(directory, part, other, set[part]);
    } else await makeLeaf(directory, part, ca, set[part]);
  };
  await Promise.all([leaf('server'), leaf('client')]);
  if (set.pinned === true) {
    const own = [leafFiles('server'), leafFiles('client')].map(({ certificate }) =>
      join(directory, certificate),
    );
    await rm(ca.key);
    await writeFile(ca.certificate, Buffer.concat(await Promise.all(own.map((path) => readFile(path)))));
  }
  if (set.caTail !== undefined) await appendFile(ca.certificate, set.caTail);
  if (set.caForm !== undefined) await writeInForm(ca.certificate, set.caForm);
  if (intermediate !== 'in the leaves' || !root) return;
  const issuing = await readFile(ca.certificate);
  for (const { certificate } of [leafFiles('server'), leafFiles('client')]) {
    const path = join(directory, certificate);
    await writeFile(path, Buffer.concat([await readFile(path), issuing]));
  }
  await copyFile(root.certificate, ca.certificate);
  await copyFile(root.key, ca.key);
}

interface MadeCa {
  readonly certificate: string;
  readonly key: string;
  /** What tells it from others. */
  readonly id: string;
}

async function makeCa(
  directory: string,
  name: string,
  flaw: Flaw = {},
  owner = 'ca',
  parent?: MadeCa,
): Promise<MadeCa> {
  const at = (file: string): string => join(directory, file);
  const ca = {
    certificate: at(`${name}.pem`),
    key: at(`${name}-key.pem`),
    id: identity(owner, flaw, parent?.id),
  };
  await writeFile(ca.key, await keyOf(flaw.key ?? 'ec:prime256v1', owner), { mode: 0o600 });
  await once(ca.id, ca.certificate, async () => {
    // A root names itself as its issuer, an intermediate its parent.
    const named = parent ? { authorityKeyIdentifier: 'keyid:always' } : {};
    const extensions = flaw.extensions === null ? null : { ...named, ...flaw.extensions };
    await writeFile(at(`${name}.cnf`), config('ca', { ...flaw, extensions }));
    const subject = ['-subj', flaw.subject ?? subjects.ca, '-out', at(`${name}.csr`)];
    await openssl(['req', '-new', '-config', at(`${name}.cnf`), '-key', ca.key, ...subject]);
    const signer = parent ? ['-CA', parent.certificate, '-CAkey', parent.key] : ['-signkey', ca.key];
    const self = ['-req', '-in', at(`${name}.csr`), ...signer];
    await openssl(['x509', ...self, ...common(at, name, flaw), '-out', ca.certificate], flaw.made);
  });
  return ca;
}

async function makeLeaf(
  directory: string,
  part: 'server' | 'client',
  ca: MadeCa,
  flaw: Flaw = {},
): Promise<void> {
  const at = (file: string): string => join(directory, file);
  const { key: keyFile, certificate } = leafFiles(part);
  const key = await keyOf(flaw.key ?? 'ec:prime256v1', part);
  await writeFile(at(keyFile), key, { mode: 0o600 });
  await once(identity(part, flaw, ca.id), at(certificate), async () => {
    const publicKey = createPublicKey(createPrivateKey(key)).export({ format: 'pem', type: 'spki' });
    await writeFile(at(`${part}.pub`), publicKey);
    await writeFile(at(`${part}.cnf`), config(part, flaw));
    const issuer =
      flaw.signedBy === 'itself' ? ['-signkey', at(keyFile)] : ['-CA', ca.certificate, '-CAkey', ca.key];
    const subject = ['-new', '-force_pubkey', at(`${part}.pub`), '-subj', flaw.subject ?? subjects[part]];
    const out = ['-out', at(certificate)];
    await openssl(['x509', ...subject, ...issuer, ...common(at, part, flaw), ...out], flaw.made);
  });
}

/** What is left out counts too, which JSON would leave out. */
function identity(...parts: readonly unknown[]): string {
  return JSON.stringify(parts, (_, value: unknown) => (value === undefined ? 'left out' : value));
}

/** Makes a certificate the first time in a run of the tests, and writes the same one the next. */
async function once(id: string, path: string, make: () => Promise<void>): Promise<void> {
  const known = await madeOnce('flawed', identity(process.env['OPENSSL_BIN'], id), async (directory) => {
    await make();
    await mkdir(directory);
    await copyFile(path, join(directory, 'pem'));
  });
  await copyFile(join(known, 'pem'), path);
}

function common(at: (file: string) => string, name: string, flaw: Flaw): string[] {
  const { digest = 'sha256', days = 3650, serial = serialOf(name) } = flaw;
  // Without extensions it is of version 1 before OpenSSL 3.2.
  const extensions = flaw.extensions === null ? [] : ['-extfile', at(`${name}.cnf`), '-extensions', 'made'];
  return [...extensions, `-${digest}`, '-days', String(days), '-set_serial', serial];
}

/** 16 octets that begin with the name: NSS takes no two certificates of one issuer with the same. */
function serialOf(name: string): string {
  return `0x${Buffer.from(name.padEnd(16, '.')).toString('hex')}`;
}

function config(part: Part, { extensions }: Flaw): string {
  const all: Readonly<Record<string, string | undefined>> = { ...good[part], ...extensions };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = ${value}`],
  );
  return ['[req]', 'distinguished_name = dn', '[dn]', '[made]', ...lines, ''].join('\n');
}

/** `ec:CURVE`, `ed25519`, `rsa:BITS`; one of each for every owner in a run of the tests. */
async function keyOf(type: string, owner: string): Promise<string> {
  const known = await madeOnce('flawed', `${owner} ${type}`, async (directory) => {
    await mkdir(directory);
    await writeFile(join(directory, 'pem'), makeKey(type));
  });
  return readFile(join(known, 'pem'), 'utf8');
}

function makeKey(type: string): string {
  const form = { type: 'pkcs8', format: 'pem' } as const;
  const [algorithm, detail = ''] = type.split(':');
  if (algorithm === 'ed25519') return generateKeyPairSync('ed25519').privateKey.export(form).toString();
  if (algorithm === 'ec')
    return generateKeyPairSync('ec', { namedCurve: detail }).privateKey.export(form).toString();
  const modulusLength = Number(detail);
  if (modulusLength > 8192) return largeRsaKey(modulusLength);
  return generateKeyPairSync('rsa', { modulusLength }).privateKey.export(form).toString();
}

async function openssl(args: readonly string[], made?: string): Promise<void> {
  const { path } = await findOpenssl();
  const timeout = 60_000;
  if (made === undefined) await run(path, args, { timeout });
  else await run(path, args, { timeout, env: { ...process.env, ...atClock(`@${made}`) } });
}

/** Writes a file's certificate in another form. */
export async function writeInForm(path: string, form: OtherForm): Promise<void> {
  const pem = await readFile(path, 'utf8');
  await chmod(path, 0o600);
  if (form === 'BOM') await writeFile(path, `\ufeff${pem}`);
  else if (form === 'X509') await writeFile(path, pem.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'));
  else {
    const settings =
      form === 'TRUSTED with settings' ? ['-addtrust', 'serverAuth', '-addtrust', 'clientAuth'] : [];
    const as = form === 'DER' ? ['-outform', 'DER'] : ['-trustout', ...settings];
    await openssl(['x509', '-in', path, ...as, '-out', `${path}.new`]);
    await rename(`${path}.new`, path);
  }
}
