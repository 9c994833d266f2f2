import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, getDiffieHellman, type KeyObject } from 'node:crypto';
import type { KeyPairKeyObjectResult } from 'node:crypto';
import { link, mkdir, open, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { bytesOf, certificateOf, certSign, constraints, element, pem, sequence } from './by-hand.js';
import { opensslOutput } from './openssl.js';
import { quick, succeeds } from './program.js';

const run = promisify(execFile);

/** The files of a set, as `all` calls them. */
export const files = [
  'ca.pem',
  'ca-key.pem',
  'server-cert.pem',
  'server-key.pem',
  'cert.pem',
  'key.pem',
] as const;
export type FileName = (typeof files)[number];
export type Files = Readonly<Record<FileName, string>>;

export const pkcs8 = (key: KeyObject): string => String(key.export({ type: 'pkcs8', format: 'pem' }));
export const spki = (key: KeyObject): string => String(key.export({ type: 'spki', format: 'pem' }));
export const ecKeys = (namedCurve = 'P-256'): KeyPairKeyObjectResult =>
  generateKeyPairSync('ec', { namedCurve });
export const rsaKeys = (modulusLength: number): KeyPairKeyObjectResult =>
  generateKeyPairSync('rsa', { modulusLength });

/** What the tests put in wrong places. */
export interface Stock {
  /** What `all` made. */
  readonly right: Files;
  /** What has nothing to do with it. */
  readonly foreign: Readonly<Record<'csr' | 'crl' | 'dhParameters' | 'openssh' | 'certificate', string>> & {
    readonly pkcs12: Buffer;
    readonly keys: KeyPairKeyObjectResult;
    readonly rsa: KeyPairKeyObjectResult;
  };
}

/** Made once, and linked to: nobody reads what is so large or full, not even to see whether it was changed. */
let odd: Readonly<Record<'large' | 'socket' | 'directory', string>>;

/** Makes them in a directory that stays until the last test. */
export async function makeStock(cwd: string): Promise<Stock> {
  await succeeds(cwd, ['all', ...quick, '--quiet']);
  const read = files.map(async (file) => [file, await readFile(join(cwd, 'docker-tls', file), 'utf8')]);
  const right = Object.fromEntries(await Promise.all(read)) as Files;

  const own = ecKeys();
  const certificate = certificateOf({ name: 'other', keys: own, extensions: [constraints(true), certSign] });
  await writeFile(join(cwd, 'key.pem'), pkcs8(own.privateKey));
  await writeFile(join(cwd, 'cert.pem'), certificate);
  await writeFile(join(cwd, 'index.txt'), '');
  const config = ['default_ca=a', '[a]', 'database=index.txt', 'default_md=sha256', 'default_crl_days=9'];
  await writeFile(join(cwd, 'crl.cnf'), config.join('\n'));
  const signed = ['-keyfile', 'key.pem', '-cert', 'cert.pem', '-config', 'crl.cnf'];
  const pair = ['-inkey', 'key.pem', '-in', 'cert.pem', '-passout', 'pass:'];
  await opensslOutput(['pkcs12', '-export', ...pair, '-out', 'p12'], cwd);
  const prime = element(0x02, Buffer.from([0]), getDiffieHellman('modp14').getPrime());
  const foreign = {
    csr: await opensslOutput(['req', '-new', '-key', 'key.pem', '-subj', '/CN=other'], cwd),
    crl: await opensslOutput(['ca', '-gencrl', ...signed], cwd),
    pkcs12: await readFile(join(cwd, 'p12')),
    dhParameters: pem('DH PARAMETERS', sequence(prime, bytesOf('020102'))),
    openssh: pem('OPENSSH PRIVATE KEY', Buffer.from('openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none')),
    keys: own,
    rsa: rsaKeys(2048),
    certificate,
  };

  odd = { large: join(cwd, 'large'), socket: join(cwd, 'socket'), directory: join(cwd, 'directory') };
  await mkdir(odd.directory);
  const file = await open(odd.large, 'w', 0o400);
  await file.truncate(100_000_000);
  await file.close();
  // A server takes its socket away with it: a second name of it stays.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${odd.socket}.s`, resolve));
  await link(`${odd.socket}.s`, odd.socket);
  await new Promise((resolve) => server.close(resolve));
  return { right, foreign };
}

/** A directory of that name with `docker-tls` in it, which holds a set of these files. */
export async function scene(path: string, set: Partial<Files>): Promise<string> {
  await mkdir(join(path, 'docker-tls'), { recursive: true, mode: 0o700 });
  for (const [file, content] of Object.entries(set))
    await writeFile(join(path, 'docker-tls', file), content, { mode: file.includes('key') ? 0o400 : 0o444 });
  return path;
}

// --- files that are bad, whoever reads them

/** A file that is put where another belongs, in words that go on `a file that`. */
export interface Row<Source = unknown> {
  readonly that: string;
  /** Puts it there, made from what belongs there. */
  readonly put: (path: string, source: Source) => Promise<unknown>;
  /** What is told of it, in which FILE stands for its name. Without, it serves. */
  readonly words?: RegExp | undefined;
  readonly hint?: RegExp | undefined;
  /** In whose place it is put. Default: all. */
  readonly as?: readonly FileName[];
  /** Whoever looks at it sees that it cannot be read. */
  readonly unreadable?: true;
}

export const row = <Source = unknown>(
  that: string,
  content: (source: Source) => string | Uint8Array,
  words?: RegExp,
  hint?: RegExp,
): Row<Source> => ({
  ...{ that, words, hint },
  put: (path, source) => writeFile(path, content(source), { mode: 0o400 }),
});

export const unreadable = (
  that: string,
  put: (path: string) => Promise<unknown>,
  words: RegExp,
  hint?: RegExp,
): Row => ({ that, put, words, hint, unreadable: true });

export const linkTo = (target: string) => (path: string) => symlink(target, path);
export const fifo = (path: string): Promise<unknown> => run('mkfifo', [path]);
export const nothing = (): Promise<void> => Promise.resolve();
export const garbage = Buffer.concat(
  Array.from({ length: 94 }, (_, at) => createHash('sha256').update(`${at}`).digest()),
);
const withLineEnds = Buffer.from(garbage.map((byte, at) => (at % 61 === 60 ? 0x0a : byte)));
export const utf16 = (content: string): Buffer => Buffer.from(`\ufeff${content}`, 'utf16le');

export const BACKUP = /backup/;
export const MIXED_UP = /mixed up/;
export const CUT = /FILE.*: it is cut off$/;
export const BINARY = /FILE.*: it is binary data$/;
export const NO_BEGIN = /FILE.*: it has no line that begins with '-----BEGIN'$/;
export const EMPTY = /FILE.*: it is empty$/;
export const NO_FILE = /FILE.*: it is (?:not a file|a directory|a device)$/;
export const LONG = /FILE.*: it is \d{7,} bytes long/;
export const MISSING = /FILE.*: it does not exist$/;

/** Cannot be read at all, or not to an end. */
export const noFiles: readonly Row[] = [
  unreadable('is a directory', (path) => mkdir(path), NO_FILE, BACKUP),
  unreadable('is a FIFO', fifo, NO_FILE, BACKUP),
  unreadable('is a socket', (path) => link(odd.socket, path), NO_FILE, BACKUP),
  unreadable('is a link to /dev/zero', linkTo('/dev/zero'), NO_FILE, BACKUP),
  unreadable('is a link to /dev/null', linkTo('/dev/null'), NO_FILE, BACKUP),
  unreadable('is a link to a directory', (path) => symlink(odd.directory, path), NO_FILE, BACKUP),
  unreadable('is a link to itself', (path) => symlink(basename(path), path), /FILE.*: .*symbolic link/),
  unreadable('is 100 MB of nothing', (path) => symlink(odd.large, path), LONG, BACKUP),
  unreadable('is 1 MB of text', (path) => writeFile(path, 'A text.\n'.repeat(125_001)), LONG, BACKUP),
];

/** Holds nothing of what is meant. */
export const nothings: readonly Row[] = [
  row('is empty', () => '', EMPTY, BACKUP),
  row('is blank', () => ' \n\n', EMPTY, BACKUP),
  row('is a letter', () => 'Dear Sir or Madam,\n', NO_BEGIN, BACKUP),
  row("is a line of ssh's", () => 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA root@host\n', NO_BEGIN),
  row('is random', () => garbage, BINARY, BACKUP),
  row('is random, with line ends', () => withLineEnds, BINARY),
  row('is a program', () => Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01'), garbage]), BINARY),
  row('is nothing but NUL', () => Buffer.alloc(4096), BINARY),
];

/** Gives one of several, another one each time. */
export const next = <Value>(values: readonly Value[]): Value => values[turn++ % values.length]!;
let turn = 0;
