import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { chmod, chown, copyFile, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { all, client, doctor, server, type DoctorOptions, type Finding } from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { freePort } from '../support/dockerd.js';
import { program } from '../support/program.js';
import { useSharedDirectory, useTemporaryDirectory } from '../support/temporary-directory.js';
import { only } from '../support/only.js';

const shared = useSharedDirectory();
const temporary = useTemporaryDirectory();
const at = (...names: string[]): string => join(temporary(), ...names);
const day = 86_400_000;
let plainPort: number;

beforeAll(async () => {
  const options = { key: 'ec:p256', passphrase: null, directory: join(shared(), 'docker-tls') } as const;
  await all({ ...options, hosts: ['docker.example'], days: 100 });
  await client(only('client', { ...options, name: 'alice' }));
  await server(only('server', { ...options, name: 'web1', hosts: ['web1.example'] }));
  await all({ ...options, hosts: ['docker.example'], directory: join(shared(), 'others') });
  plainPort = await freePort();
});

beforeEach(async () => {
  for (const folder of ['home', 'root']) await mkdir(at(folder));
  await cp(join(shared(), 'docker-tls'), at('docker-tls'), { recursive: true });
});

/** What is found in a machine of which `root`, `home` and `docker-tls` lie in the temporary directory. */
async function look(options: DoctorOptions = {}): Promise<readonly Finding[]> {
  const env = { PATH: process.env['PATH'], HOME: at('home') };
  const { findings, ok } = await doctor({
    ...{ directory: at('docker-tls'), root: at('root'), env, plainPort },
    ...options,
  });
  expect(ok).toBe(findings.every(({ state }) => state !== 'problem'));
  return findings;
}

/** Those of one kind, without what is not there. */
async function found(id: Finding['id'], options?: DoctorOptions): Promise<Finding[]> {
  return (await look(options)).filter((finding) => finding.id === id && finding.state !== 'absent');
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(at(path)), { recursive: true });
  await writeFile(at(path), text);
}

test('a machine with a set and nothing else is well', async () => {
  const findings = await look();
  expect(findings.filter(({ state }) => state !== 'ok' && state !== 'absent')).toEqual([]);
  expect(findings.filter(({ state }) => state === 'ok').map(({ id }) => id)).toEqual(
    expect.arrayContaining(['openssl', 'docker', 'dockerd', 'clock', 'port-2375', 'keys', 'certificates']),
  );
});

describe('programs', () => {
  test('are told with their versions', async () => {
    const findings = await look();
    const detail = (id: string): string => findings.find((finding) => finding.id === id)!.detail;
    expect(detail('openssl')).toMatch(/^\/.*: (Open|Libre)SSL \d/);
    expect(detail('docker')).toMatch(/^\/.*\/docker: \d+\.\d+\.\d+/);
    expect(detail('dockerd')).toMatch(/^\/.*\/dockerd: \d+\.\d+\.\d+\S*, (checks|has no)/);
  });

  test('that are missing are told', async () => {
    const env = { PATH: at('home'), HOME: at('home') };
    const findings = await look({ env, openssl: at('openssl') });
    expect(findings).toContainEqual({
      ...{ id: 'docker', title: 'docker', state: 'absent', detail: 'not on this machine' },
    });
    expect(findings[0]).toMatchObject({ id: 'openssl', state: 'problem', fix: expect.any(String) });
  });

  test.each([
    ['is none', '#!/bin/sh\necho hello\n', 'does not tell its version'],
    ['cannot be run', '#!/no/such/shell\n', 'cannot start'],
  ])('of which one %s are told', async (_, content, why) => {
    await write('home/docker', content);
    await chmod(at('home', 'docker'), 0o755);
    const env = { PATH: `${at('home')}:${process.env['PATH']}`, HOME: at('home') };
    expect(await found('docker', { env })).toMatchObject([
      { state: 'problem', detail: expect.stringContaining(why) },
    ]);
  });
});

describe('the clock', () => {
  test('of a machine that has none is told', async () => {
    expect(await found('clock', { now: new Date(1_000_000_000_000) })).toMatchObject([
      { state: 'problem', detail: expect.stringContaining('2001-09-09 01:46:40 UTC') },
    ]);
  });

  test('that a certificate contradicts is told', async () => {
    expect(await found('clock', { now: new Date(Date.now() - 2 * day) })).toMatchObject([
      { state: 'problem', detail: expect.stringMatching(/ca\.pem is not valid before .* UTC$/) },
    ]);
  });
});

describe('keys', () => {
  const key = 'docker-tls/clients/alice/key.pem';

  test.each([
    [0o444, 'problem', 'everybody can read it: clients/alice/key.pem (0444)'],
    [0o440, 'warning', 'its group can read it: clients/alice/key.pem (0440)'],
    [0o620, 'problem', 'others can change it: clients/alice/key.pem (0620)'],
  ])('of mode %o are told', async (mode, state, detail) => {
    await chmod(at(key), mode);
    expect(await found('keys')).toMatchObject([{ state, detail, fix: expect.stringContaining(at(key)) }]);
  });

  test('in a directory that others can change are told', async () => {
    await chmod(at('docker-tls/servers/web1'), 0o777);
    expect(await found('keys')).toMatchObject([
      {
        state: 'problem',
        detail: 'others can change it: servers/web1 (0777)',
        fix: `chmod go-w ${at('docker-tls/servers/web1')}`,
      },
    ]);
  });

  test('of another user are told', async () => {
    await chown(at(key), 12345, 0);
    expect(await found('keys')).toMatchObject([
      { state: 'problem', detail: 'another user has it: clients/alice/key.pem (0400)' },
    ]);
  });

  test('are told by what they hold, in the home directory and on the host too', async () => {
    for (const folder of ['home/.docker', 'root/etc/docker/tls']) {
      await mkdir(at(folder), { recursive: true });
      await copyFile(at('docker-tls/key.pem'), at(folder, 'secret.pem'));
      await chmod(at(folder, 'secret.pem'), 0o644);
    }
    const findings = await found('keys');
    expect(findings.map(({ state }) => state)).toEqual(['ok', 'problem', 'problem']);
    expect(findings[2]!.title).toBe(`Keys in ${at('root/etc/docker/tls')}`);
  });

  test("should not be the CA's on a host", async () => {
    await cp(at('docker-tls'), at('root/etc/docker/tls'), { recursive: true });
    expect((await found('keys')).at(-1)).toMatchObject({
      state: 'warning',
      detail: expect.stringMatching(/^ca-key\.pem is there/),
    });
  });
});

describe('certificates', () => {
  test('that end soon, and that have ended, are told', async () => {
    const soon = await found('certificates', { now: new Date(Date.now() + 80 * day) });
    expect(soon).toMatchObject([
      {
        state: 'warning',
        detail: expect.stringMatching(/^(server-)?cert\.pem ends on \S+, (server-)?cert\.pem ends on \S+$/),
      },
    ]);
    // Those of one day in the order of the files, whichever was made first.
    const [first, second] = soon[0]!.detail.match(/\d{4}-\d\d-\d\d/g)!;
    expect(first < second! || soon[0]!.detail.startsWith('cert.pem')).toBe(true);
    const late = await found('certificates', { now: new Date(Date.now() + 380 * day) });
    expect(late).toMatchObject([
      { state: 'problem', detail: expect.stringContaining('clients/alice/cert.pem expired on ') },
    ]);
    const command = `docker-tls-openssl renew clients/alice/cert.pem --dir ${at('docker-tls')}`;
    expect(late[0]!.fix).toContain(`\`${command}\``);
    const [atLast] = await found('certificates', { now: new Date(Date.now() + 3700 * day) });
    expect(atLast!.fix).toContain(`is: \`docker-tls-openssl renew ca --dir ${at('docker-tls')}\`, `);
  });
});

describe('the configuration', () => {
  const unit = (flags: string): Promise<void> =>
    write('root/lib/systemd/system/docker.service', `[Service]\nExecStart=/usr/bin/dockerd ${flags}\n`);
  const json = (value: object): Promise<void> => write('root/etc/docker/daemon.json', JSON.stringify(value));

  test.each([
    ['-H fd://', { hosts: ['tcp://0.0.0.0:2376'], tlsverify: true }, 'hosts is set in both'],
    ['--host=fd://', { hosts: ['fd://'] }, 'hosts is set in both'],
    ['--tlsverify -H fd://', { tlsverify: true, tlscert: '/c' }, 'tlsverify is set in both'],
    ['--tlscert /c --tlskey=/k', { tlscert: '/c', tlskey: '/k' }, 'tlscert, tlskey are set in both'],
  ])('with %s and %j does not start', async (flags, value, why) => {
    await unit(flags);
    await json(value);
    expect(await found('conflict')).toMatchObject([
      {
        state: 'problem',
        detail: `dockerd does not start: ${why}`,
        fix: expect.stringContaining('docker-tls-openssl install daemon --apply'),
      },
    ]);
  });

  test('is well after a drop-in that takes the flag away', async () => {
    await unit('-H fd://');
    await json({ hosts: ['tcp://0.0.0.0:2376'], tlsverify: true });
    const dropIn = 'root/etc/systemd/system/docker.service.d/override.conf';
    await write(dropIn, '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd \\\n  --log-level warn\n');
    expect(await found('conflict')).toMatchObject([{ state: 'ok' }]);
    expect(await found('tcp')).toMatchObject([{ state: 'ok', detail: 'tcp://0.0.0.0:2376 with tlsverify' }]);
  });

  test.each([
    ['-H tcp://0.0.0.0:2375', {}, 'without TLS: '],
    ['', { hosts: ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2375'] }, 'without TLS: '],
    ['--tls', { hosts: ['tcp://0.0.0.0:2376'] }, 'with TLS, but without tlsverify: '],
    ['', { hosts: ['tcp://0.0.0.0:2376'], tlsverify: false }, 'with TLS, but without tlsverify: '],
  ])('with %s and %j stands open', async (flags, value, how) => {
    await unit(flags);
    await json(value);
    expect(await found('tcp')).toMatchObject([
      { state: 'problem', detail: expect.stringContaining(`${how}whoever reaches it is root on this host`) },
    ]);
  });

  test.each(['{ "hosts": [ ', '[]'])('that is no JSON object is told: %s', async (text) => {
    await write('root/etc/docker/daemon.json', text);
    expect(await found('daemon-json')).toMatchObject([
      { state: 'problem', detail: expect.stringContaining(at('root/etc/docker/daemon.json')) },
    ]);
  });
});

describe('a context', () => {
  /** As `docker context create` makes it. */
  async function context(name: string, url: string, from: string, config = 'home/.docker'): Promise<string> {
    const id = createHash('sha256').update(name).digest('hex');
    const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: url, SkipTLSVerify: false } } };
    await write(`${config}/contexts/meta/${id}/meta.json`, JSON.stringify(meta));
    const folder = at(config, 'contexts/tls', id, 'docker');
    await mkdir(folder, { recursive: true });
    for (const file of ['ca.pem', 'cert.pem', 'key.pem'])
      await copyFile(join(from, file), join(folder, file));
    return folder;
  }
  const url = 'tcp://docker.example:2376';

  test('with the same files is well, whichever client they are of', async () => {
    await context('remote', url, at('docker-tls'));
    await context('alice', url, at('docker-tls/clients/alice'));
    const findings = await found('context');
    expect(findings.map(({ state, title }) => `${title}: ${state}`).sort()).toEqual([
      'Context alice: ok',
      'Context remote: ok',
    ]);
  });

  test('with copies of what was made anew is told', async () => {
    await context('remote', url, at('docker-tls'));
    await rm(at('docker-tls'), { recursive: true });
    await cp(join(shared(), 'docker-tls'), at('docker-tls'), { recursive: true });
    await client({ directory: at('docker-tls'), key: 'ec:p256', force: ['client'] });
    expect(await found('context')).toEqual([
      {
        ...{ id: 'context', title: 'Context remote', state: 'warning' },
        detail: `its copy is another one than ${at('docker-tls/cert.pem')}`,
        fix: `docker context update remote --docker host=${url},ca=${at('docker-tls/ca.pem')},cert=${at('docker-tls/cert.pem')},key=${at('docker-tls/key.pem')}`,
      },
    ]);
  });

  test('of another CA, without files, or past its end is a problem', async () => {
    await context('others', url, join(shared(), 'others'));
    const bare = await context('bare', url, at('docker-tls'));
    await rm(bare, { recursive: true });
    expect((await found('context')).map(({ state }) => state)).toEqual(['problem', 'problem']);
    const late = await found('context', { now: new Date(Date.now() + 380 * day) });
    expect(late.map(({ detail }) => detail)).toContainEqual(expect.stringMatching(/^its copy expired on /));
  });

  test('of another server, of the local socket or unreadable is left alone', async () => {
    await context('elsewhere', 'tcp://elsewhere.example:2376', join(shared(), 'others'));
    await context('local', 'unix:///var/run/docker.sock', at('docker-tls'));
    await write('home/.docker/contexts/meta/x/meta.json', '{');
    expect(await found('context')).toEqual([]);
  });

  test('is updated from a path with a comma as docker reads it', async () => {
    await rename(at('docker-tls'), at('a,b'));
    await context('remote', url, join(shared(), 'others'));
    const [finding] = await found('context', { directory: at('a,b') });
    const pairs = ['ca', 'cert', 'key'].map((file) => `"${file}=${at('a,b', `${file}.pem`)}"`);
    expect(finding?.fix).toBe(`docker context update remote --docker 'host=${url},${pairs.join(',')}'`);
  });

  test('is looked for in DOCKER_CONFIG', async () => {
    await context('remote', url, join(shared(), 'others'), 'config');
    const env = { PATH: process.env['PATH'], HOME: at('home'), DOCKER_CONFIG: at('config') };
    expect(await found('context', { env })).toMatchObject([{ title: 'Context remote', state: 'problem' }]);
  });
});

describe('on the command line', () => {
  test('a problem is exit code 1', async () => {
    await chmod(at('docker-tls/key.pem'), 0o444);
    const { code, stdout, stderr } = await program(temporary(), ['doctor', '--root', 'root'], {
      env: { HOME: at('home') },
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(`  PROBLEM  Keys in ${at('docker-tls')}`);
    expect(stdout).toContain(`\n           fix: chmod 0400 ${at('docker-tls/key.pem')}\n`);
    expect(stdout).toMatch(/\n1 problem\.\n$/);
  });

  test('a warning is none; with --json it is one object', async () => {
    await chmod(at('docker-tls/key.pem'), 0o440);
    const env = { HOME: at('home') };
    const { code, stdout } = await program(temporary(), ['doctor', '--root', 'root', '--json'], { env });
    expect(code).toBe(0);
    const { findings, ...rest } = JSON.parse(stdout) as { findings: object[] };
    expect(rest).toEqual({ ok: true, command: 'doctor', directory: at('docker-tls') });
    expect(findings).toContainEqual({
      ...{ id: 'keys', title: `Keys in ${at('docker-tls')}`, state: 'warning' },
      detail: 'its group can read it: key.pem (0440)',
      fix: `chmod 0400 ${at('docker-tls/key.pem')}`,
    });
  });
});

test('stops when it is told to', async () => {
  expect(await errorOf(() => look({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_ABORTED' });
});
