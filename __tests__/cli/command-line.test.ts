import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import { findOpenssl } from '../../lib/index.js';
import { fakeOpenssl } from '../support/fake-openssl.js';
import { useOneProcess } from '../support/one-process.js';
import { main, program, quick, refuses, succeeds } from '../support/program.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';
import { modes } from '../support/tree.js';
import { sixFiles } from './six-files.js';

const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const running = ['--dry-run', '--json', '--quiet', '--verbose', '--openssl', '--timeout'];
const passphrase = ['--passphrase-file', '--passphrase-fd'];
const openModes = '--allow-open-modes';
const common = [
  '--key',
  '--ca-key',
  '--subject',
  '--country',
  '--organization',
  '--unit',
  '--templates',
  '--force',
  '--dir',
  '--lock-timeout',
  openModes,
  ...passphrase,
  ...running,
];
const request = [
  ...common.filter((flag) => !['--force', '--ca-key', ...passphrase].includes(flag)),
  ...['--name', '--script', '--overwrite'],
];
const signing = ['--dir', '--lock-timeout', '--ca-key', ...passphrase, ...running];
const parent = ['--parent', '--parent-passphrase-file', '--parent-passphrase-fd', '--path-length'];
const newCa = ['--permit', '--separate-cas', '--ca-days', '--no-passphrase', '--yes', ...parent];
const server = ['--host', '--ip', '--no-localhost', '--days'];
const client = ['--client-name', '--days'];
const encryption = ['--aes256', '--aes192', '--aes128', '--des3', '--passout'];
const digest = ['--sha256', '--sha384', '--sha512'];
const step = [...running, '--overwrite'];
const keys = ['--dir', '--lock-timeout', openModes, ...passphrase, ...running];
const renewal = [...keys, '--install', '--to', '--root', '--new-key', '--key', '--days', '--exec'];
const called = ['--dir', '--name', '--host'];
const rollOver = ['--file', '--lock-timeout', openModes, ...passphrase, ...running];
const apply = ['--apply', '--dry-run', '--json'];

/** Every flag of every command. */
const recipe = ['--recipe', '--add-san'];
const commands: readonly (readonly [string, readonly string[]])[] = [
  ['all', [...common, ...newCa, ...server, ...client, ...recipe, '--name']],
  ['ca', [...common, ...newCa]],
  ['server', [...common, ...server, '--name']],
  ['client', [...common, ...client, '--name']],
  ['csr server', [...request, '--host', '--ip', '--no-localhost']],
  ['csr client', [...request, '--client-name']],
  [
    'sign',
    [
      ...[...signing, '--templates', ...server],
      ...['--client-name', '--names-from-csr', '--role', '--name', '--overwrite', '--yes'],
    ],
  ],
  ['issued', ['--dir', '--json', '--client', '--server', '--expiring', '--revoked', '--within']],
  ['revoke', [...signing, '--reason', '--days', '--yes']],
  [
    'crl',
    [
      ...signing,
      '--role',
      '--days',
      '--due',
      '--print-timer',
      '--install-timer',
      '--remove-timer',
      '--apply',
    ],
  ],
  ['authority rebuild', ['--dir', '--dry-run', '--json', '--quiet', '--lock-timeout']],
  ['fleet plan', ['--file', '--prune', '--ignore-window', '--json', '--quiet', '--verbose']],
  [
    'fleet apply',
    [
      ...['--file', '--prune', '--ignore-window', '--bundle', '--templates', '--no-passphrase', '--yes'],
      ...['--lock-timeout', openModes, ...passphrase, ...running],
    ],
  ],
  [
    'fleet csr',
    [
      ...['--file', '--from', '--parallel', '--ssh-config', '--to', '--timeout'],
      ...['--dry-run', '--json', '--quiet'],
    ],
  ],
  ['fleet ansible', ['--file', '--overwrite', '--lock-timeout', '--dry-run', '--json', '--quiet']],
  ['fleet script', ['--file', '--with-key', '--json']],
  ['fleet cloud-init', ['--file', '--with-key', '--json']],
  ['fleet sign', ['--file', '--templates', '--lock-timeout', ...passphrase, ...running]],
  ['import', [...apply, '--ca', '--dir', '--lock-timeout', openModes]],
  ['verify', ['--dir', '--json']],
  ['inspect', ['--dir', '--graph', '--json']],
  ['status', ['--dir', '--within', '--format', '--output', '--html', '--json']],
  [
    'fleet status',
    [
      ...['--file', '--group', '--offline', '--within', '--parallel', '--timeout'],
      ...['--format', '--output', '--html', '--verbose', '--json'],
    ],
  ],
  ['explain', ['--dir', '--host', '--name', '--message', '--json']],
  ['connect', ['--dir', '--name', '--timeout', '--json']],
  ['doctor', ['--dir', '--root', '--json', '--openssl']],
  ['daemon', ['--dir', '--name', '--for', '--mode', '--format', '--dockerd', '--podman', '--json']],
  ['env', [...called, '--shell', '--unset', '--json']],
  ['install client', [...called, ...apply, '--to', '--lock-timeout', openModes]],
  ['context', [...called, ...apply, '--use', openModes]],
  [
    'bundle',
    [
      ...[
        '--dir',
        '--server',
        '--layout',
        '--to',
        '--to-pgp',
        '--p12',
        '--passphrase-file',
        '--passphrase-fd',
      ],
      ...['--output', '--dry-run', '--overwrite', '--json', '--verbose', '--openssl', '--timeout', openModes],
    ],
  ],
  ['snippet', [...called, '--list', '--json']],
  ['modes', [...called, '--json']],
  ['completion', []],
  ['step genrsa', [...step, ...encryption, '--out', '--traditional', openModes]],
  ['step genpkey', [...step, ...encryption, '--algorithm', '--out', openModes]],
  ['step req', [...step, ...digest, '--key', '--passin', '--subj', '--config', '--out']],
  [
    'step req-x509',
    [
      ...[...step, ...digest, '--key', '--passin', '--subj', '--config', '--out'],
      ...['--days', '--set_serial', '--extensions'],
    ],
  ],
  [
    'step x509-req',
    [
      ...[...step, ...digest, '--in', '--CA', '--CAkey', '--passin', '--days', '--set_serial', '--extfile'],
      ...['--extensions', '--out', '--CAserial', '--CAcreateserial'],
    ],
  ],
  ['step rsa', [...step, ...encryption, '--in', '--passin', '--out', '--traditional', openModes]],
  ['step pkey', [...step, ...encryption, '--in', '--passin', '--out', openModes]],
  ['passphrase add', keys],
  ['passphrase change', [...keys, '--new-passphrase-file', '--new-passphrase-fd']],
  ['passphrase remove', keys],
  [
    'renew',
    [
      ...renewal,
      '--due',
      '--all',
      '--within',
      '--print-timer',
      '--install-timer',
      '--remove-timer',
      '--apply',
      '--install',
      '--to',
      '--root',
    ],
  ],
  ['renew ca', [...renewal, ...parent, '--role', '--ca-key', '--permit', '--finish', '--no-passphrase']],
  ['fleet roll-over start', [...rollOver, '--key', '--days', '--ca-key', '--no-passphrase']],
  ['fleet roll-over status', ['--file', '--connect-timeout', '--json']],
  ['fleet roll-over next', [...rollOver, '--confirmed', '--connect-timeout']],
  ['fleet roll-over abort', rollOver],
  ['rollback', ['--dir', '--dry-run', '--json', '--quiet', '--lock-timeout', openModes]],
  [
    'step verify',
    [...step, '--CAfile', '--untrusted', '--purpose', '--x509_strict', '--verify_hostname', '--verify_ip'],
  ],
];

describe('--help', () => {
  test.each([['--help'], ['-h']])('as %s names every command and the exit codes', async (flag) => {
    const { stdout, stderr } = await succeeds(temporary(), [flag]);
    for (const command of [
      'all',
      'ca',
      'server',
      'client',
      'connect',
      'doctor',
      'status',
      'inspect',
      'renew',
      'rollback',
      'env',
      'install client',
      'install daemon',
      'uninstall daemon',
      'daemon',
      'step',
    ])
      expect(stdout).toMatch(new RegExp(`^  ${command} {2,}\\S`, 'm'));
    expect(stdout).toContain(
      'Exit codes:\n  0 done; 1 failed; 2 wrong usage;\n' +
        '  3 a certificate expires soon (status, renew);\n  4 a certificate is invalid (status, verify)\n',
    );
    expect(stderr).toBe('');
  });

  test('of step names every step', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['step', '--help']);
    for (const name of ['genrsa', 'genpkey', 'req', 'req-x509', 'x509-req', 'rsa', 'pkey', 'verify'])
      expect(stdout).toMatch(new RegExp(`^  docker-tls-openssl step ${name} .*\\S`, 'm'));
  });

  test.each(commands)('of %s explains exactly its flags, each with words', async (command, flags) => {
    const { stdout } = await oneProcess.succeeds(temporary(), [...command.split(' '), '--help']);
    const shown = [...stdout.matchAll(/^ +(?:-\w, )?(--[\w-]+) +(\S.*)$/gm)].map(([, flag]) => flag);
    expect([...shown].sort()).toEqual([...new Set(flags), '--help', '--version'].sort());
    expect(stdout).toMatch(
      new RegExp(`^Usage: docker-tls-openssl ${command} (\\S+ )*\\[options\\]\n\n[A-Z]`),
    );
    // It fits into a terminal of 100 columns.
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test('speaks English whatever the locale', async () => {
    const { stdout } = await succeeds(temporary(), ['--help'], {
      env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
    });
    expect(stdout).toContain('Show help');
  });
});

describe('the help of the program', () => {
  test('is shown without a command, as an error', async () => {
    const { stdout: help } = await oneProcess.succeeds(temporary(), ['--help']);
    expect(await oneProcess.program(temporary(), [])).toEqual({ code: 2, stdout: '', stderr: help });
    expect(await oneProcess.program(temporary(), ['help'])).toEqual({ code: 0, stdout: help, stderr: '' });
  });

  test('groups the commands, and fits into a terminal of 80 columns', async () => {
    const { stdout } = await oneProcess.succeeds(temporary(), ['--help']);
    expect(stdout).toMatch(/^Usage: docker-tls-openssl COMMAND \[OPTION\.\.\]\n\n/);
    expect([...stdout.matchAll(/^(\w.*):$/gm)].map(([, heading]) => heading)).toEqual([
      ...['Create', 'Renew', 'Revoke', 'Check', 'Docker host', 'Client', 'Fleet', 'Tools'],
      ...['Options', 'Example', 'Exit codes'],
    ]);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test.each([[['all']], [['renew', 'ca']], [['step']], [['install', 'daemon']]])(
    'help %j is that of the command',
    async (command) => {
      const { stdout } = await oneProcess.succeeds(temporary(), [...command, '--help']);
      expect((await oneProcess.succeeds(temporary(), ['help', ...command])).stdout).toBe(stdout);
    },
  );
});

test.each([
  [['delete', 'alice'], 'renew ca --new-key'],
  [['uninstall', 'client'], 'env --unset'],
])('%j says in one line what to do instead', async (args, command) => {
  const said = await oneProcess.refuses(temporary(), 2, args);
  expect(said).toMatch(/^error: .*\n$/);
  expect(said).toContain(`\`docker-tls-openssl ${command}\``);
});

test('-q is --quiet', async () => {
  const { stdout, stderr } = await oneProcess.succeeds(temporary(), ['all', ...quick, '-q']);
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
});

describe('--version', () => {
  test.each([
    ['--version'],
    ['-V'],
    ['-v'],
    ['version'],
    ['version', '--json'],
    ['all', '--version'],
    ['--version', '--json'],
  ])('as %j prints the version of the package', async (...args) => {
    expect(await program(temporary(), args)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('a wrong command line', () => {
  test.each([
    [['--quiet'], 'no command was given'],
    [['nonsense'], "unknown command 'nonsense'\n"],
    [['nonsense', '--help'], "unknown command 'nonsense'\n"],
    [['al'], "unknown command 'al'; did you mean 'all'?"],
    [['hlep'], "did you mean 'help'?"],
    [['ls'], "unknown command 'ls'\n"],
    [['step', 'foo'], "unknown command 'step foo'\n"],
    [['step', 'verfy'], "did you mean 'step verify'?"],
    [['install'], 'no target was given: expected client or daemon'],
    [['passphrase'], 'no action was given: expected add, change or remove'],
    [['fleet'], 'expected plan, apply, csr, sign, status, roll-over, ansible, script or cloud-init'],
    [['all', 'server'], "unexpected argument 'server': it is a command"],
    [['all', 'h', 'renew', ...quick], 'for a host of that name use --host renew'],
    [['ca', ...quick, 'extra'], "unexpected argument 'extra'"],
    [['all', ...quick, '--nonsense'], 'unknown option --nonsense'],
    [['all', ...quick, '--no-json'], 'no-json'],
    [['all', ...quick, '-x'], 'unknown option -x'],
    [['all', ...quick, '--dir', 'a', '--dir', 'b'], '--dir can be given only once'],
    [['install', 'client', '--to', 'a', '--to', 'b'], '--to can be given only once'],
    [['all', ...quick, '--key', 'ec:p384'], '--key can be given only once'],
    [['all', ...quick, '--dir', ''], '--dir is empty'],
    [['all', ...quick, '--timeout', '0'], '--timeout takes a number of seconds'],
    [['all', ...quick, '--timeout', 'soon'], '--timeout takes a number of seconds'],
    [['all', ...quick, '--timeout=-1'], '--timeout takes a number of seconds'],
    [['all', ...quick, '--openssl'], 'Not enough arguments following: openssl'],
    [['connect', 'host', '--timeout', '0'], '--timeout takes a number of seconds'],
    [['connect', 'host', 'other'], "unexpected argument 'other'"],
    [['step', 'verify', 'a.pem', '--CAfile', 'b.pem', '--purpose', 'cook'], 'cook'],
  ])('%j is refused with the reason', async (args, reason) => {
    const said = await oneProcess.refuses(temporary(), 2, args);
    expect(said).toContain(reason);
    expect(said).toMatch(/^hint: .*--help$/m);
  });
});

test.each([
  [['all', '--nonsense', '--json=true']],
  [['all', '--json', '--nonsense']],
  [['status', '--nonsense', '--format=json']],
  [['status', '--format', 'json', '--nonsense']],
])('%j is refused in JSON', async (args) => {
  const { code, stdout, stderr } = await oneProcess.program(temporary(), args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, command: args[0], error: { code: 'ERR_USAGE' } });
});

describe('--openssl and OPENSSL_BIN', () => {
  test('without an openssl on PATH say how to get one', async () => {
    const said = await refuses(temporary(), 1, ['all', ...quick], {
      env: { PATH: '/nowhere', OPENSSL_BIN: '' },
    });
    expect(said).toContain('error: found no openssl on PATH');
    expect(said).toMatch(/^hint: install it \(.*apt install openssl.*\), or name it with --openssl PATH/m);
  });

  test.each([
    [
      '/nowhere/openssl',
      'cannot use /nowhere/openssl as openssl: it does not exist\nhint: give the path of an openssl binary with --openssl PATH\n',
    ],
    ['no-such-openssl', 'cannot use no-such-openssl as openssl: it is not on PATH'],
    ['/bin/false', "cannot use /bin/false as openssl: to 'version' it answers"],
    ['/', 'it is not a file'],
  ])('%s is refused', async (path, reason) => {
    expect(await oneProcess.refuses(temporary(), 1, ['all', ...quick, '--openssl', path])).toContain(reason);
  });

  test('choose the binary, the flag before the variable', async () => {
    const { path } = await findOpenssl();
    await mkdir(join(temporary(), 'bin'));
    await symlink(path, join(temporary(), 'bin', 'mine'));
    const mine = join(temporary(), 'bin', 'mine');
    const flag = await succeeds(temporary(), ['all', ...quick, '--openssl', 'bin/mine', '--json'], {
      env: { OPENSSL_BIN: '/bin/false' },
    });
    expect(JSON.parse(flag.stdout)).toMatchObject({ openssl: { path: mine } });
    const variable = await succeeds(temporary(), ['all', ...quick, '--dir', 'other', '--json'], {
      env: { OPENSSL_BIN: mine },
    });
    expect(JSON.parse(variable.stdout)).toMatchObject({ openssl: { path: mine } });
  });
});

test.each([
  ['npx', 'docker-tls-openssl all', 'npx docker-tls-openssl'],
  ['npx', 'another-program', 'docker-tls-openssl'],
  ['start', 'docker-tls-openssl all', 'docker-tls-openssl'],
])('by the %s of %j the command in a hint begins with %s', async (event, script, begin) => {
  const env = { npm_command: 'exec', npm_lifecycle_event: event, npm_lifecycle_script: script };
  const said = await refuses(temporary(), 1, ['client'], { env });
  expect(said).toContain(`\nhint: create one with \`${begin} ca\`, or everything with \`${begin} all\`; `);
});

describe('a TMPDIR that does not exist', () => {
  const env = { TMPDIR: '/nonexistent' };

  test('is named where something is written', async () => {
    const outcome = await program(temporary(), ['all', ...quick], { env });
    expect(outcome).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'error: TMPDIR names /nonexistent, which cannot be used\nhint: nothing was changed; create that directory, or unset TMPDIR\n',
    });
  });

  test('matters to nothing else', async () => {
    for (const args of [['--version'], ['all', ...quick, '--dry-run']])
      expect(await program(temporary(), args, { env })).toMatchObject({ code: 0 });
  });
});

describe('an openssl with a banner', () => {
  test('is used like another', async () => {
    const { path } = await findOpenssl();
    const openssl = join(temporary(), 'openssl');
    const script = `#!/bin/sh\n[ "$1" = version ] && echo '### company wrapper ###'\nexec '${path}' "$@"\n`;
    await writeFile(openssl, script, { mode: 0o755 });
    const outcome = await program(temporary(), ['all', ...quick, '--openssl', openssl, '--quiet']);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('--timeout', () => {
  test('ends an openssl that takes longer', async () => {
    const slow = await fakeOpenssl(temporary(), 'exec sleep 100');
    const said = await refuses(temporary(), 1, ['all', ...quick, '--openssl', slow, '--timeout', '1']);
    expect(said).toContain('openssl did not finish within 1 s');
  });
});

describe('--templates', () => {
  test('takes those that are there, and the rest from the package', async () => {
    await mkdir(join(temporary(), 'mine'));
    const template =
      '[ req ]\ndistinguished_name = s\nprompt = no\n[ s ]\nCN = mine\n[ v3_ca ]\nbasicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\nsubjectKeyIdentifier = hash\n';
    await writeFile(join(temporary(), 'mine', 'ca.cnf'), template);
    await oneProcess.succeeds(temporary(), ['all', ...quick, '--templates', 'mine']);
    expect(await modes(join(temporary(), 'docker-tls'))).toEqual(sixFiles);
  });

  test('refuses a directory without any', async () => {
    const said = await oneProcess.refuses(temporary(), 1, ['all', ...quick, '--templates', '.']);
    expect(said).toContain('found no template in .');
  });
});

describe('the file of the program', () => {
  test('can be run by its name', () => {
    expect(execFileSync(main, ['--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
  });
});

describe('--dir', () => {
  test.each([
    ['a file', 'file'],
    ['below a file', 'file/docker-tls'],
  ])('that is %s is refused', async (_, directory) => {
    await writeFile(join(temporary(), 'file'), '');
    const said = await oneProcess.refuses(temporary(), 1, ['all', ...quick, '--dir', directory]);
    expect(said).toContain('not a directory');
  });
});
