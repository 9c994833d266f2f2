import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { findOpenssl } from '../../lib/index.js';
import { sixFiles } from '../cli/six-files.js';
import { errorOf } from '../support/failure.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { useOneProcess } from '../support/one-process.js';
import { opensslOutput } from '../support/openssl.js';
import { processesIn } from '../support/processes.js';
import { cleanEnvironment, main, succeeds, type Outcome } from '../support/program.js';
import { rows, times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { useTerminal } from '../support/terminal.js';
import { modes, tree } from '../support/tree.js';

const tally = usePromise('an openssl that behaves badly has its error, and nothing is lost');
const temporary = useTemporaryDirectory();
const shared = useSharedDirectory();
const terminal = useTerminal();
const oneProcess = useOneProcess();
const { path: real } = await findOpenssl();

/** A program that has not ended by then hangs. What a false openssl leaves behind lives longer than that. */
const PATIENCE_MS = 20_000;
const LONG = 30;
/** How many programs run side by side: some of them wait. */
const AT_ONCE = 3;
const PER_TEST_MS = times(180_000, 1_800_000);

const secret = 'correct horse';
const names = 'DNS:docker.example, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1';

interface Pair {
  readonly certificate: string;
  readonly key: string;
  readonly names?: string;
  readonly encrypted?: true;
}

interface Command {
  readonly args: readonly string[];
  /** Whether there is no set yet. */
  readonly fresh?: true;
  /** What is there afterwards beside what was there before, with its mode. */
  readonly makes: Readonly<Record<string, string>>;
  readonly replaces?: readonly string[];
  readonly pairs: readonly Pair[];
  readonly says?: RegExp;
}

const set = 'docker-tls';
const ca = { certificate: `${set}/ca.pem`, key: `${set}/ca-key.pem`, encrypted: true } as const;
const server = { certificate: `${set}/server-cert.pem`, key: `${set}/server-key.pem`, names };
const client = { certificate: `${set}/cert.pem`, key: `${set}/key.pem` };
const alice = `${set}/clients/alice`;
const fromInput = ['--passphrase-fd', '0'];

/** By the name that `--json` gives them. */
const commands = {
  all: {
    args: ['all', '--host', 'docker.example', '--key', 'ec:p256', ...fromInput],
    fresh: true,
    makes: Object.fromEntries(
      Object.entries(sixFiles).map(([file, mode]) => [file === '/' ? `${set}/` : `${set}/${file}`, mode]),
    ),
    pairs: [ca, server, client],
    says: /^(?:Created in |\{)/,
  },
  client: {
    args: ['client', '--name', 'alice', '--key', 'ec:p256', ...fromInput],
    makes: {
      [`${set}/clients/`]: '0700',
      [`${alice}/`]: '0700',
      [`${alice}/ca.pem`]: '0444',
      [`${alice}/cert.pem`]: '0444',
      [`${alice}/key.pem`]: '0400',
    },
    pairs: [ca, server, client, { certificate: `${alice}/cert.pem`, key: `${alice}/key.pem` }],
  },
  server: {
    args: ['server', '--force', 'server', '--key', 'ec:p256', '--host', 'docker.example', ...fromInput],
    makes: {},
    replaces: [server.certificate, server.key],
    pairs: [ca, server, client],
  },
  'step genpkey': {
    args: ['step', 'genpkey', '--algorithm', 'ec:p256', '--aes256', '--passout', 'stdin', '--out', 'new.pem'],
    makes: { 'new.pem': '0600' },
    pairs: [],
  },
  'step x509-req': {
    args: [
      ...['step', 'x509-req', '--in', 'server.csr', '--CA', ca.certificate, '--CAkey', ca.key, '--days', '9'],
      ...['--passin', 'stdin', '--set_serial', '0x1001', '--extfile', 'server.cnf', '--out', 'new-cert.pem'],
    ],
    makes: { 'new-cert.pem': '0644' },
    pairs: [{ certificate: 'new-cert.pem', key: server.key, names: 'DNS:docker.example' }],
  },
  'step verify': {
    args: ['step', 'verify', '--CAfile', ca.certificate, server.certificate],
    makes: {},
    pairs: [ca, server, client],
    says: /OK|"ok": true/,
  },
} as const satisfies Record<string, Command>;
type CommandName = keyof typeof commands;

const every = Object.keys(commands) as CommandName[];
/** Those that compare what was made with what was asked for. */
const issuers: readonly CommandName[] = ['all', 'client', 'server'];
const servers: readonly CommandName[] = ['all', 'server'];
const makers: readonly CommandName[] = [...issuers, 'step genpkey', 'step x509-req'];
const signers: readonly CommandName[] = [...issuers, 'step x509-req'];
const keyMakers: readonly CommandName[] = [...issuers, 'step genpkey'];
const encrypters: readonly CommandName[] = ['all', 'step genpkey'];

/** How the program comes to an openssl. */
const ways = ['--openssl', 'OPENSSL_BIN', 'PATH'] as const;
type Way = (typeof ways)[number];

/** One openssl, in words that go on `an openssl that`. Without a `refusal` it has to serve. */
interface Row {
  readonly that: string;
  /** What it does when it is asked for its version. Default: as the real one. */
  readonly version?: string;
  /** What it does otherwise, in the words of the shell. Default: as the real one. */
  readonly does?: string;
  /** Makes something else than a script at its path. */
  readonly is?: (path: string) => Promise<unknown>;
  /** The commands for which it is tried. Default: every. */
  readonly on?: readonly CommandName[];
  readonly flags?: readonly string[];
  /** The error: its codes, its words, and those where it was looked for on PATH. */
  readonly refusal?: readonly [codes: RegExp, words: RegExp, onPath?: RegExp];
  /** It need not be refused, as long as the result is right. */
  readonly orServes?: true;
  /** All that could be hinted at is `--verbose`, which is among the flags. */
  readonly noHint?: true;
  /** It is about what a person sees: never as JSON. */
  readonly plain?: true;
  /** Much like the row beside it: in the whole form only. */
  readonly variant?: true;
}

interface Try {
  readonly row: Row;
  readonly command: CommandName;
  readonly way: Way;
  readonly json: boolean;
}

const NOT_FOUND = /^ERR_OPENSSL_NOT_FOUND$/;
const TOO_OLD = /^ERR_OPENSSL_TOO_OLD$/;
const FAILED = /^ERR_OPENSSL_FAILED$/;
const TIMEOUT = /^ERR_TIMEOUT$/;
const READ_BACK = /^ERR_READ_BACK$/;
const WRONG_FILE = /^ERR_(READ_BACK|FILE)$/;

/** A set with an encrypted CA, a CSR and its extensions; and what a liar has at hand: keys and a CA of its own. */
beforeAll(async () => {
  const place = join(shared(), 'place');
  const outside = join(shared(), 'outside');
  await mkdir(place);
  await mkdir(outside);
  await succeeds(place, commands.all.args, { input: secret });
  await opensslOutput(
    ['req', '-new', '-key', server.key, '-subj', '/CN=docker.example', '-out', 'server.csr'],
    place,
  );
  await writeFile(join(place, 'server.cnf'), 'subjectAltName = DNS:docker.example\n');
  const keys = {
    key: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    p384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  };
  for (const [name, { privateKey, publicKey }] of Object.entries(keys)) {
    const form = { type: 'pkcs8', format: 'pem' } as const;
    const encrypted = (passphrase: string) =>
      privateKey.export({ ...form, cipher: 'aes-256-cbc', passphrase });
    await writeFile(join(outside, `${name}.pem`), privateKey.export(form));
    await writeFile(join(outside, `${name}-encrypted.pem`), encrypted(secret));
    if (name !== 'key') continue;
    await writeFile(join(outside, 'key-other.pem'), encrypted('incorrect horse'));
    await writeFile(join(outside, 'key-public.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  const selfSigned = ['req', '-new', '-x509', '-key', 'key.pem', '-subj', '/CN=Another CA', '-days', '30'];
  await opensslOutput([...selfSigned, '-out', 'ca.pem'], outside);
});

/** What every false openssl has beside `$out`. */
const prelude = (root: string): string =>
  [
    `real='${real}' outside='${join(root, 'outside')}' place='${join(root, 'place')}' escaped='${root}.escaped'`,
    'csr= config= own= last= before=',
    'for word do case $before in -in) csr=$word;; -key) own=$word;; -config | -extfile) config=$word;; esac; before=$word; last=$word; done',
    '# The key beside the certificate that is signed or verified.',
    'key=${last%cert.pem}key.pem; if [ "$1" != verify ]; then key=${out%cert.pem}key.pem; fi',
    '# A key of its own, encrypted where one was asked for that is; $1: which, $2: put there with cp, ln or ln -s',
    'key_of_its_own() { case " $arguments " in *" fd:3 "*) $2 "$outside/$1-encrypted.pem" "$out";; *) $2 "$outside/$1.pem" "$out";; esac; }',
    '# The real one with other values of its options: with -days 9 -- WORDS',
    'with() {',
    '  swaps= before=; while [ "$1" != -- ]; do swaps="$swaps $1=$2"; shift 2; done; shift; left=$#',
    '  while [ $left -gt 0 ]; do',
    '    word=$1',
    '    for swap in $swaps; do if [ "$before" = "${swap%%=*}" ]; then word=${swap#*=}; fi; done',
    '    set -- "$@" "$word"; before=$1; shift; left=$((left - 1))',
    '  done',
    '  "$real" "$@"',
    '}',
    'arguments=$*',
  ].join('\n');

/** Does otherwise for one command of openssl, and for others as the real one. */
const at = (command: string, does: string): string =>
  `if [ "$1" = ${command} ]; then ${does}; exit; fi\nexec "$real" "$@"`;
/** As `at`, and finds every certificate right. */
const lyingAt = (command: string, does: string): string =>
  `if [ "$1" = verify ]; then echo "$last: OK"; exit; fi\n${at(command, does)}`;
/** The real work is done, and more. */
const andThen = (does: string): string => `"$real" "$@" || exit; ${does}; exit 0`;
/** Instead of the real work, where the passphrase is asked for. */
const ifEncrypted = (does: string): string =>
  `case " $arguments " in *" fd:3 "*) ${does};; *) "$real" "$@";; esac`;
/** A while after the program has read back all that was made. */
const whenItVerifies = (does: string): string => at('verify', `sleep 0.3; ${does}; echo "$last: OK"`);

/** Root, who could otherwise read and remove whatever its mode forbids, is held to it as any user is. */
const asAnyUser = ['--bounding-set=-dac_override,-dac_read_search', '--'];

/** Runs the program; one that hangs is ended, and has the code null. */
async function run(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  patience: number,
): Promise<Outcome> {
  const child = spawn('/usr/bin/setpriv', [...asAnyUser, process.execPath, main, ...args], {
    cwd,
    env: cleanEnvironment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: patience,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => undefined).end(`${secret}\n`); // not every command reads it
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number | null, stdout, stderr };
}

/** Of what one check says. */
const MOST_WORDS = 700;

/** Runs all checks, and throws what each of them says. */
async function each(checks: readonly (() => unknown)[]): Promise<void> {
  const found: string[] = [];
  for (const check of checks) {
    try {
      await check();
    } catch (error) {
      found.push((error instanceof Error ? error.message : String(error)).slice(0, MOST_WORDS));
    }
  }
  if (found.length > 0) throw new Error(found.join('; '));
}

/** A control character, by which a text can do with a terminal what it likes. */
const control = /[^\P{Cc}\n\t]/u;
const ourLines = /^(?:error|hint|command|note|done): |^\$ openssl |^ {2}openssl: |^\/\S+: (?:Open|Libre)SSL /;

/** One error and one hint, and nothing but them and what belongs to them. */
async function isRefusal(
  { code, stdout, stderr }: Outcome,
  { command, json }: Pick<Try, 'command' | 'json'>,
  codes: RegExp,
  words: RegExp,
  noHint = false,
): Promise<void> {
  const lines = stderr.trimEnd().split('\n');
  const beginning = (word: string): string[] => lines.filter((line) => line.startsWith(word));
  await each([
    () => expect(code).toBe(1),
    ...(json
      ? [
          () => expect(stderr).toBe(''),
          () =>
            expect(JSON.parse(stdout)).toMatchObject({
              ok: false,
              command,
              error: {
                code: expect.stringMatching(codes) as unknown,
                message: expect.stringMatching(words) as unknown,
              },
            }),
          () => expect(stdout).toMatch(/^ {4}"hint": "./m),
        ]
      : [
          () => expect(stdout).toBe(''),
          () => expect(beginning('error: ')).toEqual([expect.stringMatching(words)]),
          () => expect(beginning('hint: ')).toEqual(noHint ? [] : [expect.stringMatching(/^hint: ./)]),
          () => expect(lines.filter((line) => !ourLines.test(line) || line.length > 2000)).toEqual([]),
        ]),
    () => expect(stdout + stderr).not.toMatch(/^ +at /m),
  ]);
}

interface State {
  readonly modes: readonly string[];
  readonly lines: readonly string[];
}

async function stateOf(place: string): Promise<State> {
  return { modes: asLines(await modes(place)), lines: await tree(place) };
}

function asLines(of: Readonly<Record<string, string>>): string[] {
  return Object.entries(of).map(([path, mode]) => `${path} ${mode}`);
}

/** What went and what came. */
function changes(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}

/** All that was asked for is there, nothing else, and it belongs together. */
async function isResult(place: string, command: Command, before: State): Promise<void> {
  const read = (path: string): Promise<string> => readFile(join(place, path), 'latin1');
  const stays = (line: string): boolean =>
    !(command.replaces ?? []).some((path) => line.startsWith(`${path} `));
  const after = await stateOf(place);
  await each([
    () => {
      const unlike = changes([...before.modes, ...asLines(command.makes)], after.modes);
      // What is replaced is kept there.
      const isKept = (line: string): boolean =>
        command.replaces !== undefined && line.startsWith(`+ ${set}/archive/`);
      expect(unlike.filter((line) => !isKept(line))).toEqual([]);
    },
    () => expect(before.lines.filter((line) => stays(line) && !after.lines.includes(line))).toEqual([]),
    async () => {
      const authority = new X509Certificate(await read(ca.certificate));
      for (const pair of command.pairs) {
        const certificate = new X509Certificate(await read(pair.certificate));
        const pem = await read(pair.key);
        const key = createPrivateKey(pair.encrypted ? { key: pem, passphrase: secret } : pem);
        expect({
          pair,
          belongs: certificate.checkPrivateKey(key),
          signed: certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
          names: certificate.subjectAltName,
          curve: key.asymmetricKeyDetails?.namedCurve,
          encrypted: pem.includes('ENCRYPTED'),
        }).toEqual({
          pair,
          belongs: true,
          signed: true,
          names: pair.names,
          curve: 'prime256v1',
          encrypted: pair.encrypted ?? false,
        });
      }
    },
    async () => {
      if (!('new.pem' in command.makes)) return;
      const pem = await read('new.pem');
      const key = createPrivateKey({ key: pem, passphrase: secret });
      expect([key.asymmetricKeyDetails?.namedCurve, pem.includes('ENCRYPTED')]).toEqual(['prime256v1', true]);
    },
  ]);
}

/** What still works in a directory, once it had a moment to end. */
async function leftIn(root: string, moment: number): Promise<string[]> {
  const end = performance.now() + moment;
  for (;;) {
    const left = await processesIn(root);
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(20);
  }
}

/** Ends those that a false openssl has put where no program could reach them. */
async function endEscaped(root: string): Promise<void> {
  if (!existsSync(`${root}.escaped`)) return;
  for (const id of (await readFile(`${root}.escaped`, 'utf8')).split('\n').filter(Boolean)) {
    try {
      process.kill(Number(id), 'SIGKILL');
    } catch {
      // it has ended
    }
  }
}

let tries = 0;

/** A place of its own for a try, what is outside of it, and the false openssl, by the name that it has on PATH. */
async function scene({ is, does, version }: Row, fresh: boolean): Promise<{ root: string; path: string }> {
  const root = join(temporary(), `try-${String(++tries).padStart(5, '0')}`);
  const bin = join(root, 'bin');
  await mkdir(bin, { recursive: true });
  await cp(join(shared(), 'outside'), join(root, 'outside'), { recursive: true });
  if (fresh) await mkdir(join(root, 'place'));
  else await cp(join(shared(), 'place'), join(root, 'place'), { recursive: true });
  const path = join(bin, 'openssl');
  if (is) await is(path);
  else {
    const body = `${prelude(root)}\n${does ?? 'exec "$real" "$@"'}`;
    await rename(await fakeOpenssl(bin, body, version ?? `exec '${real}' version`), path);
  }
  return { root, path };
}

/** One try: runs the program with this openssl and checks all that is promised. */
async function attempt({ row, command, way, json }: Try, patience = PATIENCE_MS): Promise<void> {
  const wanted: Command = commands[command];
  const { root, path } = await scene(row, wanted.fresh ?? false);
  const place = join(root, 'place');
  const before = await stateOf(place);
  const around = await tree(join(root, 'outside'));
  const bin = join(root, 'bin');
  // What is no program has to be all that is on PATH: what is not there is passed over.
  const search = row.is ? bin : `${bin}:${process.env['PATH'] ?? ''}`;
  const env = {
    '--openssl': {},
    OPENSSL_BIN: { OPENSSL_BIN: path },
    PATH: { OPENSSL_BIN: '', PATH: search },
  }[way];
  const flags = [
    ...(row.flags ?? []),
    ...(way === '--openssl' ? ['--openssl', path] : []),
    ...(json ? ['--json'] : []),
  ];

  const outcome = await run(place, [...wanted.args, ...flags], env, patience);
  await endEscaped(root);

  const [codes, words, onPath] = row.refusal ?? [];
  const said = outcome.stdout + outcome.stderr;
  const served = outcome.code === 0;
  const expectsResult = !codes || (served && row.orServes === true);
  await each([
    () => expect(outcome.code === null ? 'it hangs' : 'it ends').toBe('it ends'),
    ...(expectsResult
      ? [
          () => expect(served ? 'it serves' : said).toBe('it serves'),
          () => expect(outcome.stdout).toMatch(json ? /^\{\n {2}"ok": true,/ : (wanted.says ?? /./)),
          () => isResult(place, wanted, before),
        ]
      : [
          () =>
            isRefusal(
              outcome,
              { command, json },
              codes,
              (way === 'PATH' ? onPath : undefined) ?? words!,
              row.noHint,
            ),
          // The tree to the inode: no workspace and no lock are in it either.
          async () => expect(changes(before.lines, await tree(place))).toEqual([]),
        ]),
    () => expect(outcome.stderr).not.toMatch(control),
    () => expect(said).not.toContain(secret),
    async () => expect(changes(around, await tree(join(root, 'outside')))).toEqual([]),
    async () => expect(await leftIn(root, patience / 10)).toEqual([]),
    ...(row.is && codes && way !== 'PATH' ? [() => expect(said).toContain(path)] : []),
  ]);
  await rm(root, { recursive: true });
}

const used = { command: new Set<string>(), way: new Set<string>(), form: new Set<boolean>() };

/** Every row: in the whole form with each of its commands, plain and as JSON; in the short one every fifth, with one of these, by turns. */
async function table(rows: readonly Row[], inEachWay = false): Promise<void> {
  const tried = rows.filter(({ variant }) => whole || !variant);
  const chosen = tried.flatMap((row, number): Try[] => {
    const forms = (row.on ?? every).flatMap((command) =>
      (row.plain ? [false] : [false, true]).map((json) => ({ command, json })),
    );
    const all = forms.flatMap((form, turn) =>
      inEachWay && whole
        ? ways.map((way) => ({ row, ...form, way }))
        : [{ row, ...form, way: ways[(number + turn) % ways.length]! }],
    );
    // Seven has no divisor in common with their numbers: all of them have their turn.
    return whole ? all : number % 5 === 0 ? [all[((7 * number) / 5) % all.length]!] : [];
  });
  const waiting = chosen.values();
  const work = async (): Promise<void> => {
    for (const one of waiting) {
      used.command.add(one.command);
      used.way.add(one.way);
      used.form.add(one.json);
      const what = `one that ${one.row.that}, ${one.command}, by ${one.way}${one.json ? ', as JSON' : ''}`;
      await tally.attempt(what, () => attempt(one));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** How many tries were made meanwhile. */
async function counted(work: () => Promise<void>): Promise<number> {
  const before = tally.tried();
  await work();
  return tally.tried() - before;
}

const program = (content: string | Uint8Array) => (path: string) => writeFile(path, content, { mode: 0o755 });
const fifo = async (path: string): Promise<void> => {
  const [code] = (await once(spawn('mkfifo', [path]), 'exit')) as [number];
  if (code !== 0) throw new Error('mkfifo failed');
};
/** A program of 64 bits for SPARC, as far as its header goes. */
const sparc = Uint8Array.from([
  ...[0x7f, 0x45, 0x4c, 0x46, 2, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 43, 0, 0, 0, 1],
  ...Array.from({ length: 40 }, () => 0),
]);

const noFile =
  /^(?:error: )?cannot use \S+(?: \(from OPENSSL_BIN\))? as openssl: it (?:does not exist|is not )/;
const notOnPath = /^(?:error: )?found no openssl on PATH/;
const noOpenssl = /cannot use \S+ as openssl: to 'version' it answers/;

const noPrograms: readonly Row[] = [
  { that: 'is not there', is: () => Promise.resolve(), refusal: [NOT_FOUND, noFile, notOnPath] },
  {
    that: 'is not executable',
    is: (path) => copyFile(real, path).then(() => chmod(path, 0o644)),
    refusal: [NOT_FOUND, /it is not executable/, notOnPath],
  },
  { that: 'is a directory', is: (path) => mkdir(path), refusal: [NOT_FOUND, /it is not a file/, notOnPath] },
  { that: 'is a FIFO', is: fifo, refusal: [NOT_FOUND, /it is not a file/, notOnPath] },
  {
    that: 'is a link to nothing',
    is: (path) => symlink('nothing', path),
    refusal: [NOT_FOUND, noFile, notOnPath],
  },
  {
    that: 'is a link to itself',
    is: (path) => symlink('openssl', path),
    refusal: [NOT_FOUND, noFile, notOnPath],
  },
  { that: 'is empty', is: program(''), refusal: [NOT_FOUND, /cannot (?:use|start) /] },
  {
    that: 'is a text',
    is: program('Dear Sir or Madam,\n'),
    refusal: [NOT_FOUND, /cannot (?:use|start) /],
  },
  {
    that: 'is a script without an interpreter',
    is: program('#!/nonexistent/sh\n'),
    refusal: [NOT_FOUND, /cannot start /],
  },
  {
    that: 'is for another machine',
    is: program(sparc),
    refusal: [NOT_FOUND, /cannot (?:use|start) /],
  },
  { that: 'is a link to the real one', is: (path) => symlink(real, path) },
];

const says = (line: string): string => `printf '%b\\n' '${line}'`;
/** A child that lives on, in the same session or in one of its own. */
const child = `sleep ${LONG} &`;
const escapedChild = `setsid sh -c 'echo $$ >> "$0"; exec sleep ${LONG}' "$escaped" & until [ -s "$escaped" ]; do :; done;`;

const signals = ['SEGV', 'ABRT', 'KILL', 'TERM', 'PIPE'] as const;

const falseVersions: readonly Row[] = [
  {
    that: 'hangs when asked for its version',
    variant: true,
    version: `exec sleep ${LONG}`,
    flags: ['--timeout', '1'],
    refusal: [TIMEOUT, /did not finish within 1 s: \S+ version/],
  },
  {
    that: 'hangs when asked for its version, and ignores signals',
    version: `trap '' TERM INT HUP QUIT; sleep ${LONG}; sleep ${LONG}`,
    flags: ['--timeout', '1'],
    refusal: [TIMEOUT, /did not finish within 1 s: \S+ version/],
  },
  {
    that: 'says its version and leaves a child that holds the pipes',
    version: `${child} '${real}' version`,
    flags: ['--timeout', '1'],
    refusal: [TIMEOUT, /did not finish within 1 s/],
    orServes: true,
  },
  {
    that: 'says megabytes instead of its version',
    version: 'yes',
    refusal: [FAILED, /printed more than 1000000 bytes and was stopped: \S+ version/],
  },
  {
    that: 'complains in megabytes when asked for its version',
    variant: true,
    version: 'yes >&2',
    refusal: [FAILED, /printed more than 1000000 bytes and was stopped: \S+ version/],
  },
  {
    that: 'says a line without end instead of its version',
    version: `tr '\\0' x < /dev/zero | head -c 900000`,
    refusal: [NOT_FOUND, noOpenssl],
  },
  { that: 'says nonsense', version: says('Hello, world'), refusal: [NOT_FOUND, /answers "Hello, world"/] },
  { that: 'says nothing', version: 'exit 0', refusal: [NOT_FOUND, /answers ""/] },
  { that: 'says an empty line', variant: true, version: 'echo', refusal: [NOT_FOUND, /answers ""/] },
  {
    that: 'says bytes that are no text',
    version: `printf '\\377\\376\\000\\001\\200OpenSSL 3.0.0'`,
    refusal: [NOT_FOUND, noOpenssl],
  },
  {
    that: 'says escape sequences',
    plain: true,
    version: says('\\033[2J\\033]0;owned\\007\\033[31mOpenSSL'),
    refusal: [NOT_FOUND, noOpenssl],
  },
  {
    that: 'says escape sequences of one character',
    plain: true,
    version: says('OpenSSL \\0302\\02332J \\0177'),
    refusal: [NOT_FOUND, noOpenssl],
  },
  { that: 'says half a version', variant: true, version: says('OpenSSL 3'), refusal: [NOT_FOUND, noOpenssl] },
  {
    that: 'says its version where errors belong',
    version: `'${real}' version >&2`,
    refusal: [NOT_FOUND, noOpenssl],
  },
  {
    that: 'is very old',
    version: says('OpenSSL 0.9.8zh 3 Dec 2015'),
    refusal: [TOO_OLD, /is OpenSSL 0\.9\.8zh 3 Dec 2015: too old/],
  },
  {
    that: 'is a little too old',
    variant: true,
    version: says('OpenSSL 1.0.0t 3 Dec 2015'),
    refusal: [TOO_OLD, /is OpenSSL 1\.0\.0t .*: too old/],
  },
  {
    that: 'is an old LibreSSL',
    version: says('LibreSSL 2.8.3'),
    refusal: [TOO_OLD, /is LibreSSL 2\.8\.3: too old/],
  },
  {
    that: 'is very old, and says so with escape sequences',
    plain: true,
    version: says('OpenSSL 0.9.8 \\033[31mred\\033[0m \\0302\\023331m\\r'),
    refusal: [TOO_OLD, /too old/],
  },
  {
    that: 'says its version and exits with 1',
    version: `'${real}' version; exit 1`,
    refusal: [NOT_FOUND, noOpenssl],
  },
  ...signals.map((signal) => ({
    ...(signal === 'SEGV' ? {} : { variant: true as const }),
    that: `dies of SIG${signal} when asked for its version`,
    version: `kill -${signal} $$`,
    refusal: [/^ERR_OPENSSL_(NOT_FOUND|FAILED)$/, /cannot use |was ended by/] as const,
  })),
  { that: 'is newer than any', version: says('OpenSSL 9.9.9 1 Jan 2099') },
  { that: 'has numbers without end', variant: true, version: says('OpenSSL 99999999999999999999.0.0') },
  { that: 'ends its lines as on Windows', variant: true, version: says('OpenSSL 3.0.99 1 Jan 2026\\r') },
  {
    that: 'has escape sequences behind its version',
    plain: true,
    version: says('OpenSSL 3.0.99 \\033[31mred\\033[0m \\0302\\023331m\\r.'),
    flags: ['--verbose'],
  },
];

const hangs = [TIMEOUT, /did not finish within 1 s: /] as const;
const printsTooMuch = [FAILED, /printed more than 1000000 bytes and was stopped: openssl /] as const;
const brief = ['--timeout', '1'];

const falseCommands: readonly Row[] = [
  { that: 'hangs', variant: true, does: `exec sleep ${LONG}`, flags: brief, refusal: hangs },
  {
    that: 'hangs and ignores signals',
    does: `trap '' TERM INT HUP QUIT; sleep ${LONG}; sleep ${LONG}`,
    flags: brief,
    refusal: hangs,
  },
  { that: 'hangs with a child that does', does: `${child} wait`, flags: brief, refusal: hangs },
  {
    that: 'leaves a child that holds the pipes and fails',
    does: `${child} exit 3`,
    flags: brief,
    refusal: [/^ERR_(TIMEOUT|OPENSSL_FAILED)$/, /did not finish|exited with 3/],
  },
  {
    that: 'leaves a child that holds the pipes and has done its work',
    does: `${child} ${andThen(':')}`,
    flags: brief,
    refusal: hangs,
    orServes: true,
  },
  {
    that: 'leaves a child in another session that holds the pipes',
    does: `${escapedChild} ${andThen(':')}`,
    flags: brief,
    refusal: hangs,
    orServes: true,
  },
  {
    that: 'leaves a child that holds nothing',
    does: `sleep ${LONG} < /dev/null > /dev/null 2>&1 3<&- &\n${andThen(':')}`,
  },
  { that: 'prints megabytes', variant: true, does: 'yes', refusal: printsTooMuch },
  { that: 'complains in megabytes', does: 'yes >&2', refusal: printsTooMuch },
  { that: 'fails', does: 'exit 3', refusal: [FAILED, / failed: openssl exited with 3/] },
  ...signals.map((signal) => ({
    ...(signal === 'PIPE' ? {} : { variant: true as const }),
    that: `dies of SIG${signal}`,
    does: `kill -${signal} $$`,
    refusal: [FAILED, new RegExp(` failed: openssl was ended by SIG${signal}`)] as const,
  })),
  {
    that: 'fails when it has done its work',
    does: '"$real" "$@"; exit 1',
    refusal: [FAILED, / failed: /],
  },
  {
    that: 'fails with escape sequences',
    plain: true,
    does: `printf '\\033[31mred\\033[0m \\302\\23331m \\007\\r\\n' >&2; exit 1`,
    flags: ['--verbose'],
    refusal: [FAILED, / failed: openssl exited with 1/],
    noHint: true,
  },
  {
    that: 'does its work with escape sequences',
    plain: true,
    does: `printf '\\033[31mred\\033[0m \\302\\23331m \\007\\r\\n' >&2; exec "$real" "$@"`,
    flags: ['--verbose'],
  },
  {
    that: 'does not verify, with escape sequences',
    plain: true,
    on: [...issuers, 'step verify'],
    does: at(
      'verify',
      `printf 'error 20 at 0 depth lookup: \\033[31mred\\033[0m \\302\\23331m\\n' >&2; exit 2`,
    ),
    refusal: [FAILED, /does not verify/],
  },
  {
    that: 'prints errors, does its work and exits with 0',
    does: `echo 'error in x509: 40A7:error:0480006C:PEM routines:get_name:no start line:pem_lib.c:763:' >&2; ${andThen(':')}`,
  },
  {
    that: 'prints errors, does nothing and exits with 0',
    on: makers,
    does: `echo 'Could not read key: unable to load Private Key' >&2; exit 0`,
    refusal: [READ_BACK, /openssl made a wrong \S+: .*did not write it/],
  },
  {
    that: 'finds a certificate wrong and exits with 0',
    on: ['step verify'],
    does: `echo "$last: CN = a"; echo 'error 20 at 0 depth lookup:unable to get local issuer certificate'; exit 0`,
    refusal: [/^ERR_(OPENSSL_FAILED|READ_BACK)$/, /verif/],
  },
  {
    that: 'says nothing of a certificate and exits with 0',
    on: ['step verify'],
    does: 'exit 0',
    refusal: [/^ERR_(OPENSSL_FAILED|READ_BACK)$/, /verif/],
  },
  { that: 'reads its standard input', does: 'cat > /dev/null; exec "$real" "$@"' },
  {
    that: 'closes the descriptor of the passphrase',
    on: makers,
    does: 'exec 3<&-; exec "$real" "$@"',
    refusal: [FAILED, / failed: /],
  },
  {
    that: 'closes the descriptor of the passphrase and exits with 0',
    variant: true,
    on: makers,
    does: 'exec 3<&-; exit 0',
    refusal: [READ_BACK, /did not write it/],
  },
  {
    that: 'does not read the passphrase and fails',
    does: 'exec 3<&-; sleep 0.1; exit 3',
    refusal: [FAILED, /exited with 3/],
  },
  { that: 'writes nothing', on: makers, does: 'exit 0', refusal: [READ_BACK, /did not write it/] },
  { that: 'writes an empty file', on: makers, does: ': > "$out"', refusal: [READ_BACK, /left it empty/] },
  {
    that: 'writes a blank',
    variant: true,
    on: makers,
    does: 'echo > "$out"',
    refusal: [READ_BACK, /left it empty/],
  },
  {
    that: 'writes garbage',
    variant: true,
    on: makers,
    does: 'echo garbage > "$out"',
    refusal: [READ_BACK, /it is not a (?:private key|certificate)/],
  },
  {
    that: 'writes binary garbage',
    on: makers,
    does: 'head -c 5000 /dev/urandom > "$out"',
    refusal: [READ_BACK, /it is not a (?:private key|certificate)/],
  },
  {
    that: 'writes half a file',
    on: makers,
    does: andThen('head -n 3 "$out" > "$out.half"; mv "$out.half" "$out"'),
    refusal: [READ_BACK, /it is not a (?:private key|certificate)/],
  },
  {
    that: 'writes more than can be read',
    on: makers,
    does: 'truncate -s 3G "$out"',
    refusal: [WRONG_FILE, /wrong |cannot read/],
  },
  {
    that: 'makes a directory',
    variant: true,
    on: makers,
    does: 'mkdir "$out"',
    refusal: [WRONG_FILE, /wrong |cannot /],
  },
  {
    that: 'makes a directory with something in it',
    on: makers,
    does: 'mkdir -p "$out/deep"; echo > "$out/deep/file"',
    refusal: [WRONG_FILE, /wrong |cannot /],
  },
  { that: 'makes a FIFO', on: makers, does: 'mkfifo "$out"', refusal: [WRONG_FILE, /wrong |cannot /] },
  {
    that: 'makes a link to nothing',
    on: makers,
    does: 'ln -s nothing "$out"',
    refusal: [WRONG_FILE, /wrong |cannot /],
  },
  {
    that: 'makes a link to itself',
    variant: true,
    on: makers,
    does: 'ln -s "$(basename "$out")" "$out"',
    refusal: [WRONG_FILE, /wrong |cannot /],
  },
  ...['ln -s', 'ln'].flatMap((link) => [
    {
      that: `makes a link to a key outside (${link})`,
      on: keyMakers,
      does: at('genpkey', `key_of_its_own key '${link}'`),
      refusal: [WRONG_FILE, /wrong |cannot /] as const,
      orServes: true as const,
    },
    {
      that: `makes a link to a certificate outside (${link})`,
      on: signers,
      does: lyingAt('x509', `${link} "$outside/ca.pem" "$out"`),
      refusal: [WRONG_FILE, /wrong |cannot /] as const,
    },
  ]),
];

const wrongKey = /wrong \S*(?:key|new)\.pem: /;
const unmatched = /wrong \S+: it does not belong to the key/;

const lies: readonly Row[] = [
  {
    that: 'makes RSA keys where EC keys were asked for',
    on: keyMakers,
    does: at('genpkey', 'key_of_its_own rsa cp'),
    refusal: [READ_BACK, wrongKey],
  },
  {
    that: 'makes keys of another curve',
    variant: true,
    on: keyMakers,
    does: at('genpkey', 'key_of_its_own p384 cp'),
    refusal: [READ_BACK, wrongKey],
  },
  {
    that: 'has keys ready',
    on: ['client', 'server', 'step genpkey'],
    does: at('genpkey', 'key_of_its_own key cp'),
  },
  {
    that: 'leaves a key unencrypted',
    on: encrypters,
    does: at('genpkey', ifEncrypted('cp "$outside/key.pem" "$out"')),
    refusal: [READ_BACK, wrongKey],
  },
  {
    that: 'encrypts a key with another passphrase',
    variant: true,
    on: encrypters,
    does: at('genpkey', ifEncrypted('cp "$outside/key-other.pem" "$out"')),
    refusal: [READ_BACK, wrongKey],
  },
  {
    that: 'encrypts every key',
    on: issuers,
    does: at('genpkey', 'cp "$outside/key-encrypted.pem" "$out"'),
    refusal: [READ_BACK, wrongKey],
  },
  {
    that: 'gives a public key for a private one',
    variant: true,
    on: keyMakers,
    does: at('genpkey', 'cp "$outside/key-public.pem" "$out"'),
    refusal: [READ_BACK, /it is not a private key/],
  },
  {
    that: 'changes a key when it has been used',
    on: issuers,
    does: lyingAt('x509', '"$real" "$@"; cat "$outside/key.pem" > "$key"'),
    refusal: [READ_BACK, unmatched],
  },
  {
    that: 'signs for another key',
    on: issuers,
    does: lyingAt(
      'x509',
      '"$real" req -new -key "$outside/key.pem" -config "$config" -out "$csr.other" && with -in "$csr.other" -- "$@"; rm "$csr.other"',
    ),
    refusal: [READ_BACK, unmatched],
  },
  {
    that: 'signs with another CA',
    on: issuers,
    does: lyingAt(
      'x509',
      `sed -i '/authorityKey/d' "$config"; with -CA "$outside/ca.pem" -CAkey "$outside/key.pem" -- "$@"`,
    ),
    refusal: [READ_BACK, /wrong \S+: its issuer is \/CN=Another CA, not /],
  },
  {
    that: 'gives the certificate of another',
    on: issuers,
    does: lyingAt('x509', 'cp "$outside/ca.pem" "$out"'),
    refusal: [READ_BACK, unmatched],
  },
  {
    that: 'gives the CSR for the certificate',
    variant: true,
    on: signers,
    does: at('x509', 'cp "$csr" "$out"'),
    refusal: [READ_BACK, /it is not a certificate/],
  },
  {
    that: 'adds a name',
    on: issuers,
    does: lyingAt(
      'x509',
      'case $config in *server.cnf) echo DNS.9=evil.example;; *) echo subjectAltName=DNS:evil.example;; esac >> "$config"; "$real" "$@"',
    ),
    refusal: [READ_BACK, /it has a name that was not asked for: DNS:evil\.example/],
  },
  {
    that: 'leaves a name out',
    on: servers,
    does: lyingAt('x509', `sed -i '/docker.example/d' "$config"; "$real" "$@"`),
    refusal: [READ_BACK, /it lacks the name DNS:docker\.example/],
  },
  {
    that: 'takes another serial',
    on: issuers,
    does: lyingAt('x509', 'with -set_serial 0x4242 -- "$@"'),
    refusal: [READ_BACK, /its serial is 4242, not /],
  },
  {
    that: 'makes a CA of everyone',
    on: issuers,
    does: lyingAt(
      'x509',
      `sed -i 's/CA:FALSE/CA:TRUE/; s/digitalSignature/&,keyCertSign/' "$config"; "$real" "$@"`,
    ),
    refusal: [READ_BACK, /its basicConstraints is CA:TRUE, not CA:FALSE/],
  },
  {
    that: 'makes no CA',
    on: ['all'],
    does: `case $out in *ca.pem) sed -i 's/CA:TRUE.*/CA:FALSE/' "$config";; esac\n${lyingAt('none', ':')}`,
    refusal: [READ_BACK, /its basicConstraints is CA:FALSE, not CA:TRUE,pathlen:0/],
  },
  {
    that: 'certifies for another purpose',
    on: issuers,
    does: lyingAt(
      'x509',
      `sed -i 's/clientAuth/emailProtection/; s/serverAuth/clientAuth/' "$config"; "$real" "$@"`,
    ),
    refusal: [READ_BACK, /its extendedKeyUsage is \w+, not (?:client|server)Auth/],
  },
  {
    that: 'lets a certificate outlive its CA',
    on: issuers,
    does: lyingAt('x509', 'with -days 9999 -- "$@"'),
    refusal: [READ_BACK, /it ends on 20\d\d-.* and not after 365 days/],
  },
];

/** Where the program cannot be told what it made. */
const gone = [
  /^ERR_(READ_BACK|FILE|OPENSSL_FAILED)$/,
  /wrong |cannot (?:write|find|read|finish|make)|failed: /,
] as const;
const besideTheOutput = '"$(dirname "$out")"';
/** For as long as the program lives. */
const writer = `( n=0; while [ $n -lt 20000 ] && kill -0 $PPID && : > "junk$n"; do n=$((n + 1)); done ) < /dev/null > /dev/null 2>&1 3<&- &`;

const meddlers: readonly Row[] = [
  {
    that: 'leaves files of its own',
    on: makers,
    does: andThen(`echo evil > evil.pem; echo evil > ${besideTheOutput}/evil.pem`),
    refusal: gone,
    orServes: true,
  },
  {
    that: 'leaves directories and links of its own',
    variant: true,
    on: makers,
    does: andThen(
      `mkdir -p evil/deep ${besideTheOutput}/evil; ln -sfn "$outside" ${besideTheOutput}/evil/link`,
    ),
    refusal: gone,
    orServes: true,
  },
  {
    that: 'leaves a copy of each key, for all to read',
    on: makers,
    does: andThen('cp "$out" "$out.copy"; chmod 0644 "$out.copy"'),
    refusal: gone,
    orServes: true,
  },
  { that: 'opens its directory to all', on: makers, does: andThen('chmod 0777 .') },
  {
    that: 'opens the directory of its output to all',
    on: makers,
    does: andThen(`chmod 0777 ${besideTheOutput}`),
  },
  { that: 'makes its directory sticky', variant: true, on: makers, does: andThen('chmod 1700 .') },
  { that: 'opens its output to all', on: makers, does: andThen('chmod 0777 "$out"') },
  { that: 'closes its output to all', variant: true, on: makers, does: andThen('chmod 0000 "$out"') },
  {
    that: 'closes its directory and fails',
    on: makers,
    does: 'chmod 0000 .; exit 3',
    // One that is started beside it may not be able to enter it any more.
    refusal: [/^ERR_(?:OPENSSL_FAILED|FILE)$/, /exited with 3|permission denied/],
  },
  {
    that: 'closes its directory when it has done its work',
    on: makers,
    does: andThen('chmod 0500 .'),
    refusal: gone,
    orServes: true,
  },
  {
    that: 'closes a directory of its own',
    variant: true,
    on: makers,
    does: 'mkdir deep; echo > deep/file; chmod 0000 deep; exit 3',
    refusal: [FAILED, /exited with 3/],
  },
  {
    that: 'changes the configuration when it has been read',
    on: issuers,
    does: lyingAt(
      'req',
      '"$real" "$@"; case $config in *server.cnf) echo DNS.9=evil.example;; *client.cnf) echo subjectAltName=DNS:evil.example;; esac >> "$config"',
    ),
    refusal: [READ_BACK, /it has a name that was not asked for: DNS:evil\.example/],
  },
  {
    that: 'changes the CA when it has been read back',
    on: ['all'],
    does: lyingAt('x509', '"$real" "$@"; cat "$outside/ca.pem" > ca.pem'),
    refusal: [/^ERR_(READ_BACK|OPENSSL_FAILED)$/, /wrong |failed: /],
  },
  {
    that: 'changes the CA when it verifies',
    on: ['all'],
    does: whenItVerifies('cat "$outside/ca.pem" > ca.pem'),
    refusal: gone,
    orServes: true,
  },
  {
    that: 'empties a key when it verifies',
    on: issuers,
    does: whenItVerifies(': > "$key"'),
    refusal: gone,
    orServes: true,
  },
  {
    that: 'changes a certificate when it verifies',
    variant: true,
    on: issuers,
    does: whenItVerifies('cat "$outside/ca.pem" > "$last"'),
    refusal: gone,
    orServes: true,
  },
  {
    that: 'makes a link of a key when it verifies',
    on: issuers,
    does: whenItVerifies('rm "$key"; ln -s "$outside/key.pem" "$key"'),
    refusal: gone,
    orServes: true,
  },
  {
    that: 'makes a FIFO of a key when it verifies',
    on: issuers,
    does: whenItVerifies('rm "$key"; mkfifo "$key"'),
    refusal: gone,
    orServes: true,
  },
  { that: 'removes its directory at once', on: makers, does: 'rm -r "$PWD"; exit 0', refusal: gone },
  {
    that: 'removes its directory when it signs',
    on: signers,
    does: at('x509', '"$real" "$@"; rm -r "$PWD"; exit 0'),
    refusal: gone,
  },
  {
    that: 'removes its directory when it verifies',
    on: issuers,
    does: whenItVerifies('rm -rf "$PWD"'),
    refusal: gone,
  },
  {
    that: 'removes a CSR and its extensions when it has read them',
    on: issuers,
    does: at('x509', '"$real" "$@"; rm "$csr" "$config"'),
    refusal: gone,
    orServes: true,
  },
  {
    that: 'removes a key when it has read it',
    on: issuers,
    does: at('req', '"$real" "$@"; rm "$own"'),
    refusal: gone,
  },
  {
    that: 'fails and goes on writing in its directory',
    on: makers,
    does: `${writer}\nexit 3`,
    refusal: [FAILED, /exited with 3/],
  },
  {
    that: 'goes on writing in its directory when it has done its work',
    on: makers,
    does: `${writer}\n${andThen(':')}`,
    refusal: gone,
    orServes: true,
  },
];

describe('an openssl that behaves badly', () => {
  test(
    'and is no program is refused, in whatever way it is named',
    async () => {
      expect(await counted(() => table(noPrograms, true))).toBeGreaterThanOrEqual(times(2, 396));
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'when asked for its version is refused, where that does harm',
    async () => {
      expect(await counted(() => table(falseVersions))).toBeGreaterThanOrEqual(times(3, 312));
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'in its commands is refused, where that does harm',
    async () => {
      expect(await counted(() => table(falseCommands))).toBeGreaterThanOrEqual(times(6, 430));
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'in that it made something else is found out',
    async () => {
      expect(await counted(() => table(lies))).toBeGreaterThanOrEqual(times(3, 112));
      tally.none();
    },
    PER_TEST_MS,
  );

  test(
    'in its directory changes nothing that is left',
    async () => {
      expect(await counted(() => table(meddlers))).toBeGreaterThanOrEqual(times(4, 200));
      tally.none();
    },
    PER_TEST_MS,
  );

  test('was tried for every command, in every way, plain and as JSON', () => {
    expect([...used.command].sort()).toEqual([...every].sort());
    expect([...used.way].sort()).toEqual([...ways].sort());
    expect(used.form.size).toBe(2);
  });
});

describe('what an openssl says', () => {
  const words = 'words of its own';

  test(
    'is shown with --verbose, where it fails and where it does its work',
    async () => {
      const fails = 'exit 3';
      const works = 'exec "$real" "$@"';
      for (const command of whole ? every : (['all', 'step verify'] as const)) {
        for (const ending of whole ? [fails, works] : [command === 'all' ? fails : works]) {
          await tally.attempt(`${command}, ${ending}`, async () => {
            const { root, path } = await scene(
              { that: 'speaks', does: `echo '${words}' >&2; ${ending}` },
              command === 'all',
            );
            const place = join(root, 'place');
            const args = [...commands[command].args, '--openssl', path];
            const outcome = await run(place, [...args, '--verbose'], {}, PATIENCE_MS);
            expect(outcome.code).toBe(ending === fails ? 1 : 0);
            expect(outcome.stderr).toMatch(new RegExp(`^ {2}openssl: ${words}$`, 'm'));
          });
        }
      }
      tally.none();
    },
    PER_TEST_MS,
  );

  test('stands in the object of --json where it fails', async () => {
    await tally.attempt('its words', async () => {
      const { root, path } = await scene({ that: 'speaks', does: `echo '${words}' >&2; exit 3` }, true);
      const args = [...commands.all.args, '--openssl', path, '--json'];
      const { stdout } = await run(join(root, 'place'), args, {}, PATIENCE_MS);
      expect(JSON.parse(stdout)).toMatchObject({ error: { exitCode: 3, stderr: `${words}\n` } });
    });
    tally.none();
  });
});

describe('an openssl that asks at the terminal', () => {
  /** Leaves a mark where the terminal can be opened. */
  const asks = (root: string): string =>
    `if (: < /dev/tty) 2> /dev/null; then touch '${root}.terminal'; read answer < /dev/tty; fi`;
  const marked = (root: string): boolean => existsSync(`${root}.terminal`);

  test(
    'does not get it, and does not wait for it',
    async () => {
      const moments = ['version', 'commands'] as const;
      for (const command of whole ? every : (['all', 'step x509-req'] as const)) {
        for (const where of whole ? moments : [moments[command === 'all' ? 0 : 1]]) {
          await tally.attempt(`${command}, ${where}`, async () => {
            const { root, path } = await scene({ that: 'asks' }, command === 'all');
            const answer = `exec '${real}' "$@"`;
            const asking = `#!/bin/sh\n${where === 'version' ? '[ "$1" != version ] ||' : '[ "$1" = version ] ||'} {\n${asks(root)}\n}\n${answer}\n`;
            await writeFile(path, asking, { mode: 0o755 });
            await writeFile(`${root}.passphrase`, secret);
            const args = commands[command].args.map((arg) =>
              arg === 'stdin' ? `file:${root}.passphrase` : arg === '0' ? `${root}.passphrase` : arg,
            );
            const place = join(root, 'place');
            const before = await stateOf(place);
            const screen = terminal(place, [
              ...args.map((arg) => (arg === '--passphrase-fd' ? '--passphrase-file' : arg)),
              ...['--openssl', path, '--timeout', '20'],
            ]);
            expect(await screen.ends()).toBe(0);
            expect(marked(root)).toBe(false);
            await isResult(place, commands[command], before);
          });
        }
      }
      tally.none();
    },
    PER_TEST_MS,
  );

  test('gets it where nothing keeps it from it', async () => {
    const { root, path } = await scene({ that: 'asks', version: 'exit 0' }, true);
    await writeFile(path, `#!/bin/sh\n${asks(root)}\n`, { mode: 0o755 });
    const child = spawn('script', ['-qec', path, '/dev/null'], { stdio: 'ignore', timeout: PATIENCE_MS });
    await once(child, 'close');
    expect(marked(root)).toBe(true);
  });
});

test('a flag that is wrong in itself is exit code 2, and nothing runs', async () => {
  const wrong = [
    ['--openssl'],
    ['--openssl', 'a', '--openssl', 'b'],
    ['--timeout', '1', '--timeout', '1', '--openssl', '/nonexistent/openssl'],
    ['--timeout', '0', '--openssl', '/nonexistent/openssl'],
    ['--timeout', 'nonsense', '--openssl', '/nonexistent/openssl'],
  ];
  for (const flags of wrong) {
    await tally.attempt(flags.join(' '), async () => {
      const { root } = await scene({ that: 'is not asked' }, true);
      const place = join(root, 'place');
      const before = await tree(place);
      const outcome = await oneProcess.program(place, [...commands.all.args, ...flags]);
      expect(outcome).toMatchObject({ code: 2, stdout: '' });
      expect(outcome.stderr).toMatch(/^error: .*\n(?:hint: .*\n)?$/);
      expect(await tree(place)).toEqual(before);
    });
  }
  tally.none();
});

describe('the checks find', () => {
  /** What a try says that has to fall short. */
  const found = async (row: Row, patience = 4000): Promise<string> => {
    const error = await errorOf(() =>
      attempt({ row, command: 'step genpkey', way: '--openssl', json: false }, patience),
    );
    return error instanceof Error ? error.message : '';
  };
  const failing = [FAILED, /exited with 1/] as const;

  test.each<[string, Row, RegExp]>([
    [
      'a file that was changed outside',
      { that: '', does: 'echo >> "$outside/key.pem"; exit 1', refusal: failing },
      /key\.pem 0644/,
    ],
    [
      'a file that was left where the set belongs',
      { that: '', does: 'echo > "$place/evil.pem"; exit 1', refusal: failing },
      /evil\.pem/,
    ],
    [
      'a process that is left',
      {
        that: '',
        does: `setsid sh -c ': > "$0"; exec sleep 4' "$escaped.begun" < /dev/null > /dev/null 2>&1 3<&- &
          until [ -e "$escaped.begun" ]; do :; done; exit 1`,
        refusal: failing,
      },
      /sleep 4/,
    ],
    ['another error', { that: '', does: 'exit 3', refusal: failing }, /exited with 3/],
    ['a refusal where it should serve', { that: '', does: 'exit 3' }, /exited with 3/],
    ['a result where it should be refused', { that: '', refusal: failing }, /Expected[^]*1[^]*Received[^]*0/],
  ])('%s', async (_, row, words) => {
    expect(await found(row)).toMatch(words);
  });

  test('a program that hangs', async () => {
    expect(await found({ that: 'hangs on', does: 'exec sleep 4', refusal: failing }, 1500)).toMatch(
      /it hangs/,
    );
  });

  test.each<[string, string, RegExp, boolean?]>([
    ['two errors', 'error: exited with 1\nerror: 2\nhint: a\n', /error: 2/],
    ['an error without a hint', 'error: exited with 1\n', /hint: \./],
    ['a stack', 'error: exited with 1\nhint: a\n    at run (main.js:1:1)\n', /main\.js/],
    ['words that are not ours', 'oops\nerror: exited with 1\nhint: a\n', /oops/],
    ['an error as JSON that is none', 'error: exited with 1\nhint: a\n', /exited with 1/, true],
  ])('%s', async (_, stderr, words, json = false) => {
    const outcome = { code: 1, stdout: '', stderr };
    const error = await errorOf(() => isRefusal(outcome, { command: 'all', json }, ...failing));
    expect(String(error)).toMatch(words);
  });

  test('an escape sequence', () => {
    expect('\u001b[31m').toMatch(control);
    expect('\u009b31m').toMatch(control);
    expect('a\tb\nc').not.toMatch(control);
  });

  test.each<[string, (path: (file: string) => string) => Promise<unknown>]>(
    rows(
      [
        ['a key for all to read', (path) => chmod(path('key.pem'), 0o444)],
        ['a directory for all to write', (path) => chmod(path(''), 0o777)],
        ['a file more', (path) => writeFile(path('evil.pem'), '')],
        ['a file less', (path) => rm(path('cert.pem'))],
        [
          'a link',
          async (path) => {
            await rename(path('key.pem'), `${path('')}-key.pem`);
            await symlink(`${path('')}-key.pem`, path('key.pem'));
          },
        ],
        ['another CA', (path) => cp(join(shared(), 'outside', 'ca.pem'), path('ca.pem'), { force: true })],
        ['another key', (path) => cp(join(shared(), 'outside', 'key.pem'), path('key.pem'), { force: true })],
        [
          'a certificate that was swapped',
          async (path) => {
            await rename(path('cert.pem'), path('other'));
            await rename(path('server-cert.pem'), path('cert.pem'));
            await rename(path('other'), path('server-cert.pem'));
          },
        ],
      ],
      2,
    ),
  )('%s in a result', async (_, harm) => {
    const place = join(temporary(), 'place');
    await mkdir(place);
    const before = await stateOf(place);
    await cp(join(shared(), 'place', set), join(place, set), { recursive: true });
    await isResult(place, commands.all, before);
    await harm((file) => join(place, set, file));
    await expect(isResult(place, commands.all, before)).rejects.toThrow();
  });
});
