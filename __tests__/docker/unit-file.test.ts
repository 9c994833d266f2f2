import { describe, expect, test } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { booleanFlags, parseFlags, shortFlags, valueFlags } from '../../lib/docker/daemon/dockerd-flags.js';
import { hasOwnFlags, readCommand, splitCommand } from '../../lib/docker/daemon/dockerd-command.js';
import { assignments } from '../../lib/docker/daemon/environment-file.js';
import { listOf, readUnit } from '../../lib/docker/daemon/unit.js';
import { dockerBuilds } from '../support/dockerd.js';
import { errorOf } from '../support/failure.js';
import { rows } from '../support/form.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

const temporary = useTemporaryDirectory();
const builds = await dockerBuilds();

/** A command line as a unit has it, with the variables of an `Environment=`. */
const split = (line: string, variables: Record<string, string> = {}) =>
  splitCommand(
    { section: 'Service', key: 'ExecStart', value: line, file: '/lib/docker.service', line: 7 },
    new Map(
      Object.entries(variables).map(([name, value]) => [name, { file: '/etc/x', line: 1, name, value }]),
    ),
  );

describe('the flags that daemon.json is to have are taken out of a command line, and all else stays', () => {
  test.each([
    ['/usr/bin/dockerd -H fd:// --containerd=/c.sock', '/usr/bin/dockerd --containerd=/c.sock', ['fd://']],
    ['/usr/bin/dockerd -Hfd://', '/usr/bin/dockerd', ['fd://']],
    ['/usr/bin/dockerd -H=fd:// -D', '/usr/bin/dockerd -D', ['fd://']],
    ['/usr/bin/dockerd -DH fd:// -G x', '/usr/bin/dockerd -D -G x', ['fd://']],
    ['/usr/bin/dockerd -DHfd://', '/usr/bin/dockerd -D', ['fd://']],
    ['/usr/bin/dockerd "-DDH=fd://"', '/usr/bin/dockerd -DD', ['fd://']],
    ['/usr/bin/dockerd -lH -s -H -p=-H', '/usr/bin/dockerd -lH -s -H -p=-H', []],
    [
      '/usr/bin/dockerd --label -H --debug -H fd:// -- -H tcp://x',
      '/usr/bin/dockerd --label -H --debug -- -H tcp://x',
      ['fd://'],
    ],
    ['/usr/bin/dockerd --unknown -H fd://', '/usr/bin/dockerd --unknown', ['fd://']],
    ['@/usr/bin/dockerd -H -H fd://', '@/usr/bin/dockerd -H', ['fd://']],
    [
      '/usr/bin/dockerd --host fd:// --host=tcp://1.2.3.4:2375',
      '/usr/bin/dockerd',
      ['fd://', 'tcp://1.2.3.4:2375'],
    ],
    [
      '-/usr/bin/dockerd "-H" "unix:///a b" --label "x y=\\"z\\""',
      '-/usr/bin/dockerd --label "x y=\\"z\\""',
      ['unix:///a b'],
    ],
    [
      "/usr/bin/dockerd --label 'a -H b' $OPTIONS ${MORE} %i",
      "/usr/bin/dockerd --label 'a -H b' $OPTIONS ${MORE} %i",
      [],
    ],
    [
      '/usr/bin/dockerd --tls --tlsverify=true --tlscacert /a --tlscert=/b --tlskey /c --tlsdebug',
      '/usr/bin/dockerd --tlsdebug',
      [],
    ],
    ['/usr/bin/dockerd --host-gateway-ip=1.1.1.1', '/usr/bin/dockerd --host-gateway-ip=1.1.1.1', []],
  ])('%s', (line, rest, hosts) => {
    expect(split(line)).toMatchObject({ rest, hosts, refusals: [] });
  });

  test('what was taken out is named', () => {
    expect(split('/usr/bin/dockerd -DH fd:// --tlsverify')).toMatchObject({
      removed: ['-H', 'fd://', '--tlsverify'],
    });
  });

  test.each([
    '/bin/sh -c "dockerd -H fd://"',
    '/usr/bin/docker daemon',
    '',
    '/usr/bin/podman',
    '/usr/bin/dockerd-rootless.sh',
  ])('another command is refused: %j', (line) => {
    expect(split(line)).toMatchObject({
      why: expect.stringContaining('/lib/docker.service does not start dockerd') as unknown,
      line: 7,
    });
  });

  test.each<[line: string, variables: Record<string, string>, why: RegExp]>([
    ['dockerd $OPTS', { OPTS: '-DH tcp://0.0.0.0:2375' }, /\/etc\/x: OPTS has flags/],
    ['dockerd $OPTS', { OPTS: '--debug "--tlsverify"' }, /OPTS has flags/],
    ['dockerd "$OPTS"', { OPTS: '-H fd://' }, /OPTS has flags/],
    ['dockerd -H $SOCKET', { SOCKET: 'fd://' }, /SOCKET is a part of a flag/],
    ['dockerd -H ${SOCKET}', {}, /systemd reads more than is written in -H \$\{SOCKET\}/],
    ['dockerd --host=unix://%t/x', {}, /systemd reads more than/],
    ['dockerd ${FILE}', { FILE: '--config-file=/x' }, /\/etc\/x lets the daemon read \/x/],
    ['dockerd --config-file /x', {}, /\/lib\/docker\.service lets the daemon read \/x/],
  ])('%s with %j is refused', (line, variables, why) => {
    const command = split(line, variables);
    expect(command).toMatchObject({ refusals: [{ why: expect.stringMatching(why) as unknown }] });
  });

  test.each<[line: string, variables: Record<string, string>]>([
    ['dockerd $OPTS', { OPTS: '--label -H --debug' }],
    ['dockerd ${OPTS}', { OPTS: '--log-driver=x -H fd://' }], // one word
    ['dockerd $$OPTS x${OPTS}', { OPTS: '-H fd://' }],
    ['dockerd --config-file=/etc/docker/daemon.json', {}],
  ])('%s with %j is not', (line, variables) => {
    expect(split(line, variables)).toMatchObject({ refusals: [] });
  });

  test.each([
    ['--debug', false],
    ['-H tcp://0.0.0.0:2375', true],
    ['-DH tcp://0.0.0.0:2375', true],
    ['--debug --tlsverify', true],
    ['--config-file /x', true],
    ['', false],
  ])('words have such flags: %j: %s', (words, has) => {
    expect(hasOwnFlags(words)).toBe(has);
  });
});

describe.each(rows(builds, 2))('the flags of $name', ({ dockerd, path }) => {
  const help = execFileSync(dockerd, ['--help'], { env: { PATH: path }, encoding: 'utf8' });
  const flags = [...help.matchAll(/^ +(?:-(\w), )?--([a-z0-9-]+)(?: ([\w-]+))?/gm)];

  test('are known, each with its value or without', () => {
    expect(flags.length).toBeGreaterThan(70);
    const unknown = flags.flatMap(([, , name = '', value]) =>
      (value === undefined ? booleanFlags : valueFlags).has(name) ? [] : [name],
    );
    expect(unknown).toEqual([]);
  });

  test('and the short ones', () => {
    const short = flags.flatMap(([, letter, name]) => (letter === undefined ? [] : [[letter, name]]));
    expect(short.length).toBeGreaterThan(6);
    expect(shortFlags).toMatchObject(Object.fromEntries(short) as object);
  });

  test('and are read as dockerd reads them', async () => {
    // dockerd says it itself: it names the flags that its file has, too.
    const file = join(temporary(), 'daemon.json');
    await writeFile(file, '{"hosts": ["unix:///y"], "bip": 1}');
    const lines = ['-DH unix:///x', '-lH', '-DHunix:///x', '--pidfile -H'];
    const read = await Promise.all(
      lines.map(async (line) => {
        const args = [...line.split(' '), '--bip=1', '--config-file', file];
        const said = String(
          await errorOf(() => promisify(execFile)(dockerd, args, { env: { PATH: path }, timeout: 20_000 })),
        );
        expect(said).toContain('both as a flag and in the configuration file');
        return said.includes('hosts: (from flag');
      }),
    );
    expect(read).toEqual([true, false, true, false]);
    expect(lines.map((line) => parseFlags(line.split(' ')).some(({ name }) => name === 'host'))).toEqual(
      read,
    );
  });
});

describe('assignments', () => {
  test.each([
    ['A=b c\n#A=x\n; A=y\nB = "c\nd" \n', 'systemd', { A: 'b c', B: 'c\nd' }],
    ["A='x y'\nB=a\\\n b\nC=", 'systemd', { A: 'x y', B: 'a  b', C: '' }],
    ['if x; then A="-H \\\n fd://"; fi\nexport B=c # d', 'shell', { A: '-H   fd://', B: 'c' }],
    ['test -f x && A=b || C=\'d e\'; # E="f"', 'shell', { A: 'b', C: 'd e', E: 'f' }],
    ['A="$A -H x"', 'shell', { A: '$A -H x' }],
  ] as const)('of %j (%s)', (text, syntax, expected) => {
    const found = assignments(text, syntax).map(({ name, value }) => [name, value]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });

  test('have the number of their line', () => {
    expect(assignments('# x\nA="\n"\nB=1', 'systemd').map(({ line }) => line)).toEqual([2, 4]);
  });
});

describe('a unit is read as systemd does', () => {
  const write = async (files: Record<string, string>): Promise<string> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(temporary(), path)), { recursive: true });
      await writeFile(join(temporary(), path), content);
    }
    return temporary();
  };
  const lib = 'usr/lib/systemd/system/docker.service';
  const etc = 'etc/systemd/system/docker.service';
  const name = 'docker.service';
  const start = async (root: string, ...assumed: Parameters<typeof readUnit>[2][]) => {
    const unit = await readUnit(root, name, ...assumed);
    return unit && listOf(unit, 'Service', 'ExecStart').map(({ value }) => value);
  };

  test('lines that go on, comments, other sections', async () => {
    const root = await write({
      [lib]:
        '[Unit]\nExecStart=/no\n[Service]\n# ExecStart=/no\nExecStart=/usr/bin/dockerd \\\n  -H fd:// \\\n; a comment between\n  --a\n[Install]\nExecStart=/no\n',
    });
    const unit = await readUnit(root, name);
    const [line] = unit ? listOf(unit, 'Service', 'ExecStart') : [];
    expect(line?.value.replaceAll(/\s+/g, ' ')).toBe('/usr/bin/dockerd -H fd:// --a');
    expect(line).toMatchObject({ file: join(root, lib), line: 5 });
    expect(unit).toMatchObject({ path: join(root, lib), dropIns: [], masked: false });
  });

  test('the folder with precedence, an empty line that forgets, drop-ins by their names', async () => {
    const root = await write({
      [lib]: '[Service]\nExecStart=/usr/bin/dockerd --old\n',
      [etc]: '[Service]\nEnvironmentFile=-/etc/a\nExecStart=/usr/bin/dockerd --unit\n',
      'usr/lib/systemd/system/docker.service.d/10-b.conf':
        '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --ten\n',
      [`${etc}.d/05-a.conf`]: '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --five\n',
      [`${etc}.d/20-c.conf`]: '[Service]\nEnvironment=X=1\n',
      [`${etc}.d/30-d.txt`]: '[Service]\nExecStart=\n',
      'etc/systemd/system/service.d/05-a.conf': '[Service]\nExecStart=\n',
      'etc/systemd/system/service.d/07-e.conf': '[Service]\nEnvironment=Y=1\n',
      [`${etc}.d/zz-ours.conf`]: '[Service]\nExecStart=\n',
    });
    const ours = { path: `${etc}.d/zz-ours.conf`, content: undefined };
    expect(await readUnit(root, name, ours)).toMatchObject({
      path: join(root, etc),
      dropIns: [
        `${etc}.d/05-a.conf`,
        'etc/systemd/system/service.d/07-e.conf',
        'usr/lib/systemd/system/docker.service.d/10-b.conf',
        `${etc}.d/20-c.conf`,
      ].map((path) => join(root, path)),
    });
    expect(await start(root, ours)).toEqual(['/usr/bin/dockerd --ten']);
    expect(await start(root)).toEqual([]);
    expect(await start(root, { ...ours, content: '[Service]\nExecStart=\nExecStart=/x\n' })).toEqual(['/x']);
  });

  test('one name counts once', async () => {
    const root = await write({
      [lib]: '[Service]\nExecStart=/usr/bin/dockerd\n',
      [`${lib}.d/a.conf`]: '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --lib\n',
      [`${etc}.d/a.conf`]: '',
    });
    expect(await start(root)).toEqual(['/usr/bin/dockerd']);
  });

  test('variables of a file over those of the unit', async () => {
    const root = await write({
      [lib]:
        '[Service]\nEnvironment="A=-H x" B=1\nEnvironmentFile=-/etc/a\nEnvironmentFile=/etc/b\nExecStart=dockerd $A $B $C\n',
      'etc/a': 'A=--debug\nB=-D\n',
      'etc/b': 'C="\n -H fd://"\n',
    });
    const unit = await readUnit(root, name);
    expect(unit && (await readCommand(root, unit))).toMatchObject({
      hosts: ['fd://'],
      refusals: [{ file: join(root, 'etc/b'), line: 1 }],
    });
  });

  test('none is none', async () => {
    expect(await readUnit(temporary(), name)).toBeUndefined();
  });
});
