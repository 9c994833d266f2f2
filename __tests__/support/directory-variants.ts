import { generateKeyPairSync } from 'node:crypto';
import {
  appendFile,
  chmod,
  chown,
  copyFile,
  cp,
  mkdir,
  readFile,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Folder } from '../../lib/store/folder.js';
import { writeJournal } from '../../lib/store/journal.js';
import { lockName } from '../../lib/store/lock.js';
import { ownerTag } from '../../lib/store/owner.js';
import { daysAgo } from './faketime.js';
import { unknownKey, withUnknownKey } from './unknown-key.js';
import { makeFlawedSet, type Flaw, type FlawedSet } from './flawed-sets.js';

/** A directory with one flaw, and what is to be found in it. */
export interface DirectoryVariant {
  readonly title: string;
  readonly set?: FlawedSet;
  /** What is done to the directory; `made` holds all that was made for it, the CA's key too. */
  readonly spoil?: (directory: string, made: string) => Promise<unknown>;
  /** `file: id`. */
  readonly findings: readonly string[];
}

const files = ['ca.pem', 'server-cert.pem', 'server-key.pem', 'cert.pem', 'key.pem'];

/** Makes a directory without any flaw but the one; leaves live for a year, and the CA's key is kept elsewhere. */
export async function makeDirectory(
  root: string,
  { set = {}, spoil }: Pick<DirectoryVariant, 'set' | 'spoil'> = {},
): Promise<string> {
  const directory = join(root, 'docker-tls');
  const made = await makeSet(join(root, 'made'), set);
  await mkdir(directory, { mode: 0o700 });
  for (const file of files) await copyFile(join(made, file), join(directory, file));
  await spoil?.(directory, made);
  return directory;
}

async function makeSet(directory: string, { ca = {}, server, client }: FlawedSet): Promise<string> {
  const year = { days: 365 };
  await makeFlawedSet(directory, { ca, server: { ...year, ...server }, client: { ...year, ...client } });
  return directory;
}

/** Another server of the same CA, in `servers/b`. */
async function addServer(directory: string, made: string, server: Flaw): Promise<void> {
  const other = await makeSet(join(dirname(made), 'other'), { server });
  await mkdir(join(directory, 'servers/b'), { recursive: true });
  for (const file of ['ca.pem', 'server-cert.pem', 'server-key.pem'])
    await copyFile(join(other, file), join(directory, 'servers/b', file));
}

/** The client, in a directory of its own. */
async function moveClient(directory: string): Promise<string> {
  const own = join(directory, 'clients/a');
  await mkdir(own, { recursive: true });
  await copyFile(join(directory, 'ca.pem'), join(own, 'ca.pem'));
  for (const file of ['cert.pem', 'key.pem']) {
    await copyFile(join(directory, file), join(own, file));
    await rm(join(directory, file));
  }
  return own;
}

async function otherCa(made: string): Promise<string> {
  return makeSet(join(dirname(made), 'another'), { ca: { key: 'ec:secp384r1', subject: '/CN=Another CA' } });
}

/** By the name of a run that is gone: its process has another beginning. */
async function leaveWorkspace(folder: string): Promise<string> {
  const tag = (await ownerTag()).replace(/\d+$/, '1');
  const path = join(folder, `.docker-tls-openssl-${tag}-abcdef`);
  await mkdir(path);
  return path;
}

function newKey(passphrase?: string): string {
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
    .privateKey.export({ type: 'pkcs8', format: 'pem', ...encryption })
    .toString();
}

const san = (subjectAltName: string, subject = '/CN=localhost'): FlawedSet => ({
  server: { subject, extensions: { subjectAltName } },
});

/** The flaws of files. */
const ofFiles: readonly DirectoryVariant[] = [
  {
    title: 'a certificate that is empty',
    spoil: (at) => truncate(join(at, 'cert.pem')),
    findings: ['cert.pem: damaged'],
  },
  {
    title: 'a key that is cut off',
    spoil: (at) => truncate(join(at, 'key.pem'), 80),
    findings: ['key.pem: damaged'],
  },
  {
    title: 'a CA that is a link to nothing',
    spoil: async (at) => {
      await rm(join(at, 'ca.pem'));
      await symlink('/nowhere/ca.pem', join(at, 'ca.pem'));
    },
    findings: ['ca.pem: damaged'],
  },
  {
    title: "a file that is no recipe's",
    spoil: async (at) => {
      await writeFile(join(at, 'notes.txt'), 'hello\n');
      await writeFile(join(at, 'ca.srl'), '01\n');
      await writeFile(join(at, 'index.txt.attr'), '');
      await writeFile(join(at, 'extfile.cnf'), 'extendedKeyUsage = clientAuth\n');
    },
    findings: ['notes.txt: stray-file'],
  },
  {
    title: 'a public key',
    spoil: (at) =>
      writeFile(
        join(at, 'public.pem'),
        generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
      ),
    findings: ['public.pem: stray-file'],
  },
  {
    title: "a key that is nobody's",
    spoil: (at) => writeFile(join(at, 'spare-key.pem'), newKey(), { mode: 0o400 }),
    findings: ['spare-key.pem: key-unused'],
  },
  {
    title: 'a key that others can read',
    spoil: (at) => chmod(join(at, 'key.pem'), 0o440),
    findings: ['key.pem: key-readable'],
  },
  {
    title: 'a certificate that others can change',
    spoil: (at) => chmod(join(at, 'cert.pem'), 0o664),
    findings: ['cert.pem: writable'],
  },
  {
    title: 'a directory that others can change',
    spoil: (at) => chmod(at, 0o777),
    findings: ['.: writable'],
  },
  {
    title: "another user's certificate",
    spoil: (at) => chown(join(at, 'ca.pem'), 12_345, 0),
    findings: ['ca.pem: owner'],
  },
  {
    title: 'a commit that was cut off',
    spoil: async (at) => {
      const workspace = await Folder.open(await leaveWorkspace(at));
      await writeJournal(workspace, { units: ['x'], replaces: [] });
      await workspace.close();
    },
    findings: ['WORKSPACE: unfinished-commit'],
  },
  { title: 'a workspace', spoil: (at) => leaveWorkspace(at), findings: ['WORKSPACE: leftovers'] },
  {
    title: 'a workspace beside it',
    spoil: (at) => leaveWorkspace(dirname(at)),
    findings: ['../WORKSPACE: leftovers'],
  },
  {
    title: 'a lock of a run that is gone',
    spoil: async (at) => writeFile(join(at, lockName), lockText((await ownerTag()).replace(/-\d+$/, '-1'))),
    findings: [`${lockName}: stale-lock`],
  },
  {
    title: 'a lock of an earlier version, whose run is gone',
    spoil: async (at) => {
      await mkdir(join(at, lockName));
      await utimes(join(at, lockName), 0, 0);
    },
    findings: [`${lockName}: stale-lock`],
  },
  {
    title: 'a lock of a run that is at work',
    spoil: async (at) => writeFile(join(at, lockName), lockText(await ownerTag())),
    findings: [],
  },
];

function lockText(owner: string): string {
  return `docker-tls-openssl lock ${owner} 0123456789abcdef a-host\n`;
}

/** The flaws of CAs, their copies and keys. */
const ofCas: readonly DirectoryVariant[] = [
  { title: 'no CA', spoil: (at) => rm(join(at, 'ca.pem')), findings: ['ca.pem: ca-missing'] },
  {
    title: 'the CA of its clients, beside a server alone',
    spoil: async (at, made) => {
      for (const file of ['cert.pem', 'key.pem', 'ca.pem']) await rm(join(at, file));
      await copyFile(join(await otherCa(made), 'ca.pem'), join(at, 'ca.pem'));
    },
    findings: ['server-cert.pem: signed-by-another-ca'],
  },
  {
    title: 'another CA beside a client',
    spoil: async (at, made) =>
      copyFile(join(await otherCa(made), 'ca.pem'), join(await moveClient(at), 'ca.pem')),
    findings: ['clients/a/ca.pem: ca-copy-of-another'],
  },
  {
    title: 'one CA more beside a client',
    spoil: async (at, made) =>
      appendFile(join(await moveClient(at), 'ca.pem'), await readFile(join(await otherCa(made), 'ca.pem'))),
    findings: ['clients/a/ca.pem: ca-copy-differs'],
  },
  {
    title: 'a CA with the key of another',
    spoil: (at) => writeFile(join(at, 'ca-key.pem'), newKey(), { mode: 0o400 }),
    findings: ['ca-key.pem: ca-key-of-another'],
  },
  {
    title: "a CA's key that is open",
    spoil: (at, made) => copyFile(join(made, 'ca-key.pem'), join(at, 'ca-key.pem')),
    findings: ['ca-key.pem: ca-key-unencrypted'],
  },
  {
    title: "a copy of the CA's key beside a client",
    spoil: async (at, made) => {
      await copyFile(join(made, 'ca-key.pem'), join(at, 'ca-key.pem'));
      await copyFile(join(made, 'ca-key.pem'), join(await moveClient(at), 'ca-key.pem'));
    },
    findings: [
      'ca-key.pem: ca-key-unencrypted',
      'clients/a/ca-key.pem: ca-key-copied',
      'clients/a/ca-key.pem: ca-key-unencrypted',
    ],
  },
  {
    title: "the only one of a CA's key beside a client",
    spoil: async (at, made) => copyFile(join(made, 'ca-key.pem'), join(await moveClient(at), 'ca-key.pem')),
    findings: ['clients/a/ca-key.pem: ca-key-unencrypted'],
  },
  {
    title: 'a key that this Node cannot read',
    spoil: (at) => writeFile(join(at, 'ca-key.pem'), unknownKey(), { mode: 0o400 }),
    findings: ['ca-key.pem: ca-key-unencrypted', 'ca-key.pem: key-unknown'],
  },
  {
    title: 'an encrypted key of nobody here',
    spoil: (at) => writeFile(join(at, 'other-key.pem'), newKey('correct horse'), { mode: 0o400 }),
    findings: ['other-key.pem: key-unknown'],
  },
  {
    title: 'a CA that ends soon',
    set: {
      ca: { made: daysAgo(80), days: 100 },
      server: { made: daysAgo(79), days: 89 },
      client: { made: daysAgo(79), days: 89 },
    },
    findings: ['ca.pem: ca-ends-soon', 'cert.pem: ends-soon', 'server-cert.pem: ends-soon'],
  },
  { title: 'a CA with SHA-1', set: { ca: { digest: 'sha1' } }, findings: ['ca.pem: ca-weak-digest'] },
  {
    title: 'a CA with a negative serial',
    set: { ca: { serial: '-5' } },
    findings: ['ca.pem: ca-negative-serial'],
  },
  {
    title: 'a CA with the serial 0',
    set: { ca: { serial: '0' } },
    findings: ['ca.pem: serial-zero'],
  },
  {
    title: 'a CA alone that has expired',
    set: { ca: { made: '2020-01-01 00:00:00', days: 30 } },
    spoil: (at) => Promise.all(files.slice(1).map((file) => rm(join(at, file)))),
    findings: ['ca.pem: ca-expired'],
  },
];

/** The flaws of servers and clients. */
const ofLeaves: readonly DirectoryVariant[] = [
  {
    title: 'a server that ends soon',
    set: { ca: { made: daysAgo(90) }, server: { made: daysAgo(80), days: 100 } },
    findings: ['server-cert.pem: ends-soon'],
  },
  { title: 'a server of ten days', set: { server: { days: 10 } }, findings: [] },
  {
    title: 'a server that outlives its CA',
    set: { ca: { days: 100 }, client: { days: 90 } },
    findings: ['server-cert.pem: outlives-ca'],
  },
  {
    title: 'a client that is older than its CA',
    set: { client: { made: daysAgo(100), days: 400 } },
    findings: ['cert.pem: before-ca'],
  },
  { title: 'a client for years', set: { client: { days: 1000 } }, findings: [] },
  { title: 'a server for years', set: { server: { days: 1000 } }, findings: ['server-cert.pem: long-lived'] },
  {
    title: 'a client without its key',
    spoil: (at) => rm(join(at, 'key.pem')),
    findings: ['cert.pem: key-missing'],
  },
  {
    title: 'a CA whose key this Node cannot read',
    spoil: (at) => withUnknownKey(join(at, 'ca.pem')),
    findings: ['cert.pem: signature-unknown', 'server-cert.pem: signature-unknown'],
  },
  {
    title: 'a client that can sign clients',
    set: {
      client: {
        extensions: {
          basicConstraints: 'critical,CA:TRUE',
          keyUsage: 'critical,digitalSignature,keyCertSign',
        },
      },
    },
    findings: ['cert.pem: can-sign', 'cert.pem: pair-is-ca'],
  },
  {
    title: 'a server with a negative serial',
    set: { server: { serial: '-5' } },
    findings: ['server-cert.pem: negative-serial'],
  },
  {
    title: 'a client that can sign none',
    set: {
      ca: { extensions: { basicConstraints: 'critical,CA:TRUE,pathlen:0' } },
      client: {
        extensions: {
          basicConstraints: 'critical,CA:TRUE',
          keyUsage: 'critical,digitalSignature,keyCertSign',
        },
      },
    },
    findings: ['cert.pem: pair-is-ca'],
  },
  {
    title: 'two servers with one key',
    spoil: (at, made) => addServer(at, made, { subject: '/CN=b', serial: '0x7766' }),
    findings: ['server-cert.pem: key-shared', 'servers/b/server-cert.pem: key-shared'],
  },
  {
    title: 'two servers with one serial',
    spoil: (at, made) => addServer(at, made, { subject: '/CN=b', key: 'ec:secp384r1' }),
    findings: ['servers/b/server-cert.pem: serial-reused'],
  },
  {
    title: 'a client without extendedKeyUsage',
    set: { client: { extensions: { extendedKeyUsage: undefined } } },
    findings: ['cert.pem: without-extended-key-usage'],
  },
  {
    title: 'a server that is a client too',
    set: { server: { extensions: { extendedKeyUsage: 'serverAuth,clientAuth' } } },
    findings: ['server-cert.pem: for-both'],
  },
  {
    title: 'a client with a short key',
    set: { client: { key: 'rsa:1024' } },
    findings: ['cert.pem: client-key-small', 'cert.pem: pair-key-small'],
  },
  {
    title: 'a client without a name',
    set: { client: { subject: '/O=Example' } },
    findings: ['cert.pem: client-unnamed'],
  },
  {
    title: "a server with its CA's subject",
    set: { ca: { subject: '/CN=localhost' } },
    findings: ['server-cert.pem: subject-is-issuer'],
  },
  {
    title: 'a server of wildcards',
    set: san('DNS:*.a.example,DNS:*.b.example'),
    findings: ['server-cert.pem: wildcard-only'],
  },
  {
    title: 'a server whose name is a URL',
    set: san('DNS:localhost,DNS:https://localhost'),
    findings: ['server-cert.pem: name-of-no-host'],
  },
  {
    title: 'a server for 0.0.0.0',
    set: san('DNS:localhost,IP:0.0.0.0'),
    findings: ['server-cert.pem: name-of-every-address'],
  },
  {
    title: 'a server with an address as a DNS name beside another',
    set: san('DNS:localhost,DNS:10.0.0.5'),
    findings: ['server-cert.pem: address-as-dns-name'],
  },
  {
    title: 'a server with an address as a DNS name and as an address',
    set: san('DNS:localhost,DNS:10.0.0.5,IP:10.0.0.5'),
    findings: [],
  },
  {
    title: 'a server that names no host',
    set: san('email:root@localhost', '/CN=x'),
    findings: ['server-cert.pem: other-names'],
  },
  {
    title: 'a server with the serial 0',
    set: { server: { serial: '0' } },
    findings: ['server-cert.pem: serial-zero'],
  },
  {
    title: 'a server with a long serial',
    set: { server: { serial: `0x40${'12'.repeat(21)}` } },
    findings: ['server-cert.pem: serial-long'],
  },
];

/** Where certificates lie. */
const ofPlaces: readonly DirectoryVariant[] = [
  { title: 'no flaw', findings: [] },
  { title: 'a client in a directory of its own', spoil: moveClient, findings: [] },
  {
    title: "a client's flaw in a directory of its own",
    set: { client: { extensions: { extendedKeyUsage: 'serverAuth' } } },
    spoil: moveClient,
    findings: ['clients/a/cert.pem: extended-key-usage', 'clients/a/cert.pem: pair-extended-key-usage'],
  },
  {
    title: "a server's flaw under a foreign name",
    set: { server: { extensions: { subjectAltName: undefined } } },
    spoil: async (at) => {
      await cp(join(at, 'server-cert.pem'), join(at, 'host.crt'));
      await cp(join(at, 'server-key.pem'), join(at, 'host.key'));
      await Promise.all(['server-cert.pem', 'server-key.pem'].map((file) => rm(join(at, file))));
    },
    findings: ['host.crt: no-names'],
  },
  {
    title: "what a host got, where its files are called as a client's are",
    spoil: async (at) => {
      for (const file of ['cert.pem', 'key.pem']) {
        await copyFile(join(at, `server-${file}`), join(at, file));
        await rm(join(at, `server-${file}`));
      }
    },
    findings: [],
  },
  {
    title: 'a bundle of two CAs, one for the server and one for the client',
    spoil: async (at, made) => {
      const other = await otherCa(made);
      for (const file of ['cert.pem', 'key.pem']) await copyFile(join(other, file), join(at, file));
      await appendFile(join(at, 'ca.pem'), await readFile(join(other, 'ca.pem')));
    },
    findings: [],
  },
];

export const directoryVariants = [...ofPlaces, ...ofFiles, ...ofCas, ...ofLeaves];
