import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, chown, copyFile, cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { all, client, doctor, server, type DoctorOptions, type Finding } from '../../lib/index.js';
import { errorOf } from '../support/failure.js';
import { freePort } from '../support/dockerd.js';
import { inTurns } from '../support/form.js';
import { makeSet } from '../support/made-sets.js';
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
  await mkdir(join(shared(), 'bin'));
  await Promise.all(['docker', 'dockerd'].map(standIn));
});

beforeEach(async () => {
  for (const folder of ['home', 'root']) await mkdir(at(folder));
  await cp(join(shared(), 'docker-tls'), at('docker-tls'), { recursive: true });
});

/** Says of itself what the real program says, which takes longer to start than all else that `doctor` does. */
async function standIn(program: string): Promise<void> {
  const path = join(shared(), 'bin', program);
  for (const flag of ['--version', '--help']) {
    const { stdout } = await promisify(execFile)(program, [flag]);
    await writeFile(`${path}${flag}`, stdout);
  }
  const { stdout: real } = await promisify(execFile)('/bin/sh', ['-c', `command -v ${program}`]);
  const script = `#!/bin/sh\ncase $* in --version | --help) exec cat '${path}'"$1" ;; esac\nexec ${real.trim()} "$@"\n`;
  await writeFile(path, script, { mode: 0o755 });
}

/** The programs of this machine. */
const realPrograms = (): DoctorOptions => ({ env: { PATH: process.env['PATH'], HOME: at('home') } });

/** What is found in a machine of which `root`, `home` and `docker-tls` lie in the temporary directory. */
async function look(options: DoctorOptions = {}): Promise<readonly Finding[]> {
  const env = { PATH: `${join(shared(), 'bin')}:${process.env['PATH']}`, HOME: at('home') };
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
  const findings = await look(realPrograms());
  expect(findings.filter(({ state }) => state !== 'ok' && state !== 'absent')).toEqual([]);
  expect(findings.filter(({ state }) => state === 'ok').map(({ id }) => id)).toEqual(
    expect.arrayContaining(['openssl', 'docker', 'dockerd', 'clock', 'port-2375', 'keys', 'certificates']),
  );
});

describe('programs', () => {
  test('are told with their versions', async () => {
    const findings = await look(realPrograms());
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

  inTurns(1).each([
    ['is none', '#!/bin/sh\necho hello\n', 'does not report its version'],
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
    [0o444, 'problem', 'everyone can read it: clients/alice/key.pem (0444)'],
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
      { state: 'problem', detail: 'another user owns it: clients/alice/key.pem (0400)' },
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
      detail: expect.stringMatching(/^it contains ca-key\.pem: anyone who breaks into this host/),
    });
  });

  test.each([
    ['client-ca-key.pem', 'clients for all hosts'],
    ['ca-key.pem', 'servers for all clients'],
  ])('nor should those of separate CAs: %s', async (file, what) => {
    const host = at('root/etc/docker/tls');
    const set = at('separate');
    await makeSet({
      directory: set,
      hosts: ['web.example'],
      key: 'ec:p256',
      passphrase: null,
      separateCas: true,
    });
    await mkdir(host, { recursive: true });
    for (const one of ['client-ca.pem', file]) await copyFile(join(set, one), join(host, one));
    expect((await found('keys')).at(-1)).toMatchObject({
      state: 'warning',
      detail: `it contains ${file}: anyone who breaks into this host can create ${what} of its CA`,
    });
  });
});

describe('certificates', () => {
  test('that end soon, and that have ended, are told', async () => {
    const soon = await found('certificates', { now: new Date(Date.now() + 80 * day) });
    expect(soon).toMatchObject([
      {
        state: 'warning',
        detail: expect.stringMatching(
          /^(server-)?cert\.pem expires on \S+, (server-)?cert\.pem expires on \S+$/,
        ),
      },
    ]);
    // Those of one day in the order of the files, whichever was made first.
    const [first, second] = soon[0]!.detail.match(/\d{4}-\d\d-\d\d/g)!;
    expect(first < second! || soon[0]!.detail.startsWith('cert.pem')).toBe(true);
    const late = await found('certificates', { now: new Date(Date.now() + 380 * day) });
    expect(late).toMatchObject([
      { state: 'problem', detail: expect.stringContaining('clients/alice/cert.pem expired on ') },
    ]);
    const command = `renew({ names: ['clients/alice/cert.pem'], directory: '${at('docker-tls')}' })`;
    expect(late[0]!.fix).toContain(`\`${command}\``);
    const [atLast] = await found('certificates', { now: new Date(Date.now() + 3700 * day) });
    expect(atLast!.fix).toContain(`is: \`renewCa({ directory: '${at('docker-tls')}' })\`, `);
  });
});

describe('the configuration', () => {
  const unit = (flags: string): Promise<void> =>
    write('root/lib/systemd/system/docker.service', `[Service]\nExecStart=/usr/bin/dockerd ${flags}\n`);
  const json = (value: object): Promise<void> => write('root/etc/docker/daemon.json', JSON.stringify(value));

  inTurns(1).each([
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
        fix: expect.stringMatching(/^installDaemon\(\{ apply: true \}\) removes them from the unit/),
      },
    ]);
  });

  test('is well after a drop-in that takes the flag away', async () => {
    await unit('-H fd://');
    await json({ hosts: ['tcp://0.0.0.0:2376'], tlsverify: true, tlscacert: '/ca.pem' });
    const dropIn = 'root/etc/systemd/system/docker.service.d/override.conf';
    await write(dropIn, '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd \\\n  --log-level warn\n');
    expect(await found('conflict')).toMatchObject([{ state: 'ok' }]);
    expect(await found('tcp')).toMatchObject([{ state: 'ok', detail: 'tcp://0.0.0.0:2376 with tlsverify' }]);
  });

  inTurns(1).each([
    ['-H tcp://0.0.0.0:2375', {}, 'without TLS: '],
    ['', { hosts: ['unix:///var/run/docker.sock', 'tcp://0.0.0.0:2375'] }, 'without TLS: '],
    ['--tls', { hosts: ['tcp://0.0.0.0:2376'] }, 'with TLS, but without tlsverify: '],
    ['', { hosts: ['tcp://0.0.0.0:2376'], tlsverify: false }, 'with TLS, but without tlsverify: '],
  ])('with %s and %j stands open', async (flags, value, how) => {
    await unit(flags);
    await json(value);
    expect(await found('tcp')).toMatchObject([
      {
        state: 'problem',
        detail: expect.stringContaining(`${how}anyone who can reach it is root on this host`),
      },
    ]);
  });

  test.each(['{ "hosts": [ ', '[]'])('that is no JSON object is told: %s', async (text) => {
    await write('root/etc/docker/daemon.json', text);
    expect(await found('daemon-json')).toMatchObject([
      { state: 'problem', detail: expect.stringContaining(at('root/etc/docker/daemon.json')) },
    ]);
  });
});

/** The files of an image; the daemon's own lie in /opt/tls. */
describe('how the daemon is started', () => {
  const image = async (files: Readonly<Record<string, string | object>>): Promise<void> => {
    for (const [path, text] of Object.entries(files))
      await write(`root/${path}`, typeof text === 'string' ? text : JSON.stringify(text));
    await mkdir(at('root/opt/tls'), { recursive: true });
    for (const file of ['ca.pem', 'server-cert.pem', 'server-key.pem'])
      await copyFile(at('docker-tls', file), at('root/opt/tls', file));
  };
  const unitOf = (command: string, more = ''): string => `[Service]\n${more}ExecStart=${command}\n`;
  const unit = 'lib/systemd/system/docker.service';
  const tls = {
    ...{ tlsverify: true, tlscacert: '/opt/tls/ca.pem' },
    ...{ tlscert: '/opt/tls/server-cert.pem', tlskey: '/opt/tls/server-key.pem' },
  };
  const hosts = ['tcp://0.0.0.0:2376'];
  const json = 'etc/docker/daemon.json';
  const flags = '--tlscert /opt/tls/server-cert.pem --tlskey /opt/tls/server-key.pem';
  const dockerd = '/usr/bin/dockerd';
  const open =
    /without TLS: anyone who can reach it is root on this host\. dockerd has warned of it since 20\.10 \(December 2020\)\. 28\.0 .* may not start$/;
  const socket = (stream: string): string => `[Socket]\nListenStream=${stream}\nService=docker.service\n`;

  inTurns(2).each<
    [string, Readonly<Record<string, string | object>>, Finding['id'], Finding['state'], RegExp]
  >([
    [
      'a file with its CA',
      { [unit]: unitOf(dockerd), [json]: { hosts, ...tls } },
      'tcp',
      'ok',
      /with tlsverify$/,
    ],
    [
      'a file without a CA',
      { [unit]: unitOf(dockerd), [json]: { hosts, ...tls, tlscacert: undefined } },
      ...([
        'tcp',
        'problem',
        /without tlscacert: dockerd accepts a client of any CA that this machine trusts/,
      ] as const),
    ],
    [
      'an empty CA',
      { [unit]: unitOf(dockerd), [json]: { hosts, ...tls, tlscacert: '' } },
      ...(['tcp', 'problem', /without tlscacert/] as const),
    ],
    [
      'a CA by a flag that counts for nothing without --tlsverify',
      {
        [unit]: unitOf(`${dockerd} --tlscacert /opt/tls/ca.pem`),
        [json]: { hosts, ...tls, tlscacert: undefined },
      },
      ...(['tcp', 'problem', /without tlscacert/] as const),
    ],
    [
      "flags without a CA, whose default is root's own",
      { [unit]: unitOf(`${dockerd} --tlsverify -H tcp://0.0.0.0:2376 ${flags}`) },
      ...([
        'daemon-files',
        'problem',
        /^dockerd does not start: \S+root\/root\/\.docker\/ca\.pem is missing$/,
      ] as const),
    ],
    [
      'flags in a variable of a drop-in',
      {
        [unit]: unitOf(`${dockerd} $OPTIONS`),
        'etc/systemd/system/docker.service.d/a.conf':
          '[Service]\nEnvironment=OPTIONS="-H tcp://10.0.0.5:2375"\n',
      },
      ...(['tcp', 'problem', open] as const),
    ],
    [
      'an EnvironmentFile',
      {
        [unit]: unitOf(`${dockerd} $OPTIONS`, 'EnvironmentFile=-/etc/sysconfig/docker\n'),
        'etc/sysconfig/docker': "OPTIONS='-H tcp://0.0.0.0:4243'\n",
      },
      ...(['tcp', 'problem', /^tcp:\/\/0\.0\.0\.0:4243 without TLS/] as const),
    ],
    [
      'another configuration file',
      {
        [unit]: unitOf(`${dockerd} --config-file=/etc/dockerd.json`),
        'etc/dockerd.json': { hosts: ['tcp://0.0.0.0:2375'] },
      },
      ...(['tcp', 'problem', open] as const),
    ],
    [
      'a socket unit that is enabled',
      {
        [unit]: unitOf(`${dockerd} -H fd://`),
        'etc/systemd/system/docker-tcp.socket': socket('2375'),
        'etc/systemd/system/sockets.target.wants/docker-tcp.socket': '',
      },
      ...(['tcp', 'problem', /^2375 \(docker-tcp\.socket\) without TLS/] as const),
    ],
    [
      'a socket unit that is not',
      {
        [unit]: unitOf(`${dockerd} -H fd://`),
        'etc/systemd/system/docker-tcp.socket': socket('0.0.0.0:2375'),
      },
      ...([
        'tcp',
        'problem',
        /^0\.0\.0\.0:2375 \(docker-tcp\.socket, not enabled\): once systemd opens it/,
      ] as const),
    ],
    [
      "a drop-in of docker.socket that adds a port, with TLS in the daemon's file",
      {
        [unit]: unitOf(`${dockerd} -H fd://`),
        [json]: tls,
        'lib/systemd/system/docker.socket': '[Socket]\nListenStream=/run/docker.sock\n',
        'etc/systemd/system/docker.socket.d/tcp.conf': '[Socket]\nListenStream=2376\n',
        'etc/systemd/system/sockets.target.wants/docker.socket': '',
      },
      ...(['tcp', 'ok', /^2376 \(docker\.socket\) with tlsverify$/] as const),
    ],
    [
      'OpenRC',
      {
        'etc/init.d/docker': '#!/sbin/openrc-run\ncommand=/usr/bin/dockerd\ncommand_args="${DOCKER_OPTS}"\n',
        'etc/conf.d/docker': 'DOCKER_OPTS="-H tcp://0.0.0.0:2375"\n',
      },
      ...(['tcp', 'problem', open] as const),
    ],
    [
      'sysvinit',
      {
        'etc/init.d/docker': '#!/bin/sh\nstart-stop-daemon --start --exec /usr/bin/dockerd -- $DOCKER_OPTS\n',
        'etc/default/docker': 'DOCKER_OPTS="--dns 8.8.8.8 -H tcp://0.0.0.0:2375"\n',
      },
      ...(['tcp', 'problem', open] as const),
    ],
    [
      "sysvinit's file under systemd",
      {
        [unit]: unitOf(`${dockerd} -H fd://`),
        'etc/default/docker': 'DOCKER_OPTS="-H tcp://0.0.0.0:2375"\n',
      },
      ...(['start', 'warning', /^DOCKER_OPTS there has no effect: systemd starts the daemon/] as const),
    ],
    [
      'the snap',
      {
        'etc/systemd/system/snap.docker.dockerd.service': unitOf('/usr/bin/snap run docker.dockerd'),
        'var/snap/docker/current/config/daemon.json': { hosts: ['tcp://0.0.0.0:2375'] },
      },
      ...(['tcp', 'problem', open] as const),
    ],
    [
      'a unit that starts something else',
      { [unit]: unitOf('/usr/bin/docker daemon -H tcp://0.0.0.0:2375') },
      ...([
        'start',
        'unknown',
        /^its sockets and TLS flags were not checked: .* does not start dockerd itself/,
      ] as const),
    ],
    [
      'and its sockets',
      { [unit]: unitOf('/usr/local/bin/start-docker') },
      'tcp',
      'unknown',
      /^its command line is not known$/,
    ],
    ['a unit that is masked', { [unit]: '' }, 'start', 'unknown', /docker\.service is masked/],
    [
      'nothing that is known',
      { [json]: { hosts, ...tls } },
      'start',
      'unknown',
      /nothing is found here that starts dockerd$/,
    ],
    [
      'a list that is a string',
      { [unit]: unitOf(dockerd), [json]: { hosts: 'tcp://0.0.0.0:2376' } },
      ...(['daemon-json', 'problem', /^"hosts" must be a list of strings$/] as const),
    ],
    [
      'a string for a truth value',
      { [unit]: unitOf(dockerd), [json]: { tlsverify: 'true' } },
      ...(['daemon-json', 'problem', /^"tlsverify" must be true or false, without quotes$/] as const),
    ],
    ...['tlscert ', 'TLSCert', 'tls-cert', 'tls_cert'].map(
      (key) =>
        [
          `the key '${key}'`,
          { [unit]: unitOf(dockerd), [json]: { [key]: '/c' } },
          ...([
            'daemon-json',
            'problem',
            /^dockerd knows no setting "tls.cert.?": write "tlscert"$|^dockerd knows no setting "(?:TLSCert|tlscert )": write/,
          ] as const),
        ] as [string, Readonly<Record<string, string | object>>, Finding['id'], Finding['state'], RegExp],
    ),
    [
      'a rootless daemon',
      {
        'home/me/.config/systemd/user/docker.service': unitOf('dockerd-rootless.sh'),
        'home/me/.config/docker/daemon.json': { hosts: ['tcp://0.0.0.0:2375'] },
      },
      ...(['tcp', 'problem', open] as const),
    ],
    [
      'a script with a socket that only it knows',
      {
        'etc/init.d/docker': '#!/bin/sh\nstart-stop-daemon --start --exec /usr/bin/dockerd -- -H $HOST\n',
      },
      ...(['start', 'unknown', /the value of --host is \$HOST$/] as const),
    ],
    [
      'a file that is no JSON: its sockets',
      { [unit]: unitOf(dockerd), [json]: '{' },
      ...(['tcp', 'unknown', /^not checked: /] as const),
    ],
    [
      'a key that stands twice, which dockerd takes',
      { [unit]: unitOf(dockerd), [json]: '{"debug": true, "debug": false}' },
      ...(['daemon-json', 'warning', /stands there twice/] as const),
    ],
  ])('is told for %s', async (_, files, id, state, detail) => {
    await image(files);
    expect(await found(id)).toMatchObject([{ state, detail: expect.stringMatching(detail) }]);
  });

  inTurns(1).each<[string, () => Promise<unknown>, Finding['state'], RegExp]>([
    ['are well', () => Promise.resolve(), 'ok', /belong together; one CA signed server and clients$/],
    [
      'are missing',
      () => rm(at('root/opt/tls'), { recursive: true }),
      'problem',
      /ca\.pem, \S+server-cert\.pem, \S+server-key\.pem are missing$/,
    ],
    [
      'have a key that everyone can read',
      () => chmod(at('root/opt/tls/server-key.pem'), 0o444),
      'problem',
      /^everyone can read it: /,
    ],
    [
      'have a key of another user',
      () => chown(at('root/opt/tls/server-key.pem'), 65534, 65534),
      'problem',
      /^another user owns it: /,
    ],
    [
      'have a CA that others can change',
      () => chmod(at('root/opt/tls/ca.pem'), 0o666),
      'problem',
      /^others can change it: /,
    ],
    [
      'have the key of another',
      () => copyFile(at('docker-tls/key.pem'), at('root/opt/tls/server-key.pem')),
      'problem',
      /is not the key of/,
    ],
    [
      'have no certificate in one',
      () => writeFile(at('root/opt/tls/ca.pem'), 'x'),
      'problem',
      /ca\.pem contains no certificate$/,
    ],
    [
      'have no key in one',
      () => writeFile(at('root/opt/tls/server-key.pem'), 'x'),
      'problem',
      /server-key\.pem contains no private key$/,
    ],
  ])('whose files %s, wherever they lie', async (_, change, state, detail) => {
    await image({ [unit]: unitOf(dockerd), [json]: { hosts, ...tls } });
    for (const file of ['ca.pem', 'server-cert.pem', 'server-key.pem'])
      await chmod(at('root/opt/tls', file), 0o600);
    await change();
    expect(await found('daemon-files')).toMatchObject([{ state, detail: expect.stringMatching(detail) }]);
  });

  test('whose files have expired', async () => {
    await image({ [unit]: unitOf(dockerd), [json]: { hosts, ...tls } });
    const [finding] = await found('daemon-files', { now: new Date(Date.now() + 380 * day) });
    expect(finding).toMatchObject({
      state: 'problem',
      detail: expect.stringMatching(/opt\/tls\/server-cert\.pem expired on /),
    });
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
        detail: `its copy differs from ${at('docker-tls/cert.pem')}`,
        fix: `docker context update remote --docker host=${url},ca=${at('docker-tls/ca.pem')},cert=${at('docker-tls/cert.pem')},key=${at('docker-tls/key.pem')}`,
        remedy: [
          `docker context update remote --docker host=${url},ca=${at('docker-tls/ca.pem')},cert=${at('docker-tls/cert.pem')},key=${at('docker-tls/key.pem')}`,
        ],
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

  test('that skips the check of the server, or has no CA, is a problem', async () => {
    const bare = await context('bare', url, at('docker-tls'));
    await rm(join(bare, 'ca.pem'));
    for (const [name, to] of [
      ['ours', url],
      ['elsewhere', 'tcp://elsewhere.example:2376'],
    ] as const) {
      await context(name, to, at('docker-tls'));
      const id = createHash('sha256').update(name).digest('hex');
      const meta = { Name: name, Metadata: {}, Endpoints: { docker: { Host: to, SkipTLSVerify: true } } };
      await write(`home/.docker/contexts/meta/${id}/meta.json`, JSON.stringify(meta));
    }
    expect(Object.fromEntries((await found('context')).map(({ title, detail }) => [title, detail]))).toEqual({
      'Context bare': `${url} without ca.pem`,
      'Context ours': `${url} with skip-tls-verify: anyone on the way can pass for the daemon`,
      'Context elsewhere': expect.stringContaining('with skip-tls-verify'),
    });
  });

  test('for a server of a directory without a client is not compared', async () => {
    await context('remote', url, join(shared(), 'others'));
    for (const path of ['cert.pem', 'key.pem', 'clients'])
      await rm(at('docker-tls', path), { recursive: true });
    expect(await found('context')).toMatchObject([
      { state: 'unknown', detail: `${url}, not compared: there is no client in ${at('docker-tls')}` },
    ]);
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
