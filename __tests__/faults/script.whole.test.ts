import { beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { artifactsOf } from '../../lib/internal.js';
import { findOpenssl, previewIssue, script, type IssueOptions } from '../../lib/index.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { processesIn } from '../support/processes.js';
import { cleanEnvironment } from '../support/program.js';
import { chosen, rows, times } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes, tree } from '../support/tree.js';
import { until } from '../support/until.js';
import {
  hosts,
  ips,
  made,
  passphrase,
  prepare,
  refused,
  runScript,
  scriptFor,
  start,
  started,
  type Run,
} from '../support/shell-script.js';

const temporary = useTemporaryDirectory();
const { path: real } = await findOpenssl();
const quick: IssueOptions = { hosts, key: 'ec:p256', passphrase: null };
const quickSecret: IssueOptions = { ...quick, passphrase };

describe('the directory', () => {
  let content: string;
  beforeAll(async () => {
    content = await scriptFor(quick);
  });

  test.each([
    ['a directory', async (path: string) => mkdir(path)],
    ['a file', async (path: string) => writeFile(path, 'mine')],
  ])('is refused where %s already exists', async (_, make) => {
    const root = temporary();
    await mkdir(join(root, 'place'));
    await make(join(root, 'place', 'docker-tls'));
    const log = join(root, 'log');
    const openssl = await fakeOpenssl(root, `echo ran >> '${log}'; exit 1`);
    const { stderr } = await refused(content, { root, openssl });
    expect(stderr).toBe(`${join(root, 'place', 'docker-tls')} already exists: nothing was changed\n`);
    await expect(readFile(log)).rejects.toThrow();
  });

  test('is refused where it came while the script ran', async () => {
    const root = temporary();
    const late = join(root, 'place', 'docker-tls');
    const openssl = await fakeOpenssl(root, `mkdir -p '${late}'; exec '${real}' "$@"`);
    const { code, stderr } = await runScript(content, { root, openssl });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`${late} already exists: nothing was changed\n`) as unknown,
    });
    expect(await readdir(late)).toEqual([]);
    expect(await readdir(join(root, 'place'))).toEqual(['docker-tls']);
  });

  test('is refused where another run is at work, and that one stays', async () => {
    const root = temporary();
    await mkdir(join(root, 'place', 'docker-tls.unfinished'), { recursive: true });
    await writeFile(join(root, 'place', 'docker-tls.unfinished', 'file'), 'of another run');
    const { stderr } = await refused(content, { root });
    expect(stderr).toContain(
      `${join(root, 'place', 'docker-tls.unfinished')} is left of another run: remove it`,
    );
  });

  test.each(
    chosen(
      [
        ['with blanks', 'my own  certificates ', 'my own  certificates '],
        ['with a leading hyphen', '-rf', '-rf'],
        ['that looks like an option of sh', '-x', '-x'],
        ['with a quote', "it's", "it's"],
        ['with what a shell would run', '$(touch pwned)`touch pwned`', '$(touch pwned)`touch pwned`'],
        ['with a pattern', '*', '*'],
        ['with a line end', 'a\nb', 'a\nb'],
        ['with a slash at the end', 'slash/', 'slash'],
        ['with two slashes at the end', 'slash//', 'slash'],
        ['that is empty, which is the default', '', 'docker-tls'],
      ],
      ([what]) => /blanks|leading|would run|two slashes|empty/.test(what),
    ),
  )('can be one %s', async (_, argument, appears) => {
    const root = join(temporary(), "a root's folder");
    await mkdir(root);
    await made(content, { root, args: [argument] });
    expect(await readdir(join(root, 'place'))).toEqual([appears]);
    const end = argument === '' ? appears : argument;
    expect(await readdir(join(root, 'place', end))).toHaveLength(6);
  });

  test('can be an absolute one', async () => {
    const root = temporary();
    const directory = join(root, 'elsewhere');
    await made(content, { root, args: [directory] });
    expect(await readdir(directory)).toHaveLength(6);
    expect(await readdir(join(root, 'place'))).toEqual([]);
  });

  test('can have its default in the script', async () => {
    const root = temporary();
    const { plan } = await previewIssue(['ca', 'server', 'client'], quick, { fresh: true });
    await made(await script(plan, { directory: "a'b $(x)" }), { root });
    expect(await readdir(join(root, 'place'))).toEqual(["a'b $(x)"]);
  });

  test('needs the folder above it, and makes none', async () => {
    const root = temporary();
    await refused(content, { root, args: ['some/where'] });
    expect(await readdir(join(root, 'place'))).toEqual([]);
  });

  test('is the root of the file system: refused, and nothing is left', async () => {
    await refused(content, { root: temporary(), args: ['/'] });
  });
});

describe('nothing is left behind', () => {
  /** Makes small keys, which is quick, and does `body` at the call whose number is in the file `k`. */
  const counting = (root: string, body: string): Promise<string> =>
    fakeOpenssl(
      root,
      [
        `calls='${root}/calls'`,
        'echo "$*" >> "$calls"',
        `if [ "$(grep -c . "$calls")" = "$(cat '${root}/k')" ]; then ${body}; fi`,
        `if [ "$1" = genrsa ]; then exec '${real}' genrsa -des3 -passout fd:3 -out "$out" 1024; fi`,
        `exec '${real}' "$@"`,
      ].join('\n'),
    );

  const CALLS_OF_TRAINING = 10;
  let content: string;
  beforeAll(async () => {
    content = await scriptFor({ recipe: 'training', hosts, passphrase });
    expect(content.match(/\| openssl /g)).toHaveLength(CALLS_OF_TRAINING);
  });

  test.each([
    ['openssl fails', 'echo sorry >&2; exit 1', /^sorry$/m, 1],
    ['openssl is killed', 'kill -9 $$', /./, 2],
    ['openssl fails after its work', `'${real}' "$@"; exit 1`, /^/, 3],
    ['openssl leaves an empty file, as on a full disk', ': > "$out"; exit 0', /./, 4],
  ])('where %s, at whichever call', async (_, body, words, first) => {
    const root = temporary();
    const openssl = await counting(root, body);
    const run = async (k: number): Promise<number> => {
      await writeFile(join(root, 'k'), String(k));
      await writeFile(join(root, 'calls'), '');
      const { stderr } = await refused(content, { root, openssl });
      expect(stderr).toMatch(words);
      return (await readFile(join(root, 'calls'), 'utf8')).trim().split('\n').length;
    };
    // In the short form every fourth call, so that all ways together fail at each of them.
    for (let k = times(first, 1); k <= CALLS_OF_TRAINING; k += times(4, 1)) {
      const calls = await run(k);
      if (!body.includes('exit 0')) expect(calls).toBe(k);
    }
    // The same without a failure succeeds.
    await writeFile(join(root, 'k'), '0');
    await writeFile(join(root, 'calls'), '');
    await made(content, { root, openssl });
  });

  test('nor are folders that were made on the way to the directory', async () => {
    const root = temporary();
    const openssl = await fakeOpenssl(root, 'exit 1');
    await refused(content, { root, openssl, args: ['some/where/docker-tls'] });
  });

  describe.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const)('on %s', (signal, code) => {
    const stopped = async (body: string, send: (child: ChildProcess) => void): Promise<void> => {
      const root = temporary();
      const openssl = await counting(root, `touch '${root}/at-work'; ${body}`);
      await writeFile(join(root, 'k'), '5');
      await mkdir(join(root, 'place'));
      const before = await tree(join(root, 'place'));
      const { child, outcome } = await start(content, { root, openssl });
      await until(async () => (await readdir(root)).includes('at-work'));
      expect(await readdir(join(root, 'place'))).toEqual(['docker-tls.unfinished']);
      send(child);
      expect(await outcome).toMatchObject({ code, stdout: '' });
      expect(await tree(join(root, 'place'))).toEqual(before);
      expect((await readFile(join(root, 'calls'), 'utf8')).trim().split('\n')).toHaveLength(5);
      await until(async () => (await processesIn(join(root, 'place'))).length === 0);
    };

    test('to the script alone, once openssl is done', async () => {
      await stopped('sleep 0.3', (child) => child.kill(signal));
    });

    test('to all of it, as a terminal sends it', async () => {
      await stopped('exec sleep 100', (child) => process.kill(-child.pid!, signal));
    });
  });
});

describe('the file with the passphrase', () => {
  let content: string;
  beforeAll(async () => {
    content = await scriptFor(quickSecret);
  });

  const opens = async (root: string, secret: string | Buffer): Promise<void> => {
    const key = await readFile(join(root, 'place', 'docker-tls', 'ca-key.pem'));
    createPrivateKey({ key, passphrase: secret });
  };

  test.each(
    rows(
      [
        ['ends with a line end', 'correct horse\n', 'correct horse'],
        ['ends without one', 'correct horse', 'correct horse'],
        ['was written on Windows', 'correct horse\r\n', 'correct horse'],
        ['has blanks at both ends', '  correct  horse \n', '  correct  horse '],
        ['has what a shell and printf would read', '$HOME `id` %s%n \\n \'"*\n', '$HOME `id` %s%n \\n \'"*'],
        ['begins with a hyphen', '-n correct\n', '-n correct'],
        ['has letters of other alphabets', 'пароль\n', 'пароль'],
        ['has four bytes', 'abcd\n', 'abcd'],
        ['has two letters of four bytes', 'äö\n', 'äö'],
        ['has 1023 bytes', `${'x'.repeat(1023)}\n`, 'x'.repeat(1023)],
      ],
      3,
    ),
  )('that %s is taken as it stands', async (_, secret, expected) => {
    const root = temporary();
    await made(content, { root, secret });
    await opens(root, expected);
  });

  test.each(
    rows(
      [
        ['is empty', '', /secret is empty/],
        ['has an empty line only', '\n', /4 (to 1023 )?bytes/],
        ['has three bytes', 'abc\n', /4 (to 1023 )?bytes/],
        ['has three bytes of Windows', 'abc\r\n', /4 (to 1023 )?bytes/],
        ['has more lines', 'correct horse\nbattery staple\n', /more than one line/],
        ['has half a line more', 'correct horse\nbattery', /more than one line/],
        ['is longer than openssl reads', `${'x'.repeat(1024)}\n`, /1023 bytes/],
      ],
      2,
    ),
  )('that %s is refused, before openssl runs', async (_, secret, words) => {
    const root = temporary();
    const openssl = await fakeOpenssl(root, `touch '${root}/ran'; exec '${real}' "$@"`);
    expect((await refused(content, { root, secret, openssl })).stderr).toMatch(words);
    expect(await readdir(root)).not.toContain('ran');
  });

  test.each([
    ['is not there', {}],
    ['is not there, whatever a variable of the caller says', { passphrase: 'wrong horse' }],
  ])('that %s is refused', async (_, others) => {
    const root = temporary();
    const env = { PASSPHRASE_FILE: join(root, 'nowhere'), ...others };
    const { stderr } = await refused(content, { root, env });
    expect(stderr).toContain(join(root, 'nowhere'));
    expect(stderr).not.toContain('parameter not set');
  });

  test('can be named from where the script starts', async () => {
    const root = temporary();
    await made(content, { root, env: { PASSPHRASE_FILE: '../secret' } });
    await opens(root, passphrase);
  });

  test('is needed where there is no terminal', async () => {
    const { stderr } = await refused(content, { root: temporary(), secret: null });
    expect(stderr).toMatch(/no terminal .* PASSPHRASE_FILE/);
  });

  test('is not asked for where no key is encrypted', async () => {
    const plain = await scriptFor(quick);
    expect(plain).not.toMatch(/passphrase/i);
    await made(plain, { root: temporary(), secret: null });
  });
});

describe('the passphrase is in no command line and no environment', () => {
  /** Holds each command until it was looked at: until its mark is gone. */
  const slow = async (root: string): Promise<string> => {
    const mark = `'${root}'/mark-$$`;
    const wait = `n=0; while [ -e ${mark} ] && [ $n -lt 500 ]; do sleep 0.02; n=$((n + 1)); done`;
    const openssl = await fakeOpenssl(root, `: > ${mark}\n${wait}\nexec '${real}' "$@"`);
    await mkdir(join(root, 'bin'), { recursive: true });
    // A shell that has printf built in does not come by here.
    const line = '#!/bin/sh\nsleep 0.05\nexec /usr/bin/printf "$@"\n';
    await writeFile(join(root, 'bin', 'printf'), line, { mode: 0o755 });
    return openssl;
  };

  /** Where `secret` is seen in /proc while the script runs, and how many commands of openssl were. */
  async function watch(
    content: string,
    secret: string,
    others: Partial<Run> = {},
  ): Promise<{ leaks: string[]; commands: number; code: number | null }> {
    const root = temporary();
    const { outcome } = await start(content, { root, secret, openssl: await slow(root), ...others });
    const state = { running: true };
    const ended = outcome.finally(() => (state.running = false));
    const leaks = new Set<string>();
    const commands = new Set<string>();
    while (state.running) {
      const marks = readdirSync(root).filter((name) => name.startsWith('mark-'));
      for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
        for (const file of ['cmdline', 'environ']) {
          const content = readProcess(id, file);
          if (content.includes(secret)) leaks.add(file);
          if (content.includes(`${root}/bin/openssl\0`) && content.includes('\0fd:3\0'))
            commands.add(content);
        }
      }
      for (const mark of marks) rmSync(join(root, mark));
      await sleep(2);
    }
    const { code, stderr } = await ended;
    expect(stderr).not.toContain(secret);
    return { leaks: [...leaks].sort(), commands: commands.size, code };
  }

  function readProcess(id: string, file: string): string {
    try {
      return readFileSync(`/proc/${id}/${file}`, 'latin1');
    } catch {
      return ''; // it ended meanwhile
    }
  }

  let content: string;
  beforeAll(async () => {
    content = await scriptFor(quickSecret);
  });
  const newSecret = (): string => randomBytes(12).toString('hex');
  const planted = (from: RegExp, to: string): string => {
    const leaking = content.replace(from, to);
    expect(leaking).not.toBe(content);
    return leaking;
  };

  test('while the script runs', async () => {
    expect(await watch(content, newSecret())).toEqual({ leaks: [], commands: 4, code: 0 });
  });

  test('whatever variables the caller has exported', async () => {
    const env = { passphrase: 'something', again: 'something', work: 'x', directory: 'x' };
    expect(await watch(content, newSecret(), { env })).toMatchObject({ leaks: [], code: 0 });
  });

  test('nor is it taken where printf is not built into the shell, as on OpenBSD', async () => {
    const root = temporary();
    const env = { BASH_ENV: join(root, 'profile') };
    await writeFile(env.BASH_ENV, 'enable -n printf\n');
    const watched = await watch(content, newSecret(), { env, shell: ['bash'] });
    expect(watched).toEqual({ leaks: [], commands: 0, code: 1 });
  });

  test.each([
    ['a command line', /-passin fd:3/, '-passin "pass:$passphrase"', ['cmdline']],
    ['an environment', /^unset passphrase again$/m, 'export passphrase', ['environ']],
    ['a printf that is a program', /^printf '%s\\n' "\$pass/gm, `env printf '%s\\n' "$pass`, ['cmdline']],
  ] as const)('or the watcher sees it: %s', async (_, from, to, leaks) => {
    expect(await watch(planted(from, to), newSecret())).toMatchObject({ leaks, code: 0 });
  });
});

describe('at a terminal', () => {
  let content: string;
  beforeAll(async () => {
    content = await scriptFor(quickSecret);
  });

  /** The script at a terminal, whose state is shown after it. */
  async function attend(root: string): Promise<{
    sees: (words: string) => Promise<void>;
    types: (keys: string) => void;
    output: () => string;
  }> {
    const { env, words } = await prepare(content, { root, secret: null });
    // What the keyboard sends goes to this shell, too.
    const line = `trap : INT QUIT; '${words.join("' '")}'; echo "exit code $?"; stty -a; echo the end`;
    const child = spawn('script', ['-qec', line, '/dev/null'], {
      cwd: join(root, 'place'),
      env: cleanEnvironment({ ...(env as Record<string, string>), SHELL: '/bin/sh', TERM: 'xterm' }),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    started.add(child);
    let output = '';
    let seen = 0;
    child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
    return {
      sees: (words) =>
        until(async () => {
          const at = output.indexOf(words, seen);
          if (at >= 0) seen = at + words.length;
          return Promise.resolve(at >= 0);
        }),
      types: (keys) => child.stdin.write(keys),
      output: () => output,
    };
  }
  const echoes = / echo /;

  test('it asks for the passphrase twice, and shows neither', async () => {
    const root = temporary();
    const { sees, types, output } = await attend(root);
    await sees('New passphrase: ');
    types(`${passphrase}\r`);
    await sees('Repeat passphrase: ');
    types(`${passphrase}\r`);
    await sees('made in ');
    await sees('exit code 0');
    await sees('the end');
    expect(output()).not.toContain('horse');
    expect(output()).toMatch(echoes);
    const key = await readFile(join(root, 'place', 'docker-tls', 'ca-key.pem'));
    expect(createPrivateKey({ key, passphrase }).type).toBe('private');
  });

  test.each(
    rows(
      [
        ['two different ones', passphrase, 'wrong horse', 'passphrases do not match'],
        ['a short one', 'abc', 'abc', 'a passphrase '],
        ['an empty one', '', '', 'a passphrase '],
      ],
      3,
    ),
  )('it refuses %s', async (_, first, second, words) => {
    const root = temporary();
    const { sees, types, output } = await attend(root);
    await sees('New passphrase: ');
    types(`${first}\r`);
    await sees('Repeat passphrase: ');
    types(`${second}\r`);
    await sees(words);
    await sees('exit code 1');
    await sees('the end');
    expect(output()).not.toContain('horse');
    expect(output()).toMatch(echoes);
    expect(await readdir(join(root, 'place'))).toEqual([]);
  });

  test.each(
    rows(
      [
        ['Ctrl-C', '\x03', 'exit code 130'],
        ['Ctrl-D', '\x04', 'exit code 1'],
        ['Ctrl-\\', '\x1c', 'exit code 131'],
      ],
      3,
    ),
  )('it can be left with %s, and the terminal echoes again', async (_, keys, code) => {
    const root = temporary();
    const { sees, types, output } = await attend(root);
    await sees('New passphrase: ');
    types(keys);
    await sees(code);
    await sees('the end');
    expect(output()).toMatch(echoes);
    expect(await readdir(join(root, 'place'))).toEqual([]);
  });
});

const shells = (
  [
    ['dash'],
    ['bash', '--posix'],
    ['bash'],
    ['busybox', 'sh'],
    ['ksh'],
    ['mksh'],
    ['yash'],
    ['zsh', '--emulate', 'sh'],
  ] as [string, ...string[]][]
).filter(([name]) => spawnSync('/bin/sh', ['-c', `command -v ${name}`]).status === 0);

describe.each(shells.map((shell, at) => [shell.join(' '), shell, at] as const))(
  'under %s',
  (_, shell, at) => {
    const recipes: [string, IssueOptions][] = [
      ['openssl-cnf', { recipe: 'openssl-cnf', ips }],
      ['recommended', quickSecret],
    ];
    test.each(rows(recipes, 2, at))('%s makes its files', async (_, options) => {
      const root = temporary();
      const { plan } = await previewIssue(['ca', 'server', 'client'], options, { fresh: true });
      await made(await script(plan), { root, shell });
      const names = Object.keys(await modes(join(root, 'place', 'docker-tls')));
      expect(names.filter((name) => !name.endsWith('/')).sort()).toEqual(
        artifactsOf(plan)
          .map(({ path }) => path)
          .sort(),
      );
    });

    test('it leaves nothing behind', async () => {
      const root = temporary();
      const openssl = await fakeOpenssl(root, `[ "$1" != x509 ] || exit 1; exec '${real}' "$@"`);
      const { code } = await refused(await scriptFor(quickSecret), { root, shell, openssl });
      expect(code).toBe(1);
    });
  },
);
