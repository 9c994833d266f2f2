import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFile, chmod, copyFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { all, connect, doctor, server, type Connection } from '../../lib/index.js';
import { fixOf, notPassed } from '../support/checks.js';
import { dockerBuilds, freePort, startDockerd, type RunningDockerd } from '../support/dockerd.js';
import { openssl } from '../support/openssl.js';
import { useProgram } from '../support/one-process.js';
import { useSharedDirectory } from '../support/temporary-directory.js';
import { until } from '../support/until.js';
import { only } from '../support/only.js';
import { rows } from '../support/form.js';

const { program } = useProgram();
const builds = await dockerBuilds();
const shared = useSharedDirectory();
const at = (...names: string[]): string => join(shared(), ...names);
const options = { key: 'ec:p256', passphrase: null, localhost: false } as const;

/** Makes a directory in which the certificate of `key` has ended. */
async function expired(set: string, key: string, certificate: string, usage: string): Promise<void> {
  await cp(at('ours'), at(set), { recursive: true });
  await writeFile(at('usage.cnf'), `extendedKeyUsage = ${usage}\nsubjectAltName = IP:127.0.0.1\n`);
  await chmod(at(set, certificate), 0o600);
  const request = ['req', '-new', '-key', at(set, key), '-subj', '/CN=late', '-out', at('late.csr')];
  const sign = [
    ...['x509', '-req', '-in', at('late.csr'), '-CA', at(set, 'ca.pem'), '-CAkey', at(set, 'ca-key.pem')],
    ...['-set_serial', '7', '-days', '-1', '-extfile', at('usage.cnf'), '-out', at(set, certificate)],
  ];
  for (const args of [request, sign]) expect(await openssl(args)).toMatchObject({ code: 0 });
}

beforeAll(async () => {
  await all({ ...options, directory: at('ours'), hosts: ['127.0.0.1', 'localhost'] });
  await all({ ...options, directory: at('others'), hosts: ['127.0.0.1'] });
  await expired('late-server', 'server-key.pem', 'server-cert.pem', 'serverAuth');
  await expired('late-client', 'key.pem', 'cert.pem', 'clientAuth');
  await mkdir(at('server-as-client'));
  for (const [from, to] of [
    ['ca.pem', 'ca.pem'],
    ['server-cert.pem', 'cert.pem'],
    ['server-key.pem', 'key.pem'],
  ] as const)
    await copyFile(at('ours', from), at('server-as-client', to));
  // A client of another CA that trusts both.
  await cp(at('others'), at('bundle'), { recursive: true });
  await chmod(at('bundle', 'ca.pem'), 0o600);
  await appendFile(at('bundle', 'ca.pem'), await readFile(at('ours', 'ca.pem')));
  await cp(at('ours'), at('renewed'), { recursive: true });
  const hosts = ['127.0.0.1', 'localhost'];
  await server(only('server', { ...options, directory: at('renewed'), hosts, force: ['server'] }));
});

describe.each(rows(builds, 2, 1))('the daemon of $name', (build) => {
  let mutual: RunningDockerd;
  let open: RunningDockerd;
  let plain: RunningDockerd;

  beforeAll(async () => {
    const pair = (set: string): string[] => [
      `--tlscert=${at(set, 'server-cert.pem')}`,
      `--tlskey=${at(set, 'server-key.pem')}`,
    ];
    const mutualArgs = ['--tlsverify', `--tlscacert=${at('ours', 'ca.pem')}`, ...pair('ours')];
    const openArgs = ['--tls', '--tlsverify=false', ...pair('late-server')];
    [mutual, open, plain] = await Promise.all([
      startDockerd(build, { args: mutualArgs, host: '0.0.0.0' }),
      startDockerd(build, { args: openArgs }),
      startDockerd(build, { args: ['--tls=false'] }),
    ]);
  }, 90_000);
  afterAll(async () => {
    await Promise.all([mutual, open, plain].map((daemon) => daemon.stop()));
  }, 60_000);

  const look = (set: string, { port }: RunningDockerd, host = '127.0.0.1'): Promise<Connection> =>
    connect({ endpoint: `${host}:${port}`, directory: at(set), env: {} });

  test('passes every check with its own files', async () => {
    const connection = await look('ours', mutual);
    expect(connection.checks.filter(({ state }) => state !== 'passed')).toEqual([]);
    expect(connection).toMatchObject({ ok: true, protocol: 'TLSv1.3', directory: at('ours') });
    expect(connection.checks.map(({ id }) => id)).toEqual([
      ...['files', 'listens', 'plain', 'tls', 'issuer', 'name', 'on-disk', 'server-validity'],
      ...['client-validity', 'ca-validity', 'api', 'anonymous', 'forged'],
    ]);
    expect(build.name).toBe(`Docker ${connection.docker?.version.replace(/\+.*/, '')}`);
    expect(connection.docker?.minApiVersion).toBe(build.name.includes(' 20.') ? '1.12' : '1.24');
    const disk = new X509Certificate(await readFile(at('ours', 'server-cert.pem')));
    expect(connection.certificate?.fingerprint256).toBe(disk.fingerprint256);
    // The daemon has looked at each, and said no to each.
    for (const said of ["client didn't provide a certificate", 'certificate signed by unknown authority'])
      await until(() => Promise.resolve(mutual.log().includes(said)));
  });

  test('passes on the command line, told by its variables', async () => {
    const env = {
      DOCKER_HOST: `tcp://127.0.0.1:${mutual.port}`,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: at('ours'),
    };
    const { code, stdout, stderr } = await program(shared(), ['connect'], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+, with the files in \S+:\n( {2}ok {2}.*\n){14}/);
    expect(stdout).toContain(`With the client's certificate the API answers  Docker `);
    expect(stdout).toMatch(/\nAll 14 checks passed\.\n$/);
  });

  test('is told to docker as well, where a variable is missing', async () => {
    const env = { DOCKER_HOST: `tcp://127.0.0.1:${mutual.port}` };
    const connection = await connect({ directory: at('ours'), env });
    expect(notPassed(connection)).toEqual({
      environment: 'without DOCKER_TLS_VERIFY docker speaks plain HTTP to this daemon',
    });
    expect(fixOf(connection, 'environment')).toBe(
      `export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=${at('ours')}`,
    );
  });

  test('is named as what it is without TLS', async () => {
    const connection = await look('ours', plain);
    expect(notPassed(connection)).toEqual({
      plain:
        "Docker's API answers everyone in plain HTTP: anyone who can reach this port is root on the host",
      tls: 'the port speaks plain HTTP',
    });
    expect(connection).toMatchObject({ ok: false, protocol: undefined, certificate: undefined });
    const { code, stdout } = await program(shared(), ['connect', `127.0.0.1:${plain.port}`, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, command: 'connect', certificate: null });
  });

  test('is found by doctor without TLS, and not with it', async () => {
    const diagnose = async ({ port }: RunningDockerd): Promise<unknown> => {
      const { findings } = await doctor({ directory: at('ours'), root: at('no-root'), plainPort: port });
      return findings.find(({ id }) => id === 'port-2375');
    };
    expect(await diagnose(plain)).toMatchObject({
      state: 'problem',
      detail: expect.stringContaining('root'),
    });
    expect(await diagnose(mutual)).toMatchObject({ state: 'ok' });
  });

  test('is open where it asks for no certificate; its own has ended', async () => {
    const connection = await look('late-server', open);
    expect(notPassed(connection)).toEqual({
      'server-validity': expect.stringMatching(/^expired on /),
      anonymous: 'the API answers everyone: anyone who can reach this port is root on the host',
    });
    expect(notPassed(connection, 'skipped')).toEqual({ forged: 'no certificate is needed' });
    expect(fixOf(connection, 'server-validity')).toContain(
      `\`renew({ names: ['server-cert.pem'], directory: '${at('late-server')}' })\``,
    );
  });

  test('is named as open also to whom has no files', async () => {
    const connection = await look('nothing-there', open);
    expect(Object.keys(notPassed(connection))).toEqual(['files', 'server-validity', 'anonymous']);
  });

  test('has a certificate that is not for this name', async () => {
    const connection = await look('ours', mutual, '127.0.0.2');
    expect(notPassed(connection)).toEqual({ name: 'it is for 127.0.0.1, localhost' });
    expect(fixOf(connection, 'name')).toContain("`server({ hosts: ['127.0.0.2'], force: ['server'], ");
  });

  test('is of another CA', async () => {
    const connection = await look('others', mutual);
    expect(notPassed(connection)).toEqual({
      issuer: expect.stringMatching(
        /^it was issued by 'Docker TLS CA \w+'; \S+\/others\/ca\.pem is 'Docker TLS CA \w+'$/,
      ),
      'on-disk': expect.stringContaining('is a different certificate'),
      api: expect.stringMatching(/^refused.*: the daemon uses another CA$/),
    });
  });

  test('trusts another CA than that of the client', async () => {
    const connection = await look('bundle', mutual);
    expect(notPassed(connection)).toEqual({
      'on-disk': expect.any(String),
      api: expect.stringMatching(
        /^refused \(.*\): .* (trusts a different CA, or its clock is wrong|does not trust this client's CA)$/,
      ),
    });
  });

  test('refuses a certificate that is for a server', async () => {
    const connection = await look('server-as-client', mutual);
    expect(notPassed(connection)).toEqual({
      api: expect.stringMatching(/^refused.*: it is a server certificate, not a client certificate$/),
    });
    // By its content cert.pem is the daemon's certificate, whatever the file is called.
    expect(notPassed(connection, 'skipped')).toEqual({});
  });

  test('refuses a client whose certificate has ended', async () => {
    const connection = await look('late-client', mutual);
    expect(notPassed(connection)).toEqual({
      'client-validity': expect.stringMatching(/^expired on /),
      api: expect.stringMatching(/^refused.*: it is not valid now$/),
    });
    expect(fixOf(connection, 'client-validity')).toContain(
      `\`renew({ names: ['cert.pem'], directory: '${at('late-client')}' })\``,
    );
  });

  test('was not restarted since its certificate was made', async () => {
    const connection = await look('renewed', mutual);
    expect(notPassed(connection)).toEqual({ 'on-disk': expect.stringContaining('not restarted since') });
    expect(fixOf(connection, 'on-disk')).toContain('systemctl restart docker');
  });
});

test('nothing listens', async () => {
  const port = await freePort();
  const { code, stdout } = await program(shared(), ['connect', `127.0.0.1:${port}`, '--dir', 'ours']);
  expect(code).toBe(1);
  expect(stdout).toContain('connection refused: nothing listens there\n');
  expect(stdout).toMatch(/\n {2}- +9 more checks +nothing was reached\n/);
  expect(stdout).toMatch(/\n1 of 4 checks failed; 9 could not be tried\.\n$/);
});
