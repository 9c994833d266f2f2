import { expect } from '@jest/globals';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DockerTlsError, type IssueOptions, type Part } from '../../lib/index.js';
import { issue } from '../../lib/internal.js';
import { ownProgram, runAs } from './as-user.js';
import { files, type FileName } from './bad-files.js';
import { useOneProcess } from './one-process.js';
import { opensslOutput } from './openssl.js';
import type { Outcome } from './program.js';
import { tree } from './tree.js';

const { program } = useOneProcess();

/** What a person, or who calls the library, is told. */
export interface Told {
  readonly message: string;
  readonly hint: string;
}

/** Words that only openssl's or Node's own makers know, and what belongs into a bug report. */
const jargon =
  /routines|asn1|\bE[A-Z]{4,}:|ERR_OSSL|no start line|bad end line|Expecting:|:error:|unsupported|DECODER|\bSTORE\b|get_name|\bBIO\b|is this really openssl|undefined|\[object|\bat .*\.js:/;

export function isTold({ message, hint }: Told, paths: readonly string[], words: RegExp, helps = /./): void {
  const named = paths
    .map((path) => new RegExp(`(?<![\\w/.-])${path.replaceAll('.', '\\.')}(?![\\w.-])`, 'g'))
    .find((path) => path.test(message));
  if (!named) throw new Error(`${paths.join(' or ')} is not named in: ${message}`);
  expect(message.replace(named, 'FILE')).toMatch(words);
  expect(hint).toMatch(helps);
  expect(hint.trim()).not.toBe('');
  expect(`${message}\n${hint}`).not.toMatch(jargon);
}

/** A part that is forced, in the words of the command line and of the library, and the command or the function that forces it. */
const forcings = [
  /(?:docker-tls-openssl (\w+)[^`]*? )?--force (ca|server|client)/g,
  /(?:\b(\w+)\(\{[^)]*?)?\bforce: \[([^\]]*)\]/g,
];

/** What is hinted at can be done: a part that is forced is one that the command makes. */
export function isPossible(hint: string, parts: readonly Part[]): void {
  for (const [, whose, forced = ''] of forcings.flatMap((forcing) => [...hint.matchAll(forcing)])) {
    const made: readonly string[] =
      whose === undefined ? parts : whose === 'all' ? ['ca', 'server', 'client'] : [whose];
    const isMade = forced.split(',').every((part) => made.includes(part.replace(/[ ']/g, '')));
    if (!isMade) throw new Error(`what is hinted at cannot be done: ${hint}`);
  }
}

const lineOf = (stderr: string, word: string): string => {
  const lines = stderr.split('\n').filter((line) => line.startsWith(`${word}: `));
  if (lines.length !== 1) throw new Error(`${lines.length} lines with ${word}: in: ${stderr}`);
  return lines[0]!.slice(word.length + 2);
};

/** One error and one hint, in the form that was asked for. */
export function toldBy({ code, stdout, stderr }: Outcome, json: boolean, exit = 1): Told {
  expect({ code, stderr: stderr.slice(0, 2000), stdout: json ? '' : stdout }).toMatchObject({
    code: exit,
    stdout: '',
  });
  if (json) {
    expect(stderr).toBe('');
    const said = JSON.parse(stdout) as { ok: boolean; error: { message: string; hint: string | null } };
    expect(said.ok).toBe(false);
    return { message: said.error.message, hint: said.error.hint ?? '' };
  }
  expect(
    stderr.split('\n').filter((line) => line && !/^(?:error|hint|command|note|done): /.test(line)),
  ).toEqual([]);
  return { message: lineOf(stderr, 'error'), hint: lineOf(stderr, 'hint') };
}

/** What the main job is asked for. */
export interface Job {
  readonly args: readonly string[];
  readonly parts: readonly Part[];
  readonly options: IssueOptions;
}

export interface Command extends Job {
  /** Whose content it uses. */
  readonly uses: readonly FileName[];
  /** What it looks at: it sees that this cannot be read. */
  readonly looks: readonly FileName[];
  /** What it makes, or makes anew. */
  readonly makes?: readonly [certificate: string, key: string];
}

const everyPart = ['ca', 'server', 'client'] as const;
export const ec = ['--key', 'ec:p256'];
const caFiles = ['ca.pem', 'ca-key.pem'] as const;
export const commands = {
  all: { args: ['all'], parts: everyPart, options: {}, uses: files, looks: files },
  ca: {
    ...{ args: ['ca'], parts: ['ca'], options: {} },
    ...{ uses: [...caFiles, 'server-cert.pem', 'cert.pem'], looks: files },
  },
  client: {
    args: ['client', '--name', 'alice', ...ec],
    parts: ['client'],
    options: { name: 'alice', key: 'ec:p256' },
    uses: [...caFiles, 'server-cert.pem'],
    looks: [...caFiles, 'server-cert.pem', 'server-key.pem'],
    makes: ['clients/alice/cert.pem', 'clients/alice/key.pem'],
  },
  server: {
    args: ['server', '--name', 'web', '--host', 'web.example', ...ec],
    parts: ['server'],
    options: { name: 'web', hosts: ['web.example'], key: 'ec:p256' },
    uses: [...caFiles, 'cert.pem'],
    looks: [...caFiles, 'cert.pem', 'key.pem'],
    makes: ['servers/web/server-cert.pem', 'servers/web/server-key.pem'],
  },
  force: {
    args: ['all', '--force', 'server', '--host', 'docker.example', ...ec],
    parts: everyPart,
    options: { force: ['server'], hosts: ['docker.example'], key: 'ec:p256' },
    uses: [...caFiles, 'cert.pem', 'key.pem'],
    looks: files,
    makes: ['server-cert.pem', 'server-key.pem'],
  },
  docs: {
    ...{ args: ['all', '--recipe', 'docs'], parts: everyPart, options: { recipe: 'docs' } },
    ...{ uses: files, looks: files },
  },
} as const satisfies Record<string, Command>;
export type CommandName = keyof typeof commands;
export const every = Object.keys(commands) as CommandName[];
export const signers = ['client', 'server', 'force'] as const;
/** Those that use a file, or look at it. */
export const among = (list: 'uses' | 'looks', file: FileName): CommandName[] =>
  every.filter((name) => (commands[name] as Command)[list].includes(file));

/** How the main job is asked for: as a library, or as a program. */
export const ways = ['library', 'plain', 'json'] as const;
export type Way = (typeof ways)[number];

export interface Call {
  readonly passphrase?: string;
  /** What comes before the program: another program that starts it. */
  readonly through?: readonly string[];
}

/** Runs the program, all in one process; `through` another program, one that hangs is ended, and has a code of its own. */
export async function runs(
  cwd: string,
  args: readonly string[],
  { passphrase, through }: Call = {},
): Promise<Outcome> {
  if (through) return runAs(cwd, ['timeout', '20', ...through, ...ownProgram, ...args]);
  return program(cwd, args, { input: `${passphrase ?? ''}\n` });
}

/** Does the main job, one way or another. Gives what it told; undefined where it served. */
export async function asks(
  root: string,
  { args, parts, options }: Job,
  way: Way,
  call: Call = {},
): Promise<Told | undefined> {
  const { passphrase } = call;
  if (way === 'library') {
    const directory = join(root, options.directory ?? 'docker-tls');
    try {
      await issue(parts, { passphrase, timeoutMs: 20_000, ...options, directory });
      return undefined;
    } catch (error) {
      if (!(error instanceof DockerTlsError)) throw error;
      return { message: error.message, hint: error.hint ?? '' };
    }
  }
  const json = way === 'json';
  const more = [...(json ? ['--json'] : []), ...(passphrase === undefined ? [] : ['--passphrase-fd', '0'])];
  const outcome = await runs(root, [...args, '--timeout', '20', ...more], call);
  return outcome.code === 0 ? undefined : toldBy(outcome, json);
}

export interface Expected {
  /** The file that is named, below the certificate directory: one of these. */
  readonly file: string | readonly string[];
  readonly words: RegExp;
  readonly hint?: RegExp | undefined;
}

/** Runs a command on what lies in a place: it is refused as expected, or serves where nothing else is. */
export async function attempt(
  root: string,
  command: Command,
  way: Way,
  expected: Expected | undefined,
  call: Call = {},
): Promise<void> {
  const before = await tree(root);
  const told = await asks(root, command, way, call);
  const after = await tree(root);
  if (expected) {
    if (!told) throw new Error('it was not refused');
    expect(after).toEqual(before);
    const paths = [expected.file].flat().flatMap((path) => [join(root, 'docker-tls', path), path]);
    isTold(told, paths, expected.words, expected.hint);
    isPossible(told.hint, command.parts);
  } else {
    expect(told).toBeUndefined();
    await serves(join(root, 'docker-tls'), command, before, after);
  }
  await rm(root, { recursive: true });
}

/** Nothing else was touched, and what was made belongs to the CA that is there. */
export async function serves(
  directory: string,
  { makes, parts }: Pick<Command, 'makes' | 'parts'>,
  before: readonly string[],
  after: readonly string[],
): Promise<void> {
  const made = (makes ?? []).flatMap((path) => [path, `${dirname(path)}/`, `${dirname(dirname(path))}/`]);
  const untouched = (line: string): boolean =>
    !line.startsWith('docker-tls/archive/') &&
    !made.some((path) => path.length > 2 && line.startsWith(`docker-tls/${path}`));
  expect(after.filter(untouched)).toEqual(before.filter(untouched));
  if (!makes) return;
  const [certificatePath, keyPath] = makes.map((path) => join(directory, path)) as [string, string];
  const ca = new X509Certificate(await readFile(join(directory, 'ca.pem')));
  const certificate = new X509Certificate(await readFile(certificatePath));
  expect({
    belongs: certificate.checkPrivateKey(createPrivateKey(await readFile(keyPath))),
    signed: certificate.checkIssued(ca) && certificate.verify(ca.publicKey),
    outlives: new Date(certificate.validTo) > new Date(ca.validTo),
  }).toEqual({ belongs: true, signed: true, outlives: false });
  const purpose = parts.includes('server') ? 'sslserver' : 'sslclient';
  await opensslOutput(['verify', '-CAfile', join(directory, 'ca.pem'), '-purpose', purpose, certificatePath]);
}
