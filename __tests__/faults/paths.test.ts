import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { execFile, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import {
  all,
  ca,
  client,
  DirectoryError,
  DockerTlsError,
  findOpenssl,
  InputError,
  parseSubject,
  previewIssue,
  script,
  type IssueOptions,
  type RecipeName,
} from '../../lib/index.js';
import { spelled } from '../../cli/own-command.js';
import { issue, recipeNames, shellWord } from '../../lib/internal.js';
import { rdn } from '../../lib/x509/subject.js';
import { certificateSubject } from '../support/der.js';
import { errorOf } from '../support/failure.js';
import * as hostile from '../support/hostile.js';
import { canary, component, concealed } from '../support/hostile.js';
import { opensslOutput } from '../support/openssl.js';
import { useOneProcess } from '../support/one-process.js';
import { quick, type Outcome } from '../support/program.js';
import { attributeOf, contents, readSubject } from '../support/readers.js';
import { times, whole } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { useTerminal } from '../support/terminal.js';
import { tree } from '../support/tree.js';
import { unlessRefused } from '../unit/refusal.js';
import { only } from '../support/only.js';

jest.setTimeout(times(120_000, 1_800_000));
const paths = usePromise('a hostile path is refused beforehand, or is where all of it lies');
const lines = usePromise('a line of shell holds a hostile value as it is, and runs nothing else');
const screen = usePromise('nothing hostile reaches the terminal as it stands');
const flags = usePromise('a hostile flag is refused, or is in what is made');
const temporary = useTemporaryDirectory();
const terminal = useTerminal();
const { program } = useOneProcess();
const run = promisify(execFile);
const { path: openssl } = await findOpenssl();

/** How many programs run side by side. */
const AT_ONCE = 2;
const parts = ['ca', 'server', 'client'] as const;
const base: IssueOptions = { hosts: ['docker.example'], key: 'ec:p256', passphrase: null };
const sixFiles = ['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem', 'server-cert.pem', 'server-key.pem'];

/** As many as the short form tries, spread over all of them. */
function some<Value>(values: readonly Value[], few: number): readonly Value[] {
  const step = whole ? 1 : Math.max(1, Math.floor(values.length / few));
  return values.filter((_, at) => at % step === 0);
}

/** Each, some of them side by side. */
async function sideBySide<Value>(
  values: readonly Value[],
  work: (value: Value, n: number) => Promise<void>,
): Promise<void> {
  const left = [...values.entries()];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** All that lies below, by a program that paths of any length do not trouble. */
async function below(root: string): Promise<string[]> {
  const { stdout } = await run('find', ['.', '-printf', '%y %m %p\\0'], { cwd: root, maxBuffer: 1e8 });
  return stdout.split('\0').sort();
}

/** Names of directories that a file system takes, two blanks between them. */
const taken: readonly string[] = [
  ...'-rf  *  a\\b  x/../y  y//  ~  fd:3  "q"  $HOME  --help  a;b  #  a:b  file:x  {{value}}  %s  CON  a b'.split(
    '  ',
  ),
  ...'__proto__  ..a  ...  .hidden  ./y  y/  y/.  deep/er/y  e\u0301  é  ca.pem  clients  servers'.split(
    '  ',
  ),
  ...'.docker-tls-openssl.lock  .docker-tls-openssl-x  docker-tls.unfinished'.split('  '),
  ...[
    `it's`,
    `$(touch ${canary})`,
    `\`touch ${canary}\``,
    `'; touch ${canary}; '`,
    ' a',
    'a b ',
    'a\tb',
    'a\r',
  ],
  ...['a\nb', 'a\n', '\x1b[2J', 'a\u202eb', '\ufeff', 'a\x7f', 'a\x85', 'a'.repeat(255), '🐳'.repeat(63)],
  ...[`${'ü'.repeat(127)}a`, `${'a'.repeat(255)}/${'b'.repeat(255)}`],
];

/** Throws unless an error says beforehand that this directory cannot be used. */
function isRefusal(error: unknown): void {
  const known =
    error instanceof DirectoryError || (error instanceof InputError && error.option === 'directory');
  if (!known) throw new Error(`it is ${String(error).slice(0, 200)}`, { cause: error });
}

describe('a directory', () => {
  /** Makes a set there. */
  async function makes(root: string, name: string, again: boolean): Promise<void> {
    const given = `${root}/${name}`;
    const directory = resolve(given);
    const issued = await all({ ...base, directory: given });
    expect(issued.directory).toBe(directory);
    expect((await readdir(directory)).sort()).toEqual(sixFiles);
    // Beside what it is made of lies nothing: neither a workspace nor what a name would run.
    const depth = directory.slice(root.length).split('/').length;
    const found = await below(root);
    const kinds = ['d', 'f', 'l'].map((kind) => found.filter((line) => line.startsWith(kind)).length);
    expect(kinds).toEqual([depth, sixFiles.length, 0]);
    if (!again) return;
    const further = await client(only('client', { ...base, directory: given, name: 'x' }));
    expect(further.made).toHaveLength(3);
    new X509Certificate(await readFile(`${directory}/clients/x/cert.pem`));
  }

  test('of any name holds all of it', async () => {
    const names = [...some(taken, 3), ...fc.sample(component, times(1, 150))];
    await sideBySide(names, async (name, n) => {
      const root = join(temporary(), String(n));
      await mkdir(root);
      await paths.attempt(JSON.stringify(name), () => makes(root, name, whole || n % 4 === 0));
      await rm(root, { recursive: true });
    });
    paths.none();
    expect(paths.tried()).toBeGreaterThanOrEqual(times(4, 11));
  });

  /** A path of so many bytes. The last name is short: what is made beside it for a while is as long as it can be. */
  function ofLength(root: string, length: number): string {
    let path = root;
    for (let left = length - 2 - path.length; left > 0; left = length - 2 - path.length)
      path += `/${'d'.repeat(left === 202 ? 199 : Math.min(left - 1, 200))}`;
    return `${path}/x`;
  }

  const fits = (path: string): boolean => path.split('/').every((name) => Buffer.byteLength(name) <= 255);
  const lengths = whole ? Array.from({ length: 420 }, (_, at) => 3690 + at) : [3700, 4024, 4096];

  test('of whatever length is refused with nothing left, or holds all of it', async () => {
    const names = ['a'.repeat(256), 'ü'.repeat(128), 'a\0b', `${'a'.repeat(256)}/b`, `${'a/'.repeat(2100)}b`];
    const root = join(temporary(), 'long');
    await mkdir(root);
    const before = await below(root);
    for (const directory of [
      ...names.map((name) => `${root}/${name}`),
      ...lengths.map((n) => ofLength(root, n)),
    ]) {
      await paths.attempt(`${directory.length} characters`, async () => {
        const possible = directory.length <= 3700 && fits(directory) && !directory.includes('\0');
        for (const name of [undefined, 'x'.repeat(63)]) {
          const parts = name === undefined ? (['ca', 'server', 'client'] as const) : (['client'] as const);
          const asked = only(parts, { ...base, directory, name });
          const error = await errorOf(() => issue(parts, asked)).catch(() => undefined);
          expect(error === undefined).toBe(possible);
          if (error !== undefined) isRefusal(error);
        }
        if (possible) expect(await readdir(directory)).toHaveLength(sixFiles.length + 1);
        else expect(await below(root)).toEqual(before);
      });
      await run('find', [root, '-mindepth', '1', '-delete']);
    }
    paths.none();
  });

  test('that others can change is named in the hint as a shell takes it', async () => {
    for (const name of ["it's", 'a b', `$(touch ${canary})`]) {
      const directory = join(temporary(), name);
      await ca(only('ca', { ...base, directory }));
      await symlink(directory, `${directory} link`);
      await chmod(directory, 0o777);
      for (const path of [directory, `${directory} link`]) {
        const error = await errorOf(() => client(only('client', { ...base, directory: path })));
        const hint = spelled((error as DockerTlsError).remedy ?? '');
        lines.count(`hint: ${hint}`, hint.endsWith(` ${shellWord(directory)}`));
      }
    }
    lines.none();
  });
});

/** Runs lines in a directory, where no program but those of the system is found. */
function shell(place: string, content: string, PATH = '/usr/bin:/bin'): ReturnType<typeof spawnSync> {
  const env = { PATH, HOME: '/nonexistent', LANG: 'C.UTF-8' };
  return spawnSync('/bin/sh', ['-s'], { cwd: place, input: content, env, timeout: 60_000 });
}

describe('the lines to run next', () => {
  const programs = ['dockerd', 'docker', 'service', 'sudo', 'cp', 'mkdir', 'curl', 'jq', 'less'];
  const prelude = programs.map((name) => `${name}() { printf '%s\\0' "$@"; }`).join('\n');

  /** The words that the commands of a plan's advice get from a shell, and its variables. */
  async function words(root: string, recipe: RecipeName, directory: string): Promise<string[]> {
    const given: IssueOptions =
      recipe === 'openssl-cnf' ? { ips: ['10.0.0.5'] } : { hosts: ['docker.example'] };
    const { next } = await previewIssue(parts, { ...given, recipe, directory }, { fresh: true });
    const commands = [...next.daemon, ...next.client].filter((line) => !line.startsWith('/etc/'));
    const variables = `printf '%s\\0' "\${OPTIONS:-}" "\${DOCKER_CERT_PATH:-}"`;
    const { status, stdout, stderr } = shell(root, [prelude, ...commands, variables].join('\n'));
    if (status !== 0 || String(stderr) !== '') throw new Error(`${String(stderr)}: ${commands.join('\n')}`);
    return String(stdout).split('\0');
  }

  test.each(recipeNames)('of %s name the directory', async (recipe) => {
    const root = temporary();
    for (const name of [...some(taken, 4), ...fc.sample(component, times(1, 100))]) {
      await lines.attempt(`${recipe} ${JSON.stringify(name)}`, async () => {
        const directory = resolve(`${root}/${name}`);
        const found = await words(root, recipe, directory);
        const at = recipe === 'openssl-cnf' ? `${directory}/client` : directory;
        expect(
          found.some((word) => word === at || word.endsWith(`=${at}/ca.pem`) || word === `${at}/ca.pem`),
        ).toBe(true);
        // One variable for all of the daemon's flags, which its script splits at blanks.
        const flag = `--tlscacert=${directory}${recipe === 'openssl-cnf' ? '/server' : ''}/ca.pem`;
        expect(found.some((word) => word === flag || word.includes(` ${flag} `))).toBe(true);
        expect(await readdir(root)).toEqual([]);
      });
    }
    lines.none();
  });

  test('or a shell would do what they say', () => {
    shell(temporary(), `${prelude}\ndockerd --tlscacert=$(touch ${canary})`);
    expect(spawnSync('ls', { cwd: temporary() }).stdout.toString()).toBe(`${canary}\n`);
  });
});

describe('a script', () => {
  /** The openssl of the tests is the first on PATH. Gives the only directory that it made. */
  async function runs(root: string, content: string, directory: string): Promise<string> {
    const [place, bin] = [join(root, 'place'), join(root, 'bin')];
    for (const folder of [place, bin]) await mkdir(folder, { recursive: true });
    await symlink(openssl, join(bin, 'openssl'));
    const { status, stderr } = shell(place, content, `${bin}:/usr/bin:/bin`);
    if (status !== 0) throw new Error(`it ended with ${String(status)}: ${String(stderr)}`);
    expect(await readdir(place)).toEqual([directory]);
    return join(place, directory);
  }

  interface Scripted {
    readonly directory: string;
    readonly clientName: string;
    readonly subject: string;
  }

  async function content({ directory, ...asked }: Scripted): Promise<string> {
    const { plan } = await previewIssue(parts, { ...base, ...asked }, { fresh: true });
    return script(plan, { directory });
  }

  /** Throws unless the script makes its directory with what was asked, and runs nothing else. */
  async function holds(
    root: string,
    text: string,
    { directory, clientName, subject }: Scripted,
  ): Promise<void> {
    const made = await runs(root, text, directory);
    expect((await readdir(made)).sort()).toEqual(sixFiles);
    const of = async (file: string): Promise<unknown> =>
      certificateSubject(await readFile(join(made, file), 'utf8'));
    const prefix = readSubject(subject);
    expect(await of('cert.pem')).toEqual([...prefix, attributeOf('CN', clientName)]);
    expect(await of('server-cert.pem')).toEqual([...prefix, attributeOf('CN', 'docker.example')]);
  }

  const scripted = fc.record<Scripted>({
    directory: component,
    clientName: hostile.clientName.filter((text) => unlessRefused(() => rdn('CN', text)) !== undefined),
    subject: hostile.subject.filter(
      (text) => unlessRefused(() => parseSubject(text))?.every(({ type }) => type !== 'CN') ?? false,
    ),
  });
  const value = `a'"$(touch ${canary})\`touch ${canary}\`;&|<>#*~!\\`;
  const worst: readonly Scripted[] = [
    {
      directory: `-rf ';touch ${canary};'\n$HOME"`,
      clientName: value,
      subject: '/O=EOF/OU=EOF_/OU=$ENV::HOME',
    },
    { directory: `a\ntouch ${canary}\n#`, clientName: `'; touch ${canary}; '`, subject: '/O=\\\\n%s%n' },
  ];

  test('makes what was asked, and nothing else is run', async () => {
    await sideBySide([...worst, ...fc.sample(scripted, times(2, 150))], async (each, n) => {
      const root = join(temporary(), String(n));
      await lines.attempt(JSON.stringify(each), async () => holds(root, await content(each), each));
    });
    lines.none();
  });

  test('or the checker sees it', async () => {
    const each = { directory: `$(touch ${canary})x`, clientName: 'alice', subject: '/O=Example' };
    const text = await content(each);
    const loose = text.replace(shellWord(each.directory), each.directory);
    await expect(holds(temporary(), loose, each)).rejects.toThrow();
    expect(await readdir(join(temporary(), 'place'))).toContain(canary);
    const other = text.replace('1.CN = alice', '1.CN = mallory');
    await expect(holds(join(temporary(), 'other'), other, each)).rejects.toThrow('mallory');
  });
});

/** What a terminal or a reader would take for something else. A tab does no harm. */
const acts = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** All that stands in an output and acts; a line end is the program's own unless it was planted: `q`, line end, `forged`. */
function acting({ stdout, stderr }: Pick<Outcome, 'stdout' | 'stderr'>): string[] {
  const found = `${stdout}${stderr}`;
  return [
    ...Array.from(found.replaceAll('\n', '')).filter((character) => acts.test(character)),
    ...(/^forged/m.test(found) ? ['a line of its own'] : []),
  ];
}

describe('what is printed', () => {
  /** One at a time in the whole form; in short all in one. NUL is in no argument, and half a character in none either. */
  const characters = concealed.filter((each) => !/[\0\p{Cs}]/u.test(each) && acts.test(each));
  const planted = whole ? characters.map((each) => `q${each}forged`) : [`q${characters.join('')}\nforged`];
  const set = ['all', ...quick];

  const cases: readonly ((value: string) => readonly string[])[] = [
    ...['--host', '--ip', '--key'].map((flag) => (value: string) => ['all', flag, value]),
    ...[
      'client-name',
      'subject',
      'days',
      'ca-days',
      'recipe',
      'force',
      'templates',
      'openssl',
      'timeout',
    ].map((flag) => (value: string) => [...set, `--${flag}`, value]),
    (value) => ['all', '--host', `h:${value}`],
    (value) => [...set, '--subject', `/${value}=a`],
    (value) => [...set, '--subject', `/O=a/${value}`],
    (value) => [...set, '--subject', `/O=${value}`],
    (value) => ['all', '--host', 'h', '--passphrase-file', value],
    (value) => ['client', '--name', value],
    (value) => ['client', '--dir', value],
    (value) => [...set, `--${value}`],
    (value) => [...set, value],
    (value) => [value],
    (value) => ['step', 'req-x509', '--key', 'k', '--out', 'o', '--set_serial', value],
    (value) => ['step', 'rsa', '--in', value, '--out', 'o'],
  ];

  test('of an error holds nothing that acts, in text and in JSON, and nothing was made', async () => {
    const root = temporary();
    const before = await tree(root);
    const tries = cases.flatMap((args, at) =>
      // JSON is made in one place: every fourth will do.
      planted.map((value, n) => [...args(value), ...((at + n) % 4 === 0 ? ['--json'] : [])]),
    );
    await sideBySide(tries, async (args) => {
      await screen.attempt(JSON.stringify(args), async () => {
        const outcome = await program(root, args);
        expect([1, 2]).toContain(outcome.code);
        if (args.includes('--json')) expect(JSON.parse(outcome.stdout)).toMatchObject({ ok: false });
        else expect(outcome.stderr).toMatch(/^error: /);
        expect(`${outcome.stdout}${outcome.stderr}`).not.toMatch(/ERR_INTERNAL|is not a function|^ {4}at /m);
        expect(acting(outcome)).toEqual([]);
      });
    });
    screen.count('nothing was made', JSON.stringify(await tree(root)) === JSON.stringify(before));
    screen.none();
    expect(screen.tried()).toBeGreaterThanOrEqual(cases.length);
  });

  test('the watcher sees what acts', () => {
    for (const character of characters)
      expect(acting({ stdout: '', stderr: `error: q${character}forged\n` })).not.toEqual([]);
    expect(acting({ stdout: '', stderr: 'error: q\nforged\n' })).toEqual(['a line of its own']);
    expect(acting({ stdout: 'Käse 日本 🐳\n', stderr: 'done\n' })).toEqual([]);
  });

  async function screenOf(cwd: string, args: readonly string[], code = 0): Promise<Outcome> {
    const outcome = await program(cwd, args);
    await screen.attempt(args.join(' '), async () => {
      expect(acting(outcome)).toEqual([]);
      expect(outcome.code).toBe(code);
      return Promise.resolve();
    });
    return outcome;
  }

  test('of a set in a hostile directory holds nothing that acts, and the JSON has its name', async () => {
    const root = temporary();
    const directory = join(root, planted[0]!);
    const named = ['--dir', directory];
    await screenOf(root, [...set, ...named, '--verbose']);
    await screenOf(root, [...set, ...named]);
    const { stdout } = await screenOf(root, [...set, ...named, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, directory });
    await screenOf(root, ['server', '--name', 'web', '--host', 'h', ...named, '--dry-run']);
    await screenOf(root, ['client', '--client-name', 'other', ...named], 1);
    await rm(join(directory, 'ca-key.pem'));
    await screenOf(root, ['client', '--name', 'x', ...named], 1);
    screen.none();
  });

  test("of somebody else's certificate holds nothing that acts", async () => {
    const root = temporary();
    await all({ ...base, directory: join(root, 'docker-tls') });
    await copyFile(join(root, 'docker-tls', 'key.pem'), join(root, 'key.pem'));
    await rm(join(root, 'docker-tls', 'cert.pem'));
    const config = '[req]\nprompt=no\nutf8=yes\ndistinguished_name=d\n[d]\nCN=q\x1b]0;owned\x07\u202ez\n';
    await writeFile(join(root, 'config'), config);
    await writeFile(join(root, 'extensions'), 'extendedKeyUsage=clientAuth\n');
    await opensslOutput('req -new -config config -key key.pem -out csr'.split(' '), root);
    const signer = '-CA docker-tls/ca.pem -CAkey docker-tls/ca-key.pem -set_serial 7 -days 99';
    await opensslOutput(
      `x509 -req -in csr ${signer} -extfile extensions -out docker-tls/cert.pem`.split(' '),
      root,
    );
    for (const args of [[], ['--json']]) {
      for (const [asked, code] of [
        [[], 0],
        [['--client-name', 'other'], 1],
      ] as const) {
        const { stdout, stderr } = await screenOf(root, ['client', ...asked, ...args], code);
        expect(`${stdout}${stderr}`).toMatch(/q.*owned.*z/s);
      }
    }
    screen.none();
  });

  test('at a terminal holds nothing that acts', async () => {
    const value = 'q\x1b]0;owned\x07\u202e\x9b\nz';
    const shows = (what: string, output: string): void => {
      const found = ['\x1b]0;', '\x07', '\u202e', '\x9b', '\nz', '\r\nz'].filter((each) =>
        output.includes(each),
      );
      screen.count(`${what}: ${JSON.stringify(found)}`, found.length === 0 && output.includes('\\u202e'));
    };
    const asked = terminal(temporary(), ['all', '--host', 'h', '--key', 'ec:p256', '--dir', value]);
    await asked.sees('New passphrase');
    await asked.sees('z/ca-key.pem').catch(() => undefined);
    asked.types('\x03');
    await asked.ends();
    shows('the prompt', asked.output());
    const wrong = terminal(temporary(), ['all', '--host', 'h', '--key', value]);
    await wrong.ends();
    shows('the error', wrong.output());
    screen.none();
  });
});

describe('a flag', () => {
  const set = ['all', ...quick];
  const rows: readonly (readonly string[])[] = [
    ['all', '--host', '-x'],
    ['all', '--host=-x'],
    ['all', '--host', ''],
    ['all', '--host=--ip'],
    ['all', '--host', '--ip', '10.0.0.5'],
    ['script', '--host', 'h\nx'],
    ['recipes', '--host', 'h'],
    // A flag with a dot is none.
    ['all', '--host.x', 'y'],
    ['client', '--name.x', 'y'],
    ['all', '--host', 'h', '--no-passphrase.x', 'y'],
    ...[
      'dir.x',
      'client-name.x',
      'dry-run.x',
      'json.x',
      'passphrase-file.x',
      '__proto__.x',
      'constructor',
    ].map((flag) => [...set, `--${flag}`, 'y']),
    ...['', '-x', 'CON', 'a/b', '..', '../../etc/x', '__proto__'].map((name) => ['client', `--name=${name}`]),
    ...['', '-1', '1e2', '0x10', 'NaN'].map((days) => [...set, `--days=${days}`]),
    ...['__proto__', 'constructor'].map((key) => [...set, '--key', key]),
    ...['NaN', 'Infinity', '1e400'].map((seconds) => [...set, '--timeout', seconds]),
    ...['NaN', '-1'].map((seconds) => [...set, `--lock-timeout=${seconds}`]),
    ...['', `${'a/'.repeat(2100)}b`].map((directory) => [...set, '--dir', directory]),
    ...['', '-rf'].map((name) => [...set, '--client-name', name]),
    [...set, '--ca-days', '1'],
  ];

  test('that cannot be used is an error of that, and nothing is made', async () => {
    const root = temporary();
    const before = await tree(root);
    await sideBySide(some(rows, 12), async (args) => {
      await flags.attempt(args.map((arg) => arg.slice(0, 40)).join(' '), async () => {
        const { code, stdout, stderr } = await program(root, args);
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
        expect(stderr).toMatch(/^error: /);
        expect(stderr).not.toMatch(/is not a function|not iterable|must be of type|^ {4}at /m);
      });
    });
    flags.count('nothing was made', JSON.stringify(await tree(root)) === JSON.stringify(before));
    flags.none();
    expect(flags.tried()).toBeGreaterThanOrEqual(12);
  });

  test('that looks like a flag, where it can be used, is in what is made', async () => {
    const root = temporary();
    const values = ['--client-name=-rf', '--subject=/O=--help/OU=-', '--dir=-d', '--host=__proto__'];
    await flags.attempt(values.join(' '), async () => {
      const made = await program(root, ['all', '--key', 'ec:p256', '--no-passphrase', ...values, '--json']);
      expect(JSON.parse(made.stdout)).toMatchObject({ ok: true, directory: join(root, '-d') });
      expect(await readdir(root)).toEqual(['-d']);
      const [held, server] = await Promise.all(
        ['cert.pem', 'server-cert.pem'].map(async (file) =>
          contents(await readFile(join(root, '-d', file), 'utf8')),
        ),
      );
      expect(held!.subject).toEqual(readSubject('/O=--help/OU=-/CN=-rf'));
      expect(server!.altNames[0]).toBe('DNS:__proto__');
    });
    flags.none();
  });
});
