import { beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, copyFile, cp, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atClock } from '../support/faketime.js';
import { makeFlawedSet } from '../support/flawed-sets.js';
import { useOneProcess } from '../support/one-process.js';
import type { Outcome } from '../support/program.js';
import { useTerminal } from '../support/terminal.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const terminal = useTerminal();
const oneProcess = useOneProcess();
/** One process for each day of 2026, two days and more after they were made. */
const days = new Map(
  ['02-01', '03-05', '03-09', '03-15', '08-30', '12-01'].map((day) => [
    day,
    useOneProcess(atClock(`2026-${day} 12:00:00`)),
  ]),
);

const hostile = 'a"b\\c\nd\u001b[31me';

beforeAll(async () => {
  const made = '2026-03-01 00:00:00';
  const leaf = { made, days: 365 };
  await makeFlawedSet(join(shared(), 'docker-tls'), { server: leaf, client: leaf, ca: { made } });
  await makeFlawedSet(join(shared(), 'over'), {
    server: { made, days: 10 },
    client: { made, days: 40, subject: `/CN=${hostile.replace('\\', '\\\\')}` },
    ca: { made },
  });
});

async function on(day: string, args: readonly string[], cwd = shared()): Promise<Outcome> {
  return days.get(day)!.program(cwd, ['status', ...args]);
}

const values = (stdout: string): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

const month = ['--within', '30d'];

describe('status', () => {
  test('lists each certificate once, that which ends first above', async () => {
    await mkdir(join(temporary(), 'set', 'clients', 'alice'), { recursive: true });
    for (const file of ['ca.pem', 'cert.pem', 'server-cert.pem', 'key.pem'])
      await copyFile(join(shared(), 'docker-tls', file), join(temporary(), 'set', file));
    await copyFile(join(shared(), 'docker-tls/ca.pem'), join(temporary(), 'set/clients/alice/ca.pem'));
    const before = await tree(temporary());
    const { code, stdout, stderr } = await on('08-30', ['set'], temporary());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [heading, ...lines] = stdout.split('\n');
    expect(heading).toMatch(/^STATE +LIFE +DAYS +ENDS +ROLE +FILE$/);
    expect(lines[0]).toMatch(
      /^ok {5}\[#####-----\] +182 {2}2027-03-01 {2}client {2}set\/cert\.pem 'client'$/,
    );
    expect(lines[1]).toMatch(/^ok .* server {2}set\/server-cert\.pem 'localhost'$/);
    expect(lines[2]).toMatch(/^ok .* 2036-02-27 {2}ca {6}set\/ca\.pem 'Test CA' and 1 more file$/);
    expect(lines.slice(3)).toEqual(['', '3 certificates: 3 ok.', '']);
    expect(await tree(temporary())).toEqual(before);
  });

  test.each([
    ['before the last 30 days', '03-05', ['docker-tls'], 0, '3 ok'],
    [
      'with more days',
      '03-05',
      ['docker-tls', '--within', '364d'],
      3,
      '1 ok, 2 due (less than 364 days left)',
    ],
    [
      'with a part of the life',
      '12-01',
      ['docker-tls', '--within', '33%'],
      3,
      '1 ok, 2 due (less than 33% of its life left)',
    ],
    ['with a smaller part', '12-01', ['docker-tls', '--within', '20%'], 0, '3 ok'],
    ['within the last 30 days', '03-05', ['over', ...month], 3, '2 ok, 1 due (less than 30 days left)'],
    [
      'after the end of one',
      '03-15',
      ['over', ...month],
      4,
      '1 ok, 1 due (less than 30 days left), 1 expired',
    ],
    ['of short lives, before the last third of each', '03-05', ['over'], 0, '3 ok'],
    [
      'of short lives, in the last third of one',
      '03-09',
      ['over'],
      3,
      '2 ok, 1 due (less than 30 days or 33% of its life left)',
    ],
    ['before all', '02-01', ['docker-tls'], 4, '3 not yet valid'],
    [
      'in two directories',
      '03-15',
      ['docker-tls', 'over', ...month],
      4,
      '4 ok, 1 due (less than 30 days left), 1 expired',
    ],
    ['in a file', '03-15', ['over/server-cert.pem'], 4, '1 expired'],
  ])('%s', async (_, day, args, code, counts) => {
    const outcome = await on(day, args);
    expect(outcome).toMatchObject({ code, stderr: '' });
    expect(outcome.stdout).toContain(`: ${counts}.\n`);
  });

  test('a damaged file is listed with why, and is void', async () => {
    await cp(join(shared(), 'docker-tls'), join(temporary(), 'docker-tls'), { recursive: true });
    const pem = await readFile(join(temporary(), 'docker-tls/cert.pem'), 'utf8');
    await chmod(join(temporary(), 'docker-tls/cert.pem'), 0o644);
    await writeFile(join(temporary(), 'docker-tls/cert.pem'), pem.slice(0, 200));
    await writeFile(join(temporary(), 'docker-tls/other.pem'), pem.replace(/\n(M\w{8})/, '\nAAAA$1'));
    await writeFile(join(temporary(), 'docker-tls/empty.pem'), '');
    const { code, stdout } = await on('03-05', [], temporary());
    expect(code).toBe(4);
    expect(stdout).toMatch(/^broken +docker-tls\/cert\.pem: it is cut off$/m);
    expect(stdout).toMatch(/^broken +docker-tls\/other\.pem: it holds a certificate that cannot be parsed$/m);
    expect(stdout).toMatch(/^broken +docker-tls\/empty\.pem: it is empty$/m);
    expect(stdout).toContain('2 ok, 3 broken');
  });

  test('what is kept beside certificates breaks nothing', async () => {
    await cp(join(shared(), 'docker-tls'), join(temporary(), 'docker-tls'), { recursive: true });
    for (const [file, label] of Object.entries({ crl: 'X509 CRL', pub: 'PUBLIC KEY', dh: 'DH PARAMETERS' }))
      await writeFile(
        join(temporary(), `docker-tls/${file}.pem`),
        `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`,
      );
    await writeFile(join(temporary(), 'docker-tls/notes.txt'), 'no certificate');
    expect(await on('03-05', [], temporary())).toMatchObject({ code: 0, stderr: '' });
  });

  test('a certificate beside its key in one file is seen', async () => {
    const [key, certificate] = await Promise.all(
      ['key.pem', 'cert.pem'].map((file) => readFile(join(shared(), 'docker-tls', file), 'utf8')),
    );
    await writeFile(join(temporary(), 'both.pem'), `${key!}${certificate!}`);
    const { code, stdout } = await on('03-05', ['both.pem'], temporary());
    expect(code).toBe(0);
    expect(stdout).toContain("client  both.pem 'client'");
  });

  test('no name does anything to the terminal', async () => {
    for (const format of ['table', 'nagios', 'prometheus', 'json']) {
      const { stdout } = await on('03-15', ['over', ...month, '--format', format]);
      expect(stdout.replaceAll('\n', '')).toMatch(/^\P{C}*$/u);
      if (format === 'table') expect(stdout).toContain(`'a"b\\c\\u000ad\\u001b[31me'`);
      if (format === 'prometheus') expect(stdout).toContain('common_name="a\\"b\\\\c\\nd\\\\u001b[31me"');
      if (format === 'json') expect(JSON.stringify(values(stdout))).toContain(JSON.stringify(hostile));
    }
  });

  test('a terminal gets colours, and a name none of its own', async () => {
    const screen = terminal(shared(), ['status', 'over', ...month], { env: atClock('2026-03-15 12:00:00') });
    expect(await screen.ends()).toBe(4);
    expect(screen.output()).toMatch(/\u001b\[31mexpired *\u001b\[39m {2}█{10} /);
    expect(screen.output()).toMatch(/\u001b\[33mdue *\u001b\[39m {2}█{3}░{7} /);
    expect(screen.output()).toContain('d\\u001b[31me');
  });

  test.each(['--json', '--format=json'])('%s prints one object', async (flag) => {
    const { code, stdout } = await on('03-15', ['over', ...month, flag]);
    expect(code).toBe(4);
    expect(values(stdout)).toMatchObject({
      ok: false,
      command: 'status',
      now: '2026-03-15T12:00:00.000Z',
      within: { days: 30 },
      state: 'expired',
      counts: { ok: 1, due: 1, 'not-yet-valid': 0, expired: 1, broken: 0 },
      certificates: [
        {
          directory: join(shared(), 'over'),
          path: 'server-cert.pem',
          index: 0,
          alsoIn: [],
          state: 'expired',
          role: 'server',
          commonName: 'localhost',
          serial: '7365727665722E2E2E2E2E2E2E2E2E2E',
          notAfter: expect.stringMatching(/^2026-03-11T00:00:\d\d\.000Z$/),
          daysLeft: -4,
          lifeGone: 1,
        },
        { path: 'cert.pem', state: 'due', commonName: hostile, daysLeft: 25 },
        { path: 'ca.pem', state: 'ok', role: 'ca' },
      ],
      broken: [],
      warnings: [
        { state: 'expired', path: 'server-cert.pem', text: 'expired 4 days ago, on 2026-03-11' },
        { state: 'due', path: 'cert.pem', text: '25 days left, until 2026-04-10' },
      ],
    });
  });

  test.each([
    [
      '03-05',
      ['docker-tls'],
      0,
      /^DOCKER TLS OK - 3 ok: .*\/docker-tls\/cert\.pem 360 days left.* \| certificates=3 /,
    ],
    ['03-05', ['over', ...month], 1, /^DOCKER TLS WARNING - 1 due: /],
    ['03-15', ['over', ...month], 2, /^DOCKER TLS CRITICAL - 1 expired, 1 due: /],
    ['03-15', ['nothing-here'], 3, /^DOCKER TLS UNKNOWN - cannot read nothing-here: it does not exist\n$/],
    ['03-15', ['over', '--within', 'soon'], 3, /^DOCKER TLS UNKNOWN - /],
  ])('on %s %j is a plugin that exits with %i', async (day, args, code, line) => {
    const outcome = await on(day, [...args, '--format', 'nagios']);
    expect(outcome).toMatchObject({ code, stdout: expect.stringMatching(line), stderr: '' });
    expect(outcome.stdout.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('status --output', () => {
  test('writes the file, whole, for everybody to read, and prints nothing', async () => {
    await writeFile(join(temporary(), 'tls.prom'), 'old', { mode: 0o600 });
    const { ino } = await stat(join(temporary(), 'tls.prom'));
    const args = [join(shared(), 'over'), '--format', 'prometheus'];
    const written = await on('03-15', [...args, '--output', 'tls.prom'], temporary());
    expect(written).toEqual({ code: 4, stdout: '', stderr: '' });
    const { stdout } = await on('03-15', args);
    expect(await readFile(join(temporary(), 'tls.prom'), 'utf8')).toBe(stdout);
    const after = await stat(join(temporary(), 'tls.prom'));
    expect(after.mode & 0o7777).toBe(0o644);
    expect(after.ino).not.toBe(ino); // another file took its name
    expect([...Object.keys(await tree(temporary()))].filter((file) => file.includes('.tmp'))).toEqual([]);
  });

  test('writes a table without anything that a terminal does', async () => {
    const args = [join(shared(), 'over'), '--output', 'table.txt'];
    expect(await on('03-15', args, temporary())).toMatchObject({ code: 4, stdout: '' });
    const text = await readFile(join(temporary(), 'table.txt'), 'utf8');
    expect(text).toMatch(/^STATE/);
    expect(text.replaceAll('\n', '')).toMatch(/^\P{C}*$/u);
  });

  test('leaves certificates, keys and links as they are', async () => {
    await cp(join(shared(), 'docker-tls'), join(temporary(), 'docker-tls'), { recursive: true });
    await writeFile(join(temporary(), 'elsewhere'), 'kept');
    await symlink('elsewhere', join(temporary(), 'link.prom'));
    const { refuses } = days.get('03-05')!;
    for (const file of ['ca-key.pem', 'cert.pem'])
      expect(await refuses(temporary(), 1, ['status', '--output', `docker-tls/${file}`])).toContain(
        'holds a certificate or a key',
      );
    expect(await refuses(temporary(), 1, ['status', '--output', 'link.prom'])).toContain('symbolic link');
    await refuses(temporary(), 1, ['status', '--output', 'no/such/directory']);
  });
});

describe('status fails', () => {
  test('where there is nothing, with a hint', async () => {
    await mkdir(join(temporary(), 'empty'));
    expect(await oneProcess.refuses(temporary(), 1, ['status', 'empty'])).toMatch(
      /^error: there is no certificate in empty\nhint: .*docker-tls-openssl all/,
    );
    expect(await oneProcess.refuses(temporary(), 1, ['status'])).toBe(
      'error: cannot read docker-tls: it does not exist\n' +
        'hint: name the certificate directory with --dir, or create one with `docker-tls-openssl all`\n',
    );
    const { code, stdout } = await oneProcess.program(temporary(), ['status', 'empty', '--format', 'json']);
    expect(code).toBe(1);
    expect(values(stdout)).toMatchObject({ ok: false, command: 'status', error: { code: 'ERR_FILE' } });
  });

  test.each([
    [['--within', 'soon'], '--within: '],
    [['--within', '101%'], '--within: '],
    [['--format', 'xml'], 'format'],
    [['--within', '1d', '--within', '2d'], 'only once'],
    [[''], 'empty'],
  ])('for %j as a wrong command line', async (args, words) => {
    expect(await oneProcess.refuses(temporary(), 2, ['status', ...args])).toContain(words);
  });

  test('for two forms at a time', async () => {
    const { code, stdout } = await oneProcess.program(temporary(), [
      'status',
      '--json',
      '--format',
      'nagios',
    ]);
    expect(code).toBe(2);
    expect(values(stdout)).toMatchObject({ ok: false, error: { code: 'ERR_USAGE' } });
  });
});
