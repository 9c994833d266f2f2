import { beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chown, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { client } from '../../lib/index.js';
import { makeSet } from '../support/made-sets.js';
import { useOneProcess, useProgram } from '../support/one-process.js';
import { main, shell, type Outcome } from '../support/program.js';
import { request } from '../support/request.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { tree } from '../support/tree.js';
import { only } from '../support/only.js';

const { program, refuses, succeeds } = useProgram();
const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const oneProcess = useOneProcess();

const passphrase = 'correct horse';
const always = ['--within', '36500d'] as const;

beforeAll(async () => {
  const options = request(shared());
  await makeSet(options);
  await client(only('client', { ...options, name: 'bob' }));
  await writeFile(join(shared(), 'passphrase'), `${passphrase}\n`, { mode: 0o600 });
  await makeSet(request(join(shared(), 'closed'), { passphrase }));
}, 60_000);

/** A copy of a set, in a directory of the test's own. */
async function setIn(name = 'docker-tls', from = 'docker-tls'): Promise<string> {
  const directory = join(temporary(), name);
  await cp(join(shared(), from), directory, { recursive: true });
  return directory;
}

const renew = async (...args: string[]): Promise<Outcome> =>
  oneProcess.program(temporary(), ['renew', ...args]);
const json = ({ stdout }: Outcome): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;
const serial = async (directory: string, path = 'server-cert.pem'): Promise<string> =>
  new X509Certificate(await readFile(join(directory, path))).serialNumber;

describe('renew', () => {
  test('changes nothing where nothing is due, and runs no command after it', async () => {
    const directory = await setIn();
    const before = await tree(temporary());
    const outcome = await renew('--exec', 'touch ran');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(
      /^Nothing to do in .*\. Next: .*cert\.pem expires on \d{4}-\d\d-\d\d\.\n$/,
    );
    expect(outcome.stdout).toContain(directory);
    expect(await renew('--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
    const { next, ...told } = json(await renew('--json'));
    expect(told).toEqual({
      ...{ ok: true, command: 'renew', dryRun: false, directory, renewed: [], skipped: [], archive: null },
      ...{ notes: [], made: [], commands: [], openssl: null, certificates: {}, exec: null, installed: null },
    });
    expect(next).toMatchObject({ endsOn: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(await tree(temporary())).toEqual(before);
  });

  test.each([['bob'], ['clients/bob'], ['clients/bob/cert.pem']])('takes %s for a name', async (name) => {
    const directory = await setIn();
    const [before, server] = [await serial(directory, 'clients/bob/cert.pem'), await serial(directory)];
    const { code, stdout } = await renew(name);
    expect(code).toBe(0);
    expect(stdout).toContain(`Renewed in ${directory}:\n  clients/bob/cert.pem  for 365 days; `);
    expect(stdout).toContain(`restore them with \`docker-tls-openssl rollback --dir ${directory}\`.`);
    expect(stdout).toContain('A docker context keeps its own copy');
    expect(await serial(directory, 'clients/bob/cert.pem')).not.toBe(before);
    expect(await serial(directory)).toBe(server);
  });

  test('tells all of it as one object', async () => {
    const directory = await setIn();
    const told = json(await renew('server', '--new-key', '--days', '20', '--json'));
    expect(told).toMatchObject({
      ok: true,
      command: 'renew',
      dryRun: false,
      directory,
      skipped: [],
      exec: null,
    });
    expect(told['renewed']).toEqual([
      {
        ...{ path: 'server-cert.pem', role: 'server', commonName: 'docker.example', days: 20 },
        ...{ endedOn: expect.stringMatching(/Z$/), newKey: 'server-key.pem' },
      },
    ]);
    const archive = told['archive'] as string;
    expect((told['made'] as { path: string }[]).map(({ path }) => path).sort()).toEqual(
      ['renewal.json', 'server-cert.pem', 'server-key.pem']
        .map((file) => `${archive}/${file}`)
        .concat('server-cert.pem', 'server-key.pem'),
    );
    expect(told['certificates']).toMatchObject({ 'server-cert.pem': { serial: await serial(directory) } });
    expect(told['openssl']).toMatchObject({ path: expect.any(String) });
  });

  test('--quiet prints nothing', async () => {
    const directory = await setIn();
    const before = await serial(directory);
    expect(await renew('--all', '--quiet', '--exec', 'echo done')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await serial(directory)).not.toBe(before);
  });

  test('--dry-run shows the commands, changes nothing and asks for no passphrase', async () => {
    const directory = await setIn('docker-tls', 'closed/docker-tls');
    const before = await tree(temporary());
    const { code, stdout } = await renew('server', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^openssl x509 -req .* -CAkey ca-key\.pem -passin fd:3 .*$/m);
    const told = json(await renew('server', '--dry-run', '--json'));
    expect(told).toMatchObject({ ok: true, dryRun: true, directory, openssl: null, certificates: {} });
    expect((told['made'] as { path: string }[]).map(({ path }) => path)).toContain('server-cert.pem');
    expect((told['commands'] as string[]).every((line) => line.startsWith('openssl '))).toBe(true);
    expect(told['script']).toContain('rm server-cert.pem.csr server-cert.pem.cnf');
    expect(await tree(temporary())).toEqual(before);
  });

  test('says with exit code 3 what is due and cannot be made anew', async () => {
    const directory = await setIn();
    await rm(join(directory, 'ca-key.pem'));
    const before = await tree(temporary());
    const { code, stdout } = await renew(...always);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^Not renewed:\n {2}\S*cert\.pem \(expires on .*\): the CA that signed it, or /);
    const quiet = await renew(...always, '--quiet', '--exec', 'touch ran');
    expect(quiet).toMatchObject({ code: 3, stdout: '' });
    expect(quiet.stderr).toContain('server-cert.pem (expires on ');
    const told = await renew(...always, '--json');
    expect(told.code).toBe(3);
    expect(json(told)).toMatchObject({ ok: false, renewed: [], archive: null });
    expect(json(told)['skipped']).toContainEqual({
      ...{
        path: 'server-cert.pem',
        role: 'server',
        why: expect.stringContaining('is missing: restore it from a backup'),
      },
      endsOn: expect.stringMatching(/Z$/),
    });
    const shown = await renew(...always, '--dry-run');
    expect(shown).toMatchObject({ code: 3, stdout: '' });
    expect(shown.stderr).toContain('Not renewed:');
    expect(await tree(temporary())).toEqual(before);
  });

  test('refuses a name that is not there, and says which are', async () => {
    await setIn();
    const said = await oneProcess.refuses(temporary(), 2, ['renew', 'web']);
    expect(said).toMatch(/^error: no server or client in .* is named "web"$/m);
    expect(said).toContain('hint: there are cert.pem, server-cert.pem, clients/bob/cert.pem');
  });

  test('refuses a directory without certificates', async () => {
    expect(await refuses(temporary(), 1, ['renew', '--dir', '.'])).toContain('there is no certificate in');
  });

  test('refuses flags that belong to another', async () => {
    await setIn();
    expect(await oneProcess.refuses(temporary(), 2, ['renew', 'ca', '--all'])).toContain(
      'unknown option --all',
    );
    expect(await oneProcess.refuses(temporary(), 2, ['renew', 'ca', '--print-timer', 'cron'])).toContain(
      'print-timer',
    );
    expect(await oneProcess.refuses(temporary(), 2, ['renew', '--finish'])).toContain(
      'unknown option --finish',
    );
    expect(await oneProcess.refuses(temporary(), 2, ['renew', '--apply'])).toContain(
      '--apply needs --install-timer',
    );
  });

  test('changes nothing with a wrong passphrase', async () => {
    await setIn('docker-tls', 'closed/docker-tls');
    await writeFile(join(temporary(), 'wrong'), 'not this one\n');
    const said = await oneProcess.refuses(temporary(), 1, [
      'renew',
      '--all',
      '--passphrase-file',
      'wrong',
      '--quiet',
    ]);
    expect(said).toContain('passphrase');
    await rm(join(temporary(), 'wrong'));
    await oneProcess.succeeds(temporary(), [
      'renew',
      '--all',
      '--passphrase-file',
      join(shared(), 'passphrase'),
    ]);
  });
});

describe('--exec', () => {
  test('sees what changed, in its environment and on stdin', async () => {
    const directory = await setIn();
    const line = 'cat > told; env | grep ^DOCKER_TLS_ > variables; pwd > where; echo said';
    const { code, stdout } = await renew('client', 'server', '--exec', line);
    expect(code).toBe(0);
    expect(stdout).toContain(`Ran: ${line}\n  said\n`);
    const read = async (file: string): Promise<string> => readFile(join(directory, file), 'utf8');
    const told = JSON.parse(await read('told')) as Record<string, unknown>;
    const archive = told['archive'] as string;
    expect(archive).toMatch(/^archive\/[\dT-]+Z$/);
    expect(told).toMatchObject({ directory, files: expect.arrayContaining(['cert.pem', 'server-cert.pem']) });
    const renewed = told['renewed'] as { path: string; role: string }[];
    expect(renewed).toContainEqual({ path: 'clients/bob/cert.pem', role: 'client' });
    const variables = await read('variables');
    expect(variables).toContain(`DOCKER_TLS_DIRECTORY=${directory}\n`);
    expect(variables).toContain(`DOCKER_TLS_ARCHIVE=${join(directory, archive)}\n`);
    expect(variables).toMatch(/^DOCKER_TLS_ROLES=(client server|server client)$/m);
    expect(variables).toMatch(/^DOCKER_TLS_RENEWED=cert\.pem$/m); // the others stand in lines of their own
    expect(await read('where')).toBe(`${directory}\n`);
  });

  test('that fails is told with exit code 1, and the renewal stays', async () => {
    const directory = await setIn();
    const before = await serial(directory);
    const line = String.raw`printf '\033[31mred\n' >&2; exit 7`;
    const { code, stdout, stderr } = await renew('server', '--exec', line, '--quiet');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`error: the --exec command failed, it exited with 7: ${line}\n`);
    expect(stderr).toContain('  \\u001b[31mred\n');
    expect(stderr).toContain('hint: the certificates were renewed');
    expect(await serial(directory)).not.toBe(before);
    const told = await renew('server', '--exec', 'echo out; kill $$', '--json');
    expect(told.code).toBe(1);
    expect(json(told)).toMatchObject({
      ok: false,
      renewed: [{ path: 'server-cert.pem' }],
      exec: { ok: false, why: 'it was ended by SIGTERM', stdout: 'out\n', stderr: '' },
    });
  });

  test('shows of its own line what nobody can see', async () => {
    await setIn();
    const { stdout, stderr } = await renew('server', '--exec', '# \u001b[31m\n: mine');
    expect(stdout).toContain('Ran: # \\u001b[31m\\u000a: mine\n');
    expect(stdout + stderr).not.toContain('\u001b');
  });
});

describe('a timer', () => {
  const odd = `it's 100% "$HOME"`;

  /** The files that were printed, by name. */
  function printed(stdout: string): Record<string, string> {
    const parts = stdout.split(/^# (\/etc\/\S+)\n/m).slice(1);
    return Object.fromEntries(
      parts.flatMap((path, at) => (at % 2 === 0 ? [[basename(path), parts[at + 1]!] as const] : [])),
    );
  }

  test('for cron has a line that a shell runs, whatever the directory is called', async () => {
    const directory = await setIn(odd);
    const { code, stdout } = await renew(
      '--dir',
      odd,
      ...always,
      '--exec',
      'printf %s "$0 done" > ran',
      '--print-timer',
      'cron',
    );
    expect(code).toBe(0);
    const line = /^17 3 \* \* \* root (.*)$/m.exec(stdout)![1]!;
    expect(line.replaceAll('\\%', '')).not.toContain('%');
    const before = await serial(directory);
    expect(await shell('/', line.replaceAll('\\%', '%'))).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await serial(directory)).not.toBe(before);
    expect(await readFile(join(directory, 'ran'), 'utf8')).toMatch(/ done$/);
  });

  test('that uses what another user can change is told of', async () => {
    await setIn();
    await writeFile(join(temporary(), 'theirs'), 'correct horse');
    await chown(join(temporary(), 'theirs'), 65534, 65534);
    const asked = ['--print-timer', 'cron', '--passphrase-file', 'theirs'];
    const { code, stderr } = await renew(...asked);
    expect(code).toBe(0);
    expect(stderr).toContain(
      `note: the timer depends on what another user can change: ${join(temporary(), 'theirs')} is not safe: it belongs to another user (65534)`,
    );
  });

  test('for cron cannot have what crons read differently', async () => {
    await setIn();
    for (const exec of [String.raw`echo a\\b`, String.raw`echo a\%b`])
      expect(
        await oneProcess.refuses(temporary(), 2, ['renew', '--print-timer', 'cron', '--exec', exec]),
      ).toContain('hint: put the command into a script');
    expect(
      await oneProcess.refuses(temporary(), 2, ['renew', '--print-timer', 'cron', '--exec', 'a\nb']),
    ).toContain('control character');
    const { stdout } = await renew('--print-timer', 'systemd', '--exec', 'a\nb');
    expect(stdout).toContain(String.raw`--exec "a\x0ab"`);
  });

  test('for systemd is one that systemd takes', async () => {
    const directory = await setIn(odd);
    const { code, stdout } = await renew(
      'bob',
      '--dir',
      odd,
      '--exec',
      String.raw`echo \d`,
      '--print-timer',
      'systemd',
    );
    expect(code).toBe(0);
    const escaped = directory
      .replaceAll('%', '%%')
      .replaceAll('$', () => '$$')
      .replaceAll('"', '\\"');
    expect(stdout).toContain(`${main} renew --due bob --dir "${escaped}" --quiet`);
    expect(stdout).toContain(String.raw`--exec "echo \\d"`);
    expect(stdout).toContain('systemctl enable --now docker-tls-openssl-renew.timer');
    const files = printed(stdout);
    expect(Object.keys(files)).toEqual(
      ['service', 'timer'].map((kind) => `docker-tls-openssl-renew.${kind}`),
    );
    const units = join(temporary(), 'units');
    await mkdir(units);
    for (const [name, content] of Object.entries(files)) await writeFile(join(units, name), content);
    const paths = Object.keys(files).map((name) => join(units, name));
    execFileSync('systemd-analyze', ['verify', '--man=no', ...paths], { stdio: 'pipe' });
  });

  test('is none for a name or a directory that is not there', async () => {
    await setIn();
    expect(await oneProcess.refuses(temporary(), 2, ['renew', 'web', '--print-timer', 'cron'])).toContain(
      '"web"',
    );
    expect(
      await oneProcess.refuses(temporary(), 1, ['renew', '--dir', 'nope', '--print-timer', 'cron']),
    ).toContain('nope');
  });

  test('wants a file for the passphrase of an encrypted CA key', async () => {
    await setIn('docker-tls', 'closed/docker-tls');
    const said = await oneProcess.refuses(temporary(), 2, ['renew', '--print-timer', 'systemd']);
    expect(said).toContain('error: a timer cannot ask for the passphrase of');
    expect(said).toContain('hint: add --passphrase-file FILE');
    const { stdout } = await renew('--print-timer', 'cron', '--passphrase-file', 'secret');
    expect(stdout).toContain(` --passphrase-file ${join(temporary(), 'secret')}`);
  });

  test('is shown without --apply, and refused where systemd does not run', async () => {
    await setIn();
    const before = await tree(temporary());
    for (const args of [[], ['--apply', '--dry-run']]) {
      const { code, stdout } = await renew('--install-timer', ...args);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^# Preview: --apply installs these files and starts the timer/);
      expect(Object.keys(printed(stdout))).toHaveLength(2);
    }
    expect(json(await renew('--install-timer', '--json'))).toMatchObject({
      ...{ ok: true, command: 'renew', kind: 'systemd', installed: false },
      files: [{ path: '/etc/systemd/system/docker-tls-openssl-renew.service' }, { path: expect.any(String) }],
    });
    expect(await tree(temporary())).toEqual(before);
    if (existsSync('/run/systemd/system')) return; // no test touches a machine's own
    const said = await oneProcess.refuses(temporary(), 1, ['renew', '--install-timer', '--apply']);
    expect(said).toContain('systemd does not run on this machine');
    expect(said).toContain('--print-timer cron');
    expect(existsSync('/etc/systemd/system/docker-tls-openssl-renew.timer')).toBe(false);
  });
});

describe('renew ca', () => {
  test('keeps the key, and tells what to bring where', async () => {
    const directory = await setIn();
    const { code, stdout } = await renew('ca', '--days', '4000');
    expect(code).toBe(0);
    expect(stdout).toContain(
      `Renewed: ${directory}/ca.pem (and its copies clients/bob/ca.pem): valid until `,
    );
    expect(stdout).toContain('The key is the same: every certificate that it signed stays valid.');
    expect(stdout).toMatch(/^Copy ca\.pem to every host and client before \d{4}-\d\d-\d\d, /m);
    const told = json(await renew('ca', '--json', '--exec', 'echo $DOCKER_TLS_ROLES'));
    expect(told).toMatchObject({
      ...{ ok: true, command: 'renew ca', dryRun: false, directory, stage: 'renewed', path: 'ca.pem' },
      ...{ copies: ['clients/bob/ca.pem'], ofTheOldCa: [], exec: { ok: true, why: null, stdout: 'ca\n' } },
    });
  });

  test('rolls over to a new CA in three stages', async () => {
    const directory = await setIn();
    const before = await tree(temporary());
    const planned = json(await renew('ca', '--new-key', '--no-passphrase', '--dry-run', '--json'));
    expect(planned).toMatchObject({ ok: true, dryRun: true, stage: 'rolling-over' });
    expect(await tree(temporary())).toEqual(before);

    expect(await oneProcess.refuses(temporary(), 1, ['renew', 'ca', '--finish'])).toContain(
      'no roll-over has begun',
    );
    const begun = await renew('ca', '--new-key', '--no-passphrase');
    expect(begun.code).toBe(0);
    expect(begun.stdout).toContain(
      `Started: ${directory}/ca.pem (and its copies clients/bob/ca.pem) holds the new`,
    );
    expect(begun.stdout).toContain(`  2. docker-tls-openssl renew --all --dir ${directory}, `);
    expect(begun.stderr).toContain('note: ca.pem contains the new CA and the old one');
    const early = await oneProcess.refuses(temporary(), 1, ['renew', 'ca', '--finish']);
    expect(early).toContain('still from the old CA: cert.pem, server-cert.pem, clients/bob/cert.pem');
    expect(await oneProcess.refuses(temporary(), 1, ['renew', 'ca'])).toContain('a roll-over has begun');

    await succeeds(temporary(), ['renew', '--all']);
    const finished = await renew('ca', '--finish', '--json');
    expect(json(finished)).toMatchObject({ ok: true, stage: 'finished', ofTheOldCa: [], exec: null });
    expect((await readFile(join(directory, 'ca.pem'), 'utf8')).match(/BEGIN CERT/g)).toHaveLength(1);
    await oneProcess.succeeds(temporary(), ['rollback']);
    const { stdout } = await renew('ca', '--finish');
    expect(stdout).toMatch(/^Finished: .*ca\.pem.* holds the new CA alone, valid until /);
  });
});

test('a passphrase from a descriptor or a pipe is read once, and is for every key', async () => {
  const descriptor3 = 'correct horse\n';
  const quick = ['--key', 'ec:p256', '--passphrase-fd', '3', '--quiet'];
  await succeeds(temporary(), ['all', '--host', 'h', ...quick], { descriptor3 });
  const add = ['passphrase', 'add', 'docker-tls/server-key.pem', '--passphrase-fd', '3', '--quiet'];
  await succeeds(temporary(), add, { descriptor3 });
  await succeeds(temporary(), ['renew', 'server', '--passphrase-fd', '3', '--quiet'], { descriptor3 });
  const piped = "echo 'correct horse' | docker-tls-openssl renew server --passphrase-file /dev/stdin --quiet";
  expect(await shell(temporary(), piped)).toEqual({ code: 0, stdout: '', stderr: '' });
});

describe('rollback', () => {
  test('brings back what was replaced', async () => {
    const directory = await setIn();
    const before = await serial(directory);
    await succeeds(temporary(), ['renew', 'server']);
    const after = await serial(directory);
    const { code, stdout } = await program(temporary(), ['rollback']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Restored in .*, as it was before [\d-]+ [\d:]+ UTC:\n {2}server-cert\.pem\nThe files came from /,
    );
    expect(await serial(directory)).toBe(before);
    expect(await readdir(join(directory, 'archive'))).toHaveLength(2);

    await oneProcess.succeeds(temporary(), ['renew', 'bob', '--quiet']);
    const unchanged = await tree(temporary());
    const planned = json(await oneProcess.program(temporary(), ['rollback', '--dry-run', '--json']));
    expect(planned).toMatchObject({
      ok: true,
      command: 'rollback',
      dryRun: true,
      files: ['clients/bob/cert.pem'],
    });
    expect((await oneProcess.program(temporary(), ['rollback', '--dry-run'])).stdout).toMatch(
      /^cp .* clients\/bob\/cert\.pem$/m,
    );
    expect(await tree(temporary())).toEqual(unchanged);
    expect(json(await oneProcess.program(temporary(), ['rollback', '--json']))).toEqual({
      ...{
        ok: true,
        command: 'rollback',
        dryRun: false,
        directory,
        files: ['clients/bob/cert.pem'],
        notes: [],
      },
      ...{ from: expect.stringMatching(/^archive\//), archive: expect.stringMatching(/^archive\//) },
      replacedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(after).not.toBe(before);
  });

  test('tells beforehand, too, what it would make void', async () => {
    await setIn();
    await oneProcess.succeeds(temporary(), ['renew', 'ca', '--new-key', '--no-passphrase', '--quiet']);
    await oneProcess.succeeds(temporary(), ['client', '--name', 'carol', '--key', 'ec:p256', '--quiet']);
    const note = 'note: clients/carol/cert.pem: from another CA, and invalid with the restored CA';
    expect((await oneProcess.succeeds(temporary(), ['rollback', '--dry-run'])).stderr).toContain(note);
    expect((await oneProcess.succeeds(temporary(), ['rollback', '--dry-run', '--quiet'])).stderr).toBe('');
    expect((await oneProcess.succeeds(temporary(), ['rollback'])).stderr).toContain(note);
  });

  test('--quiet prints nothing', async () => {
    await setIn();
    await oneProcess.succeeds(temporary(), ['renew', 'server', '--quiet']);
    expect(await oneProcess.program(temporary(), ['rollback', '--quiet'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('fails where there is nothing to bring back', async () => {
    await setIn();
    const said = await oneProcess.refuses(temporary(), 1, ['rollback']);
    expect(said).toMatch(/^error: there is nothing to roll back in .*docker-tls$/m);
    const { code, stdout } = await oneProcess.program(temporary(), ['rollback', '--json']);
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({
      ...{ code: 1, ok: false, command: 'rollback', error: { code: 'ERR_FILE' } },
    });
  });
});
